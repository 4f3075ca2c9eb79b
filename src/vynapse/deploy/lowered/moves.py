# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that only move elements: copies, joints, selections by numbers that are known before."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import torch

from vynapse.deploy.lowered.program import Gather, Place, Sparse, Take, contiguous
from vynapse.deploy.lowered.step import Rule, Step
from vynapse.graph.schema import signature

_TABLED = (
    "index_select.default", "flip.default", "repeat.default", "roll.default", "index.Tensor",
    "gather.default", "reflection_pad1d.default", "reflection_pad2d.default",
    "replication_pad1d.default", "replication_pad2d.default",
)  # fmt: skip
_COPIED = (
    "clone.default", "view.default", "reshape.default", "_unsafe_view.default", "alias.default",
    "expand.default",
)  # fmt: skip


def _copied(step: Step) -> Place:
    """The same elements side by side."""
    x = step.x()
    made = step.draft.mapped("copy", x.shape if x.size == step.result.numel() else step.shape, x)
    return Place(made.buffer, 0, step.shape, contiguous(step.shape))


def _converted(step: Step) -> Place:
    """Another dtype: whole numbers lose their fractions, and a truth is what is not 0."""
    x, wanted = step.x(), step.node.dtype
    if wanted == "bool":
        return step.mapped("ne", x, step.scalar(0))
    return step.mapped("copy" if wanted == "float32" else "trunc", x)


def _joined(step: Step) -> Place:
    """Parts one after the other along an axis."""
    out = step.draft.work(step.shape)
    axis = int(step.number("dim")) % len(step.shape)
    begin = 0
    for name in step.listed():
        part = step.place_of(name)
        if part.size:
            offset = begin * out.strides[axis]
            step.draft.map("copy", Place(out.buffer, offset, part.shape, out.strides), part)
            begin += part.shape[axis]
    return out


def _stacked(step: Step) -> Place:
    out = step.draft.work(step.shape)
    axis = int(step.number("dim")) % len(step.shape)
    strides = (*out.strides[:axis], *out.strides[axis + 1 :])
    for number, name in enumerate(step.listed()):
        part = step.place_of(name)
        step.draft.map(
            "copy", Place(out.buffer, number * out.strides[axis], part.shape, strides), part
        )
    return out


def _tabled(step: Step) -> Place:
    """Torch itself says where each element comes from: the op is done on the numbers of places."""
    x, known = step.x(), signature(step.node.op)
    places = torch.arange(x.size).reshape(x.shape)
    inputs = (places, *(_value(step, place) for place in range(1, len(step.node.inputs))))
    positional, named = known.bind(inputs, step.attributes)
    table = known.call(*positional, **named)
    flat = x if x.strides == contiguous(x.shape) else step.draft.mapped("copy", x.shape, x)
    out = step.draft.work(step.shape)
    walk = Place(flat.buffer, flat.offset, (x.size,), (1,)).walk()
    step.draft.instructions.append(Gather(out.walk(), walk, tuple(table.reshape(-1).tolist())))
    return out


def _value(step: Step, place: int) -> object:
    given = step.node.inputs[place]
    if isinstance(given, tuple):
        listed = [None if name is None else step.fixed_of(name) for name in given]
        if any(name is not None and one is None for name, one in zip(given, listed, strict=True)):
            raise step.refused("its numbers are known only when it runs")
        return listed
    return step.fixed(place) if isinstance(given, str) else given


def _extended(step: Step) -> Place:
    """A border of one value; what the border takes away was cut by torch as a view."""
    x, said = step.x(), step.wholes("pad")
    room = step.draft.mapped("copy", step.shape, step.scalar(step.number("value")))
    offset, shape, begin = 0, list(x.shape), x.offset
    for number in range(len(said) // 2):
        axis = len(x.shape) - 1 - number
        before, after = said[2 * number : 2 * number + 2]
        offset += max(0, before) * room.strides[axis]
        begin += max(0, -before) * x.strides[axis]
        shape[axis] += min(0, before) + min(0, after)
    inside = Place(x.buffer, begin, tuple(shape), x.strides)
    step.draft.map("copy", Place(room.buffer, offset, inside.shape, room.strides), inside)
    return room


def _added(step: Step) -> Place:
    """x + alpha parts, each part at its number along an axis."""
    x, parts = step.x(), step.x(2)
    axis = int(step.number("dim")) % max(1, len(x.shape))
    to = step.fixed(1).reshape(-1).tolist()
    if step.number("alpha") != 1:
        parts = step.draft.mapped("mul", parts.shape, parts, step.scalar(step.number("alpha")))
    numbers = torch.arange(x.size).reshape(x.shape)
    target = numbers.index_select(axis, torch.tensor(to, dtype=torch.int64)).reshape(-1)
    flat = step.draft.mapped("copy", parts.shape, parts)
    total = step.draft.work(step.shape)
    walk = Place(flat.buffer, 0, (flat.size,), (1,)).walk()
    step.draft.instructions.append(
        Sparse(
            Place(total.buffer, 0, (x.size,), (1,)).walk(),
            x.size,
            walk,
            None,
            tuple(range(flat.size)),
            tuple(target.tolist()),
        )
    )
    known = step.fixed_of(str(step.node.inputs[0]))
    if known is not None and not known.any():
        return total
    return step.draft.map("add", step.out(), x, total)


def _embedded(step: Step) -> Place:
    """Rows of a table of weights, by numbers."""
    table, numbers = step.x(), step.x(1)
    rows, width = table.shape
    if table.strides != (width, 1):
        table = step.draft.mapped("copy", table.shape, table)
    listed = step.draft.mapped("copy", numbers.shape, numbers)
    out = step.draft.work(step.shape)
    step.draft.instructions.append(
        Take(
            Place(out.buffer, 0, (listed.size,), (width,)).walk(),
            Place(listed.buffer, 0, (listed.size,), (1,)).walk(),
            listed.size,
            rows,
            width,
            Place(table.buffer, table.offset, (1,), (1,)).walk(),
        )
    )
    return out


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{f"aten.{name}": _tabled for name in _TABLED},
        **{f"aten.{name}": _copied for name in _COPIED},
        "aten._to_copy.default": _converted,
        "aten.cat.default": _joined,
        "aten.stack.default": _stacked,
        "aten.constant_pad_nd.default": _extended,
        "aten.index_add.default": _added,
        "aten.embedding.default": _embedded,
    }
)
