# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layers of a growing network become narrower and wider: the part of the editor that does it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

from torch import Tensor

from vynapse.core.compatible import Named
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.widening import Widening, shorter
from vynapse.esper.leyline.actions import Cull, Decision, Fossilize, Narrow, Widen
from vynapse.esper.leyline.legal import CAUSES
from vynapse.esper.leyline.phases import Cause, SeedPhase
from vynapse.esper.tolaria.descent import Descent
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.lifecycle import Lifecycle
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.seeding import Streams

Event = tuple[str, Mapping[str, Any]]
Batch = Callable[[], tuple[Tensor, Tensor]]
"""Gives the inputs and targets of the next training batch."""

WIDER: Final = "wider"
"""What stands in the place of a blueprint where channels were added."""


@final
class LayerEditor:
    """Channels of a network: what is on trial, and the optimiser's memory of them.

    Args:
        network: what grows.
        descent: what trains it.
        settings: keys of the mode.
        streams: new channels are drawn from "grow.channels".
        batch: where the gradients come from that choose new channels.

    Attributes:
        lives: phases by layer; one that never became wider has none.
        choice: what new channels hold.
    """

    def __init__(
        self,
        network: GrowingNetwork,
        descent: Descent,
        settings: GrowSettings,
        streams: Streams,
        batch: Batch,
    ) -> None:
        self.lives, self.choice = Lifecycle({}), settings.new_channels
        self._network, self._descent, self._settings = network, descent, settings
        self._drawing, self._batch = streams.stream("grow.channels"), batch

    def on_trial(self) -> list[str]:
        """The layers whose new channels are on trial."""
        return self.lives.live()

    def takes(self, decision: Decision) -> bool:
        """Whether a decision is about a layer."""
        action = decision.action
        if isinstance(action, (Narrow, Widen)):
            return True
        return isinstance(action, (Fossilize, Cull)) and action.slot in self.lives.known()

    def carry_out(self, decision: Decision, epoch: int, step: int) -> Event:
        """Do what was decided about a layer.

        Args:
            decision: it is legal.
            epoch: growth steps done.
            step: batches done.
        """
        action, gates = decision.action, [gate.as_data() for gate in decision.gates]
        if isinstance(action, Narrow):
            return self._narrow(action, decision.reason, epoch, gates)
        if isinstance(action, Widen):
            return self._widen(action, decision.reason, epoch, step, gates)
        if not isinstance(action, (Fossilize, Cull)):
            raise TypeError(f"an action on a layer was wanted, got {action}")
        cause = CAUSES[type(action)]
        return self.advance(action.slot, cause, decision.reason, epoch, step, gates)

    def advance(
        self,
        layer: str,
        cause: Cause,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]] = (),
    ) -> Event:
        """Follow an edge of the lifecycle, in the network as well."""
        before, parameters = self.lives[layer].phase, self._network.parameters()
        self.lives.advance(layer, cause, step)
        more: dict[str, Any] = {}
        if cause in (Cause.FOSSILIZE, Cause.CULL):
            more["channels"] = list(self._network.trials[layer].channels)
        if cause == Cause.FOSSILIZE:
            self._network.keep(layer)
        elif cause == Cause.CULL:
            made = self._network.take_out(layer)
            self._remember(made, taken_out=True)
            more["channels"].reverse()
            more["parameters"] = parameters - self._network.parameters()
        return self._event(layer, before, cause, reason, epoch, gates, more)

    def forget_gone(self) -> None:
        """Layers of a seed that went are on trial no more."""
        self.lives.forget(layer for layer in self.on_trial() if layer not in self._network.trials)

    def tidy(self, epoch: int, step: int) -> list[Event]:
        """Reopen layers whose embargo is over; one that was culled an epoch ago has one."""
        events, wait = [], self._settings.embargo_epochs
        for layer in self.lives.live(SeedPhase.EMBARGOED):
            if self.lives[layer].epochs >= wait:
                events.append(self.advance(layer, Cause.REOPEN, "time is up", epoch, step))
        for layer in self.lives.live(SeedPhase.CULLED):
            events.append(self.advance(layer, Cause.CLEAN_UP, "it was culled", epoch, step))
        return events

    def cull_all(self, reason: str, epoch: int, step: int) -> list[Event]:
        """Take out all channels that are on trial, those that came last first."""
        layers = [layer for layer in self._network.trials if layer in self.on_trial()]
        return [self.advance(layer, Cause.CULL, reason, epoch, step) for layer in reversed(layers)]

    def form(self) -> Named:
        """What the state of the lives may look like."""
        return Named(Lifecycle.form_of_one())

    def _widen(
        self,
        action: Widen,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]],
    ) -> Event:
        if action.layer in self._network.module.places:
            raise ConfigError(
                f"layer {action.layer!r} cannot become wider: a slot has the same name"
            )
        life, parameters = self.lives.known().get(action.layer), self._network.parameters()
        before = SeedPhase.DORMANT if life is None else life.phase
        if before == SeedPhase.FOSSILIZED:
            before = SeedPhase.DORMANT
        life = self.lives.begin(action.layer, Cause.ENTER, WIDER, step, "w")
        made = self._network.widen(
            action.layer,
            action.channels,
            self.choice,
            self._drawing.seed_for(step, zlib.crc32(action.layer.encode())),
            self._descent.loss_on(*self._batch()) if self.choice == "gradient" else None,
        )
        self._remember(made, taken_out=False)
        more = {
            "channels": list(made.channels),
            "parameters": self._network.parameters() - parameters,
        }
        return self._event(action.layer, before, Cause.ENTER, reason, epoch, gates, more)

    def _narrow(
        self, action: Narrow, reason: str, epoch: int, gates: Sequence[Mapping[str, Any]]
    ) -> Event:
        before = self._network.parameters()
        channels, cuts = self._network.narrow(action.layer, action.channels)
        shorter_ones = dict(self._network.module.named_parameters())
        for cut in cuts:
            if cut.tensor in shorter_ones:  # else it is a buffer
                optimiser = self._descent.optimiser
                optimiser.shorten(cut.tensor, shorter_ones[cut.tensor], cut.axis, cut.keep)
        return (
            "growth.prune",
            {
                "slot": action.layer,
                "seed": None,
                "channels": [channels, action.channels],
                "epoch": epoch,
                "reason": reason,
                "parameters": before - self._network.parameters(),
                "gates": gates,
            },
        )

    def _remember(self, made: Widening, *, taken_out: bool) -> None:
        """Let the optimiser's memory follow a widening, or its end."""
        held = dict(self._network.module.named_parameters())
        for edit in made.edits:
            done = shorter(edit) if taken_out else edit
            if edit.tensor in held:  # else it is a buffer
                optimiser = self._descent.optimiser
                optimiser.lengthen(edit.tensor, held[edit.tensor], done.axis, done.source)

    def _event(
        self,
        layer: str,
        before: SeedPhase,
        cause: Cause,
        reason: str,
        epoch: int,
        gates: Sequence[Mapping[str, Any]],
        more: Mapping[str, Any],
    ) -> Event:
        about = self.lives.told(layer, before, cause, reason, epoch, gates)
        return ("growth.stage", {**about, **more})
