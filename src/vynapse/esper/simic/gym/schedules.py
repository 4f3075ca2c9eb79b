# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Open loop: what grows when, known before the run begins.

A schedule knows what share of the budget is spent and how wide the network is, which it could have
counted itself. It sees no loss. What enters becomes a part of the network at the next look.
"""

from __future__ import annotations

from typing import Final, final

import numpy as np

from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.esper.simic.gym.acting import DEEPEN, FOSSILIZE, WIDEN
from vynapse.esper.simic.gym.compact import SEEN, seen
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import World
from vynapse.esper.simic.schema import SLOT_KINDS, WIDER
from vynapse.esper.simic.schema import SLOTS as IN_VIEW
from vynapse.kernels.reference.growth import SLOTS
from vynapse.seeding import I64

WIDTHS: Final = (3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)
"""Widths whose times a schedule has."""
GENES: Final = len(WIDTHS) + 2 * SLOTS
"""Numbers of a schedule: times of widths, times of bodies, and sizes of bodies."""
START: Final = np.concatenate([np.full(len(WIDTHS), -2.0), np.ones(SLOTS), np.zeros(SLOTS)])
"""Where a search begins: all widths soon, no bodies."""

_SETTLES: Final = (*(1 + len(SLOT_KINDS) * slot + FOSSILIZE for slot in range(IN_VIEW)), WIDEN + 1)
"""The choices by which something stays, the most urgent last."""


@final
class Schedules:
    """Schedules side by side.

    Args:
        genomes: (p, GENES). The time of the k-th width is the sum of softplus of the first k
            numbers, as a share of the budget; that of a body is its number. Later than 1 is never.
            A body of number x is small below -0.5, large above 0.5, else of middle size.
        schedule: which of them each episode follows (n,).
    """

    def __init__(self, genomes: Array, schedule: I64) -> None:
        given = np.asarray(genomes, np.float64)
        first, rest = given[:, : len(WIDTHS)], given[:, len(WIDTHS) :]
        self._times: F64 = np.cumsum(np.logaddexp(0, first), axis=1)
        self._bodies, sizes = rest[:, :SLOTS], rest[:, SLOTS:]
        self._sizes = 1 + (sizes > 0.5).astype(np.int64) - (sizes < -0.5)
        self._schedule = schedule

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """What is due."""
        return self.at(world.spent / world.budget, world.shapes["width"], legal, episodes)

    def at(self, progress: F64, width: Array, legal: Legal, episodes: I64) -> I64:
        """What is due.

        Args:
            progress: shares of the budget (n,).
            width: units of the layer (n,).
            legal: which choices of `simic.schema` are (n, …).
            episodes: their numbers (n,).
        """
        own = self._schedule[episodes]
        actions = np.zeros((len(width), 2), np.int64)
        due = (self._times[own] <= progress[:, None]).sum(axis=1)
        target = np.concatenate([[0], WIDTHS])[due]
        wide = legal[:, WIDEN] & (width < target)
        reached = np.ceil(np.multiply.outer(width, WIDER)) >= target[:, None]
        actions[wide, 0] = WIDEN
        actions[wide, 1] = np.where(reached.any(1), reached.argmax(1), len(WIDER) - 1)[wide]
        for slot in range(SLOTS):
            at = 1 + len(SLOT_KINDS) * slot
            now = legal[:, at + DEEPEN] & (self._bodies[own, slot] <= progress) & ~wide
            now &= actions[:, 0] == 0
            actions[now, 0], actions[now, 1] = at + DEEPEN, self._sizes[own, slot][now]
        for settle in _SETTLES:
            actions[legal[:, settle], 0] = settle
        return actions


@final
class Paced:
    """Schedules whose clock runs faster or slower by what is seen: feedback on an open loop.

    A width is due once the share of the budget that is spent, times exp of a linear function of the
    features of `compact`, has reached its time. With weights of 0 it is the schedule.

    Args:
        genomes: (p, PACED): a schedule, the weights of the features, and a bias.
        schedule: which of them each episode follows (n,).
    """

    def __init__(self, genomes: Array, schedule: I64) -> None:
        given = np.asarray(genomes, np.float64)
        self._plain = Schedules(given[:, :GENES], schedule)
        self._pace, self._schedule = given[:, GENES:], schedule

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """What is due."""
        weights = self._pace[self._schedule[episodes]]
        clock = world.spent / world.budget * faster(weights, seen(world))
        return self._plain.at(clock, world.shapes["width"], legal, episodes)


def faster(weights: F64, features: Array) -> F64:
    """How much faster clocks run (n,), given weights and a bias (n, SEEN + 1), and (n, SEEN)."""
    pace = (weights[:, :-1] * features).sum(axis=1) + weights[:, -1]
    return np.asarray(np.exp(np.clip(pace, -_FASTEST, _FASTEST)))


PACED: Final = GENES + len(SEEN) + 1
"""Numbers of a paced schedule."""
_FASTEST: Final = 3.0
