# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Thresholds of the heuristic as a vector, and what they are worth."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.esper.simic.thresholds import THRESHOLDS, ThresholdSettings, Worth, heuristic, usual
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare
from vynapse.settings import validate

KEYS = {"task": "xor", "epochs": 3, "seeds": 2}


@given(st.lists(st.floats(0, 1), min_size=len(THRESHOLDS), max_size=len(THRESHOLDS)))
def test_every_vector_stands_for_valid_keys(shares: list[float]) -> None:
    keys = heuristic(np.array(shares), "glyphs")
    assert keys.pop("kind") == "heuristic"
    settings = validate(HeuristicSettings, keys, "controller")
    for threshold in THRESHOLDS:
        value = getattr(settings, threshold.key)
        assert threshold.low - 1e-4 <= value <= threshold.high + 1e-4
    # what is not searched over is that of the task
    assert settings.blueprints == ("conv_heavy",)


@pytest.mark.parametrize("task", ["xor", "glyphs", "digits"])
def test_a_search_begins_with_the_usual_thresholds(task: str) -> None:
    keys = heuristic(usual(task), task)
    recipe = load_recipe(task, "grow")
    wanted = recipe.stages[0].as_file()["controller"]
    for threshold in THRESHOLDS:
        assert keys[threshold.key] == pytest.approx(wanted[threshold.key], abs=1e-4)


def test_what_a_vector_is_worth_is_what_mode_grow_reaches() -> None:
    worth = Worth(validate(ThresholdSettings, KEYS, "task"))
    losses = []
    for seed in (1, 2):
        keys = [("budget", {"epochs": 3, "target": None}), ("seed", seed)]
        trainer, budget = prepare(load_recipe("xor", "grow", overrides=keys)).build(0, None)
        assert budget.steps == 3
        losses.append([trainer.step().loss for _ in range(3)][-1])
        trainer.close()
    found = worth(usual("xor"))
    assert found == pytest.approx(math.fsum(losses) / 2)
    again = pickle.loads(pickle.dumps(worth))
    assert again(usual("xor")) == found
