# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The archive of trade-offs: nothing in it is dominated, nothing better was dropped, it resumes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vynapse.errors import CheckpointError
from vynapse.evolution.measured import Measured
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.nsga2 import fronts
from vynapse.evolution.pareto import Archive, better, ranks
from vynapse.seeding import Streams

P = 6
ENCODING = NeatEncoding(2, 1)
GENOMES = Neat(NeatSettings(population=P), 2, 1, Streams(0)).ask()
# few values, so that points repeat and dominate; now and then one that is not finite
VALUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, np.inf])
GENERATIONS = st.lists(arrays(np.float64, (P, 2), elements=VALUES), min_size=1, max_size=6)


def measured(objectives: np.ndarray) -> Measured:
    return Measured(objectives[:, 0], objectives=objectives)


def filled(generations: list[np.ndarray], limit: int = 100) -> Archive[Any]:
    """Genomes carry their objectives as weights, so that one can tell whose they are."""
    archive = Archive(ENCODING, ("loss", "parameters"), limit)
    for objectives in generations:
        genomes = GENOMES.take(np.arange(P))
        genomes.weight[:, :2] = objectives
        archive.add(genomes, measured(objectives))
    return archive


@given(GENERATIONS)
def test_the_archive_is_the_front_of_everything_that_was_measured(
    generations: list[np.ndarray],
) -> None:
    archive, everything = filled(generations), np.concatenate(generations)
    finite = everything[np.isfinite(everything).all(axis=1)]
    wanted = np.unique(finite[fronts(finite) == 0], axis=0)
    np.testing.assert_array_equal(archive.objectives, wanted)
    if len(archive):
        assert archive.genomes is not None
        np.testing.assert_array_equal(archive.genomes.weight[:, :2], archive.objectives)


@given(GENERATIONS, st.integers(2, 4))
def test_a_thinned_archive_keeps_its_ends_and_no_dominated_member(
    generations: list[np.ndarray], limit: int
) -> None:
    archive, whole = filled(generations, limit), filled(generations)
    assert len(archive) <= limit
    assert (fronts(archive.objectives) == 0).all()
    np.testing.assert_array_equal(archive.objectives[:1], whole.objectives[:1])
    np.testing.assert_array_equal(archive.objectives[-1:], whole.objectives[-1:])
    if len(archive):
        assert archive.genomes is not None
        np.testing.assert_array_equal(archive.genomes.weight[:, :2], archive.objectives)


def test_a_state_is_loaded_whole_and_that_of_something_else_refused() -> None:
    objectives = np.array([[0.0, 3.0], [1.0, 2.0], [2.0, 1.0], [9.0, 9.0], [3.0, 0.0], [9.0, 9.0]])
    archive, again = filled([objectives]), Archive(ENCODING, ("loss", "parameters"))
    again.load(archive.state())
    assert again.state()["genomes"]["packed"].keys() == archive.state()["genomes"]["packed"].keys()
    np.testing.assert_array_equal(again.objectives, archive.objectives)
    for damaged in (
        {**archive.state(), "genomes": {}},
        {**archive.state(), "objectives": np.zeros((4, 3))},
    ):
        with pytest.raises(CheckpointError, match="front: the state does not fit"):
            again.load(damaged)
    assert len(again) == 4


def test_ranks_are_losses_for_one_objective_and_a_crowded_order_for_two() -> None:
    objectives = np.array([[2.0, 2.0], [0.0, 1.0], [1.0, 0.0]])
    assert ranks(Measured(objectives[:, 0])).tolist() == [2.0, 0.0, 1.0]
    assert ranks(measured(objectives)).tolist() == [1.0, 0.0, 0.0]
    moved = objectives + np.array([[0, -1], [-1, 1], [0, 0]])
    assert better(measured(moved), measured(objectives)).tolist() == [True, False, False]
    assert better(Measured(moved[:, 0]), Measured(objectives[:, 0])).tolist() == [0, 1, 0]
