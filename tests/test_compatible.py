# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A state is loaded only into what was made as the one whose state it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vynapse.core.compatible import refuse_misfit, refuse_other
from vynapse.errors import CheckpointError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare
from vynapse.trainers.sgd import SgdTrainer

OWN: dict[str, Any] = {
    "made_from": {"kind": "a"},
    "step": 3,
    "loss": None,
    "rate": 0.5,
    "name": "x",
    "flag": True,
    "losses": [1.0],
    "inner": {"weights": np.zeros((2, 3), np.float32)},
}
CHANGES: list[tuple[str, Any, str | None]] = [
    ("step", 99, None),
    ("loss", 0.25, None),
    ("rate", None, None),
    ("losses", [], None),
    ("flag", False, None),
    ("inner", {"weights": np.ones((2, 3), np.float32)}, None),
    ("step", None, "step: 3 stands here, the state has null"),
    ("step", True, "step: 3 stands here, the state has true"),
    ("step", 1.5, "step: 3 stands here, the state has 1.5"),
    ("loss", "x", 'loss: null stands here, the state has "x"'),
    ("loss", True, "loss: null stands here, the state has true"),
    ("name", 1, 'name: "x" stands here, the state has 1'),
    ("flag", 1, "flag: true stands here, the state has 1"),
    ("losses", 1.0, "losses: a list was wanted, got 1.0"),
    ("inner", None, "inner: names and values were wanted, got null"),
    ("inner", {}, "it lacks inner.weights"),
    ("inner", {"weights": np.zeros((3, 2), np.float32)},
     r"inner.weights: float32 \(2, 3\) was wanted, got float32 \(3, 2\)"),
    ("inner", {"weights": np.zeros((2, 3))},
     r"inner.weights: float32 \(2, 3\) was wanted, got float64 \(2, 3\)"),
    ("inner", {"weights": [0.0]}, r"inner.weights: an array was wanted, got \[0.0\]"),
    ("other", 1, "other is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "sentence"), CHANGES)
def test_the_form_of_a_state(name: str, value: Any, sentence: str | None) -> None:
    state = {**copy.deepcopy(OWN), name: value}
    if sentence is None:
        refuse_misfit("thing", OWN, state)
        return
    with pytest.raises(CheckpointError, match=f"thing: the state does not fit: {sentence}"):
        refuse_misfit("thing", OWN, state)
    if name in OWN and (isinstance(value, dict) or not isinstance(OWN[name], dict)):
        refuse_misfit("thing", OWN, state, free=[name])
    refuse_misfit("thing", OWN, {**OWN, "late": 1}, optional=["late"])


def test_what_a_state_was_made_from() -> None:
    made = {"kind": "a", "sizes": (2, 3), "settings": {"rate": 0.5, "name": None}}
    refuse_other("thing", made, {"made_from": {**made, "sizes": [2, 3]}})
    refuse_other("thing", made, {"step": 3})  # a state of version 0.1
    for other, sentence in (
        ({**made, "kind": "b"}, 'kind is "a" here and "b" in the state'),
        ({**made, "sizes": [2, 4]}, r"sizes is \[2, 3\] here and \[2, 4\] in the state"),
        ({**made, "settings": {"rate": 0.5}}, "settings.name is null here and absent in the state"),
        (5, "it is .* here and 5 in the state"),
    ):
        with pytest.raises(CheckpointError, match=f"thing: .* made differently: {sentence}"):
            refuse_other("thing", made, {"made_from": other})
    with pytest.raises(CheckpointError, match="thing: a state was wanted, got null"):
        refuse_other("thing", made, None)


def trainer(*keys: str) -> SgdTrainer:
    given = ["batch_size=2", "evaluate_every=4", *keys]
    recipe = load_recipe("spirals", "sgd", overrides=["budget.steps=20", "schedule=cosine", *given])
    made, _ = prepare(recipe).build(0, None)
    assert isinstance(made, SgdTrainer)
    return made


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (["network={mlp: [2, 9, 2]}"], "network"),
        (["network={mlp: {sizes: [2, 16, 2], hidden: relu}}"], "network"),
        (["optimizer=sgd"], "settings.optimizer"),
        (["optimizer=rmsprop"], "settings.optimizer"),
        (["betas=[0.8, 0.9]"], "settings.betas"),
        (["batch_size=3"], "settings.batch_size"),
        (["learning_rate=0.25"], "settings.learning_rate"),
        (["seed=1"], "seed"),
        (["task={name: spirals, kind: generated, points: 60}"], "examples"),
        (["budget.steps=30"], "end"),
    ],
)
def test_a_trainer_refuses_the_state_of_another(keys: list[str], named: str) -> None:
    one, other = trainer(), trainer(*keys)
    for _ in range(2):
        one.step()
        other.step()
    before = other.winner().sha256()
    with pytest.raises(CheckpointError, match=rf"trainer sgd: .* made differently: {named}"):
        other.load(one.state())
    with pytest.raises(CheckpointError, match="trainer sgd: .* made differently:"):
        one.load(other.state())
    assert other.winner().sha256() == before, "nothing was loaded"


@pytest.mark.parametrize(
    ("optimizer", "path"), [("sgd", "kernel"), ("adam", "kernel"), ("rmsprop", "torch")]
)
def test_a_trainer_refuses_a_state_that_lost_a_part(optimizer: str, path: str) -> None:
    keys = [f"optimizer={optimizer}"]
    one = trainer(*keys)
    assert one.choices() == {"path": path}
    one.step()
    state = one.state()

    def without(tree: dict[str, Any]) -> list[Callable[[], None]]:
        cuts: list[Callable[[], None]] = []
        for key in [key for key in tree if key not in ("made_from", "path")]:
            cuts.append(lambda tree=tree, key=key: tree.pop(key))  # type: ignore[misc]
            if isinstance(tree[key], dict):
                cuts += without(tree[key])
        return cuts

    count = len(without(copy.deepcopy(state)))
    for number in range(count):
        damaged = copy.deepcopy(state)
        without(damaged)[number]()
        with pytest.raises(CheckpointError, match="trainer sgd: the state does not fit: it lacks"):
            trainer(*keys).load(damaged)
    trainer(*keys).load(state)


def test_an_optimiser_refuses_the_memory_of_another_rule() -> None:
    from torch import nn

    from vynapse.trainers.optimisers import Optimiser

    module, wide = nn.Linear(2, 3), nn.Linear(3, 3)
    rules: dict[str, dict[str, Any]] = {
        "adam": {}, "sgd": {}, "sgd with momentum": {"momentum": 0.9}, "rmsprop": {},
    }  # fmt: skip
    made = {name: Optimiser(name.split()[0], module, **keys) for name, keys in rules.items()}  # type: ignore[arg-type]
    for name, one in made.items():
        for other, two in made.items():
            if name == other:
                two.load(one.state())
                continue
            with pytest.raises(CheckpointError, match=f"optimizer {other.split()[0]}: the state"):
                two.load(one.state())
    with pytest.raises(CheckpointError, match=r"weight.exp_avg: float32 \(3, 3\) was wanted"):
        Optimiser("adam", wide).load(made["adam"].state())
