# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checkers of controllers and blueprints: what is shipped passes, what is broken is caught."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.blueprints import Blueprint, blueprint_names
from vynapse.esper.leyline.actions import Blend, Cull, Decision, Germinate
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.leyline.legal import legal
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.registry import NoKeys
from vynapse.seeding import Streams
from vynapse.testing import check_blueprint, check_controller

TIGHT = {"live_seeds": 1, "seeds_per_slot": 1, "parameter_limit": 2.5}


# what prunes needs a trained network, what is tuned a schedule, what has learnt a run
@pytest.mark.parametrize(
    "kind", sorted(set(CONTROLLERS.names()) - {"pruning", "tuned", "paced", "run"})
)
def test_what_is_shipped_keeps_its_promises(kind: str) -> None:
    keys = {} if kind == "no-op" else TIGHT
    choice = CONTROLLERS.choose({"kind": kind, **keys})
    check_controller(lambda: make_controller(choice, Streams(1)), LimitSettings(**TIGHT))


class Greedy:
    """Germinates wherever that is legal, one seed at a look."""

    def decide(self, observation: Observation) -> list[Decision]:
        found = [action for action in legal(observation) if isinstance(action, Germinate)]
        return [Decision(action, "there is room") for action in found[:1]]


class Illegal(Greedy):
    def decide(self, observation: Observation) -> list[Decision]:
        return [Decision(Blend(observation.slots[0].slot), "now")]


class Twice(Greedy):
    def decide(self, observation: Observation) -> list[Decision]:
        return 2 * super().decide(observation)


class Silent(Greedy):
    def decide(self, observation: Observation) -> list[Decision]:
        return [Decision(decision.action, "") for decision in super().decide(observation)]


class Forgetful(Greedy):
    """What it decides depends on how often it was asked, and it says so to nobody."""

    def __init__(self) -> None:
        self.asked = 0

    def decide(self, observation: Observation) -> list[Decision]:
        self.asked += 1
        return super().decide(observation) if self.asked % 3 == 0 else []

    def state(self) -> dict[str, Any]:
        return {}

    def load(self, state: dict[str, Any]) -> None:
        pass


class Unsaved(Forgetful):
    def state(self) -> dict[str, Any]:
        return {"asked": {self.asked}}


class Half(Greedy):
    def state(self) -> dict[str, Any]:
        return {}


class Restless(Greedy):
    def decide(self, observation: Observation) -> list[Decision]:
        torch.rand(1)
        return []


class Chancy(Greedy):
    drawn = 0

    def decide(self, observation: Observation) -> list[Decision]:
        type(self).drawn += 1
        return [] if self.drawn % 2 else super().decide(observation)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (Illegal, "is not legal: a seed that is dormant cannot blend"),
        (Twice, "one action for a slot at most"),
        (Silent, "a reason of one clause was wanted"),
        (Forgetful, "the second resumed at look"),
        (Unsaved, "must be made of JSON values"),
        (Half, "both state and load, or neither"),
        (Restless, "a global random generator"),
        (Chancy, "two controllers of one configuration"),
        (object, "must have the method decide"),
    ],
)
def test_a_broken_controller_is_caught(broken: type[Any], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_controller(broken)


def test_limits_are_checked_where_they_are_given() -> None:
    make: type[Controller] = Greedy
    check_controller(make)
    with pytest.raises(AssertionError, match="is beyond the limits"):
        check_controller(make, LimitSettings(**TIGHT))


def test_a_controller_of_one_method_passes() -> None:
    class Culls:
        def decide(self, observation: Observation) -> list[Decision]:
            found = [action for action in legal(observation) if isinstance(action, Cull)]
            return [Decision(action, "it is there") for action in found[:1]]

    check_controller(Culls)


@pytest.mark.parametrize("name", [*blueprint_names(), f"{__name__}:own_part"])
def test_every_blueprint_keeps_its_promises(name: str) -> None:
    check_blueprint(name)


def own_part(shape: tuple[int, ...]) -> nn.Module:
    return nn.Conv2d(shape[0], shape[0], 1) if len(shape) == 3 else nn.Linear(shape[-1], shape[-1])


def zeros(shape: tuple[int, ...]) -> nn.Module:
    layer = nn.Linear(shape[-1], shape[-1], bias=False)
    nn.init.zeros_(layer.weight)
    return layer


def of(make: Any) -> Blueprint:
    """One that promises to be 0 at birth, and so is not helped to it."""
    return Blueprint(
        "mine", "", NoKeys, lambda _, shape: make(shape), frozenset({1}), zero_at_birth=True
    )


class Mixing(nn.Module):
    """Its examples look at each other."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = zeros(shape)

    def forward(self, h: Tensor) -> Tensor:
        output: Tensor = self.layer(h - h.mean(0))
        return output


class Dead(nn.Module):
    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.one, self.two = zeros(shape), zeros(shape)

    def forward(self, h: Tensor) -> Tensor:
        output: Tensor = self.two(self.one(h))
        return output


_SAME = zeros((12,))


def drawing(shape: tuple[int, ...]) -> nn.Module:
    layer = zeros(shape)
    layer.register_buffer(
        "noise", torch.randn(1, generator=torch.Generator().manual_seed(id(layer)))
    )
    return layer


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (own_part, "exactly 0 at birth"),
        (lambda shape: nn.Linear(shape[-1], 3), r"shape \(4, 12\) was wanted, got \(4, 3\)"),
        (Mixing, "depends on those beside it"),
        (Dead, "no parameter has a gradient"),
        (lambda _: _SAME, "share a parameter"),
        (drawing, "different weights"),
        (lambda _: nn.Dropout(1.0), "no parameter that learns|exactly 0"),
    ],
)
def test_a_broken_blueprint_is_caught(make: Any, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_blueprint(of(make))


def test_a_factory_that_is_no_use_is_caught_with_its_sentence() -> None:
    with pytest.raises(AssertionError, match="must not return zeros only"):
        check_blueprint(f"{__name__}:zeros")
