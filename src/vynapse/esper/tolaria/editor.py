# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Edits of a network while it is trained: network, optimiser and lives of seeds change together.

Decisions are carried out in transactions: what fails half-way leaves everything as if it had never
begun, to the bit. A parameter that enters starts with a fresh memory, one that leaves takes its
memory along, and what is remembered of all others stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

from vynapse.core import State
from vynapse.core.compatible import ARRAYS, Named
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blending import share_at
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.esper.kasmina.slot import Flow
from vynapse.esper.leyline.actions import (
    Action,
    Decision,
    Deepen,
    Germinate,
    Narrow,
    Prune,
    Widen,
)
from vynapse.esper.leyline.legal import CAUSES, objection
from vynapse.esper.leyline.phases import Cause, SeedPhase
from vynapse.esper.tolaria.descent import Descent
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.layers import Batch, Event, LayerEditor
from vynapse.esper.tolaria.lifecycle import Lifecycle
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.esper.tolaria.survey import Survey
from vynapse.seeding import Streams


@final
class NetworkEditor:
    """A network, its optimiser and its seeds.

    Args:
        network: what grows.
        descent: what trains it.
        survey: tells what may be done with it.
        settings: keys of the mode.
        epoch_steps: batches of an epoch.
        streams: seeds are initialised from "grow.seed".
        batch: gives the next training batch, whose gradients may choose new channels.

    Attributes:
        layers: changes the widths of layers.
    """

    def __init__(
        self,
        network: GrowingNetwork,
        descent: Descent,
        survey: Survey,
        settings: GrowSettings,
        epoch_steps: int,
        streams: Streams,
        batch: Batch,
    ) -> None:
        self.network, self.descent, self._survey = network, descent, survey
        places = network.module.places
        self.lives = Lifecycle({p: _planted(network.module.slot(p).shares) for p in places})
        self._settings = settings
        self._blend_steps = max(1, round(settings.blend_epochs * epoch_steps))
        self._seeding = streams.stream("grow.seed")
        self.layers = LayerEditor(network, descent, settings, streams, batch)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What happens inside happens as a whole or not at all."""
        before = self.state()
        try:
            yield
        except BaseException:
            self.load(before)
            raise

    def carry_out(self, decisions: Sequence[Decision], epoch: int, step: int) -> list[Event]:
        """Do what a controller has decided, all of it or, if any of it is impossible, nothing.

        Args:
            decisions: at most one decision for each slot or layer.
            epoch: growth steps done.
            step: batches done.

        Raises:
            ConfigError: the controller ordered what cannot be done.
        """
        if not decisions:
            return []
        events = []
        with self.transaction():
            for decision in decisions:
                lives = self.lives, self.layers.lives
                parts = self._survey.parts(self.network, *lives, decision.action)
                if reason := objection(decision.action, parts):
                    raise ConfigError(
                        f"controller: it ordered {decision.action}, which cannot be done: {reason}"
                    )
                if self.layers.takes(decision) and not self._has_slot(decision.action):
                    events.append(self.layers.carry_out(decision, epoch, step))
                else:
                    events.append(self._carry_out(decision, epoch, step))
            self._adopt()
        return events

    def start(self, epoch: int, step: int) -> list[Event]:
        """Let seeds that have germinated begin to train."""
        flows: dict[str, Flow] = {"straight_through": "straight_through", "joint": "open"}
        events = []
        for place in self.lives.live(SeedPhase.GERMINATED):
            slot = self.network.module.slot(place)
            slot.flow = flows.get(self._settings.isolation or "", "shadow")
            if self._settings.isolation == "joint":
                slot.shares[slot.live or ""] = 1.0
            reason = "it has received its first batch"
            events.append(self._advance(place, Cause.START, reason, epoch, step))
        return events

    def rise(self, step: int) -> None:
        """Set the share of each seed that blends in, for batch number `step`."""
        if self._settings.isolation == "joint":
            return
        for place in self.lives.live(SeedPhase.BLENDING):
            slot = self.network.module.slot(place)
            if slot.shares[slot.live or ""] == 1:  # it may have been in from birth
                continue
            done = (step + 1 - self.lives[place].since) / self._blend_steps
            slot.shares[slot.live or ""] = share_at(self._settings.rise, done)

    def tidy(self, epoch: int, step: int) -> list[Event]:
        """Remove seeds that were culled an epoch ago, and reopen slots whose embargo is over."""
        events = []
        for place in self.lives.live(SeedPhase.EMBARGOED):
            if self.lives[place].epochs >= self._settings.embargo_epochs:
                events.append(self._advance(place, Cause.REOPEN, "time is up", epoch, step))
        for place in self.lives.live(SeedPhase.CULLED):
            slot = self.network.module.slot(place)
            if slot.live is not None:
                self.network.remove(place, slot.live)
                self.layers.forget_gone()
            events.append(self._advance(place, Cause.CLEAN_UP, "it was culled", epoch, step))
            self._adopt()
        return events + self.layers.tidy(epoch, step)

    def cull_all(self, reason: str, epoch: int, step: int) -> list[Event]:
        """Give up every live seed, and all channels that are on trial."""
        events = self.start(epoch, step)
        for place in self.lives.live(SeedPhase.TRAINING, SeedPhase.BLENDING):
            events.append(self._advance(place, Cause.CULL, reason, epoch, step))
        if culled := self.layers.cull_all(reason, epoch, step):
            self._adopt()
        return events + culled

    def live(self) -> list[str]:
        """The slots and layers with something that may still be given up."""
        return [*self.lives.live(), *self.layers.on_trial()]

    def live_parts(self) -> dict[str, list[str]]:
        """The same as data of an event: all under "culled", and the layers apart."""
        return {"culled": self.live(), "layers": self.layers.on_trial()}

    def age(self) -> None:
        """A growth step has passed."""
        self.lives.age()
        self.layers.lives.age()

    def state(self) -> State:
        """Network, what the optimiser remembers, and lives, as copies.

        The key "body" is that of older checkpoints.
        """
        return {
            "body": self.network.state(),
            "optimiser": self.descent.optimiser.state(),
            "lives": self.lives.state(),
            "layers": self.layers.lives.state(),
        }

    def load(self, state: State) -> None:
        """Become what `state` was made of; the module is built anew."""
        self.network.load(state["body"])
        self.descent.begin()
        self.descent.optimiser.load(state["optimiser"])
        self.lives.load(state["lives"])
        self.layers.lives.load(state["layers"])

    def form(self) -> State:
        """What a state may look like."""
        optimiser = Named(ARRAYS)
        return {
            "body": self.network.form(),
            "optimiser": optimiser,
            "lives": self.lives.form(),
            "layers": self.layers.form(),
        }

    def _carry_out(self, decision: Decision, epoch: int, step: int) -> Event:
        action = decision.action
        reason, gates = decision.reason, [gate.as_data() for gate in decision.gates]
        if isinstance(action, (Germinate, Deepen)):
            return self._plant(action, reason, epoch, step, gates)
        if isinstance(action, Prune):
            return self._prune(action, decision, epoch)
        if isinstance(action, (Narrow, Widen)):
            raise TypeError(f"an action on a slot was wanted, got {action}")
        return self._advance(action.slot, CAUSES[type(action)], reason, epoch, step, gates)

    def _has_slot(self, action: Action) -> bool:
        return getattr(action, "slot", None) in self.network.module.places

    def _plant(
        self,
        action: Germinate | Deepen,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]],
    ) -> Event:
        """Put in a seed that listens, or one that is a part of the network at once."""
        before = self.lives[action.slot].phase
        if before == SeedPhase.FOSSILIZED:
            before = SeedPhase.DORMANT
        cause, enters = CAUSES[type(action)], isinstance(action, Deepen)
        life = self.lives.begin(action.slot, cause, action.blueprint, step)
        operator, alpha = self._settings.operator, 1.0 if enters else 0.0
        plan = SeedPlan(life.seed or "", action.blueprint, operator, alpha)
        place = self.network.module.places.index(action.slot)
        self.network.plant(action.slot, plan, self._seeding.seed_for(life.planted, place))
        self.network.module.slot(action.slot).flow = "open" if enters else "listening"
        return self._event(action.slot, before, cause, reason, epoch, gates if enters else [])

    def _prune(self, action: Prune, decision: Decision, epoch: int) -> Event:
        before = self.network.parameters()
        self.network.remove(action.slot, action.seed)
        self.layers.forget_gone()
        about = {
            "slot": action.slot,
            "seed": action.seed,
            "epoch": epoch,
            "reason": decision.reason,
            "parameters": before - self.network.parameters(),
            "gates": [gate.as_data() for gate in decision.gates],
        }
        return ("growth.prune", about)

    def _advance(
        self,
        place: str,
        cause: Cause,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]] = (),
    ) -> Event:
        """Follow an edge of the lifecycle, in the network as well."""
        before = self.lives[place].phase
        slot = self.network.module.slot(place)
        self.lives.advance(place, cause, step)
        event = self._event(place, before, cause, reason, epoch, gates)
        if cause == Cause.BLEND:
            slot.flow = "open"
        elif cause == Cause.CULL:
            slot.flow, slot.shares[slot.live or ""] = "closed", 0.0
        elif cause == Cause.FOSSILIZE:
            slot.fossilize()
        return event

    def _event(
        self,
        place: str,
        before: SeedPhase,
        cause: Cause,
        reason: str,
        epoch: int,
        gates: Sequence[Mapping[str, Any]],
    ) -> Event:
        slot = self.network.module.slot(place)
        data = self.lives.told(place, before, cause, reason, epoch, gates)
        if slot.live is not None:
            data["alpha"] = slot.shares[slot.live]
            data["parameters"] = self.network.seed_parameters(place, slot.live)
        return ("growth.stage", data)

    def _adopt(self) -> None:
        """Let the optimiser know the parameters there are now."""
        self.descent.adopt()
        if self._settings.optimizer_state == "reset":
            self.descent.optimiser.forget()


def _planted(names: Iterable[str]) -> int:
    """How many seeds a slot has had at least, of which these are left: s0, s1, …"""
    numbers = (int(name[1:]) for name in names if name[1:].isdecimal())
    return max(numbers, default=-1) + 1
