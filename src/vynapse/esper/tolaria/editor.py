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
from vynapse.esper.leyline.actions import Decision, Germinate, Narrow, Prune
from vynapse.esper.leyline.legal import CAUSES, objection
from vynapse.esper.leyline.phases import Cause, SeedPhase
from vynapse.esper.tolaria.descent import Descent
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.lifecycle import Lifecycle
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.esper.tolaria.survey import Survey
from vynapse.seeding import Streams

Event = tuple[str, Mapping[str, Any]]


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
    """

    def __init__(
        self,
        network: GrowingNetwork,
        descent: Descent,
        survey: Survey,
        settings: GrowSettings,
        epoch_steps: int,
        streams: Streams,
    ) -> None:
        self.network, self.descent, self._survey = network, descent, survey
        places = network.module.places
        self.lives = Lifecycle({p: _planted(network.module.slot(p).shares) for p in places})
        self._settings = settings
        self._blend_steps = max(1, round(settings.blend_epochs * epoch_steps))
        self._seeding = streams.stream("grow.seed")

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
            decisions: at most one decision for each slot.
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
                parts = self._survey.parts(self.network, self.lives, decision.action)
                if reason := objection(decision.action, parts):
                    raise ConfigError(
                        f"controller: it ordered {decision.action}, which cannot be done: {reason}"
                    )
                events.append(self._carry_out(decision, epoch, step))
            self._adopt()
        return events

    def start(self, epoch: int, step: int) -> list[Event]:
        """Let seeds that have germinated begin to train."""
        flows: dict[str, Flow] = {"straight_through": "straight_through", "joint": "open"}
        events = []
        for place in self.lives.live(SeedPhase.GERMINATED):
            slot = self.network.module.slot(place)
            slot.flow = flows.get(self._settings.isolation, "shadow")
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
                slot.remove(slot.live)
            events.append(self._advance(place, Cause.CLEAN_UP, "it was culled", epoch, step))
            self._adopt()
        return events

    def cull_all(self, reason: str, epoch: int, step: int) -> list[Event]:
        """Give up every live seed."""
        events = self.start(epoch, step)
        for place in self.lives.live(SeedPhase.TRAINING, SeedPhase.BLENDING):
            events.append(self._advance(place, Cause.CULL, reason, epoch, step))
        return events

    def state(self) -> State:
        """Network, what the optimiser remembers, and lives, as copies.

        The key "body" is that of older checkpoints.
        """
        return {
            "body": self.network.state(),
            "optimiser": self.descent.optimiser.state(),
            "lives": self.lives.state(),
        }

    def load(self, state: State) -> None:
        """Become what `state` was made of; the module is built anew."""
        self.network.load(state["body"])
        self.descent.begin()
        self.descent.optimiser.load(state["optimiser"])
        self.lives.load(state["lives"])

    def form(self) -> State:
        """What a state may look like."""
        optimiser = Named(ARRAYS)
        return {"body": self.network.form(), "optimiser": optimiser, "lives": self.lives.form()}

    def _carry_out(self, decision: Decision, epoch: int, step: int) -> Event:
        action = decision.action
        if isinstance(action, Narrow):
            return self._narrow(action, decision, epoch)
        reason, gates = decision.reason, [gate.as_data() for gate in decision.gates]
        if isinstance(action, Germinate):
            return self._germinate(action, reason, epoch, step)
        if isinstance(action, Prune):
            return self._prune(action, decision, epoch)
        return self._advance(action.slot, CAUSES[type(action)], reason, epoch, step, gates)

    def _germinate(self, action: Germinate, reason: str, epoch: int, step: int) -> Event:
        before = self.lives[action.slot].phase
        if before == SeedPhase.FOSSILIZED:
            before = SeedPhase.DORMANT
        life = self.lives.germinate(action.slot, action.blueprint, step)
        plan = SeedPlan(life.seed or "", action.blueprint, self._settings.operator, 0.0)
        place = self.network.module.places.index(action.slot)
        self.network.plant(action.slot, plan, self._seeding.seed_for(life.planted, place))
        self.network.module.slot(action.slot).flow = "listening"
        return self._event(action.slot, before, Cause.GERMINATE, reason, epoch, [])

    def _prune(self, action: Prune, decision: Decision, epoch: int) -> Event:
        before = self.network.parameters()
        self.network.remove(action.slot, action.seed)
        own = {"slot": action.slot, "seed": action.seed}
        return self._pruned(own, before, decision, epoch)

    def _narrow(self, action: Narrow, decision: Decision, epoch: int) -> Event:
        parameters = self.network.parameters()
        channels, cuts = self.network.narrow(action.layer, action.channels)
        shorter = dict(self.network.module.named_parameters())
        for cut in cuts:
            if cut.tensor in shorter:  # else it is a buffer
                optimiser = self.descent.optimiser
                optimiser.shorten(cut.tensor, shorter[cut.tensor], cut.axis, cut.keep)
        own = {"slot": action.layer, "seed": None, "channels": [channels, action.channels]}
        return self._pruned(own, parameters, decision, epoch)

    def _pruned(self, own: Mapping[str, Any], before: int, decision: Decision, epoch: int) -> Event:
        about = {
            "epoch": epoch,
            "reason": decision.reason,
            "parameters": before - self.network.parameters(),
            "gates": [gate.as_data() for gate in decision.gates],
        }
        return ("growth.prune", {**own, **about})

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
        life = self.lives[place]
        slot = self.network.module.slot(place)
        data: dict[str, Any] = {
            "slot": place,
            "seed": life.seed,
            "blueprint": life.blueprint,
            "from": str(before),
            "to": str(life.phase),
            "cause": str(cause),
            "reason": reason,
            "epoch": epoch,
            "gates": list(gates),
        }
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
