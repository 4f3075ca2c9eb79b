# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Steady-state evolution, in steps and one child at a time."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.evolution.crossover import Crossover
from vynapse.evolution.measured import Measured
from vynapse.evolution.mutation import Mutation, PolynomialMutation
from vynapse.evolution.population import Population
from vynapse.evolution.restarts import Restarts, Stagnation
from vynapse.evolution.selection import Selection
from vynapse.evolution.steady_population import SteadyState
from vynapse.seeding import Streams

SIZE = 6


def make(seed: int = 0, **changes: Any) -> SteadyState:
    options: dict[str, Any] = {
        "size": 8,
        "children": 3,
        "selection": Selection(),
        "crossover_rate": 0.3,
        "mutation": Mutation(0.3, "self", sigma_min=1e-6),
        "initial_sigma": 1.0,
    }
    return SteadyState(
        lambda restart: np.full(SIZE, restart, np.float32), Streams(seed), **(options | changes)
    )


def sphere(genomes: np.ndarray) -> np.ndarray:
    return np.asarray(((genomes.astype(np.float64) - 0.5) ** 2).sum(axis=-1))


def advance(population: SteadyState, steps: int = 1) -> list[float]:
    best = []
    for _ in range(steps):
        genomes = population.ask()
        losses = sphere(genomes)
        population.tell(genomes, Measured(losses))
        best.append(float(losses.min()))
    return best


VARIANTS: dict[str, dict[str, Any]] = {
    "self": {},
    "one": {"children": 1},
    "many": {"children": 9},
    "decay": {"mutation": Mutation(0.3, "decay", 0.9, 1e-3), "selection": Selection("rank")},
    "one-fifth": {"mutation": Mutation(0.3, "one-fifth")},
    "polynomial": {"mutation": PolynomialMutation(2.0), "crossover": Crossover("blend")},
    "again": {"measure_again": True},
    "restarts": {"restarts": Restarts(Stagnation(2, 0.5), growth=1.5)},
}


@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - {"restarts"}))
def test_every_variant_descends(name: str) -> None:
    for seed in range(many(sample=1, evidence=3)):
        population = make(seed, **copy.deepcopy(VARIANTS[name]))
        assert isinstance(population, Population)
        best = advance(population, 200)
        assert min(best) < 0.1 * best[0]


@given(
    name=st.sampled_from(sorted(VARIANTS)),
    seed=st.integers(0, 50),
    before=st.integers(0, 12),
    after=st.integers(1, 8),
)
def test_a_loaded_state_goes_on_bit_for_bit(name: str, seed: int, before: int, after: int) -> None:
    plain, other = (make(seed, **copy.deepcopy(VARIANTS[name])) for _ in range(2))
    advance(plain, before)
    state = plain.state()
    kept = copy.deepcopy(state)
    other.load(state)
    for _ in range(after):
        np.testing.assert_array_equal(other.ask(), plain.ask())
        assert advance(plain) == advance(other)
        assert plain.metrics() == other.metrics()
    np.testing.assert_equal(state, kept, "a state is a copy")


def test_the_worst_make_room_and_nothing_else_goes() -> None:
    population = make()
    advance(population, 5)
    before = population.state()
    genomes = population.ask()
    population.tell(genomes, Measured(np.array([-1.0, 1e9, before["losses"][6]])))
    after = population.state()
    expected = np.concatenate([genomes[:1], before["genomes"][:7]])
    np.testing.assert_array_equal(after["genomes"], expected)
    assert (np.diff(after["losses"]) >= 0).all()


def test_children_are_first_taken_from_the_centre() -> None:
    population = make(children=3)
    first = [population.ask()]
    for _ in range(3):
        advance(population)
        first.append(population.ask())
    assert (first[0][0] == 0).all()
    assert len(np.unique(np.concatenate(first), axis=0)) == 12
    assert len(population.state()["genomes"]) == 8


def test_one_at_a_time_is_the_same_as_steps_of_one() -> None:
    steps, single = make(children=1), make()
    for number in range(60):
        asked = steps.ask()
        genome = single.ask_one(number)
        np.testing.assert_array_equal(asked[0], genome)
        steps.tell(asked, Measured(sphere(asked)))
        single.tell_one(number, float(sphere(genome)))
    np.testing.assert_equal(steps.state(), single.state())


def test_any_number_may_wait_and_be_told_in_any_order() -> None:
    for seed in range(many(sample=1, evidence=3)):
        population, waiting, best = make(seed, children=1), {}, []
        order = Streams(seed).stream("order").integers(7, 300)
        for number in range(300):
            waiting[number] = population.ask_one(number)
            if len(waiting) == 7:
                chosen = sorted(waiting)[order[number]]
                loss = float(sphere(waiting.pop(chosen)))
                population.tell_one(chosen, loss)
                best.append(loss)
        assert len({genome.tobytes() for genome in waiting.values()}) == 6
        assert min(best) < 0.05


def test_children_made_before_a_restart_do_not_enter_after_it() -> None:
    population = make(size=2, restarts=Restarts(Stagnation(1)))
    genomes = {number: population.ask_one(number) for number in range(6)}
    for number in range(5):
        assert population.metrics()["restarts"] == (number == 4)
        population.tell_one(number, 1.0)
    assert len(population.state()["genomes"]) == 0
    population.tell_one(5, 0.0)
    assert len(population.state()["genomes"]) == 0
    assert (population.ask_one(6) == 1).all(), "the centre of the restart"
    assert (genomes[0] == 0).all()


def test_the_population_is_measured_again_where_the_objective_changes() -> None:
    population = make(measure_again=True)
    advance(population, 3)
    members = population.state()["genomes"]
    asked = population.ask()
    np.testing.assert_array_equal(asked[:8], members)
    population.tell(asked, Measured(np.arange(11.0)[::-1].copy()))
    expected = np.concatenate([asked[:7:-1], asked[7:2:-1]])
    np.testing.assert_array_equal(population.state()["genomes"], expected)


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_masked_weights_never_change(name: str) -> None:
    mask = np.array([True, False, True, False, True, True])
    population = make(mask=mask, **copy.deepcopy(VARIANTS[name]))
    population._centre = lambda restart: np.where(mask, np.float32(0.5), np.float32(-0.0))
    for _ in range(12):
        genomes = population.ask()
        assert np.signbit(genomes[:, ~mask]).all()
        assert (genomes[:, ~mask] == 0).all()
        population.tell(genomes, Measured(sphere(genomes)))


def test_tell_wants_what_ask_gave() -> None:
    population = make()
    with pytest.raises(ValueError, match="the genomes that ask gave last"):
        population.tell(np.zeros((3, SIZE), np.float32), Measured(np.zeros(3)))
