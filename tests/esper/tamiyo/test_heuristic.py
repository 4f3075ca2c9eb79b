# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The heuristic, rule by rule."""

import json
from dataclasses import replace
from typing import Any

import pytest

from vynapse.errors import TrainingError
from vynapse.esper.leyline.actions import Blend, Cull, Fossilize, Germinate
from vynapse.esper.leyline.observation import SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.heuristic import Heuristic
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings

from .looks import OFFERS, actions, blending, empty, look, nats, share, training


def heuristic(**settings: Any) -> Heuristic:
    """One that prefers the light blueprint, with thresholds that make round numbers."""
    usual = {
        "blueprints": ("light", "heavy"),
        "plateau_gain": 0.03,
        "least_gain": 0.0,
        "largest_drop": 0.0,
        "stable_rise": 0.05,
        "regression_rise": 0.15,
        "largest_harm": 0.0,
    }
    return Heuristic(HeuristicSettings(**(usual | settings)))


def fossil(name: str = "early", **changes: Any) -> SlotObservation:
    fields = {"seed": "s0", "blueprint": "light", "fossils": ("s0",)}
    return empty(name, phase=SeedPhase.FOSSILIZED, **(fields | changes))


def test_a_seed_germinates_when_the_host_has_plateaued() -> None:
    falling = look(empty(), losses=(2.0, 1.66, 1.34, 1.0))
    assert actions(heuristic(), falling) == []
    (decision,) = heuristic().decide(look(empty()))
    assert decision.action == Germinate("early", "light")
    assert "does not surely fall" in decision.reason
    assert [(gate.gate, gate.passed) for gate in decision.gates] == [
        ("host epochs", True),
        ("plateau", True),
    ]


def test_a_plateau_of_a_young_host_does_not_count() -> None:
    young = look(empty(), losses=(1.0,) * 3)
    assert actions(heuristic(host_epochs=3, plateau_window=1), young) == []
    assert actions(heuristic(host_epochs=2, plateau_window=1), young) != []


def test_an_existing_network_grows_at_the_first_look_and_later_waits_for_a_plateau() -> None:
    grower = heuristic(host_epochs=0)
    (decision,) = grower.decide(look(empty(), losses=(0.8,)))
    assert decision.action == Germinate("early", "light")
    assert "trained already" in decision.reason
    assert actions(grower, look(empty(), losses=(0.8, 0.7, 0.6, 0.5))) == []
    assert actions(grower, look(empty())) != []
    assert actions(heuristic(host_epochs=1), look(empty(), losses=(0.8,))) == []


def test_a_noisy_loss_does_not_put_growth_off() -> None:
    """As on glyphs, where one bad epoch in four cost ten points."""
    noisy = look(empty(), losses=(2.3, 2.5, 1.5, 1.8, 1.2))
    assert actions(heuristic(plateau_gain=0.1), noisy) == [Germinate("early", "light")]


def test_the_first_seed_germinates_by_the_deadline_whatever_the_loss_does() -> None:
    falling: dict[str, Any] = {"losses": (2.0, 1.66, 1.34, 1.0), "epoch_share": 0.1}
    grower = heuristic(deadline=0.4)
    assert actions(grower, look(empty(), progress=0.3, **falling)) == []
    (decision,) = grower.decide(look(empty(), progress=0.31, **falling))
    assert decision.action == Germinate("early", "light")
    assert [gate.gate for gate in decision.gates] == ["deadline", "budget"]
    without = heuristic(deadline=None)
    assert actions(without, look(empty(), progress=0.31, **falling)) == []
    # where a seed could be of no use any more, nothing is gained by a deadline
    assert actions(heuristic(deadline=0.4), look(empty(), progress=0.6, **falling)) == []


def test_later_seeds_wait_for_a_plateau() -> None:
    falling: dict[str, Any] = {"losses": (2.0, 1.66, 1.34, 1.0), "epoch_share": 0.1}
    falling["progress"] = 0.5
    for begun in (fossil("early"), training("early", gain=None)):
        assert Germinate("late", "light") not in actions(
            heuristic(), look(begun, empty("late"), **falling)
        )
    grower = heuristic(deadline=0.3)
    assert actions(grower, look(empty(), **falling)) != []
    culled = empty(phase=SeedPhase.CULLED, seed="s0", blueprint="light")
    grower.decide(look(culled, **falling))
    assert actions(grower, look(empty(), **falling)) == [], "it remembers that it has begun"


