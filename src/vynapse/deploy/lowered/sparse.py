# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Edges that are selected, multiplied and added up become one loop over edges."""

from __future__ import annotations

from dataclasses import replace

from vynapse.deploy.lowered.program import (
    Gather,
    Instruction,
    Map,
    Operand,
    Program,
    Sparse,
    operands,
)


def with_edges(program: Program) -> Program:
    """The program in which no product of selected elements is kept before it is added up."""
    made: dict[int, Instruction] = {}
    times: dict[int, int] = {}
    for one in program.instructions:
        made[one.out.buffer] = one
        times[one.out.buffer] = times.get(one.out.buffer, 0) + 1
    once = {buffer: one for buffer, one in made.items() if times[buffer] == 1}
    changed = tuple(_joined(one, once) for one in program.instructions)
    return live(replace(program, instructions=changed))


def live(program: Program) -> Program:
    """The program without what nobody needs."""
    needed = {place.buffer for place in program.outputs}
    kept = []
    for one in reversed(program.instructions):
        if one.out.buffer in needed:
            needed |= {operand.buffer for operand in operands(one)}
            kept.append(one)
    return replace(program, instructions=tuple(reversed(kept)))


def _joined(one: Instruction, made: dict[int, Instruction]) -> Instruction:
    """A sum of edges that reads what the selection and the product read."""
    if not isinstance(one, Sparse) or one.weight is not None:
        return one
    product = _through_copies(made.get(one.x.buffer), made)
    if not isinstance(product, Map) or product.function != "mul" or not _in_a_row(product):
        return one
    for selected, weight in (product.inputs, product.inputs[::-1]):
        source = made.get(selected.buffer)
        if isinstance(source, Gather) and _all_of(selected, source):
            walk = Operand(weight.buffer, weight.offset, weight.strides[-1:])
            table = tuple(source.table[k] for k in one.source)
            return replace(one, x=source.x, weight=walk, source=table)
    return one


def _in_a_row(one: Map) -> bool:
    """Whether it goes through one axis alone, and its results lie side by side from the start."""
    return (
        all(size == 1 for size in one.shape[:-1])
        and bool(one.shape)
        and one.out.strides[-1] == 1
        and not one.out.offset
    )


def _all_of(selected: Operand, source: Gather) -> bool:
    """Whether a walk goes through all that is selected, in its order, and none of it is 0."""
    side_by_side = selected.strides[-1] == 1 and not selected.offset
    return side_by_side and min(source.table, default=-1) >= 0


def _through_copies(one: Instruction | None, made: dict[int, Instruction]) -> Instruction | None:
    while isinstance(one, Map) and one.function == "copy":
        source = one.inputs[0]
        if one.out.offset or source.offset or one.out.strides != source.strides:
            return one
        one = made.get(source.buffer)
    return one
