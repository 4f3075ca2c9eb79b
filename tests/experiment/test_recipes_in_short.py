# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The short form of a recipe, devices by number, targets in the task's own direction."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from vynapse.core import Measure
from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.process import choose_device
from vynapse.experiment.recipe import BudgetSettings, Recipe

SHORT = "task: {name: parity, bits: 3}\nmode: deap\nseed: 4\nbudget: {steps: 9}\nstrategy: snes\n"
LONG = """
task: {name: parity, bits: 3}
seed: 4
stages: [{mode: deap, budget: {steps: 9}, strategy: snes}]
"""


def recipe_of(folder: Path, text: str, **arguments: Any) -> Recipe:
    (folder / "r.yaml").write_text(text)
    return load_recipe(file=folder / "r.yaml", **arguments)


def test_the_short_form_means_the_long_one(tmp_path: Path) -> None:
    long = recipe_of(tmp_path, LONG)
    assert recipe_of(tmp_path, SHORT) == long
    assert recipe_of(tmp_path, SHORT, mode="deap") == long
    changed = recipe_of(tmp_path, SHORT, overrides=["strategy=cma-es", "seed=5"])
    assert changed.stages[0].as_file()["strategy"]["kind"] == "cma-es"
    assert resolve({"task": "xor", "mode": "deap"}) == load_recipe("xor", "deap")


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        (SHORT + LONG.strip().splitlines()[-1], {}, "mode: it stands for a single stage"),
        (SHORT, {"mode": "sgd"}, "leave out --mode sgd"),
        (SHORT + "evaluate_evry: 1\n", {}, "evaluate_evry: unknown key"),
        ("mode: [deap]\ntask: xor\n", {}, "the name of a mode was wanted"),
        ("task: xor\nbudget: {steps: 1}\n", {}, "budget: unknown key"),
    ],
)
def test_what_is_wrong_with_a_short_form(tmp_path, text, arguments, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        recipe_of(tmp_path, text, **arguments)


def test_a_device_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda:1", in_numpy=True) == "cuda:1"
    assert choose_device("auto", in_numpy=False) == "cuda"
    assert choose_device("auto", in_numpy=True) == "cpu"
    with pytest.raises(ConfigError, match="torch sees 2 GPUs here: use cuda:0 to cuda:1"):
        choose_device("cuda:2", in_numpy=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="cuda:1 was wanted, but torch sees no GPU here"):
        choose_device("cuda:1", in_numpy=False)
    assert not load_recipe("xor", "sgd", device="cuda:3").reproducible
    with pytest.raises(ConfigError, match="device: auto, cpu, cuda or cuda:N was wanted"):
        load_recipe("xor", "sgd", device="gpu")


@pytest.mark.parametrize("bound", [500.0, 0.0, -200.0, 1e-300])
def test_a_target_of_a_return_can_be_the_highest_return(bound: float) -> None:
    measure = Measure("return", "reward", higher_is_better=True)
    target = BudgetSettings(steps=1, target=bound).resolve(None, measure).target
    assert target is not None
    assert -bound < target
    assert not -math.nextafter(bound, -math.inf) < target
    assert BudgetSettings(steps=1, target=bound).resolve(None).target == bound
    assert BudgetSettings(steps=1).resolve(None, measure).target is None
