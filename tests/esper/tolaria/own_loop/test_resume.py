# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A loop that was killed goes on to the bit, from wherever it was."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.esper.tolaria.own_loop.loops import STEPS, Loop, bits, host, same
from tests.evidence import many
from vynapse.errors import CheckpointError

EPOCHS = 8
ISOLATIONS = ("joint", "straight_through", "frozen")


def kept(state: dict[str, Any]) -> dict[str, Any]:
    """A state as a file gives it back."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    found: dict[str, Any] = torch.load(file, weights_only=True)
    return found


def cosine(optimizer: torch.optim.Optimizer) -> Any:
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)


def dead(loop: Loop) -> dict[str, Any]:
    assert loop.grower is not None
    return kept(loop.grower.state_dict())


def risen(state: dict[str, Any], step: int, **settings: Any) -> Loop:
    """A fresh script that loads a state."""
    loop = Loop(scheduler=cosine, model=host(seed=99), **settings)
    assert loop.grower is not None
    loop.grower.load_state_dict(state)
    loop.step = step
    return loop


def found(loop: Loop) -> tuple[Any, ...]:
    """All that two loops have in common where they are the same to the bit."""
    assert loop.grower is not None
    rate = loop.optimizer.param_groups[0]["lr"]
    return bits(loop), list(loop.grower.events), loop.controller.looks, rate


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_loop_killed_anywhere_goes_on_to_the_bit(isolation: str) -> None:
    whole = Loop(scheduler=cosine, isolation=isolation)
    states, reached, end = {}, {}, EPOCHS * STEPS
    for step in range(end):
        if step % STEPS in (0, 2):
            states[step] = dead(whole)
        whole.train(1)
        reached[step + 1] = found(whole)
    assert whole.grower is not None
    phases = {event["data"]["to"] for event in whole.grower.events}
    assert phases == {"germinated", "training", "blending", "fossilized", "culled", "embargoed",
                      "dormant"}  # fmt: skip
    for step, state in states.items():
        other = risen(state, step, isolation=isolation)
        later = min(end, step + many(sample=2 * STEPS, evidence=end))
        other.train(later - step)
        (learnt, *rest), (wanted, *others) = found(other), reached[later]
        assert same(wanted, learnt), step
        assert rest == others, step
        assert later < end or str(dead(whole)) == str(dead(other)), step


@pytest.mark.parametrize("optimizer", ["SGD", "RMSprop", "Adagrad", "NAdam", "Adadelta"])
def test_other_optimisers_resume_as_well(optimizer: str) -> None:
    def make(model: torch.nn.Module) -> torch.optim.Optimizer:
        known = {"SGD": {"momentum": 0.9}}.get(optimizer, {})
        found: torch.optim.Optimizer = getattr(torch.optim, optimizer)(
            model.parameters(), lr=0.01, **known
        )
        return found

    whole = Loop(make, scheduler=cosine)
    whole.train(18)
    other = risen(dead(whole), 18, optimizer=make)
    for loop in (whole, other):
        loop.train(12)
    assert same(bits(whole), bits(other))


def test_a_grower_that_has_grown_goes_back() -> None:
    loop = Loop()
    loop.epochs(2)
    assert loop.grower is not None
    state, before = loop.grower.state_dict(), bits(loop)
    loop.epochs(4)
    assert not same(bits(loop), before)
    loop.grower.load_state_dict(state)
    assert same(bits(loop), before)


def _drop(state: dict[str, Any]) -> None:
    del state["diary"]


def _shape(state: dict[str, Any]) -> None:
    state["model"]["0.weight"] = torch.zeros(2, 2)


def _name(state: dict[str, Any]) -> None:
    state["growth"]["groups"][0].append("ghost")


def _settings(state: dict[str, Any]) -> None:
    state["made_from"]["isolation"] = "frozen"


def _phase(state: dict[str, Any]) -> None:
    state["growth"]["lives"]["1"]["stage"] = "asleep"


def _blueprint(state: dict[str, Any]) -> None:
    state["growth"]["slots"]["1"]["seeds"][0][1] = "mlpp"


def _count(state: dict[str, Any]) -> None:
    state["diary"]["steps"] = "many"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_drop, "lacks diary"),
        (_shape, r"model.0.weight: float32 \(8, 6\) was wanted, got float32 \(2, 2\)"),
        (_name, "no parameter 'ghost' here"),
        (_settings, "isolation is"),
        (_phase, "asleep"),
        (_blueprint, "mlpp"),
        (_count, "many"),
    ],
)
def test_a_damaged_state_is_refused_and_nothing_is_loaded(
    damage: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    loop = Loop()
    loop.epochs(2)
    assert loop.grower is not None
    before, state = bits(loop), copy.deepcopy(loop.grower.state_dict())
    damage(state)
    with pytest.raises(CheckpointError, match=sentence) as found:
        loop.grower.load_state_dict(state)
    assert "\n" not in str(found.value)
    assert same(bits(loop), before)
    loop.epochs(1)


@pytest.mark.parametrize("state", [{}, {"model": {}}, torch.nn.Linear(2, 2).state_dict()])
def test_a_foreign_state_is_refused(state: dict[str, Any]) -> None:
    loop = Loop()
    assert loop.grower is not None
    with pytest.raises(CheckpointError, match="grower"):
        loop.grower.load_state_dict(dict(state))


def test_a_state_with_a_scheduler_wants_one() -> None:
    loop = Loop(scheduler=cosine)
    other = Loop()
    assert other.grower is not None
    with pytest.raises(CheckpointError, match="scheduler"):
        other.grower.load_state_dict(dead(loop))
