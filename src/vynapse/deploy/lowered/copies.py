# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Values that would only be copied are written where they belong from the start."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from vynapse.deploy.lowered.program import (
    Fold,
    Gather,
    Instruction,
    Map,
    Operand,
    Program,
    Sparse,
    contiguous,
)


def without_copies(program: Program) -> Program:
    """The program whose joints are filled by those who compute their parts.

    A buffer that is copied as a whole into a stretch of another one becomes that stretch, where
    nobody else writes there.
    """
    moved: dict[int, tuple[int, int]] = {}
    spans = _spans(program)
    for one in program.instructions:
        found = _whole_copy(one, program)
        if found is None or found[0] in moved or one.out.buffer not in spans:
            continue
        moved[found[0]] = found[1], found[2]
    instructions = [
        _rebased(one, moved) for one in program.instructions if not _vanishes(one, program, moved)
    ]
    outputs = tuple(
        replace(p, buffer=b, offset=p.offset + o)
        for p, (b, o) in ((p, _end(p.buffer, moved)) for p in program.outputs)
    )
    return replace(program, instructions=tuple(instructions), outputs=outputs)


def affine(one: Instruction) -> Instruction:
    """A selection at equal distances is a copy."""
    if not isinstance(one, Gather) or not one.table or min(one.table) < 0:
        return one
    apart = one.table[1] - one.table[0] if len(one.table) > 1 else 0
    if any(b - a != apart for a, b in pairwise(one.table)):
        return one
    walk = Operand(one.x.buffer, one.x.offset + one.table[0], (apart,))
    out = Operand(one.out.buffer, one.out.offset, (1,))
    return Map("copy", (len(one.table),), out, (walk,))


def _spans(program: Program) -> set[int]:
    """Buffers that are written by copies of stretches alone, which do not overlap."""
    written: dict[int, list[tuple[int, int] | None]] = {}
    for one in program.instructions:
        written.setdefault(one.out.buffer, []).append(_stretch(one))
    found = set()
    for buffer, stretches in written.items():
        known = sorted(s for s in stretches if s is not None)
        apart = all(a[1] <= b[0] for a, b in pairwise(known))
        if len(known) == len(stretches) and apart:
            found.add(buffer)
    return found


def _stretch(one: Instruction) -> tuple[int, int] | None:
    """Begin and end of what a copy writes side by side; None for all else."""
    if not isinstance(one, Map) or one.function != "copy":
        return None
    if _dense(one.shape, one.out.strides) is None:
        return None
    count = 1
    for size in one.shape:
        count *= size
    return one.out.offset, one.out.offset + count


def _whole_copy(one: Instruction, program: Program) -> tuple[int, int, int] | None:
    """(what is copied, where to, at which offset), where it is a whole computed buffer."""
    stretch = _stretch(one)
    if stretch is None or not isinstance(one, Map):
        return None
    source = one.inputs[0]
    buffer = program.buffers[source.buffer]
    whole = stretch[1] - stretch[0] == buffer.size and source.offset == 0
    if buffer.role != "work" or not whole or _dense(one.shape, source.strides) is None:
        return None
    return source.buffer, one.out.buffer, stretch[0]


def _dense(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool | None:
    """True where elements lie side by side; None where they do not."""
    wanted = contiguous(shape)
    fits = all(s == 1 or a == b for s, a, b in zip(shape, strides, wanted, strict=True))
    return True if fits else None


def _end(buffer: int, moved: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """The buffer in which it lies at last, and at which offset."""
    offset = 0
    while buffer in moved:
        buffer, by = moved[buffer]
        offset += by
    return buffer, offset


def _vanishes(one: Instruction, program: Program, moved: dict[int, tuple[int, int]]) -> bool:
    found = _whole_copy(one, program)
    return found is not None and moved.get(found[0]) == found[1:]


def _rebased(one: Instruction, moved: dict[int, tuple[int, int]]) -> Instruction:
    def at(operand: Operand) -> Operand:
        buffer, offset = _end(operand.buffer, moved)
        return replace(operand, buffer=buffer, offset=operand.offset + offset)

    out = at(one.out)
    if isinstance(one, Map):
        return replace(one, out=out, inputs=tuple(map(at, one.inputs)))
    if isinstance(one, Fold):
        start = None if one.start is None else at(one.start)
        return replace(one, out=out, inputs=tuple(map(at, one.inputs)), start=start)
    if isinstance(one, Gather):
        return replace(one, out=out, x=at(one.x))
    if isinstance(one, Sparse):
        weight = None if one.weight is None else at(one.weight)
        return replace(one, out=out, x=at(one.x), weight=weight)
    return replace(one, out=out, numbers=at(one.numbers), table=at(one.table))
