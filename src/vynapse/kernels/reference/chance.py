# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What chance decides about children, for many generations at once.

It does not depend on the parents, so it can be drawn beforehand: NumPy is quick on large arrays
alone. C draws the same numbers when it needs them.
"""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.functions import exp
from vynapse.kernels.reference.law import Bits, GenerationRule
from vynapse.seeding import F32, I64, U32, Stream, box_muller, philox, unit

_DRAWS = 1 << 16
"""Random numbers made at once, over several generations where they are few."""


class Decisions(NamedTuple):
    """What chance decides about the children of a generation; leading axes are generations.

    Attributes:
        first, second: ranks of the parents (n,); one parent alone where nobody mates.
        foreign: weights that come from the second parent (p, n), or None.
        crossed: children that have two parents (n,), or None.
        hit: weights that are mutated (p, n), None for all.
        factor: the factor of the step sizes (n,), None where they are not self-adapted.
        normal: a normal number for each weight (p, n).
    """

    first: I64
    second: I64 | None
    foreign: Bits | None
    crossed: Bits | None
    hit: Bits | None
    factor: F32 | None
    normal: F32


def decide(law: GenerationRule, uniform: F32, normal: F32) -> Decisions:
    """Decisions from random numbers.

    Args:
        law: the law.
        uniform: (..., width, n): draws of the first tournament; where there is crossover those of
            the second, whether to cross, and which parent each weight is from; where not every
            weight is mutated, which ones.
        normal: (..., p + 1, n): for each weight, and for the step size.
    """
    size, parameters = law.tournament, normal.shape[-2] - 1
    first = _winners(uniform[..., :size, :], law.mu)
    second = foreign = crossed = hit = factor = None
    if law.crossover_rate > 0:
        second = _winners(uniform[..., size : 2 * size, :], law.mu)
        crossed = uniform[..., 2 * size, :] < np.float32(law.crossover_rate)
        own = uniform[..., 2 * size + 1 :, :][..., :parameters, :] < np.float32(0.5)
        foreign = crossed[..., None, :] & ~own
    if law.mutation_rate < 1:
        hit = uniform[..., uniform.shape[-2] - parameters :, :] < np.float32(law.mutation_rate)
    if law.adaptation == "self":
        factor = exp(step_rate(parameters) * normal[..., parameters, :])
    return Decisions(first, second, foreign, crossed, hit, factor, normal[..., :parameters, :])


@final
class Draws:
    """The decisions of a stretch of generations, made for many generations at a time."""

    def __init__(
        self, law: GenerationRule, parameters: int, generation: int, generations: int
    ) -> None:
        self._law, self._parameters = law, parameters
        self._first, self._count = generation, generations
        numbers = law.offspring * (uniforms_needed(law, parameters) + parameters + 1)
        self._block = max(1, min(generations, _DRAWS // numbers))
        self._held: list[Decisions] = []

    def decisions(self, row: int) -> Decisions:
        """The decisions of generation `row`; rows are asked for in rising order."""
        place = row % self._block
        if place == 0:
            stop = min(row + self._block, self._count)
            when = np.arange(row, stop, dtype=np.uint64) + np.uint64(self._first)
            width = uniforms_needed(self._law, self._parameters)
            uniform = unit(self._words(self._law.uniform, width, when))
            words = self._words(self._law.normal, self._parameters + 1, when)
            normal = np.empty(words.shape, np.float32)
            normal[:, :, 0::2], normal[:, :, 1::2] = box_muller(
                words[:, :, 0::2], words[:, :, 1::2]
            )
            rows = _rows(normal)[:, : self._parameters + 1]
            together = decide(self._law, _rows(uniform)[:, :width], rows)
            self._held = [
                Decisions._make(None if part is None else part[index] for part in together)
                for index in range(stop - row)
            ]
        return self._held[place]

    def _words(self, stream: Stream, count: int, generations: npt.NDArray[np.uint64]) -> U32:
        """(generations, blocks, 4, n): index 4 * block + w of each child."""
        blocks = np.arange(-(-count // 4), dtype=np.uint64)[None, :, None]
        who = np.arange(self._law.offspring, dtype=np.uint64)
        key = (stream.seed & 0xFFFFFFFF, stream.seed >> 32)
        return np.stack(philox((blocks, who, generations[:, None, None], stream.word), key), axis=2)


def _rows(numbers: F32) -> F32:
    """(generations, blocks, 4, n) -> (generations, 4 * blocks, n)."""
    return numbers.reshape(len(numbers), -1, numbers.shape[-1])


def uniforms_needed(law: GenerationRule, parameters: int) -> int:
    """Uniform numbers for one child: see `decide` for their order."""
    mates, chosen = law.crossover_rate > 0, law.mutation_rate < 1
    return law.tournament + mates * (law.tournament + 1 + parameters) + chosen * parameters


def step_rate(parameters: int) -> np.float32:
    """tau = 1 / sqrt(2 p): how fast a step size adapts itself (Beyer and Schwefel 2002)."""
    return np.float32(1 / np.sqrt(2 * parameters))


def _winners(uniform: F32, mu: int) -> I64:
    """Ranks (..., n) of the best of the parents drawn, from uniforms (..., size, n)."""
    ranks: I64 = (uniform.min(axis=-2) * np.float64(mu)).astype(np.int64)
    return ranks
