# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every controller keeps to, in small random worlds that do as they are told."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.esper.leyline.actions import Blend, Cull, Decision, Fossilize, Germinate
from vynapse.esper.leyline.controller import Controller, memory_of, remind
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import Observation, Offer, SlotObservation
from vynapse.esper.leyline.phases import LIVE, OPEN, Cause, SeedPhase, follow
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.seeding import Streams

EPOCHS = 30
GROWING = sorted(set(CONTROLLERS.names()) - {"pruning"})
CAUSES = {Blend: Cause.BLEND, Fossilize: Cause.FOSSILIZE, Cull: Cause.CULL}


@dataclass
class World:
    """Slots whose seeds are measured at random; every third world has a limit of cost."""

    seed: int
    slots: list[SlotObservation] = field(default_factory=list)
    losses: list[float] = field(default_factory=lambda: [2.0])
    parameters: int = 500
    reached: set[SeedPhase] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.numbers = np.random.default_rng(self.seed)
        for index in range(self.numbers.integers(1, 5)):
            sizes = self.numbers.integers(50, 600, size=self.numbers.integers(1, 4))
            offers = tuple(Offer(f"b{i}", int(size), 1) for i, size in enumerate(sizes))
            slot = SlotObservation(f"slot{index}", SeedPhase.DORMANT, None, None, 0, 0.0, offers)
            self.slots.append(slot)

    def observation(self) -> Observation:
        epoch = len(self.losses) - 1
        share = 1 / EPOCHS if self.seed % 3 == 0 else None
        losses = tuple(self.losses)
        progress = None if share is None else epoch * share
        counts = (self.parameters, 500, 1)
        slots = tuple(self.slots)
        return Observation(epoch, progress, share, losses[1:], losses, 2.0, *counts, slots)

    def obey(self, decisions: list[Decision]) -> None:
        """Carry out decisions; an illegal one raises."""
        names = [getattr(decision.action, "slot", None) for decision in decisions]
        assert len(set(names)) == len(names)
        for decision, name in zip(decisions, names, strict=True):
            assert decision.reason
            assert "\n" not in decision.reason
            assert all(isinstance(gate.passed, bool) for gate in decision.gates)
            (index,) = (i for i, s in enumerate(self.slots) if s.slot == name)
            self.slots[index] = self._after(self.slots[index], decision)

    def live_epoch(self) -> None:
        """Train for an epoch: seeds age, rise, leave, and are measured."""
        drift = float(self.numbers.choice([0.9, 0.99, 1.0, 1.0, 1.05]))
        self.losses.append(self.losses[-1] * drift)
        self.slots = [self._aged(slot) for slot in self.slots]
        self.reached |= {slot.phase for slot in self.slots}

    def _after(self, slot: SlotObservation, decision: Decision) -> SlotObservation:
        action = decision.action
        if isinstance(action, Germinate):
            assert slot.phase in OPEN
            assert action.blueprint in [offer.blueprint for offer in slot.offers]
            phase = follow(SeedPhase.DORMANT, Cause.GERMINATE)
            number = 0 if slot.seed is None else int(slot.seed[1:]) + 1
            slot = replace(slot, phase=phase, seed=f"s{number}", blueprint=action.blueprint)
            return replace(slot, alpha=0.0, epochs=0)
        phase = follow(slot.phase, CAUSES[type(action)])
        if isinstance(action, Fossilize):
            assert slot.alpha == 1
            assert slot.seed is not None
            self.parameters += size_of(slot)
            slot = replace(slot, fossils=(*slot.fossils, slot.seed))
        return replace(slot, phase=phase, epochs=0)

    def _aged(self, slot: SlotObservation) -> SlotObservation:
        slot = replace(slot, epochs=slot.epochs + 1, gradient_health=None, gain=None)
        slot = replace(slot, contribution=None)
        if slot.phase == SeedPhase.GERMINATED:
            slot = replace(slot, phase=follow(slot.phase, Cause.START))
        elif slot.phase == SeedPhase.CULLED:
            slot = replace(slot, phase=follow(slot.phase, Cause.CLEAN_UP), epochs=0)
        elif slot.phase == SeedPhase.EMBARGOED and slot.epochs >= 2:
            slot = replace(slot, phase=follow(slot.phase, Cause.REOPEN), blueprint=None)
        if slot.phase == SeedPhase.TRAINING:
            health = Measurement(float(self.numbers.uniform(0.7, 1)), None, 30, "share")
            return replace(slot, gradient_health=health, gain=self._measured())
        if slot.phase == SeedPhase.BLENDING:
            alpha = min(1.0, slot.alpha + 0.5)
            return replace(slot, alpha=alpha, contribution=self._measured())
        return slot

    def _measured(self) -> Measurement | None:
        if self.numbers.random() < 0.1:
            return None
        return Measurement(float(self.numbers.normal(0.05, 0.1)), 0.05, 500, "nats")


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
    world, decider = World(seed), controller(recipe)
    for _ in range(EPOCHS):
        world.obey(list(decider.decide(world.observation())))
        live = [slot for slot in world.slots if slot.phase in LIVE]
        assert len(live) <= recipe.get("live_seeds", 0)
        size = world.parameters + sum(map(size_of, live))
        assert size <= recipe.get("parameter_limit", 1.0) * 500
        fossils = max(len(slot.fossils) for slot in world.slots)
        assert fossils <= recipe.get("seeds_per_slot", 0)
        world.live_epoch()


