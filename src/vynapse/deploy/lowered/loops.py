# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Loops that need not be: axes of size 1 go, and axes that lie one behind the other become one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vynapse.deploy.lowered.program import Fold, Instruction, Map, Operand
from vynapse.errors import GraphError

LARGEST_RANK: Final = 8
"""Axes of a loop: GRAPH_RANK of kernels/c/graph_engine.h, and as many names of indices."""


def refuse_deep(one: Map | Fold) -> None:
    """Refuse a loop of more axes than the engine knows.

    Raises:
        GraphError: it has more.
    """
    rank = len(one.shape) + (len(one.row) if isinstance(one, Fold) else 0)
    if rank > LARGEST_RANK:
        raise GraphError(
            f"a loop over {rank} axes has no form here, {LARGEST_RANK} were wanted: use onnx or pt2"
        )


def merged(one: Instruction) -> Instruction:
    """The instruction with as few loops as it takes, and at least one for each of its parts."""
    if isinstance(one, Map):
        shape, (out, *inputs) = _fewer(one.shape, (one.out, *one.inputs))
        return replace(one, shape=shape, out=out, inputs=tuple(inputs))
    if isinstance(one, Fold):
        return _fold(one)
    return one


def _fold(one: Fold) -> Fold:
    rank = len(one.shape)
    begin = () if one.start is None else (one.start,)
    outer = [_part(x, slice(0, rank)) for x in one.inputs]
    inner = [_part(x, slice(rank, None)) for x in one.inputs]
    shape, (out, *moved) = _fewer(one.shape, (one.out, *outer, *begin))
    row, inside = _fewer(one.row, tuple(inner))
    inputs = tuple(
        replace(x, strides=(*a.strides, *b.strides))
        for x, a, b in zip(one.inputs, moved, inside, strict=False)
    )
    return replace(
        one,
        shape=shape,
        row=row,
        out=out,
        inputs=inputs,
        start=moved[-1] if begin else None,
    )


def _part(operand: Operand, part: slice) -> Operand:
    return replace(operand, strides=operand.strides[part])


def _fewer(
    shape: tuple[int, ...], walks: tuple[Operand, ...]
) -> tuple[tuple[int, ...], tuple[Operand, ...]]:
    sizes: list[int] = []
    strides: list[list[int]] = [[] for _ in walks]
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        moves = [walk.strides[axis] for walk in walks]
        if sizes and all(s[-1] == m * size for s, m in zip(strides, moves, strict=True)):
            sizes[-1] *= size
            for own, move in zip(strides, moves, strict=True):
                own[-1] = move
            continue
        sizes.append(size)
        for own, move in zip(strides, moves, strict=True):
            own.append(move)
    if not sizes:
        return (1,), tuple(replace(walk, strides=(0,)) for walk in walks)
    return tuple(sizes), tuple(
        replace(walk, strides=tuple(own)) for walk, own in zip(walks, strides, strict=True)
    )
