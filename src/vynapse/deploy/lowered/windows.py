# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Convolutions and poolings: folds over windows, which are views of what is padded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import torch

from vynapse.deploy.lowered.program import Draft, Fold, FoldKind, Operand, Place
from vynapse.deploy.lowered.step import Rule, Step
from vynapse.graph.schema import signature


def padded(draft: Draft, x: Place, before: list[int], after: list[int], value: float) -> Place:
    """The tensor with so many elements of this value around it along its last axes."""
    if not any((*before, *after)):
        return x
    lead = len(x.shape) - len(before)
    grown = [n + a + b for n, a, b in zip(x.shape[lead:], before, after, strict=True)]
    room = draft.mapped("copy", (*x.shape[:lead], *grown), draft.fixed(value))
    offset = sum(a * s for a, s in zip(before, room.strides[lead:], strict=True))
    draft.map("copy", Place(room.buffer, offset, x.shape, room.strides), x)
    return room


def _side(step: Step, name: str, rank: int, default: tuple[int, ...] = ()) -> list[int]:
    """One whole number for each axis of a window."""
    found = list(step.wholes(name) or default)
    return found * rank if len(found) == 1 else found


def _convolution(step: Step) -> Place:
    x, weight, draft = step.x(), step.x(1), step.draft
    rank = len(weight.shape) - 2
    if step.attribute("transposed"):
        raise step.refused("a transposed convolution has no form here")
    stride, padding, dilation = (_side(step, n, rank) for n in ("stride", "padding", "dilation"))
    groups = int(step.number("groups"))
    seen = padded(draft, x, padding, padding, 0.0)
    count, places = step.shape[0], step.shape[2:]
    each, (outs, ins) = weight.shape[0] // groups, weight.shape[:2]
    out = draft.work((count, outs, *places))
    shape, row = (count, groups, each, *places), (ins, *weight.shape[2:])
    moved = [s * by for s, by in zip(seen.strides[2:], stride, strict=True)]
    inner = [s * by for s, by in zip(seen.strides[2:], dilation, strict=True)]
    across, along = seen.strides[:2]
    walks = (
        Operand(seen.buffer, seen.offset, (across, ins * along, 0, *moved, along, *inner)),
        Operand(
            weight.buffer,
            weight.offset,
            (0, each * weight.strides[0], weight.strides[0], *[0] * rank, *weight.strides[1:]),
        ),
    )
    first, second = out.strides[:2]
    to = Operand(out.buffer, 0, (first, each * second, second, *out.strides[2:]))
    start = step.optional(2)
    begin = None
    if start is not None:
        by = start.strides[0]
        begin = Operand(start.buffer, start.offset, (0, each * by, by, *[0] * rank))
    draft.instructions.append(Fold("dot", shape, row, to, walks, begin))
    return out


def _pooled(step: Step, kind: FoldKind, edge: float) -> Place:
    """The fold of each window of the last two axes."""
    x, draft = step.x(), step.draft
    kernel = _side(step, "kernel_size", 2)
    stride = _side(step, "stride", 2, tuple(kernel))
    padding = _side(step, "padding", 2)
    gap = [1, 1] if kind == "sum" else _side(step, "dilation", 2)
    places = step.shape[-2:]
    ends = [
        (n - 1) * s + (k - 1) * d + 1
        for n, s, k, d in zip(places, stride, kernel, gap, strict=True)
    ]
    after = [max(0, e - n - p) for e, n, p in zip(ends, x.shape[-2:], padding, strict=True)]
    seen = padded(draft, x, padding, after, edge)
    out = draft.work(step.shape)
    *lead, down, right = seen.strides
    walk = Operand(
        seen.buffer,
        seen.offset,
        (*lead, down * stride[0], right * stride[1], down * gap[0], right * gap[1]),
    )
    draft.instructions.append(Fold(kind, step.shape, tuple(kernel), out.walk(), (walk,)))
    return out


def _largest(step: Step) -> tuple[Place, None]:
    return _pooled(step, "max", -torch.inf), None


def _average(step: Step) -> Place:
    """Sums of windows, each divided by what torch divides it by."""
    known = signature(step.node.op)
    ones = torch.ones(1, 1, *step.x().shape[-2:])
    positional, named = known.bind((ones,), step.attributes)
    mean = known.call(*positional, **named)
    positional, named = known.bind((ones,), {**step.attributes, "divisor_override": 1})
    share = (mean / known.call(*positional, **named))[0, 0]
    return step.mapped("mul", _pooled(step, "sum", 0.0), step.draft.fixed(share.numpy()))


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "aten.convolution.default": _convolution,
        "aten.max_pool2d_with_indices.default": _largest,
        "aten.avg_pool2d.default": _average,
    }
)
