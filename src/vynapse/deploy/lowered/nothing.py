# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Loops over nothing: those without results go, and a sum of nothing is what it begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vynapse.deploy.lowered.program import Buffer, Fold, Instruction, Map, Operand, Program, Take


def without_nothing(program: Program) -> Program:
    """The program whose loops have a size of at least 1 in each axis."""
    zero = Buffer(1, "fixed", np.zeros(1, np.float32))
    number = len(program.buffers)
    kept: list[Instruction] = []
    for one in program.instructions:
        if not program.buffers[one.out.buffer].size or _goes_nowhere(one):
            continue
        if isinstance(one, Fold) and 0 in one.row:
            begin = one.start or Operand(number, 0, (0,) * len(one.shape))
            kept.append(Map("copy", one.shape, one.out, (begin,)))
        else:
            kept.append(one)
    return replace(program, buffers=(*program.buffers, zero), instructions=tuple(kept))


def _goes_nowhere(one: Instruction) -> bool:
    if isinstance(one, (Map, Fold)):
        return 0 in one.shape
    return isinstance(one, Take) and not one.count * one.width
