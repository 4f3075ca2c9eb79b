# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A factory is told what its task decides, where it has parameters `outputs` or `input_shape`."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vynapse.core import Split, SupervisedTask
from vynapse.errors import ConfigError
from vynapse.networks.factory import Factory
from vynapse.networks.modules import build
from vynapse.networks.structure import canonical_json, from_json
from vynapse.tasks.arrays import ArrayTask, Splits

MODULE = """
import random
import torch
from torch import nn

drawn = torch.rand(2).tolist(), random.random()
number = 3

def flat(inputs, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, outputs))

def both(outputs, input_shape, width=4):
    return flat(input_shape[0] * input_shape[1], outputs)

def by_default(*, outputs=1):
    return flat(6, outputs)

def neither(width):
    return flat(6, width)

def anything(**outputs):
    assert not outputs
    return flat(6, 4)

def by_place(outputs=4, /, *input_shape):
    return flat(6, outputs)

class Net(nn.Sequential):
    def __init__(self, outputs):
        super().__init__(*flat(6, outputs))
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vynapse_factories.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def task() -> SupervisedTask:
    inputs, targets = np.zeros((5, 2, 3), np.float32), np.arange(5) % 4
    return ArrayTask(
        "small", Splits(Split(inputs, targets)),
        input_shape=(2, 3), output_size=4, loss="cross_entropy",
    )  # fmt: skip


def fitted(name: str, task: SupervisedTask, **options: Any) -> Factory:
    structure = Factory(factory=f"vynapse_factories:{name}", options=options).fit(task.interface())
    assert isinstance(structure, Factory)
    return structure


@pytest.mark.parametrize(
    ("name", "given", "options"),
    [
        ("both", {}, {"outputs": 4, "input_shape": [2, 3]}),
        ("both", {"width": 7}, {"width": 7, "outputs": 4, "input_shape": [2, 3]}),
        ("both", {"outputs": 4, "input_shape": (2, 3)}, {"outputs": 4, "input_shape": [2, 3]}),
        ("by_default", {}, {"outputs": 4}),
        ("neither", {"width": 4}, {"width": 4}),
        ("anything", {}, {}),
        ("by_place", {}, {}),
        ("Net", {}, {"outputs": 4}),
    ],
)
def test_what_the_task_decides_is_filled_in(name, given, options, task) -> None:
    structure = fitted(name, task, **given)
    assert structure.options == options
    assert build(structure)(torch.zeros(5, 2, 3)).shape == (5, 4)
    # still data: the same after a file, and fitting twice changes nothing
    assert from_json(structure.model_dump(mode="json")) == structure
    assert canonical_json(structure.fit(task.interface())) == canonical_json(structure)


def test_the_structure_that_was_given_stays_as_it_was(task) -> None:
    structure = Factory(factory="vynapse_factories:both", options={"width": 2})
    structure.fit(task.interface())
    assert structure.options == {"width": 2}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"outputs": 3}, r"network\.options\.outputs: task 'small' has 4, the network has 3: "),
        (
            {"input_shape": [3, 2]},
            r"input_shape: task 'small' has \[2, 3\], the network has \[3, 2",
        ),
        ({"input_shape": 6}, r"input_shape: task 'small' has \[2, 3\], the network has 6: leave"),
        ({"outputs": None}, r"outputs: task 'small' has 4, the network has None: leave it out"),
    ],
)
def test_options_that_contradict_the_task_are_refused(options, sentence, task) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        fitted("both", task, **options)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    "path",
    ["no_such_package:net", "vynapse_factories:bth", "vynapse_factories:number", "builtins:dict"],
)
def test_a_wrong_factory_brings_the_error_of_building_it(path, task) -> None:
    structure = Factory(factory=path)
    with pytest.raises(ConfigError) as built:
        build(structure)
    with pytest.raises(ConfigError) as caught:
        build(structure.fit(task.interface()))
    assert caught.value.problems == built.value.problems


def test_a_module_that_draws_while_it_is_imported_gets_numbers_of_its_own(task) -> None:
    found = []
    for seed in (1, 2):
        sys.modules.pop("vynapse_factories", None)
        torch.manual_seed(seed)
        random.seed(seed)
        before = torch.get_rng_state(), random.getstate()
        fitted("neither", task, width=4)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert random.getstate() == before[1]
        found.append(sys.modules["vynapse_factories"].drawn)
    assert found[0] == found[1]
