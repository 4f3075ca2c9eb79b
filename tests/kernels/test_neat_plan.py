# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Children of species in C and in NumPy: the same bits for random generations."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.kernels import native, neat_plan
from vynapse.kernels.neat_plan import Sharing, Succession
from vynapse.kernels.reference import neat_plan as reference
from vynapse.seeding import Streams

LIBRARIES = native.libraries()
NAMES = [library.instruction_set for library in LIBRARIES]
pytestmark = pytest.mark.skipif(not LIBRARIES, reason="no kernels were compiled")


def generation(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """Losses with ties, wild and infinite ones; the species of each genome; their number."""
    count = int(rng.integers(2, 200))
    species = int(rng.integers(1, min(count, 40) + 1))
    of = np.concatenate((np.arange(species), rng.integers(0, species, count - species)))
    losses = np.exp(rng.normal(size=count) * rng.choice([0.0, 1.0, 20.0, 200.0]))
    if rng.random() < 0.3:
        losses = -np.round(losses, 1)
    losses[1:][rng.random(count - 1) < rng.choice([0.0, 0.5, 1.0])] = np.inf
    return losses, rng.permutation(of).astype(np.int32), species


def sharing(rng: np.random.Generator, seed: int) -> Sharing:
    return Sharing(
        survival=float(rng.choice([0.01, 0.2, 0.5, 1.0])),
        champion_size=int(rng.integers(0, 8)),
        stagnation=int(rng.integers(1, 30)),
        protected=int(rng.integers(0, 4)),
        refocus_species=int(rng.integers(1, 4)),
        stream=Streams(seed).stream("neat.representatives"),
    )


def same(mine: Succession, theirs: Succession) -> None:
    for name in ("members", "begin", "size", "pool", "copy"):
        one, other = getattr(mine.plan, name), getattr(theirs.plan, name)
        assert one.tobytes() == other.tobytes(), name
    assert mine.kept.tobytes() == theirs.kept.tobytes()
    assert mine.chosen.tobytes() == theirs.chosen.tobytes()


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_c_is_numpy(library: native.Library) -> None:
    refocused = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        losses, of, species = generation(rng)
        how, refocus = sharing(rng, seed), bool(rng.random() < 0.2)
        best = np.where(rng.random(species) < 0.2, np.inf, rng.normal(size=species))
        improved = rng.integers(0, 40, species)
        now = int(rng.integers(40, 60))
        records = (best.copy(), improved.copy()), (best.copy(), improved.copy())
        wanted = reference.plan(how, losses, of, *records[0], now, refocus)
        got = neat_plan.plan(how, losses, of, *records[1], now, refocus, library)
        same(wanted, got)
        assert records[0][0].tobytes() == records[1][0].tobytes()
        assert records[0][1].tobytes() == records[1][1].tobytes()
        refocused += refocus
    assert refocused > 40


def test_a_large_generation() -> None:
    rng = np.random.default_rng(1)
    losses = rng.integers(0, 500, 5000).astype(np.float64)
    of = np.concatenate((np.arange(700), rng.integers(0, 700, 4300))).astype(np.int32)
    how = sharing(rng, 1)
    for library in LIBRARIES:
        records = [(np.full(700, np.inf), np.zeros(700, np.int64)) for _ in range(2)]
        wanted = reference.plan(how, losses, of, *records[0], 3, refocus=False)
        same(wanted, neat_plan.plan(how, losses, of, *records[1], 3, False, library))


def test_all_children_are_planned() -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        losses, of, species = generation(rng)
        records = np.full(species, np.inf), np.zeros(species, np.int64)
        found = neat_plan.plan(sharing(rng, seed), losses, of, *records, 5, refocus=False)
        plan = found.plan
        assert len(plan.pool) == len(losses)
        assert sorted(plan.members.tolist()) == list(range(len(losses)))
        assert set(plan.pool.tolist()) == set(range(len(found.kept)))
        assert (of[found.chosen] == found.kept).all()
        assert (plan.size >= 1).all()
