# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A schedule is searched for by runs, and states what they cost; a run of it ends alike."""

import math
from typing import Any

import pytest

from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.tuning import Tried, tune

KEYS: dict[str, Any] = {"epoch_steps": 5, "budget": {"epochs": 4}}


def recipe(**keys: Any) -> Any:
    return load_recipe("xor", "grow", overrides=["network.mlp=[2, 4, 1]"], **(KEYS | keys))


def test_it_is_found_at_a_stated_cost_and_a_run_of_it_ends_alike(tmp_path) -> None:
    told: list[Tried] = []
    found = tune(recipe(), 12, 2, [told.append])
    assert found.found is not None
    assert [item.number for item in told] == list(range(1, 7))
    assert found.found.loss == min(item.loss for item in told) == told[-1].best_loss
    assert found.found.clock_loss == min(item.loss for item in told[:4])
    assert (found.found.runs, found.found.seeds, found.found.task) == (12, (1, 2), "xor")

    losses, flops = [], 0
    for seed in found.found.seeds:
        content = {"kind": "tuned", "schedule": found.model_dump(mode="json")}
        summary = Session.create(recipe(seed=seed, controller=content), tmp_path / str(seed)).run()
        losses.append(summary["loss"])
        flops += summary["cost"]["flops"]
    assert math.fsum(losses) / 2 == pytest.approx(found.found.loss, rel=1e-6)
    assert 0 < flops < found.found.flops


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(ConfigError, match="runs: at least 10 were wanted, .* got 9"):
        tune(recipe(), 9)
