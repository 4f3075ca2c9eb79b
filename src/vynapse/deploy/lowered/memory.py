# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the buffers of a program lie in one array of floats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vynapse.deploy.lowered.program import Instruction, Program, operands
from vynapse.seeding import F32


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """One array: what is fixed, what is given, what comes out, and room for what lies between.

    Attributes:
        begins: where each buffer that is used begins.
        fixed: what is fixed.
        size: floats of the whole array.
    """

    begins: Mapping[int, int]
    fixed: F32
    size: int


def laid_out(program: Program, apart: frozenset[int] = frozenset()) -> Memory:
    """Buffers side by side; room is used again when nobody needs what lies there.

    Equal constants lie in one place. Inputs follow each other in their order, and so do outputs.

    Args:
        program: whose buffers they are.
        apart: buffers that lie elsewhere.
    """
    used = _used(program) - apart
    begins: dict[int, int] = {}
    places: dict[bytes, int] = {}
    parts: list[F32] = []
    end = 0
    for number in sorted(used):
        values = program.buffers[number].values
        if values is not None:
            key = values.tobytes()
            if key not in places:
                places[key] = end
                parts.append(values)
                end += len(values)
            begins[number] = places[key]
    for place in program.inputs:
        if place.buffer not in apart:
            begins[place.buffer] = end
            end += program.buffers[place.buffer].size
    for place in program.outputs:
        if place.buffer not in apart:
            begins[place.buffer] = end
            end += program.buffers[place.buffer].size
    room = _rooms(program, begins, used)
    size = max([end, *(end + at + program.buffers[n].size for n, at in room.items())])
    begins |= {number: end + at for number, at in room.items()}
    fixed = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return Memory(begins, fixed, size)


def _used(program: Program) -> set[int]:
    used = {place.buffer for place in (*program.inputs, *program.outputs)}
    for one in program.instructions:
        used |= {one.out.buffer, *(operand.buffer for operand in operands(one))}
    return used


def _rooms(program: Program, begins: Mapping[int, int], used: set[int]) -> dict[int, int]:
    """Where each computed buffer begins in the room: the first gap that it fits into."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for time, one in enumerate(program.instructions):
        for number in (one.out.buffer, *_read(one)):
            first.setdefault(number, time)
            last[number] = time
    found: dict[int, int] = {}
    for number in sorted(used - set(begins), key=lambda n: first[n]):
        size, at = program.buffers[number].size, 0
        taken = sorted(
            (found[other], found[other] + program.buffers[other].size)
            for other in found
            if first[other] <= last[number] and first[number] <= last[other]
        )
        for begin, end in taken:
            if at + size <= begin:
                break
            at = max(at, end)
        found[number] = at
    return found


def _read(one: Instruction) -> tuple[int, ...]:
    return tuple(operand.buffer for operand in operands(one))
