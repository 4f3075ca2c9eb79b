# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NSGA-II: its order, its survivors, and how well it approaches known fronts."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution import nsga2
from vynapse.evolution.hypervolume import hypervolume
from vynapse.evolution.measured import Measured
from vynapse.evolution.nsga2 import Nsga2
from vynapse.evolution.selection import truncation
from vynapse.seeding import Streams

VALUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.0, np.inf])
"""Few, so that there are ties, duplicates and many fronts."""


@st.composite
def points(draw: st.DrawFn, smallest: int = 0) -> np.ndarray:
    columns = draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(VALUES, min_size=columns, max_size=columns), min_size=smallest))
    return np.array(rows, np.float64).reshape(-1, columns)


def scattered(seed: int, rows: int, columns: int) -> np.ndarray:
    normal = Streams(seed).stream("points").normal(columns, 0, np.arange(rows))
    return normal.astype(np.float64)


def dominates(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = list(zip(a, b, strict=True))
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)


@given(objectives=points())
def test_fronts_are_what_the_definition_says(objectives: np.ndarray) -> None:
    front = nsga2.fronts(objectives)
    left, number = set(range(len(objectives))), 0
    while left:
        best = {i for i in left if not any(dominates(objectives[j], objectives[i]) for j in left)}
        assert set(np.flatnonzero(front == number).tolist()) == best
        left, number = left - best, number + 1


@given(objectives=points(1), seed=st.integers(0, 100))
def test_crowding_distances_go_with_the_points_whatever_their_order(
    objectives: np.ndarray, seed: int
) -> None:
    members = objectives[nsga2.fronts(objectives) == 0]
    order = Streams(seed).stream("order").permutation(len(members))
    rows = [
        sorted([*point, lonely] for point, lonely in zip(some, nsga2.crowding(some), strict=True))
        for some in (members, members[order])
    ]
    assert rows[0] == rows[1]


def test_crowding_by_hand() -> None:
    front = np.array([[4.0, 0.0], [0.0, 8.0], [1.0, 6.0], [2.0, 2.0], [1.0, 6.0]])
    expected = [np.inf, np.inf, 2 / 4 + 6 / 8, 3 / 4 + 6 / 8, 0]
    np.testing.assert_allclose(nsga2.crowding(front), expected)
    np.testing.assert_allclose(nsga2.crowding(front * 1e-9), expected, err_msg="at any scale")
    assert nsga2.crowding(np.array([[3.0, 1.0]])).tolist() == [np.inf]
    assert nsga2.crowding(np.array([[-1e308, 1e308], [0.0, 0.0], [1e308, -1e308]]))[1] == 2


@given(seed=st.integers(0, 500), rows=st.integers(2, 60), columns=st.integers(1, 3))
def test_the_order_of_rows_does_not_change_who_survives(seed: int, rows: int, columns: int) -> None:
    objectives = scattered(seed, rows, columns)
    losses = nsga2.crowded_losses(objectives)
    order = Streams(seed).stream("order").permutation(rows)
    np.testing.assert_array_equal(nsga2.crowded_losses(objectives[order]), losses[order])
    keep = rows // 2
    ranked = np.sort(losses)
    if ranked[keep - 1] < ranked[keep]:
        survivors = set(truncation(losses, keep).tolist())
        assert set(order[truncation(losses[order], keep)].tolist()) == survivors


@given(objectives=points(1))
def test_the_crowded_loss_puts_copies_behind_then_fronts_then_lonely_points(
    objectives: np.ndarray,
) -> None:
    losses, front = nsga2.crowded_losses(objectives), nsga2.fronts(objectives)
    lonely = np.empty(len(objectives))
    for number in range(front.max() + 1):
        lonely[front == number] = nsga2.crowding(objectives[front == number])
    rows = objectives.tolist()
    keys = [
        (not np.isfinite(row).all(), np.isfinite(row).all() and rows[:i].count(row), front[i],
         -lonely[i])
        for i, row in enumerate(rows)
    ]  # fmt: skip
    for i in range(len(rows)):
        for j in range(len(rows)):
            assert (losses[i] < losses[j]) == (keys[i] < keys[j])


def test_copies_of_a_point_do_not_fill_the_population() -> None:
    """Few values of an objective: the whole front of 9 counts stays, and is returned once each."""
    algorithm = make(1, 8, population=20, mutation_rate=0.3)
    for _ in range(40):
        genomes = algorithm.ask()
        ones = (genomes > 0.5).sum(axis=1)
        algorithm.tell(genomes, Measured.by_objectives(np.stack([ones, 8 - ones], axis=1)))
    assert algorithm.front()[1][:, 0].tolist() == list(range(9))


