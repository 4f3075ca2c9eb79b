# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Widening: channels enter a layer, and the network computes what it did.

    widenable(network, x)                           # which layers, and why others cannot
    edits = widen(network, "host.0", 8, x)          # 8 channels from now on
    take_out(network, edits)                        # the network of before, to the bit

It is the reverse of pruning for any `nn.Module`: what makes the channels, what norms or filters
each of them, and all layers that read them become longer together. `tied` knows which these are.

After an edit the network is tried in double precision. Where it does not compute what it did, a
fixed size in the user's own code for instance, everything is put back, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from torch import Tensor, nn

from vynapse.errors import ConfigError, suggestion
from vynapse.esper.kasmina import informed, newcomers
from vynapse.esper.kasmina.informed import CANDIDATES, Loss
from vynapse.esper.kasmina.resizing import Edit, keep, place, put_back, taken, tell_sizes
from vynapse.esper.kasmina.slot import Slot
from vynapse.esper.kasmina.tied import Knowledge, Tied, examine, owner_of
from vynapse.esper.kasmina.trial import Outputs, outputs, refuse_other
from vynapse.esper.leyline.options import NewChannels

__all__ = ["Loss", "Widenable", "Widening", "shorter", "take_out", "widen", "widenable", "without"]

_EXAMPLES: Final = 4

Example = Tensor | tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Widenable:
    """A layer that may become wider.

    Attributes:
        layer: its name.
        channels: that it has.
        parameters: trainable ones that each further channel brings.
        slots: the empty slots that its channels pass.
    """

    layer: str
    channels: int
    parameters: int
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Widening:
    """What an edit did.

    Attributes:
        layer: the layer.
        channels: how many there were and are.
        edits: what became of which tensor.
        slots: slots whose features became wider: name, axis.
    """

    layer: str
    channels: tuple[int, int]
    edits: tuple[Edit, ...]
    slots: tuple[tuple[str, int], ...] = ()


def widenable(network: nn.Module, example: Example) -> tuple[tuple[Widenable, ...], dict[str, str]]:
    """The layers that may become wider, and for all others why not, as a clause.

    Each is tried with one channel more, so that what is listed can be done.

    Args:
        network: it is as it was afterwards, with the same parameters.
        example: its input or inputs, at least two examples, on its device.
    """
    inputs = _few(example)
    known = examine(network, inputs)
    refused, found = dict(known.refused), []
    before = outputs(network, inputs) if known.tied else ([], False)
    for name, tied in known.tied.items():
        kept = keep(network, [member.tensor for member in tied.members])
        try:
            made = _tried(network, tied, tied.channels + 1, inputs, before)
        except ConfigError as error:
            refused[name] = str(error)
            continue
        put_back(network, kept)
        _scale_slots(network, tied.slots, made.channels[::-1])
        found.append(Widenable(name, tied.channels, _each(network, tied), _places(network, tied)))
    return tuple(found), refused


def widen(
    network: nn.Module,
    layer: str,
    channels: int,
    example: Example,
    *,
    choice: NewChannels = "split",
    seed: int = 0,
    loss: Loss | None = None,
    known: Knowledge | None = None,
) -> Widening:
    """Give a layer more channels, and all that they pass through and are read by.

    Longer parameters of the same names take the places of those there were; modules stay.

    Args:
        network: changed in place.
        layer: the layer's name.
        channels: how many it is to have.
        example: the network's input or inputs, at least two examples, on its device.
        choice: what the new channels hold: copies, or fresh weights that nothing reads, those of
            gradient chosen by the gradients of a batch (see `newcomers` and `informed`).
        seed: the seed of what is drawn.
        loss: the loss of the network on one batch, for choice gradient.
        known: what `examine` said of this network; None to ask it.

    Raises:
        ConfigError: the layer cannot become wider, or not to so many channels; nothing was changed.
    """
    inputs = _few(example)
    known = examine(network, inputs) if known is None else known
    if layer not in known.tied:
        if layer in known.refused:
            raise ConfigError(f"layer {layer!r} cannot become wider: {known.refused[layer]}")
        hint = suggestion(layer, known.tied) if known.tied else ": none can"
        raise ConfigError(f"no layer {layer!r} of the network can become wider{hint}")
    tied = known.tied[layer]
    if channels <= tied.channels:
        raise ConfigError(f"{layer} has {tied.channels} channels: more were wanted, got {channels}")
    if choice == "gradient" and loss is None:
        raise ConfigError("choice gradient looks at the loss of one batch: give loss a function")
    before = outputs(network, inputs)
    return _tried(network, tied, channels, inputs, before, choice, seed, loss)


