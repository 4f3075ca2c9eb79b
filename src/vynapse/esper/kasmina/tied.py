# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which tensors become longer together when a layer becomes wider, and why a layer cannot.

The network runs once on an example. What its ops tie together is said by `vynapse.graph.ties`, as
for pruning; here stands what a tensor's axis is for: whether it makes channels or reads them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.slot import Slot
from vynapse.graph.ops import pairwise, pointwise
from vynapse.graph.ties import Elements, tie
from vynapse.graph.watching import Watch, Watched, watched
from vynapse.networks.modules import evaluation_mode, isolated_generators
from vynapse.seeding import I64

CONVOLUTIONS: Final = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
LAYERS: Final = (nn.Linear, *CONVOLUTIONS)
NORMS: Final = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_POINTWISE: Final = frozenset(row.op for row in (*pointwise.ROWS, *pairwise.ROWS))
_EXAMPLES: Final = 2
"""Examples that are run: one axis of size 1 more would look like one that is broadcast."""


@dataclass(frozen=True, slots=True)
class Member:
    """An axis of a parameter or buffer that a channel has a part of.

    Attributes:
        tensor: its name in the network.
        axis: the axis.
        places: elements that each channel has along it; several where a picture was flattened.
        reads: whether the axis is summed over: then it reads channels, else it makes them.
    """

    tensor: str
    axis: int
    places: int
    reads: bool


@dataclass(frozen=True, slots=True)
class Tied:
    """Channels that can be added to a network as a whole.

    Attributes:
        layer: the first layer that makes them; others may do so too.
        channels: how many there are.
        members: all tensors that they have a part of.
        slots: names of the empty slots that they pass, with the axis of the features there.
    """

    layer: str
    channels: int
    members: tuple[Member, ...]
    slots: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known about the layers of a network.

    Attributes:
        tied: by the name of the first layer.
        refused: why each other layer cannot become wider by itself, as a clause.
    """

    tied: Mapping[str, Tied]
    refused: Mapping[str, str]


def examine(network: nn.Module, inputs: tuple[Tensor, ...]) -> Knowledge:
    """Ask which layers may become wider.

    Args:
        network: runs once in evaluation mode, on the first two examples.
        inputs: its arguments, the batch first.
    """
    parts = dict(network.named_modules())
    layers = [name for name, part in parts.items() if type(part) in LAYERS]
    held = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    given = {f"input {n}": x[:_EXAMPLES] for n, x in enumerate(inputs)}
    found = _run(network, parts, given, held)
    if found is None:
        return Knowledge({}, dict.fromkeys(layers, "the network cannot be traced on its example"))
    ties = _Ties(found, tuple(given))
    tied: dict[str, Tied] = {}
    refused: dict[str, str] = {}
    seen: dict[int, str] = {}
    twice = _shared(network)
    for name in sorted(layers, key=lambda layer: ties.order.get(f"{layer}.weight", 0)):
        answer = _answer(name, parts, ties, held, twice)
        if isinstance(answer, str):
            refused[name] = answer
        elif (first := seen.get(int(ties.roots(f"{name}.weight", 0)[0]))) is not None:
            refused[name] = f"it becomes wider together with {first}"
        else:
            tied[name] = answer
            seen[int(ties.roots(f"{name}.weight", 0)[0])] = name
    return Knowledge(tied, refused)


def owner_of(tensor: str) -> tuple[str, str]:
    """The name of the module that has a tensor, and the tensor's name there."""
    owner, _, own = tensor.rpartition(".")
    return owner, own


class _Ties(Elements):
    """The ties of a call, with who held what.

    Args:
        found: the call.
        given: names of its inputs.
    """

    def __init__(self, found: Watched, given: tuple[str, ...]) -> None:
        super().__init__(found.nodes)
        self.found = found
        self._node = ""
        self._held: dict[str, set[int]] = {}
        for name in given:
            self.hold("the network's input", name)
        for node in found.nodes.values():
            self._node = node.name
            tie(node, found.nodes, self)
            if node.op == "constant":
                self.hold("a tensor that is no parameter", node.name)
        for name in found.results:
            self.hold("the network's output", name)
        read = [source for node in found.nodes.values() for source in node.sources]
        self.order = {name: place for place, name in enumerate(read)}
        self.readers: dict[str, list[str]] = {}
        for node in found.nodes.values():
            for source in node.sources:
                self.readers.setdefault(source, []).append(node.op)

    def hold(self, who: str, name: str) -> None:
        """All indices of a value are needed by somebody."""
        self._node = who
        self.fix(name)

    def fix(self, name: str, dims: tuple[int, ...] | None = None) -> None:
        super().fix(name, dims)
        for (owner, dim), own in self.places.items():
            if owner == name and (dims is None or dim in dims):
                self._held.setdefault(self._node, set()).update(own.tolist())

    def roots(self, place: Any, axis: int | None = None) -> I64:
        return super().roots(place if axis is None else (place, axis))

    def holders(self, classes: set[int]) -> list[str]:
        """Nodes, and sentences in place of nodes, that need all of these channels."""
        return [
            node
            for node, elements in self._held.items()
            if any(self._find(element) in classes for element in elements)
        ]