def test_the_first_of_equals_wins_a_tournament() -> None:
    losses = np.array([2.0, 0.0, 2.0])
    entrants = np.array([[0, 1], [1, 2], [2, 0], [0, 2]])
    assert nsga2.crowded_tournament(losses, entrants).tolist() == [1, 1, 2, 0]


def test_a_point_that_is_not_finite_is_behind_every_finite_one() -> None:
    objectives = np.array([[9.0, 9.0], [0.0, np.nan], [-np.inf, 0.0], [1.0, 1.0]])
    usable, invalid = nsga2.usable_objectives(objectives)
    assert invalid == 2
    assert nsga2.fronts(usable).tolist() == [1, 2, 2, 0]
    with pytest.raises(TrainingError, match="none of the 3 genomes of a generation has finite"):
        nsga2.usable_objectives(np.full((3, 2), np.nan))


def zdt(name: str, genomes: np.ndarray) -> np.ndarray:
    """Zitzler, Deb & Thiele (2000)."""
    first = genomes[:, 0].astype(np.float64)
    g = 1 + 9 * genomes[:, 1:].astype(np.float64).mean(axis=1)
    ratio = first / g
    shape = {
        "zdt1": 1 - np.sqrt(ratio),
        "zdt2": 1 - ratio**2,
        "zdt3": 1 - np.sqrt(ratio) - ratio * np.sin(10 * np.pi * first),
    }[name]
    return np.stack([first, g * shape], axis=1)


def make(seed: int = 0, parameters: int = 4, **options: Any) -> Nsga2:
    low, high = np.zeros(parameters, np.float32), np.ones(parameters, np.float32)
    return Nsga2(low, high, Streams(seed), **({"population": 12} | options))


def advance(algorithm: Nsga2, generations: int, name: str = "zdt1") -> None:
    for _ in range(generations):
        genomes = algorithm.ask()
        algorithm.tell(genomes, Measured.by_objectives(zdt(name, genomes)))


@pytest.mark.parametrize(("name", "median"), [("zdt1", 0.8694), ("zdt2", 0.5362), ("zdt3", 1.3275)])
@pytest.mark.parametrize("seed", range(many(sample=1, evidence=2)))
def test_the_hypervolume_is_within_2_percent_of_a_peer_with_as_many_evaluations(
    name: str, median: float, seed: int
) -> None:
    """`median` is that of pymoo over 10 seeds (benchmarks/results/nsga2.md)."""
    algorithm = make(seed, 30, population=100)
    advance(algorithm, 250, name)
    assert hypervolume(algorithm.front()[1], (1.1, 1.1)) > 0.98 * median


OPTIONS: dict[str, dict[str, Any]] = {
    "usual": {},
    "odd": {"population": 7, "mutation_rate": 0.5},
    "two": {"population": 2},
    "mutation alone": {"crossover_rate": 0.0, "mutation_eta": 5.0},
    "crossover alone": {"mutation_rate": 0.0, "crossover_eta": 2.0},
}


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_a_loaded_state_goes_on_bit_for_bit_from_every_generation(name: str) -> None:
    plain = make(3, **OPTIONS[name])
    for _ in range(8):
        state = plain.state()
        kept = copy.deepcopy(state)
        other = make(3, **OPTIONS[name])
        other.load(state)
        advance(other, 3)
        np.testing.assert_equal(state, kept, "a state is a copy")
        advance(plain, 1)
        again = make(3, **OPTIONS[name])
        again.load(plain.state())
        advance(again, 2)
        np.testing.assert_equal(again.state(), other.state())
        assert again.metrics() == other.metrics()


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_what_is_asked_is_in_the_box_and_the_same_until_told(seed: int) -> None:
    low = np.array([-5, 2, 0], np.float32)
    high = np.array([5, 2, 1e-3], np.float32)
    algorithm = Nsga2(low, high, Streams(seed), population=20, mutation_rate=0.5)
    seen = []
    for _ in range(20):
        genomes = algorithm.ask()
        assert genomes.shape == (20, 3)
        assert genomes.dtype == np.float32
        assert ((low <= genomes) & (genomes <= high)).all()
        np.testing.assert_array_equal(algorithm.ask(), genomes)
        seen.append(genomes.copy())
        algorithm.ask()[:] = 0  # a copy
        algorithm.tell(
            genomes,
            Measured.by_objectives(
                np.stack([genomes[:, 0], -genomes[:, 0] * genomes[:, 2]], axis=1)
            ),
        )
    assert not np.array_equal(seen[0], seen[1])
    assert np.unique(seen[0][:, 0]).size == 20, "the first generation is spread over the box"


