# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which species have how many children, who their parents may be, and who represents them.

Stanley & Miikkulainen (2002), section 3.3: explicit fitness sharing. `c/neat_plan.h` gives the same
bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vynapse.kernels.reference.law import F64, I32, Bits
from vynapse.kernels.reference.neat_law import Plan
from vynapse.seeding import I64, Stream


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who may have children.

    Attributes:
        survival: best part of a species that may be parents.
        champion_size: the champion of a larger species is copied.
        stagnation: generations without a better champion after which a species has no children.
        protected: best species that have children all the same.
        refocus_species: species that have children where the others are given up.
        stream: representatives are drawn from it.
    """

    survival: float
    champion_size: int
    stagnation: int
    protected: int
    refocus_species: int
    stream: Stream


@dataclass(slots=True, eq=False)
class Succession:
    """The species that have children.

    Attributes:
        plan: their children.
        kept: their places among the species before (k,).
        chosen: the genome that represents each (k,).
    """

    plan: Plan
    kept: I64
    chosen: I64


def gap_to_worst(losses: F64) -> F64:
    """Fitness that is linear in the loss, for species that share it: (worst - loss) / range.

    The best has 1, the worst 0. `evolution.fitness.fitness` tells apart what differs by a millionth
    of the range, and so starves the species of new, not yet tuned structure; on a plateau that is
    fatal. A loss further from the lowest than four times the 90th percentile counts as the worst.

    Args:
        losses: (g,), finite or +inf, at least one finite.

    Returns:
        (g,) in [0, 1]; an infinite loss has 0.
    """
    gap = losses / 2 - losses.min() / 2  # halved, so that no difference overflows
    finite = np.sort(gap[np.isfinite(gap)])
    most = float(finite[-1])
    usual = float(finite[len(finite) * 9 // 10])
    if usual > 0:
        most = min(most, 4 * usual)
    if most == 0:
        return np.isfinite(losses).astype(np.float64)
    result: F64 = np.maximum(0.0, 1 - gap / most)
    return result


def plan(
    how: Sharing, losses: F64, of: I32, best: F64, improved: I64, generation: int, refocus: bool
) -> Succession:
    """The next generation.

    Args:
        how: who may have children.
        losses: (p,), +inf where invalid, at least one finite.
        of: the species of each genome (p,); every species has a member.
        best: the lowest loss of each species so far (s,), brought up to date in place.
        improved: the generation of that loss (s,), brought up to date in place.
        generation: the number of the current generation.
        refocus: the best species alone have children, and count as improved.
    """
    order = np.lexsort((losses, of)).astype(np.int32)
    sizes = np.bincount(of, minlength=len(best)).astype(np.int64)
    begin = np.cumsum(sizes) - sizes
    champions = losses[order[begin]]
    better = champions < best
    best[better], improved[better] = champions[better], generation
    allowed = _allowed(how, champions, improved, generation, refocus)
    shared = np.bincount(of, weights=gap_to_worst(losses), minlength=len(best)) / sizes
    offspring = _children(shared, allowed, len(losses))
    kept = np.flatnonzero(offspring)
    begin, sizes, offspring = begin[kept], sizes[kept], offspring[kept]
    survivors = np.maximum(1, np.ceil(how.survival * sizes)).astype(np.int32)
    pool = np.repeat(np.arange(len(kept), dtype=np.int32), offspring)
    copy = np.full(len(losses), -1, np.int32)
    large = sizes > how.champion_size
    copy[(np.cumsum(offspring) - offspring)[large]] = order[begin[large]]
    drawn = how.stream.uniform(len(kept), generation).astype(np.float64)
    chosen = order[begin + (drawn * sizes).astype(np.int64)].astype(np.int64)
    return Succession(Plan(order, begin.astype(np.int32), survivors, pool, copy), kept, chosen)


def _allowed(how: Sharing, champions: F64, improved: I64, generation: int, refocus: bool) -> Bits:
    """Which species may have children (s,)."""
    rank = np.empty(len(champions), np.int64)
    rank[np.argsort(champions, kind="stable")] = np.arange(len(champions))
    allowed: Bits = (generation - improved < how.stagnation) | (rank < how.protected)
    if refocus or not allowed.any():
        allowed = rank < how.refocus_species
        improved[allowed] = generation
    return allowed


def _children(shared: F64, allowed: Bits, total: int) -> I64:
    """Children of each species (s,), `total` in all: a species counts with its mean fitness."""
    shared = np.where(allowed, shared, 0.0)
    if not shared.any():
        shared = allowed.astype(np.float64)
    wanted = shared * (total / float(np.add.accumulate(shared)[-1]))
    children = np.floor(wanted).astype(np.int64)
    short = total - int(children.sum())
    largest = np.argsort(children - wanted, kind="stable")
    children[largest[allowed[largest]][:short]] += 1
    return children