def test_what_version_0_1_remembered_is_a_memory_without_a_deadline_and_wider_layers() -> None:
    grower = heuristic(deadline=0.3)
    grower.load({"before": {}, "culled": {}})
    assert not grower.wants_bottlenecks
    twin = heuristic()
    twin.load(grower.state())
    assert not twin.wants_bottlenecks
    falling = look(empty(), losses=(2.0, 1.66, 1.34, 1.0), epoch_share=0.1, progress=0.5)
    assert actions(grower, falling) == []


@pytest.mark.parametrize(("progress", "grows"), [(0.0, True), (0.55, True), (0.56, False)])
def test_a_seed_needs_budget_to_train_to_blend_and_to_be_of_use(
    progress: float, grows: bool
) -> None:
    observation = look(empty(), progress=progress, epoch_share=0.1)
    grower = heuristic(training_epochs=1, blending_epochs=1, reserve=0.25)
    decisions = grower.decide(observation)
    assert bool(decisions) is grows
    if grows:
        assert decisions[0].gates[-1].gate == "budget"


def test_early_slots_come_first_and_only_so_many_seeds_live_at_once() -> None:
    slots = [empty("early"), empty("middle"), empty("late")]
    assert actions(heuristic(live_seeds=2), look(*slots)) == [
        Germinate("early", "light"),
        Germinate("middle", "light"),
    ]
    slots[1] = training("middle", gain=None)
    assert actions(heuristic(live_seeds=2), look(*slots)) == [Germinate("early", "light")]
    germinated = empty("early", phase=SeedPhase.GERMINATED, seed="s0", blueprint="light")
    assert actions(heuristic(live_seeds=2), look(germinated, *slots[1:])) == []


def test_a_seed_that_ends_makes_room_at_the_same_look() -> None:
    done = blending("early")
    assert actions(heuristic(live_seeds=1), look(done, empty("late"))) == [
        Fossilize("early"),
        Germinate("late", "light"),
    ]
    bad = blending("early", contribution=nats(-0.1))
    assert actions(heuristic(live_seeds=1), look(bad, empty("late"))) == [
        Cull("early"),
        Germinate("late", "light"),
    ]


def test_blueprints_are_tried_in_the_order_of_preference() -> None:
    slots = [empty("early"), empty("late", offers=OFFERS[:1])]
    assert actions(heuristic(blueprints=("heavy", "light")), look(*slots)) == [
        Germinate("early", "heavy"),
        Germinate("late", "light"),
    ]
    assert actions(heuristic(blueprints=("heavy",)), look(*slots)) == [Germinate("early", "heavy")]


@pytest.mark.parametrize(("limit", "expected"), [(1.4, "heavy"), (1.3, "light")])
def test_the_largest_blueprint_that_fits_is_taken_where_none_is_preferred(
    limit: float, expected: str
) -> None:
    grower = heuristic(blueprints=None, parameter_limit=limit)
    assert actions(grower, look(empty())) == [Germinate("early", expected)]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (1.39, [Germinate("early", "light"), Germinate("late", "light")]),
        (1.4, [Germinate("early", "heavy")]),
        (1.5, [Germinate("early", "heavy"), Germinate("late", "light")]),
        (1.8, [Germinate("early", "heavy"), Germinate("late", "heavy")]),
        (1.05, []),
    ],
)
def test_the_network_stays_below_its_limit(limit: float, expected: list[Germinate]) -> None:
    grower = heuristic(blueprints=("heavy", "light"), parameter_limit=limit)
    assert actions(grower, look(empty("early"), empty("late"))) == expected


def test_seeds_that_live_count_against_the_limit_and_culled_ones_do_not() -> None:
    def grows(slot: SlotObservation, parameters: int = 1000) -> bool:
        observation = look(slot, empty("late"), parameters=parameters)
        return Germinate("late", "light") in actions(heuristic(parameter_limit=1.5), observation)

    heavy = training("early", blueprint="heavy", gain=None)
    assert grows(heavy)
    assert not grows(heavy, parameters=1001)
    assert grows(replace(heavy, gain=nats(-1.0), epochs=2), parameters=1001)
    # not a live seed any more, but a part of the network
    assert not grows(blending("early", blueprint="heavy"), parameters=1001)


def test_nothing_germinates_beside_a_seed_of_unknown_size() -> None:
    foreign = training("early", blueprint="elsewhere:seed", gain=None)
    assert actions(heuristic(), look(foreign, empty("late"))) == []


def test_a_slot_takes_so_many_fossils() -> None:
    one, two = fossil(), fossil(fossils=("s0", "s1"))
    assert actions(heuristic(), look(one)) == []
    assert actions(heuristic(seeds_per_slot=2), look(one)) == [Germinate("early", "light")]
    assert actions(heuristic(seeds_per_slot=2), look(two)) == []
    assert actions(heuristic(), look(one, empty("late"))) == [Germinate("late", "light")]


