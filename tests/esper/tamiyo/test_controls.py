# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The controls: growth by the clock, at random, and none."""

from dataclasses import replace
from typing import Any

import pytest

from tests.evidence import many
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Cull,
    Fossilize,
    Germinate,
    Narrow,
    Widen,
)
from vynapse.esper.leyline.observation import SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.fixed import FixedSchedule, FixedSettings
from vynapse.esper.tamiyo.no_op import NoOp
from vynapse.esper.tamiyo.random import Random, RandomSettings
from vynapse.seeding import Streams

from .looks import OFFERS, actions, blending, empty, look, nats, training

BOTH = (empty("early"), empty("late"))


def fixed(**settings: Any) -> FixedSchedule:
    return FixedSchedule(FixedSettings(**settings))


def random(seed: int = 0, **settings: Any) -> Random:
    return Random(RandomSettings(**settings), Streams(seed))


def test_fixed_germinates_at_the_stated_epochs_and_at_no_other() -> None:
    control = fixed(begin=4, every=3, live_seeds=1)
    grown = [epoch for epoch in range(12) if actions(control, look(*BOTH, epoch=epoch))]
    assert grown == [4, 7, 10]
    assert actions(fixed(begin=0), look(*BOTH, epoch=0)) != []


def test_fixed_fills_up_the_live_seeds_in_the_order_of_the_data() -> None:
    observation = look(*BOTH, empty("last"), epoch=5)
    assert actions(fixed(live_seeds=2, blueprints=("heavy",)), observation) == [
        Germinate("early", "heavy"),
        Germinate("late", "heavy"),
    ]
    light_first = fixed(blueprints=("light", "heavy"), live_seeds=1)
    assert actions(light_first, observation) == [Germinate("early", "light")]
    assert actions(fixed(live_seeds=1), observation) == [Germinate("early", "heavy")]
    assert actions(fixed(parameter_limit=1.1), observation) == [Germinate("early", "light")]


def test_fixed_goes_by_time_and_alpha_whatever_was_measured() -> None:
    control = fixed(training_epochs=2)
    for gain in (None, nats(-1.0), nats(1.0)):
        young, old = training("early", gain=gain, epochs=1), training("late", gain=gain, epochs=2)
        assert actions(control, look(young, old, epoch=1)) == [Blend("late")]
        rising = blending("early", contribution=gain, alpha=0.9, epochs=9)
        blended = blending("late", contribution=gain, alpha=1.0)
        losses = (1.0, 9.0)
        assert actions(control, look(rising, blended, losses=losses)) == [Fossilize("late")]


def test_fixed_says_why() -> None:
    (decision,) = fixed().decide(look(empty(), epoch=5))
    assert decision.reason == "epoch 5 is on the schedule"
    assert decision.gates == ()


def drawn(control: Random, slot: SlotObservation, epochs: int = 5) -> list[Action]:
    """What becomes of 400 slots in the same state, at the looks after epochs 1 to `epochs`."""
    observation = look(*(replace(slot, slot=f"{slot.slot}{i}") for i in range(400)))
    looks = [replace(observation, epoch=epoch) for epoch in range(1, epochs + 1)]
    found = [action for each in looks for action in actions(control, each)]
    return [
        replace(action, slot=slot.slot)
        for action in found
        if not isinstance(action, (Narrow, Widen))
    ]


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
@pytest.mark.parametrize(
    ("slot", "action", "expected"),
    [
        (empty(), Germinate("early", "light"), 0.2 / 2),
        (empty(), Germinate("early", "heavy"), 0.2 / 2),
        (training(), Blend("early"), 0.9 * 0.5),
        (training(), Cull("early"), 0.1),
        (blending(), Fossilize("early"), 0.9 * 0.5),
        (blending(), Cull("early"), 0.1),
        (blending(alpha=0.9), Fossilize("early"), 0.0),
        (blending(alpha=0.9), Cull("early"), 0.1),
    ],
)
def test_random_takes_each_legal_action_as_often_as_stated(
    seed: int, slot: SlotObservation, action: Action, expected: float
) -> None:
    control = random(seed, live_seeds=400, parameter_limit=1000.0)
    share = drawn(control, slot).count(action) / 2000
    assert share == pytest.approx(expected, abs=0.03)
    assert (share == 0) == (expected == 0)


def test_random_is_certain_at_probabilities_0_and_1() -> None:
    limits: dict[str, Any] = {"live_seeds": 400, "parameter_limit": 1000.0}
    never = random(germinate=0.0, blend=0.0, fossilize=0.0, cull=0.0, **limits)
    always = random(germinate=1.0, blend=1.0, fossilize=1.0, cull=0.0, **limits)
    for slot in (empty(), training(), blending()):
        assert drawn(never, slot) == []
        assert len(drawn(always, slot)) == 2000


def test_random_leaves_other_phases_alone() -> None:
    for phase in (SeedPhase.GERMINATED, SeedPhase.CULLED, SeedPhase.EMBARGOED):
        slot = empty(phase=phase, seed="s0", blueprint="light")
        assert drawn(random(germinate=1.0, cull=1.0), slot) == []


def test_random_is_a_function_of_seed_epoch_and_slot_alone() -> None:
    observations = [look(*BOTH, training("last"), epoch=epoch) for epoch in range(40)]
    there = [actions(random(1), observation) for observation in observations]
    control = random(1)
    back = [actions(control, observation) for observation in reversed(observations)]
    assert there == back[::-1]
    assert there != [actions(random(2), observation) for observation in observations]
    # two slots in the same state are not drawn alike
    alike = [look(training("early"), training("late"), epoch=epoch) for epoch in range(40)]
    assert any(len(actions(control, observation)) == 1 for observation in alike)


def test_random_keeps_within_the_limits() -> None:
    control = random(germinate=1.0, live_seeds=1)
    assert all(len(actions(control, look(*BOTH, epoch=epoch))) == 1 for epoch in range(50))
    small = random(germinate=1.0, parameter_limit=1.1)
    for epoch in range(50):
        (action,) = actions(small, look(*BOTH, epoch=epoch))
        assert isinstance(action, Germinate)
        assert action.blueprint == OFFERS[0].blueprint


def test_controllers_have_nothing_to_do_where_there_are_no_slots() -> None:
    for control in (fixed(), random(), NoOp()):
        assert actions(control, look(epoch=5)) == []


def test_no_op_never_acts() -> None:
    slots = (empty("a"), training("b"), blending("c", contribution=nats(-1.0)))
    assert all(actions(NoOp(), look(*slots, epoch=epoch)) == [] for epoch in range(20))