def test_mutation_and_crossover_have_the_rates_they_were_given() -> None:
    algorithm = make(1, 50, population=400, crossover_rate=0.0, mutation_rate=0.1)
    parents = algorithm.ask()
    algorithm.tell(parents, Measured.by_objectives(np.tile([1.0, 1.0], (400, 1))))
    children = algorithm.ask()
    changed = (children[:, None, :] != parents[None]).sum(axis=2).min(axis=1) / 50
    assert changed.mean() == pytest.approx(0.1, abs=0.01)
    crossed = make(1, 50, population=400, crossover_rate=0.6, mutation_rate=0.0)
    crossed.tell(crossed.ask(), Measured.by_objectives(np.tile([1.0, 1.0], (400, 1))))
    changed = (crossed.ask()[:, None, :] != parents[None]).sum(axis=2).min(axis=1) / 50
    assert np.mean(changed > 0) == pytest.approx(0.6, abs=0.08)
    assert changed[changed > 0].mean() == pytest.approx(0.5, abs=0.05)


def test_every_parent_enters_two_tournaments() -> None:
    """The best of a generation then has two of the parents' places, the worst none."""
    algorithm = make(2, 6, population=40, crossover_rate=0.0, mutation_rate=0.0)
    parents = algorithm.ask()
    algorithm.tell(parents, Measured.by_objectives(np.arange(40.0)[:, None]))
    children = algorithm.ask()
    copies = (children[:, None, :] == parents[None]).all(axis=2).sum(axis=0)
    assert copies.sum() == 40
    assert copies[0] == 2
    assert copies[39] == 0
    assert copies.max() == 2


def test_the_front_is_finite_and_nothing_in_it_is_dominated() -> None:
    algorithm = make(4)
    empty, nothing = algorithm.front()
    assert empty.shape == (0, 4)
    assert len(nothing) == 0
    genomes = algorithm.ask()
    objectives = zdt("zdt1", genomes)
    objectives[3] = np.nan
    algorithm.tell(genomes, Measured.by_objectives(objectives))
    assert algorithm.metrics()["invalid"] == 1
    members, values = algorithm.front()
    assert algorithm.metrics()["front"] == len(members)
    np.testing.assert_array_equal(zdt("zdt1", members), values)
    assert (np.diff(values[:, 0]) > 0).all()
    assert not any(dominates(other, value) for other in objectives for value in values)
    advance(algorithm, 1)
    assert algorithm.metrics()["invalid"] == 0


def test_a_front_only_advances_in_one_objective() -> None:
    algorithm = make(6)
    best = np.inf
    for _ in range(20):
        genomes = algorithm.ask()
        algorithm.tell(
            genomes, Measured.by_objectives(((genomes - 0.3) ** 2).sum(axis=1, keepdims=True))
        )
        lowest = algorithm.front()[1].min()
        assert lowest <= best
        best = lowest
    assert best < 0.01


def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    algorithm = make()
    genomes = np.zeros((12, 4), np.float32)
    with pytest.raises(ConfigError, match="genomes: those that ask gave last were wanted"):
        algorithm.tell(genomes, Measured.by_objectives(np.zeros((12, 2))))
    algorithm.ask()
    with pytest.raises(
        ConfigError, match=r"objectives: .*\(12, m\), was wanted, got shape \(12,\)"
    ):
        algorithm.tell(genomes, Measured.by_objectives(np.zeros(12)))
    with pytest.raises(ConfigError, match="genomes: numbers between low and high were wanted"):
        algorithm.tell(genomes - 1, Measured.by_objectives(np.zeros((12, 2))))
    with pytest.raises(TrainingError, match="finite objectives"):
        algorithm.tell(genomes, Measured.by_objectives(np.full((12, 2), np.inf)))
    algorithm.tell(genomes, Measured.by_objectives(np.zeros((12, 2))))
    algorithm.ask()
    with pytest.raises(ConfigError, match=r"\(12, 2\), was wanted, got shape \(12, 3\)"):
        algorithm.tell(genomes, Measured.by_objectives(np.zeros((12, 3))))


def test_every_wrong_argument_has_a_sentence() -> None:
    low, high = np.ones(3, np.float32), np.zeros(3, np.float32)
    with pytest.raises(ConfigError) as caught:
        Nsga2(
            low, high, Streams(0), population=1, crossover_rate=1.5, mutation_rate=-0.1,
            crossover_eta=-1.0, mutation_eta=np.inf,
        )  # fmt: skip
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "low, high", "population", "crossover_rate", "mutation_rate", "crossover_eta",
        "mutation_eta",
    ]  # fmt: skip
    for wrong in (np.zeros(2, np.float32), np.full(3, np.nan, np.float32)):
        with pytest.raises(ConfigError, match="low, high"):
            Nsga2(wrong, low, Streams(0))


def test_the_global_generators_are_left_alone() -> None:
    before = str(np.random.get_state())
    advance(make(), 3)
    assert str(np.random.get_state()) == before
