# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Edits of a user's own module while their loop trains it.

Everything that may fail, the building of bodies, happens before anything is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, final

from torch import nn

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.assembly import plant
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.blending import share_at
from vynapse.esper.kasmina.blueprints import blueprint
from vynapse.esper.kasmina.carried import carried_name
from vynapse.esper.kasmina.held import HeldHost
from vynapse.esper.kasmina.plan import SeedPlan, may_draw
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.slot import Flow
from vynapse.esper.leyline.actions import Decision, Deepen, Germinate, Narrow, Prune, Widen
from vynapse.esper.leyline.legal import CAUSES, objection
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.phases import Cause, SeedPhase
from vynapse.esper.tolaria.lifecycle import Lifecycle
from vynapse.esper.tolaria.own_loop.members import Members
from vynapse.esper.tolaria.own_loop.settings import LoopSettings
from vynapse.esper.tolaria.own_loop.widenings import HOST, Choice, Event, Widenings
from vynapse.networks.modules import isolated_generators
from vynapse.seeding import Streams

_FLOWS: Final[Mapping[str, Flow]] = {
    "joint": "open", "straight_through": "straight_through", "frozen": "closed"
}  # fmt: skip
"""What a seed in training does, by isolation."""


@final
class LoopEditor:
    """A module, an optimiser and the lives of seeds.

    Args:
        network: the module with its slots.
        members: the optimiser.
        settings: isolation and times.
        streams: seeds are initialised from "grow.seed".
        widenings: makes layers wider.

    Attributes:
        lives: the lives of the seeds.
        layers: those that became wider.
        held: holds the host where isolation is `frozen`.
        blend_steps: optimiser steps over which alpha rises.
    """

    def __init__(
        self,
        network: HostWithSlots,
        members: Members,
        settings: LoopSettings,
        streams: Streams,
        widenings: Widenings,
    ) -> None:
        self.network, self.members, self._settings = network, members, settings
        self.lives = Lifecycle(dict.fromkeys(network.places, 0))
        self.layers = widenings
        self.held, self.blend_steps = HeldHost(network), 1
        self._seeding, self._draws = streams.stream("grow.seed"), streams.stream("grow.forward")

    def carry_out(
        self, decisions: Sequence[Decision], observation: Observation, step: int
    ) -> list[Event]:
        """Do what a controller has decided, all of it or, if any of it is impossible, nothing.

        Args:
            decisions: at most one for each slot.
            observation: what the controller saw.
            step: optimiser steps done.

        Raises:
            ConfigError: the controller ordered what cannot be done.
        """
        for decision in decisions:
            self._check(decision, observation)
        epoch, events = observation.epoch, list[Event]()
        for decision in decisions:
            action, reason = decision.action, decision.reason
            gates = [gate.as_data() for gate in decision.gates]
            if isinstance(action, (Germinate, Deepen)):
                events += self._plant(action, reason, gates, epoch, step)
            elif isinstance(action, Widen):
                with self._let_go():
                    events.append(
                        self.layers.enter(
                            action.layer, action.channels, "split", reason, epoch, step, gates
                        )
                    )
            elif isinstance(action, Prune):
                events.append(self._prune(action, reason, gates, epoch))
            elif not isinstance(action, Narrow):
                cause = CAUSES[type(action)]
                events.append(self.follow(action.slot, cause, reason, epoch, step, gates))
        return events

    def widen(
        self, layer: str, channels: int, choice: Choice, epoch: int, step: int
    ) -> list[Event]:
        """Give a layer of the model more channels for good, because the loop has ordered it.

        Raises:
            ConfigError: it cannot be done; nothing was changed.
        """
        reason, name = "the loop has ordered it", f"{HOST}{layer}"
        with self._let_go():
            entered = self.layers.enter(name, channels, choice, reason, epoch, step)
            return [entered, self.layers.advance(name, Cause.FOSSILIZE, reason, epoch, step)]

    @contextmanager
    def _let_go(self) -> Iterator[None]:
        """The host is not held inside, so that its parameters may be replaced."""
        self.held.release()
        try:
            yield
        finally:
            self._hold()

    def follow(
        self,
        place: str,
        cause: Cause,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]] = (),
    ) -> Event:
        """Follow an edge of the life of a slot's seed, or of a layer's channels on trial."""
        if place in self.lives.known():
            return self.advance(place, cause, reason, epoch, step, gates)
        with self._let_go():
            return self.layers.advance(place, cause, reason, epoch, step, gates)

    def live(self) -> list[str]:
        """Slots whose seed trains or blends in, and layers with channels on trial."""
        seeds = self.lives.live(SeedPhase.TRAINING, SeedPhase.BLENDING)
        return [*seeds, *reversed(self.layers.trials)]

    def advance(
        self,
        place: str,
        cause: Cause,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]] = (),
    ) -> Event:
        """Follow an edge of the lifecycle, in the module as well."""
        before, slot = self.lives[place].phase, self.network.slot(place)
        self.lives.advance(place, cause, step)
        event = self._event(place, before, cause, reason, epoch, gates)
        if cause == Cause.BLEND:
            slot.flow = "open"
        elif cause == Cause.CULL:
            slot.flow, slot.shares[slot.live or ""] = "closed", 0.0
            self.members.leave(self.parameters(place, slot.live or "").values())
        elif cause == Cause.FOSSILIZE:
            slot.fossilize()
        self._hold()
        return event

    def before_batch(self, step: int) -> None:
        """Set shares of seeds that blend in and what seeds draw, for batch number `step`.

        Args:
            step: optimiser steps done.
        """
        for place in self.lives.live(SeedPhase.BLENDING, SeedPhase.TRAINING):
            slot = self.network.slot(place)
            life = self.lives[place]
            if life.phase == SeedPhase.TRAINING:
                index = self.network.places.index(place)
                drawn = may_draw((life.blueprint or "",))
                slot.draws = self._draws.seed_for(step, index) if drawn else None
            elif self._settings.isolation != "joint":
                done = (step + 1 - life.since) / self.blend_steps
                slot.shares[slot.live or ""] = share_at(self._settings.rise, done)

    def tidy(self, epoch: int, step: int) -> list[Event]:
        """Remove seeds that were culled an epoch ago, and reopen slots whose embargo is over."""
        events = self.layers.tidy(epoch, step, self._settings.embargo_epochs)
        for place in self.lives.live(SeedPhase.EMBARGOED):
            if self.lives[place].epochs >= self._settings.embargo_epochs:
                events.append(self.advance(place, Cause.REOPEN, "time is up", epoch, step))
        for place in self.lives.live(SeedPhase.CULLED):
            slot = self.network.slot(place)
            if slot.live is not None:
                slot.remove(slot.live)
            events.append(self.advance(place, Cause.CLEAN_UP, "it was culled", epoch, step))
        return events

    def parameters(self, place: str, seed: str) -> dict[str, nn.Parameter]:
        """The parameters of a seed by their names in the user's module."""
        prefix, body = carried_name(place, seed), self.network.slot(place).seed(seed)
        return {f"{prefix}{name}": p for name, p in body.named_parameters()}

    def state(self) -> State:
        """Seeds, lives and the optimiser; the tensors of the module are none of it."""
        slots = {}
        for place in self.network.places:
            slot = self.network.slot(place)
            plans = [
                [name, seed.blueprint, seed.operator, float(slot.shares[name])]
                for name in slot.shares
                if isinstance(seed := slot.seeds[name], Seed)
            ]
            slots[place] = {"seeds": plans, "live": slot.live, "flow": slot.flow}
        lives, widths = self.lives.plain_state(), self.layers.state()
        return {"slots": slots, "lives": lives, "widths": widths, **self.members.state()}

    def rebuild(self, state: State) -> None:
        """Have the seeds and lives of a state; weights and the optimiser are yet to be loaded."""
        self.held.release()
        for place in self.network.places:
            slot = self.network.slot(place)
            for name in list(slot.shares):
                slot.remove(name)
        self.layers.rebuild(state["widths"])
        for place in self.network.places:
            slot, content = self.network.slot(place), state["slots"][place]
            for plan in content["seeds"]:
                with isolated_generators(0):
                    plant(self.network, place, SeedPlan(*plan))
            slot.live, slot.flow = content["live"], content["flow"]
        self.lives.load(state["lives"])

    def resume(self, state: State, step: int) -> None:
        """Have the optimiser of a state, and hold what it holds; weights are loaded."""
        self.members.load(state)
        self._hold()
        self.before_batch(step)

    def _check(self, decision: Decision, observation: Observation) -> None:
        action = decision.action
        reason = objection(action, observation)
        if isinstance(action, Widen) and reason is None:
            self.layers.check(action.layer.removeprefix(HOST))
        if isinstance(action, (Germinate, Deepen)) and reason is None:
            shape = self.network.slot(action.slot).shape
            with isolated_generators(0):
                body = blueprint(action.blueprint).body(shape)
            self.members.check(action.slot, body.parameters())
        if reason is not None:
            raise ConfigError(f"controller: it ordered {action}, which cannot be done: {reason}")

    def _plant(
        self,
        action: Germinate | Deepen,
        reason: str,
        gates: Sequence[Mapping[str, Any]],
        epoch: int,
        step: int,
    ) -> Iterator[Event]:
        """A seed that trains from the next batch on, or is a part of the model at once."""
        place, enters = action.slot, isinstance(action, Deepen)
        life = self.lives.begin(place, CAUSES[type(action)], action.blueprint, step)
        name, index = life.seed or "", self.network.places.index(place)
        plan = SeedPlan(name, action.blueprint, self._settings.operator, 0.0)
        with isolated_generators(self._seeding.seed_for(life.planted, index)):
            plant(self.network, place, plan)
        slot = self.network.slot(place)
        slot.train(self.network.host.training)
        self.members.enter(place, self.parameters(place, name))
        slot.flow = "open" if enters else _FLOWS[self._settings.isolation]
        if slot.flow == "open":
            slot.shares[name] = 1.0
        yield self._event(place, SeedPhase.DORMANT, CAUSES[type(action)], reason, epoch, gates)
        if enters:
            return
        yield self.advance(place, Cause.START, "the next batch trains it", epoch, step)

    def _prune(
        self, action: Prune, reason: str, gates: Sequence[Mapping[str, Any]], epoch: int
    ) -> Event:
        parameters = self.parameters(action.slot, action.seed)
        self.members.leave(parameters.values())
        self.network.slot(action.slot).remove(action.seed)
        count = sum(p.numel() for p in parameters.values())
        about = {"epoch": epoch, "reason": reason, "parameters": count, "gates": list(gates)}
        return {
            "kind": "growth.prune", "data": {"slot": action.slot, "seed": action.seed, **about}
        }  # fmt: skip

    def _hold(self) -> None:
        """Under isolation `frozen`, hold the host while a seed trains."""
        if self._settings.isolation == "frozen":
            self.held.hold(self.lives.live(SeedPhase.TRAINING))

    def _event(
        self,
        place: str,
        before: SeedPhase,
        cause: Cause,
        reason: str,
        epoch: int,
        gates: Sequence[Mapping[str, Any]],
    ) -> Event:
        slot = self.network.slot(place)
        data = self.lives.told(place, before, cause, reason, epoch, gates)
        if slot.live is not None:
            data["alpha"] = slot.shares[slot.live]
            own = self.parameters(place, slot.live).values()
            data["parameters"] = sum(p.numel() for p in own)
        return {"kind": "growth.stage", "data": data}
