# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolution strategies by ask and tell."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.evolution import strategies
from vynapse.evolution.stagnation import Stagnation
from vynapse.evolution.strategies import EvolutionStrategy, Mutation, Selection
from vynapse.seeding import Streams

SIZE = 6


def make(seed: int = 0, **changes: Any) -> EvolutionStrategy:
    options: dict[str, Any] = {
        "plus": True,
        "mu": 4,
        "offspring": 12,
        "elites": 1,
        "selection": Selection(),
        "crossover_rate": 0.0,
        "mutation": Mutation(0.3, "self", sigma_min=1e-6),
        "initial_sigma": 1.0,
    }
    return EvolutionStrategy(
        lambda restart: np.full(SIZE, restart, np.float32), Streams(seed), **(options | changes)
    )


def sphere(genomes: np.ndarray) -> np.ndarray:
    return np.asarray(((genomes.astype(np.float64) - 0.5) ** 2).sum(axis=1))


def advance(strategy: EvolutionStrategy, generations: int = 1) -> list[float]:
    """Best loss of each generation asked for."""
    best = []
    for _ in range(generations):
        genomes = strategy.ask()
        losses = sphere(genomes)
        strategy.tell(genomes, losses)
        best.append(float(losses.min()))
    return best


STRATEGIES: dict[str, dict[str, Any]] = {
    "plus": {},
    "comma": {"plus": False, "elites": 0},
    "elites": {"plus": False, "elites": 2, "selection": Selection("roulette")},
    "crossover": {"crossover_rate": 0.7, "mutation": Mutation(0.3, "decay", 0.9, 1e-3)},
    "rate": {"mutation": Mutation(0.3, rate=0.3), "crossover_rate": 0.5},
    "again": {"measure_again": True, "mutation": Mutation(0.3, "self", rate=0.5)},
    "restarts": {"stagnation": Stagnation(2, 0.5)},
}


@pytest.mark.parametrize("name", sorted(STRATEGIES.keys() - {"restarts"}))
@pytest.mark.parametrize("seed", range(3))
def test_every_strategy_descends(name: str, seed: int) -> None:
    best = advance(make(seed, **copy.deepcopy(STRATEGIES[name])), 150)
    assert min(best) < 0.1 * best[0]


def test_self_adaptation_converges_on_the_sphere() -> None:
    for seed in range(3):
        assert min(advance(make(seed), 300)) < 1e-6


@given(
    name=st.sampled_from(sorted(STRATEGIES)),
    seed=st.integers(0, 50),
    before=st.integers(0, 12),
    after=st.integers(1, 8),
)
def test_a_loaded_state_goes_on_bit_for_bit(name: str, seed: int, before: int, after: int) -> None:
    plain = make(seed, **copy.deepcopy(STRATEGIES[name]))
    advance(plain, before)
    state = plain.state()
    kept = copy.deepcopy(state)
    other = make(seed, **copy.deepcopy(STRATEGIES[name]))
    other.load(state)
    for _ in range(after):
        np.testing.assert_array_equal(other.ask(), plain.ask())
        assert advance(plain) == advance(other)
        assert plain.metrics() == other.metrics()
    np.testing.assert_equal(state, kept, "a state is a copy")


def test_ask_is_the_same_until_tell() -> None:
    strategy = make()
    first = strategy.ask()
    np.testing.assert_array_equal(strategy.ask(), first)
    strategy.tell(first, sphere(first))
    assert not np.array_equal(strategy.ask(), first)


def test_tell_before_ask_is_refused() -> None:
    strategy = make()
    with pytest.raises(ValueError, match="the genomes that ask gave last"):
        strategy.tell(np.zeros((12, SIZE), np.float32), np.zeros(12))
    genomes = strategy.ask()
    with pytest.raises(ValueError, match="the genomes that ask gave last"):
        strategy.tell(genomes[:3], np.zeros(3))


def test_the_first_individual_is_the_centre_itself() -> None:
    centre = np.array([-0.0, 1, 2, 3, 4, 5], np.float32)
    strategy = make()
    strategy._centre = lambda restart: centre
    first = strategy.ask()
    assert len(first) == 12
    assert first[0].tobytes() == centre.tobytes()
    assert len(np.unique(first, axis=0)) == 12


