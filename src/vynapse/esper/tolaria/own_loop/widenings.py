# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layers of a user's module that become wider while their optimiser is in use.

New channels are on trial first, with a life like that of a seed. Layers are named as controllers
know them: the names of the model, behind `host.`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, final

from torch import Tensor, nn

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.carried import NAME
from vynapse.esper.kasmina.example_call import ExampleCall
from vynapse.esper.kasmina.tied import Knowledge, examine
from vynapse.esper.kasmina.trials import as_data, from_data
from vynapse.esper.kasmina.widening import (
    Widenable,
    Widening,
    shorter,
    take_out,
    widen,
    widenable,
)
from vynapse.esper.leyline.phases import Cause, SeedPhase
from vynapse.esper.tolaria.lifecycle import Lifecycle
from vynapse.esper.tolaria.own_loop.members import Members

Choice = Literal["split", "zero"]
Event = dict[str, Any]
"""`kind` and `data`, as `events.jsonl` has them."""

HOST: Final = "host."


@final
class Widenings:
    """What became wider, in order.

    Args:
        network: the module with its slots.
        members: its optimiser.
        trial: calls the module.

    Attributes:
        lives: phases by layer; one that never became wider has none.
        trials: the channels on trial, by layer.
    """

    def __init__(self, network: HostWithSlots, members: Members, trial: ExampleCall) -> None:
        self._model, self._members, self._trial = network.host, members, trial
        self._done: list[Widening] = []
        self.lives = Lifecycle({})
        self.trials: dict[str, Widening] = {}

    def offered(self) -> tuple[Widenable, ...]:
        """The layers that can become wider, by the names of the model."""
        found, _ = widenable(self._model, self._inputs())
        return tuple(one for one in found if not one.layer.startswith(f"{NAME}."))

    def check(self, layer: str) -> Knowledge:
        """Refuse a layer whose memory in the optimiser cannot become longer.

        Args:
            layer: its name in the model.

        Raises:
            ConfigError: the optimiser remembers it in another shape, or it is of a seed.
        """
        if layer.startswith(f"{NAME}."):
            raise ConfigError(f"widen: {layer!r} is of a seed: name a layer of the model itself")
        known = examine(self._model, self._inputs())
        own, tied = dict(self._model.named_parameters()), known.tied.get(layer)
        names = [] if tied is None else [member.tensor for member in tied.members]
        self._members.check_longer({name: own[name] for name in names if name in own})
        return known

    def enter(
        self,
        layer: str,
        channels: int,
        choice: Choice,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]] = (),
    ) -> Event:
        """Give a layer more channels, on trial; the optimiser goes on as it was.

        Raises:
            ConfigError: it cannot be done; nothing was changed.
        """
        own = layer.removeprefix(HOST)
        if layer in self.trials:
            raise ConfigError(f"widen: the new channels of {own!r} are on trial")
        known, before = self.check(own), dict(self._model.named_parameters())
        life = self.lives.known().get(layer)
        phase = SeedPhase.DORMANT if life is None else life.phase
        made = widen(
            self._model, own, channels, self._inputs(), choice=choice, seed=step, known=known
        )
        self._remember(before, made, taken_out=False)
        self._done.append(made)
        self.trials[layer] = made
        begun = SeedPhase.DORMANT if phase == SeedPhase.FOSSILIZED else phase
        self.lives.begin(layer, Cause.ENTER, "wider", step, "w")
        more = {"channels": list(made.channels), "parameters": self._more_than(before)}
        return self._event(layer, begun, Cause.ENTER, reason, epoch, gates, more)

    def advance(
        self,
        layer: str,
        cause: Cause,
        reason: str,
        epoch: int,
        step: int,
        gates: Sequence[Mapping[str, Any]] = (),
    ) -> Event:
        """Follow an edge of the lifecycle, in the module as well."""
        phase, before = self.lives[layer].phase, dict(self._model.named_parameters())
        self.lives.advance(layer, cause, step)
        more: dict[str, Any] = {}
        if cause in (Cause.FOSSILIZE, Cause.CULL):
            made = self.trials.pop(layer)
            more["channels"] = list(made.channels)
        if cause == Cause.CULL:
            self._done.remove(made)
            take_out(self._model, made)
            self._remember(before, made, taken_out=True)
            more["channels"].reverse()
            more["parameters"] = -self._more_than(before)
        return self._event(layer, phase, cause, reason, epoch, gates, more)

    def tidy(self, epoch: int, step: int, wait: int) -> list[Event]:
        """Reopen layers whose embargo of `wait` epochs is over; those that were culled have one."""
        events = []
        for layer in self.lives.live(SeedPhase.EMBARGOED):
            if self.lives[layer].epochs >= wait:
                events.append(self.advance(layer, Cause.REOPEN, "time is up", epoch, step))
        for layer in self.lives.live(SeedPhase.CULLED):
            events.append(self.advance(layer, Cause.CLEAN_UP, "it was culled", epoch, step))
        return events

    def state(self) -> State:
        """What became wider, what is on trial, and the lives."""
        return {
            "done": [as_data(made) for made in self._done],
            "trials": list(self.trials),
            "lives": self.lives.plain_state(),
        }

    def rebuild(self, state: State) -> None:
        """Have the widths of a state; weights and the optimiser are yet to be loaded."""
        wanted = [from_data(data) for data in state["done"]]
        same = 0
        while same < min(len(self._done), len(wanted)) and self._done[same] == wanted[same]:
            same += 1
        while len(self._done) > same:
            take_out(self._model, self._done.pop())
        for made in wanted[same:]:
            widen(self._model, made.layer, made.channels[1], self._inputs(), choice="zero")
            self._done.append(made)
        last = {f"{HOST}{made.layer}": made for made in self._done}
        self.trials = {layer: last[layer] for layer in state["trials"]}
        self.lives.load(state["lives"])

    def _remember(
        self, before: Mapping[str, nn.Parameter], made: Widening, *, taken_out: bool
    ) -> None:
        """Let the optimiser follow a widening, or its end."""
        after = dict(self._model.named_parameters())
        for edit in made.edits:
            done = shorter(edit) if taken_out else edit
            if edit.tensor in before:  # else it is a buffer
                old, new = before[edit.tensor], after[edit.tensor]
                self._members.replace(old, new, done.axis, done.source)

    def _more_than(self, before: Mapping[str, nn.Parameter]) -> int:
        now = sum(p.numel() for p in self._model.parameters())
        return now - sum(p.numel() for p in before.values())

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
        data = self.lives.told(layer, before, cause, reason, epoch, gates)
        return {"kind": "growth.stage", "data": {**data, **more}}

    def _inputs(self) -> tuple[Tensor, ...]:
        """The arguments of the trial by position.

        Raises:
            ConfigError: they are not tensors alone.
        """
        trial = self._trial
        try:
            bound = inspect.signature(self._model.forward).bind(*trial.inputs, **trial.named)
        except (TypeError, ValueError):
            bound = None
        inputs = trial.inputs if bound is None else bound.args
        named = trial.named if bound is None else bound.kwargs
        if named or not all(isinstance(value, Tensor) for value in inputs):
            raise ConfigError(
                "widen: a model that is called with tensors alone, by position, was wanted"
            )
        return tuple(inputs)