@pytest.mark.parametrize("kind", GROWING)
@settings(max_examples=many(sample=7, evidence=60))
@given(data=st.data(), seed=st.integers(0, 10_000), when=st.integers(0, EPOCHS - 1))
def test_a_controller_that_is_loaded_decides_like_the_one_that_was_saved(
    kind: str, data: st.DataObject, seed: int, when: int
) -> None:
    recipe = data.draw(recipes(kind))
    world, decider, twin = World(seed), controller(recipe), None
    for epoch in range(EPOCHS):
        if epoch == when:
            twin = controller(recipe)
            remind(twin, json.loads(json.dumps(memory_of(decider))))
        decisions = list(decider.decide(world.observation()))
        if twin is not None:
            assert list(twin.decide(world.observation())) == decisions
            assert memory_of(twin) == memory_of(decider)
        world.obey(decisions)
        world.live_epoch()


@settings(max_examples=many(sample=7, evidence=60))
@given(seed=st.integers(0, 10_000))
def test_the_heuristic_gives_a_blueprint_so_many_chances_in_a_slot(seed: int) -> None:
    chances = 1 + seed % 2
    world = World(seed)
    keys = {"host_epochs": 0, "training_limit": 3, "chances": chances}
    decider = controller({"kind": "heuristic", **keys})
    culled: Counter[tuple[str, str | None]] = Counter()
    for _ in range(EPOCHS):
        decisions = list(decider.decide(world.observation()))
        for decision in decisions:
            if isinstance(decision.action, Germinate):
                assert culled[decision.action.slot, decision.action.blueprint] < chances
        planted = {slot.slot: slot.blueprint for slot in world.slots}
        world.obey(decisions)
        names = [d.action.slot for d in decisions if isinstance(d.action, Cull)]
        culled.update((name, planted[name]) for name in names)
        world.live_epoch()


@pytest.mark.parametrize("kind", sorted(set(GROWING) - {"no-op", "fixed"}))
def test_the_worlds_lead_controllers_through_every_phase(kind: str) -> None:
    """Else the laws above would say little."""
    reached: set[SeedPhase] = set()
    for seed in range(20):
        world, decider = World(seed), controller({"kind": kind})
        for _ in range(EPOCHS):
            world.obey(list(decider.decide(world.observation())))
            reached |= {slot.phase for slot in world.slots}
            world.live_epoch()
            reached |= world.reached
    assert reached == set(SeedPhase)
