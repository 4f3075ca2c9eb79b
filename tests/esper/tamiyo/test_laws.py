# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every controller keeps to, in small random worlds that do as they are told."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.esper.leyline.actions import Cull, Decision, Germinate
from vynapse.esper.leyline.controller import Controller, memory_of, remind
from vynapse.esper.leyline.legal import objection
from vynapse.esper.leyline.observation import SlotObservation
from vynapse.esper.leyline.phases import LIVE, SeedPhase
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.seeding import Streams
from vynapse.testing.growing_world import LOOKS, GrowingWorld

GROWING = sorted(set(CONTROLLERS.names()) - {"pruning", "tuned", "paced", "run"})


def obey(world: GrowingWorld, decisions: Sequence[Decision]) -> None:
    """Carry out decisions; an illegal one fails."""
    names = [getattr(decision.action, "slot", None) for decision in decisions]
    assert len(set(names)) == len(names)
    for decision in decisions:
        assert decision.reason
        assert "\n" not in decision.reason
        assert all(isinstance(gate.passed, bool) for gate in decision.gates)
        assert objection(decision.action, world.observation()) is None
        world.obey(decision.action)


def size_of(slot: SlotObservation) -> int:
    return {offer.blueprint: offer.parameters for offer in slot.offers}[slot.blueprint or ""]


def controller(recipe: dict[str, Any]) -> Controller:
    return make_controller(CONTROLLERS.choose(recipe), Streams(7))


@st.composite
def recipes(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    if kind == "no-op":
        return {"kind": kind}
    limits = {
        "kind": kind,
        "live_seeds": draw(st.integers(1, 3)),
        "seeds_per_slot": draw(st.integers(1, 3)),
        "parameter_limit": draw(st.sampled_from([1.0, 1.5, 2.5, 5.0])),
    }
    if kind == "heuristic":
        return limits | {"host_epochs": draw(st.integers(0, 3)), "training_limit": 3}
    if kind == "fixed":
        return limits | {"begin": draw(st.integers(0, 5)), "every": draw(st.integers(1, 4))}
    return limits | {"germinate": 0.5, "cull": draw(st.sampled_from([0.0, 0.3]))}


@pytest.mark.parametrize("kind", GROWING)
@settings(max_examples=many(sample=7, evidence=60))
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_every_decision_is_legal_and_within_the_limits(
    kind: str, data: st.DataObject, seed: int
) -> None:
    recipe = data.draw(recipes(kind))
    world, decider = GrowingWorld(seed), controller(recipe)
    for _ in range(LOOKS):
        obey(world, decider.decide(world.observation()))
        seen = world.observation()
        live = [slot for slot in seen.slots if slot.phase in LIVE]
        assert len(live) <= recipe.get("live_seeds", 0)
        size = seen.parameters + sum(map(size_of, live))
        assert size <= recipe.get("parameter_limit", 1.0) * seen.initial_parameters
        fossils = max(len(slot.fossils) for slot in seen.slots)
        assert fossils <= recipe.get("seeds_per_slot", 0)
        world.live()


@pytest.mark.parametrize("kind", GROWING)
@settings(max_examples=many(sample=7, evidence=60))
@given(data=st.data(), seed=st.integers(0, 10_000), when=st.integers(0, LOOKS - 1))
def test_a_controller_that_is_loaded_decides_like_the_one_that_was_saved(
    kind: str, data: st.DataObject, seed: int, when: int
) -> None:
    recipe = data.draw(recipes(kind))
    world, decider, twin = GrowingWorld(seed), controller(recipe), None
    for epoch in range(LOOKS):
        if epoch == when:
            twin = controller(recipe)
            remind(twin, json.loads(json.dumps(memory_of(decider))))
        decisions = list(decider.decide(world.observation()))
        if twin is not None:
            assert list(twin.decide(world.observation())) == decisions
            assert memory_of(twin) == memory_of(decider)
        obey(world, decisions)
        world.live()


@settings(max_examples=many(sample=7, evidence=60))
@given(seed=st.integers(0, 10_000))
def test_the_heuristic_gives_a_blueprint_so_many_chances_in_a_slot(seed: int) -> None:
    chances = 1 + seed % 2
    world = GrowingWorld(seed)
    keys = {"host_epochs": 0, "training_limit": 3, "chances": chances}
    decider = controller({"kind": "heuristic", **keys})
    culled: Counter[tuple[str, str | None]] = Counter()
    for _ in range(LOOKS):
        decisions = list(decider.decide(world.observation()))
        for decision in decisions:
            if isinstance(decision.action, Germinate):
                assert culled[decision.action.slot, decision.action.blueprint] < chances
        planted = {slot.slot: slot.blueprint for slot in world.observation().slots}
        obey(world, decisions)
        names = [d.action.slot for d in decisions if isinstance(d.action, Cull)]
        culled.update((name, planted[name]) for name in names)
        world.live()


@pytest.mark.parametrize("kind", sorted(set(GROWING) - {"no-op", "fixed"}))
def test_the_worlds_lead_controllers_through_every_phase(kind: str) -> None:
    """Else the laws above would say little."""
    reached: set[SeedPhase] = set()
    for seed in range(20):
        world, decider = GrowingWorld(seed), controller({"kind": kind})
        for _ in range(LOOKS):
            obey(world, decider.decide(world.observation()))
            reached |= {slot.phase for slot in world.observation().slots}
            world.live()
            reached |= {slot.phase for slot in world.observation().slots}
    assert reached == set(SeedPhase)