@pytest.mark.parametrize("phase", [SeedPhase.CULLED, SeedPhase.EMBARGOED])
def test_a_closed_slot_is_left_alone(phase: SeedPhase) -> None:
    assert actions(heuristic(), look(empty(phase=phase, seed="s0", blueprint="light"))) == []


def test_a_blueprint_that_was_culled_is_tried_there_after_the_others() -> None:
    grower = heuristic(chances=2)
    germinated = []
    for number in range(4):
        (decision,) = actions(grower, look(empty("early")))
        assert isinstance(decision, Germinate)
        germinated.append(decision.blueprint)
        failing = training(gain=nats(-0.1), epochs=2, seed=f"s{number}", blueprint=germinated[-1])
        assert actions(grower, look(failing)) == [Cull("early")]
    assert germinated == ["light", "heavy", "light", "heavy"]
    assert actions(grower, look(empty("early"), empty("late"))) == [Germinate("late", "light")]


def test_what_the_governor_culled_counts_once_as_well() -> None:
    grower = heuristic(chances=2)
    for phase in (SeedPhase.CULLED, SeedPhase.EMBARGOED):
        grower.decide(look(empty(phase=phase, seed="s0", blueprint="light")))
    assert actions(grower, look(empty())) == [Germinate("early", "heavy")]
    for seed in ("s1", "s2"):
        grower.decide(look(empty(phase=SeedPhase.CULLED, seed=seed, blueprint="heavy")))
    assert actions(grower, look(empty())) == [Germinate("early", "light")]


def test_a_seed_blends_when_every_gate_passes() -> None:
    (decision,) = heuristic().decide(look(training()))
    assert decision.action == Blend("early")
    assert [gate.gate for gate in decision.gates] == ["gradient health", "gain", "training time"]
    for changes in (
        {"gradient_health": share(0.8)},
        {"gradient_health": None},
        {"gain": nats(0.02, 0.03)},
        {"gain": None},
    ):
        assert actions(heuristic(), look(training(**changes))) == []
    assert actions(heuristic(training_epochs=2), look(training(epochs=1))) == []


def test_a_seed_in_training_is_culled_when_it_would_surely_do_harm() -> None:
    harmful = training(gain=nats(-0.02, 0.01), epochs=2)
    (decision,) = heuristic().decide(look(harmful))
    assert decision.action == Cull("early")
    assert [(gate.gate, gate.passed) for gate in decision.gates] == [("performance drop", True)]
    assert actions(heuristic(), look(replace(harmful, epochs=1))) == []
    assert actions(heuristic(), look(replace(harmful, gain=nats(-0.02, 0.03)))) == []
    assert actions(heuristic(largest_drop=0.05), look(harmful)) == []


def test_a_seed_in_training_is_culled_when_its_time_is_up() -> None:
    unsure = training(gain=nats(0.0, 0.1), epochs=5)
    assert actions(heuristic(training_limit=6), look(unsure)) == []
    (decision,) = heuristic(training_limit=5).decide(look(unsure))
    assert decision.action == Cull("early")
    assert [(gate.gate, gate.passed) for gate in decision.gates] == [
        ("gradient health", True),
        ("gain", False),
        ("training time", True),
        ("training limit", True),
    ]
    # at the last look it may still pass
    assert actions(heuristic(training_limit=5), look(training(epochs=5))) == [Blend("early")]


def test_a_seed_fossilizes_when_every_gate_passes() -> None:
    (decision,) = heuristic().decide(look(blending()))
    assert decision.action == Fossilize("early")
    assert [gate.gate for gate in decision.gates] == ["alpha", "stability", "contribution"]
    for changes in (
        {"alpha": 0.99},
        {"contribution": None},
        {"contribution": nats(0.02, 0.03)},
    ):
        assert actions(heuristic(), look(blending(**changes))) == []


def blended(grower: Heuristic, before: float, now: float, **changes: Any) -> list[Any]:
    """What it does with a seed that began to blend at one loss and is at another since."""
    assert actions(grower, look(training(), losses=(before,) * 4)) == [Blend("early")]
    return actions(grower, look(blending(**changes), losses=(before,) * 4 + (now, now)))