def take_out(network: nn.Module, widening: Widening) -> None:
    """Take the channels of a widening out again, if the layer has kept its width since.

    Where nothing was trained in between, the network is that of before, to the bit.
    """
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    for edit in widening.edits:
        place(network, edit.tensor, taken(tensors[edit.tensor], edit))
    for owner in dict.fromkeys(owner_of(edit.tensor)[0] for edit in widening.edits):
        tell_sizes(network.get_submodule(owner))
    _scale_slots(network, widening.slots, widening.channels[::-1])


@contextmanager
def without(network: nn.Module, widening: Widening) -> Iterator[None]:
    """Inside, the channels of a widening are out; afterwards the same tensors stand there again."""
    kept = keep(network, [edit.tensor for edit in widening.edits])
    take_out(network, widening)
    try:
        yield
    finally:
        put_back(network, kept)
        _scale_slots(network, widening.slots, widening.channels)


def present(network: nn.Module, widening: Widening) -> Widening:
    """A widening without its edits of tensors that are no more, as those of a seed that went."""
    held = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    return replace(widening, edits=tuple(e for e in widening.edits if e.tensor in held))


def shorter(edit: Edit) -> Edit:
    """What `take_out` does to the tensor of an edit."""
    return Edit(edit.tensor, edit.axis, tuple(range(edit.before)), len(edit.source))


def _tried(
    network: nn.Module,
    tied: Tied,
    channels: int,
    inputs: tuple[Tensor, ...],
    before: Outputs,
    choice: NewChannels = "zero",
    seed: int = 0,
    loss: Loss | None = None,
) -> Widening:
    """Widen, and put everything back where the network computes anything else."""
    names = [member.tensor for member in tied.members]
    kept, count = keep(network, names), channels - tied.channels
    numbers = np.random.default_rng(seed)
    try:
        edits = _added(network, tied, count, choice, numbers, loss)
        refuse_other(network, inputs, before)
    except BaseException:
        put_back(network, kept)
        raise
    sizes = tied.channels, channels
    _scale_slots(network, tied.slots, sizes)
    return Widening(tied.layer, sizes, tuple(edits), tied.slots)


def _few(example: Example) -> tuple[Tensor, ...]:
    """Inputs of a few examples, which is enough to try a network with."""
    inputs = example if isinstance(example, tuple) else (example,)
    return tuple(x[:_EXAMPLES] for x in inputs)


def _added(
    network: nn.Module,
    tied: Tied,
    count: int,
    choice: NewChannels,
    numbers: np.random.Generator,
    loss: Loss | None,
) -> list[Edit]:
    if choice == "split":
        return newcomers.split(network, tied, count, numbers)
    if loss is None or choice == "zero":
        return newcomers.fresh(network, tied, count, numbers)
    rows = informed.directions(network, tied, loss, count)
    edits = newcomers.fresh(network, tied, CANDIDATES * count, numbers, rows)
    return newcomers.chosen(network, tied, edits, informed.best(network, tied, loss, count))


def _each(network: nn.Module, tied: Tied) -> int:
    """Trainable parameters of a channel."""
    held = dict(network.named_parameters())
    own = [held[m.tensor] for m in tied.members if m.tensor in held]
    return sum(p.numel() for p in own if p.requires_grad) // tied.channels


def _places(network: nn.Module, tied: Tied) -> tuple[str, ...]:
    parts = [network.get_submodule(name) for name, _ in tied.slots]
    return tuple(part.place for part in parts if isinstance(part, Slot))


def _scale_slots(
    network: nn.Module, slots: tuple[tuple[str, int], ...], sizes: tuple[int, int]
) -> None:
    """Let empty slots know how many channels pass them."""
    for name, axis in slots:
        slot = network.get_submodule(name)
        if isinstance(slot, Slot):
            shape = list(slot.shape)
            shape[axis - 1] = shape[axis - 1] // sizes[0] * sizes[1]
            slot.shape = tuple(shape)