def test_parents_are_the_best_of_parents_and_offspring_or_of_offspring_and_elites() -> None:
    for plus, elites, kept in ((True, 0, 4), (False, 0, 0), (False, 2, 2)):
        strategy = make(plus=plus, elites=elites)
        advance(strategy)
        parents = strategy.state()["parents"]
        genomes = strategy.ask()
        strategy.tell(genomes, sphere(genomes))
        pool = np.concatenate([parents[:kept], genomes])
        expected = pool[np.argsort(sphere(pool), kind="stable")[:4]]
        np.testing.assert_array_equal(strategy.state()["parents"], expected)


def test_equal_losses_prefer_parents_then_lower_indices() -> None:
    strategy = make()
    first = strategy.ask()
    strategy.tell(first, np.zeros(12))
    np.testing.assert_array_equal(strategy.state()["parents"], first[:4])
    strategy.tell(strategy.ask(), np.zeros(12))
    np.testing.assert_array_equal(strategy.state()["parents"], first[:4])


def test_what_was_learnt_is_inherited() -> None:
    """Genomes that are told may differ from those asked for."""
    strategy = make()
    genomes = strategy.ask() + np.float32(100)
    strategy.tell(genomes, np.arange(12.0))
    np.testing.assert_array_equal(strategy.state()["parents"], genomes[:4])


@pytest.mark.parametrize(("plus", "elites", "kept"), [(True, 0, 4), (False, 2, 2), (False, 0, 0)])
def test_parents_that_compete_are_measured_again(plus: bool, elites: int, kept: int) -> None:
    strategy = make(plus=plus, elites=elites, measure_again=True)
    advance(strategy)
    parents = strategy.state()["parents"]
    genomes = strategy.ask()
    assert len(genomes) == kept + 12
    np.testing.assert_array_equal(genomes[:kept], parents[:kept])
    strategy.tell(genomes, np.concatenate([np.full(kept, 9.0), np.arange(12.0)]))
    np.testing.assert_array_equal(strategy.state()["parents"], genomes[kept : kept + 4])


def test_stagnation_restarts_round_another_centre() -> None:
    strategy = make(stagnation=Stagnation(3), initial_sigma=0.0)
    for generation in range(4):
        assert strategy.metrics()["restarts"] == 0
        genomes = strategy.ask()
        strategy.tell(genomes, np.full(len(genomes), 5.0))
        assert ("sigma" in strategy.metrics()) == (generation < 3)
    assert strategy.metrics() == {"restarts": 1}
    np.testing.assert_array_equal(strategy.ask(), np.ones((12, SIZE)))


def test_sigma_decays_to_its_floor_and_returns_at_a_restart() -> None:
    strategy = make(mutation=Mutation(1.0, "decay", 0.5, 0.2), plus=False, elites=0)
    sigmas = []
    for _ in range(5):
        advance(strategy)
        sigmas.append(strategy.metrics()["sigma"])
    assert sigmas == pytest.approx([1, 0.5, 0.25, 0.2, 0.2])
    strategy = make(mutation=Mutation(0.7), plus=False, elites=0)
    advance(strategy, 10)
    assert strategy.metrics()["sigma"] == pytest.approx(0.7)


def test_masked_weights_never_change() -> None:
    mask = np.array([True, False, True, False, True, True])
    for rate in (1.0, 0.5):
        strategy = make(mask=mask, mutation=Mutation(0.5, rate=rate), crossover_rate=0.5)
        for _ in range(5):
            genomes = strategy.ask()
            assert (genomes[:, ~mask] == 0).all()
            assert all(len(np.unique(column)) > 1 for column in genomes[:, mask].T)
            strategy.tell(genomes, sphere(genomes))


def test_numbers_do_not_depend_on_how_they_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, blocks = make(crossover_rate=0.5), make(crossover_rate=0.5)
    advance(plain, 5)
    monkeypatch.setattr(strategies, "_DRAWS", 20)
    advance(blocks, 5)
    np.testing.assert_equal(plain.state(), blocks.state())


def test_seeds_differ() -> None:
    assert not np.array_equal(make(0).ask()[1:], make(1).ask()[1:])
