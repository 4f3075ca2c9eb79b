# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""MAP-Elites: the grid, the archive, and what comes out of it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.map_elites import Grid, IsoLine, MapElites
from vynapse.evolution.measured import Measured
from vynapse.seeding import Streams

SIZE, BATCH = 3, 16
SEEDS = st.integers(0, 500)
GRID = Grid((-1.0, 0.0), (1.0, 2.0), (4, 5))


def make(seed: int = 0, **options: Any) -> MapElites:
    usual: dict[str, Any] = {
        "variation": IsoLine(0.1, 0.3),
        "initial_sigma": 0.5,
        "batch": BATCH,
    }
    return MapElites(np.zeros(SIZE, np.float32), GRID, Streams(seed), **(usual | options))


def measure(genomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss and behaviour; some genomes fail."""
    losses = (genomes.astype(np.float64) ** 2).sum(axis=1)
    losses[genomes[:, 2] > 0.6] = np.nan
    return losses, np.stack([genomes[:, 0], genomes[:, 1] + 1], axis=1).astype(np.float64)


def _measured(genomes: np.ndarray) -> Measured:
    losses, descriptors = measure(genomes)
    return Measured(losses, descriptors=descriptors)


def advance(archive: MapElites, generations: int = 1) -> None:
    for _ in range(generations):
        genomes = archive.ask()
        archive.tell(genomes, _measured(genomes))


def told(seed: int, generation: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genomes with many equal losses in few cells."""
    stream = Streams(seed).stream("told")
    genomes = stream.normal(SIZE, generation, np.arange(BATCH))
    losses = stream.integers(4, BATCH, generation, 99).astype(np.float64)
    losses[losses == 3] = np.inf
    losses[0] = 2
    return genomes, losses, np.stack([genomes[:, 0] * 0.5, np.ones(BATCH)], axis=1)


@given(
    place=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
)
def test_a_cell_is_where_its_descriptors_are(place: tuple[float, float]) -> None:
    cell = int(GRID.locate(np.array([place]))[0])
    row, column = np.unravel_index(cell, GRID.cells)
    edges = np.linspace(-1, 1, 5), np.linspace(0, 2, 6)
    for value, index, edge in zip(place, (row, column), edges, strict=True):
        inside = np.clip(value, edge[0], edge[-1])
        assert edge[index] - 1e-12 <= inside <= edge[index + 1] + 1e-12
        if inside < edge[-1] and not np.isclose(inside, edge).any():
            assert inside < edge[index + 1], "a cell owns its lower edge"


def test_the_corners_of_the_grid() -> None:
    corners = np.array([[-1.0, 0.0], [1.0, 2.0], [-1e300, 1e300], [-1.0, 0.4], [-0.5, 0.0]])
    assert GRID.locate(corners).tolist() == [0, 19, 4, 1, 5]
    assert GRID.size == 20


@given(seed=SEEDS)
def test_the_archive_is_what_a_plain_loop_would_keep(seed: int) -> None:
    archive = make()
    kept: dict[int, tuple[Any, ...]] = {}
    for generation in range(5):
        archive.ask()
        genomes, losses, descriptors = told(seed, generation)
        archive.tell(genomes, Measured(losses, descriptors=descriptors))
        for genome, loss, descriptor in zip(genomes, losses, descriptors, strict=True):
            cell = int(GRID.locate(descriptor[None])[0])
            if np.isfinite(loss) and (cell not in kept or loss < kept[cell][1]):
                kept[cell] = (genome, loss, descriptor)
        cells, *columns = archive.elites()
        assert cells.tolist() == sorted(kept)
        for index, column in enumerate(columns):
            np.testing.assert_array_equal(column, [kept[cell][index] for cell in sorted(kept)])


@given(seed=SEEDS)
def test_the_order_within_a_batch_does_not_matter_but_for_ties(seed: int) -> None:
    genomes, _, descriptors = told(seed, 0)
    losses = Streams(seed).stream("losses").normal(BATCH).astype(np.float64)
    order = Streams(seed).stream("order").permutation(BATCH)
    first, second = make(), make()
    first.ask(), second.ask()
    first.tell(genomes, Measured(losses, descriptors=descriptors))
    second.tell(genomes[order], Measured(losses[order], descriptors=descriptors[order]))
    np.testing.assert_equal(first.state(), second.state())


@given(seed=SEEDS, line=st.sampled_from([0.0, 0.3]))
def test_no_elite_gets_worse_and_coverage_never_falls(seed: int, line: float) -> None:
    archive = make(seed, variation=IsoLine(0.2, line))
    losses = np.full(GRID.size, np.inf)
    coverage = score = 0.0
    for _ in range(6):
        advance(archive)
        cells, _, now, _ = archive.elites()
        assert set(np.flatnonzero(np.isfinite(losses))) <= set(cells.tolist())
        assert (now <= losses[cells]).all()
        losses[cells] = now
        assert archive.coverage() == len(cells) / 20 >= coverage
        assert archive.qd_score(5.0) >= score
        coverage, score = archive.coverage(), archive.qd_score(5.0)
        assert archive.metrics()["best"] == now.min()


def test_the_score_counts_what_is_below_the_worst_loss() -> None:
    archive = make(batch=3)
    assert archive.coverage() == archive.qd_score(1.0) == 0
    assert "best" not in archive.metrics()
    archive.ask()
    places = np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    archive.tell(
        np.zeros((3, SIZE), np.float32), Measured(np.array([1.0, 4.0, 2.5]), descriptors=places)
    )
    assert archive.qd_score(3.0) == 2.5
    assert archive.coverage() == 3 / 20


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_the_grid_is_filled_with_good_genomes(seed: int) -> None:
    archive = make(seed, batch=50)
    advance(archive, 60)
    cells, genomes, losses, descriptors = archive.elites()
    assert archive.coverage() == 1
    np.testing.assert_array_equal(measure(genomes)[0], losses)
    np.testing.assert_array_equal(GRID.locate(descriptors), cells)
    # the lowest loss that a cell allows is at its corner nearest to the centre, (0, 1)
    row, column = np.unravel_index(cells, GRID.cells)
    nearest = [np.array([-0.5, 0, 0, 0.5])[row], np.array([-0.6, -0.2, 0, 0.2, 0.6])[column]]
    lowest = nearest[0] ** 2 + nearest[1] ** 2
    assert np.mean(losses - lowest) < 0.05


@pytest.mark.parametrize("line", [0.0, 0.3])
def test_a_loaded_state_goes_on_bit_for_bit_from_every_generation(line: float) -> None:
    variation = IsoLine(0.1, line)
    plain = make(3, variation=variation)
    for _ in range(8):
        state = plain.state()
        kept = copy.deepcopy(state)
        other = make(3, variation=variation)
        other.load(state)
        advance(other, 3)
        np.testing.assert_equal(state, kept, "a state is a copy")
        advance(plain, 1)
        again = make(3, variation=variation)
        again.load(plain.state())
        advance(again, 2)
        np.testing.assert_equal(again.state(), other.state())
        assert again.metrics() == other.metrics()


def test_children_are_normal_round_an_elite_and_along_the_line_to_another() -> None:
    parents, others = np.zeros((20000, 2), np.float32), np.zeros((20000, 2), np.float32)
    others[:, 0] = 4
    normal = Streams(1).stream("n").normal(3, 0, np.arange(20000))
    children = IsoLine(0.1, 0.2).children(parents, others, normal)
    assert children.std(axis=0) == pytest.approx([np.hypot(0.1, 0.8), 0.1], rel=0.03)
    plain = IsoLine(0.1).children(parents, others, normal)
    np.testing.assert_array_equal(plain, np.float32(0.1) * normal[:, :2])


def test_the_first_batch_is_the_centre_and_variations_of_it() -> None:
    centre = np.full(2000, -0.0, np.float32)
    archive = MapElites(
        centre, GRID, Streams(0), variation=IsoLine(0.1), initial_sigma=0.5, batch=4
    )
    first = archive.ask()
    assert np.signbit(first[0]).all(), "bit for bit"
    assert first[1:].std(axis=1) == pytest.approx([0.5] * 3, rel=0.06)
    np.testing.assert_array_equal(archive.ask(), first)
    archive.ask()[:] = 0  # a copy
    np.testing.assert_array_equal(archive.ask(), first)


def test_every_generation_has_numbers_of_its_own() -> None:
    archive = make(initial_sigma=0.0)
    places = np.zeros((BATCH, 2))
    changes = []
    for _ in range(3):
        genomes = archive.ask()
        changes.append(genomes)
        archive.tell(
            genomes, Measured(np.full(BATCH, 1.0), descriptors=places)
        )  # the centre stays the only elite
    np.testing.assert_array_equal(archive.elites()[1], np.zeros((1, SIZE)))
    assert (changes[1] != changes[2]).all()
    still = make(variation=IsoLine(0.0))
    advance(still)
    assert len(still.elites()[0]) > 3
    drawn = []
    for _ in range(2):
        drawn.append(still.ask())
        advance(still)  # copies of elites change nothing
    assert not np.array_equal(drawn[0], drawn[1])


def test_what_is_not_finite_is_counted_and_not_kept() -> None:
    archive = make(batch=4)
    genomes = archive.ask()
    losses = np.array([np.nan, -np.inf, 1.0, 1.0])
    places = np.array([[0, 0], [0, 0], [0, np.nan], [0, 1]], np.float64)
    archive.tell(genomes, Measured(losses, descriptors=places))
    assert archive.metrics()["invalid"] == 3
    np.testing.assert_array_equal(archive.elites()[1], genomes[3:])
    archive.ask()
    with pytest.raises(TrainingError, match="finite"):
        archive.tell(genomes, Measured(losses, descriptors=np.full((4, 2), np.inf)))


def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    archive = make(batch=4)
    genomes = np.zeros((4, SIZE), np.float32)
    with pytest.raises(ConfigError, match="genomes: those that ask gave last were wanted"):
        archive.tell(genomes, Measured(np.zeros(4), descriptors=np.zeros((4, 2))))
    archive.ask()
    with pytest.raises(ConfigError) as caught:
        archive.tell(genomes, Measured(np.zeros((4, 1)), descriptors=np.zeros((4, 3))))
    assert caught.value.problems == [
        "losses: shape (4,) was wanted, got (4, 1)",
        "descriptors: shape (4, 2) was wanted, got (4, 3)",
    ]
    for wrong in ({"batch": 0}, {"initial_sigma": -1.0}):
        with pytest.raises(ConfigError, match=f"{next(iter(wrong))}: a number >="):
            make(**wrong)
    for iso, line in ((-1.0, 0.0), (0.1, np.nan)):
        with pytest.raises(ConfigError, match="a number >= 0 was wanted"):
            IsoLine(iso, line)
    for low, high, cells in (
        ((0.0,), (0.0,), (3,)),
        ((0.0,), (1.0,), (0,)),
        ((0.0,), (np.inf,), (3,)),
        ((0.0,), (1.0, 2.0), (3,)),
        ((), (), ()),
    ):
        with pytest.raises(ConfigError, match="grid: for every descriptor"):
            Grid(low, high, cells)
