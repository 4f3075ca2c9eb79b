# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Layers of a user's module that become wider while their optimiser is in use."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Final, Literal, final

from torch import Tensor

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.carried import NAME
from vynapse.esper.kasmina.example_call import ExampleCall
from vynapse.esper.kasmina.tied import examine
from vynapse.esper.kasmina.widening import Widening, take_out, widen, widenable
from vynapse.esper.tolaria.own_loop.members import Members

Choice = Literal["split", "zero"]

_OWN: Final = f"{NAME}."


@final
class Widenings:
    """What became wider, in order.

    Args:
        network: the module with its slots.
        members: its optimiser.
        trial: calls the module.
    """

    def __init__(self, network: HostWithSlots, members: Members, trial: ExampleCall) -> None:
        self._model, self._members, self._trial = network.host, members, trial
        self._done: list[Widening] = []

    def offered(self) -> dict[str, int]:
        """The layers that can become wider, with their channels."""
        found, _ = widenable(self._model, self._inputs())
        return {one.layer: one.channels for one in found if not one.layer.startswith(_OWN)}

    def widen(self, layer: str, channels: int, choice: Choice, seed: int) -> Widening:
        """Give a layer more channels; the optimiser goes on as it was.

        Raises:
            ConfigError: it cannot be done; nothing was changed.
        """
        if layer.startswith(_OWN):
            raise ConfigError(f"widen: {layer!r} is of a seed: name a layer of the model itself")
        inputs = self._inputs()
        known = examine(self._model, inputs)
        before = dict(self._model.named_parameters())
        tied = known.tied.get(layer)
        names = [] if tied is None else [member.tensor for member in tied.members]
        self._members.check_longer({name: before[name] for name in names if name in before})
        done = widen(self._model, layer, channels, inputs, choice=choice, seed=seed, known=known)
        after = dict(self._model.named_parameters())
        for edit in done.edits:
            if edit.tensor in before:  # else it is a buffer
                old, new = before[edit.tensor], after[edit.tensor]
                self._members.replace(old, new, edit.axis, edit.source)
        self._done.append(done)
        return done

    def state(self) -> list[Any]:
        """Layers and their channels."""
        return [[done.layer, done.channels[1]] for done in self._done]

    def rebuild(self, state: Sequence[Any]) -> None:
        """Have the widths of a state; weights and the optimiser are yet to be loaded."""
        wanted: list[tuple[str, int]] = [(str(layer), int(count)) for layer, count in state]
        own = [(done.layer, done.channels[1]) for done in self._done]
        same = 0
        while same < min(len(own), len(wanted)) and own[same] == wanted[same]:
            same += 1
        while len(self._done) > same:
            take_out(self._model, self._done.pop())
        for layer, channels in wanted[same:]:
            done = widen(self._model, layer, channels, self._inputs(), choice="zero")
            self._done.append(done)

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