def _answer(
    name: str,
    parts: Mapping[str, nn.Module],
    ties: _Ties,
    held: Mapping[str, Tensor],
    twice: Mapping[str, str],
) -> Tied | str:
    """The channels of a layer, or why there can be no more of them."""
    weight = f"{name}.weight"
    if weight in twice:
        return f"its weights are tied: {weight} is also {twice[weight]}"
    if weight not in ties.order:
        return "the network does not call it"
    own = ties.roots(weight, 0)
    classes = set(own.tolist())
    if classes & ties.stuck():
        return _reason(ties, classes, parts)
    if len(classes) < len(own):
        return "its channels belong together in blocks"
    members: list[Member] = []
    slots: list[tuple[str, int]] = []
    noted = {node: slot for slot, node in ties.found.noted.items()}
    for tensor, axis in list(ties.places):
        there = ties.roots(tensor, axis)
        if not classes & set(there.tolist()):
            continue
        places = len(there) // len(own)
        if len(there) % len(own) or (there != np.repeat(own, places)).any():
            return "its channels are mixed with others"
        if tensor in noted:
            slots.append((noted[tensor], axis))
        if tensor in held:
            member = _member(tensor, axis, places, parts, ties)
            if isinstance(member, str):
                return member
            if tensor in twice:
                return f"its channels are read by tied weights: {tensor} is also {twice[tensor]}"
            members.append(member)
    if len({member.tensor for member in members}) < len(members):
        return "its inputs and its outputs are the same channels"
    if not any(member.reads for member in members):
        return "no layer reads its channels"
    for slot, _ in slots:
        part = parts[slot]
        if isinstance(part, Slot) and len(part.seeds):
            return f"a seed in slot {part.place!r} works on its channels"
    layers = [m for m in members if not m.reads and type(parts[owner_of(m.tensor)[0]]) in LAYERS]
    if not any(m.tensor == weight for m in layers) or _depthwise(parts[name]):
        return "it has the channels that it is given: widen the layer before it"
    return Tied(name, len(own), tuple(members), tuple(slots))


def _member(
    tensor: str, axis: int, places: int, parts: Mapping[str, nn.Module], ties: _Ties
) -> Member | str:
    name, own = owner_of(tensor)
    part = parts[name]
    if type(part) in LAYERS:
        return Member(tensor, axis, places, reads=own == "weight" and axis == 1)
    if type(part) in NORMS or all(op in _POINTWISE for op in ties.readers.get(tensor, [])):
        return Member(tensor, axis, places, reads=False)
    if isinstance(part, nn.MultiheadAttention):
        return _heads(name, part)
    return f"{_named(name, part)} has a part of its channels in {own}, in a way that is not known"


def _reason(ties: _Ties, classes: set[int], parts: Mapping[str, nn.Module]) -> str:
    """Who needs all channels: the clearest of several reasons."""
    found = []
    for holder in ties.holders(classes):
        node = ties.found.nodes.get(holder)
        if node is None:
            found.append((2, f"its channels are {holder}"))
            continue
        name = ties.found.owners.get(holder, "")
        part = parts[name]
        if "Norm" in type(part).__name__ and not isinstance(part, NORMS):
            found.append((0, f"{_named(name, part)} mixes its channels"))
        elif isinstance(part, nn.MultiheadAttention):
            found.append((1, _heads(name, part)))
        else:
            op = node.op.split(".")[1] if "." in node.op else node.op
            found.append((3, f"{op} in {_named(name, part)} needs all of its channels"))
    return min(found)[1] if found else "its channels are needed as they are"


def _heads(name: str, part: nn.Module) -> str:
    return f"{_named(name, part)} shares them out among its heads: widen a hidden layer"


def _named(name: str, part: nn.Module) -> str:
    return f"{type(part).__name__} {name!r}" if name else f"{type(part).__name__}, the network,"


def _depthwise(part: nn.Module) -> bool:
    return isinstance(part, CONVOLUTIONS) and part.groups > 1


def _shared(network: nn.Module) -> dict[str, str]:
    """Tensors that have several names, with another name."""
    every = [
        *network.named_parameters(remove_duplicate=False),
        *network.named_buffers(remove_duplicate=False),
    ]
    counts = Counter(id(tensor) for _, tensor in every)
    names: dict[int, list[str]] = {}
    for name, tensor in every:
        if counts[id(tensor)] > 1:
            names.setdefault(id(tensor), []).append(name)
    return {name: next(o for o in own if o != name) for own in names.values() for name in own}


def _run(
    network: nn.Module,
    parts: Mapping[str, nn.Module],
    given: Mapping[str, Tensor],
    held: Mapping[str, Tensor],
) -> Watched | None:
    """Watch the network; slots are noted by their names, and ops by the module they run in."""
    handles: list[Any] = []

    def prepare(watch: Watch) -> None:
        for name, part in parts.items():
            handles.append(part.register_forward_pre_hook(_entering(watch, name)))
            handles.append(part.register_forward_hook(lambda *_: watch.leave()))

    try:
        with evaluation_mode(network), isolated_generators(0), plain_attention():
            return watched(lambda: network(*given.values()), given, held, prepare)
    finally:
        for handle in handles:
            handle.remove()


def _entering(watch: Watch, name: str) -> Any:
    def hook(part: nn.Module, inputs: tuple[Any, ...]) -> None:
        watch.enter(name)
        if isinstance(part, Slot) and inputs and isinstance(inputs[0], Tensor):
            watch.note(name, inputs[0])

    return hook


@contextmanager
def plain_attention() -> Iterator[None]:
    """Inside, layers of transformers run op by op, and not as one op that nobody can look into."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