def test_stability_and_regression_look_back_to_the_begin_of_blending() -> None:
    assert blended(heuristic(), 1.0, 1.05) == [Fossilize("early")]
    assert blended(heuristic(), 1.0, 1.06) == []
    assert blended(heuristic(), 1.0, 1.15) == []
    unsure = nats(0.02, 0.03)
    assert blended(heuristic(), 1.0, 1.15, contribution=unsure) == []
    assert blended(heuristic(), 1.0, 1.16, contribution=unsure) == [Cull("early")]
    assert blended(heuristic(), 1.0, 1.16, contribution=None) == [Cull("early")]
    assert blended(heuristic(), 1.0, 1.16, contribution=unsure, alpha=0.3) == [Cull("early")]
    assert blended(heuristic(regression_rise=0.2), 1.0, 1.16, contribution=unsure) == []
    assert blended(heuristic(), 2.0, 1.16) == [Fossilize("early")]


def test_a_loss_that_has_risen_is_not_the_fault_of_a_seed_that_keeps_it_down() -> None:
    assert blended(heuristic(), 1.0, 1.5) == []
    assert blended(heuristic(), 1.0, 1.5, contribution=nats(0.04, 0.03)) == []


def test_the_begin_of_blending_is_not_that_of_an_earlier_seed() -> None:
    grower = heuristic()
    assert blended(grower, 1.0, 0.9) == [Fossilize("early")]
    later = look(training(seed="s1"), losses=(0.5,) * 4)
    assert actions(grower, later) == [Blend("early")]
    worse = look(blending(seed="s1", contribution=None), losses=(0.5,) * 4 + (0.8, 0.8))
    assert actions(grower, worse) == [Cull("early")]


def test_a_seed_it_did_not_see_begin_is_measured_from_the_first_look() -> None:
    grower = heuristic()
    assert actions(grower, look(blending(alpha=0.5), losses=(1.0,))) == []
    assert actions(grower, look(blending(alpha=0.5), losses=(1.0, 1.1))) == []
    once, twice = (1.0, 1.1, 1.2), (1.0, 1.1, 1.2, 1.2)
    unknown = blending(alpha=0.5, contribution=None)
    assert actions(grower, look(unknown, losses=once)) == []
    assert actions(grower, look(unknown, losses=twice)) == [Cull("early")]


def test_a_blending_seed_is_culled_when_it_surely_does_harm() -> None:
    (decision,) = heuristic().decide(look(blending(alpha=0.2, contribution=nats(-0.02))))
    assert decision.action == Cull("early")
    assert [gate.gate for gate in decision.gates] == ["harm"]
    assert actions(heuristic(), look(blending(alpha=0.2, contribution=nats(-0.02, 0.03)))) == []
    tolerant = heuristic(largest_harm=0.05)
    assert actions(tolerant, look(blending(alpha=0.2, contribution=nats(-0.02)))) == []


def test_a_blended_seed_that_does_not_prove_its_worth_is_culled_in_the_end() -> None:
    unsure = blending(contribution=nats(0.0, 0.1), epochs=6)
    assert actions(heuristic(), look(replace(unsure, epochs=5))) == []
    assert actions(heuristic(), look(unsure)) == [Cull("early")]
    # not while its share still rises, nor when only the network as a whole is restless
    assert actions(heuristic(), look(replace(unsure, alpha=0.9))) == []
    assert blended(heuristic(), 1.0, 1.1, epochs=9) == []


def test_a_seed_that_took_the_place_of_another_unseen_is_measured_afresh() -> None:
    grower = heuristic()
    grower.decide(look(blending(alpha=0.5), losses=(1.0,)))
    later = look(blending(alpha=0.5, seed="s1"), losses=(1.0, 1.2))
    assert actions(grower, later) == []


def test_what_it_remembers_goes_through_json_and_is_a_copy() -> None:
    def failing(blueprint: str) -> SlotObservation:
        return training("late", gain=nats(-0.1), epochs=2, blueprint=blueprint)

    grower, fresh = heuristic(), heuristic()
    grower.decide(look(training(), failing("light")))
    state = grower.state()
    kept = json.loads(json.dumps(state))
    before = {"early": ["s0", 1.0], "late": ["s0", 1.0]}
    assert kept == {"before": before, "culled": kept["culled"], "begun": True, "widens": True}
    assert kept["culled"] == {"late": {"s0": "light"}}
    fresh.load(state)
    assert fresh.state() == kept
    after = look(blending(), failing("heavy"), losses=(0.5,))
    assert actions(grower, after) == actions(fresh, after)
    assert state == kept
    assert grower.state() == fresh.state() != kept


def test_it_refuses_to_decide_without_a_validation_loss() -> None:
    with pytest.raises(TrainingError, match="controller heuristic .* validation loss"):
        heuristic().decide(look(empty(), losses=(), epoch=0))
