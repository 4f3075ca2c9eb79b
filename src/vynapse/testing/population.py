# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of populations."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from vynapse.evolution.encoding import Encoding
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.population import Population
from vynapse.testing.data import as_data, same_data
from vynapse.testing.demand import demand, global_generators


def check_population(
    make: Callable[[], Population[G]],
    measure: Callable[[G], Measured],
    encoding: Encoding[G],
    generations: int = 6,
) -> None:
    """A population keeps its promises: asking changes nothing, exact resume, and migration.

    Args:
        make: returns a fresh population of one configuration and seed.
        measure: what is told of genomes, a function of them alone.
        encoding: what genomes mean.
        generations: how many are made; state is saved and loaded after each.
    """
    before = global_generators()
    plain = make()
    asked = [_advance(plain, measure, encoding) for _ in range(generations)]
    demand(global_generators() == before, "a generation read or changed a global random generator")

    watched, states = make(), []
    for index in range(generations):
        demand(
            same_data(_advance(watched, measure, encoding), asked[index]),
            f"generation {index}: same seed, other genomes, or the state changes what it shows",
        )
        watched.metrics()
        states.append(as_data(watched.state()))
    for index, state in enumerate(states):
        resumed = make()
        resumed.load(copy.deepcopy(state))
        for later in range(index + 1, generations):
            demand(
                same_data(_advance(resumed, measure, encoding), asked[later]),
                f"loaded after generation {index}: generation {later} has other genomes",
            )
    _check_migration(make, measure, encoding)


def _advance(
    population: Population[G], measure: Callable[[G], Measured], encoding: Encoding[G]
) -> object:
    """One generation; its genomes as data."""
    genomes = population.ask()
    packed = encoding.pack(genomes)
    demand(len(genomes) > 0, "ask() gave no genome")
    demand(same_data(encoding.pack(population.ask()), packed), "ask() twice gave other genomes")
    population.tell(genomes, measure(genomes))
    demand(same_data(encoding.pack(genomes), packed), "tell() changed the genomes that it was told")
    return packed


def _check_migration(
    make: Callable[[], Population[G]], measure: Callable[[G], Measured], encoding: Encoding[G]
) -> None:
    """Emigrants are copies of some of the best, and another population takes them in."""
    giver, taker = make(), make()
    for _ in range(3):
        _advance(giver, measure, encoding)
        _advance(taker, measure, encoding)
    kept = as_data(giver.state())
    genomes, measured = giver.emigrants(2)
    demand(len(genomes) == len(measured) <= 2, "emigrants(2) gave more than 2, or losses of others")
    demand(same_data(as_data(giver.state()), kept), "emigrants() changed the population")
    if len(genomes):
        again = measure(genomes)
        demand(
            bool(np.array_equal(again.losses, measured.losses)),
            "emigrants() gave losses that are not those of its genomes",
        )
        demand(
            bool((np.diff(measured.losses) >= 0).all() or measured.objectives is not None),
            "emigrants() must come best first",
        )
    taker.receive(genomes, measured)
    state = as_data(taker.state())
    other = make()
    other.load(copy.deepcopy(state))
    for _ in range(2):
        demand(
            same_data(_advance(other, measure, encoding), _advance(taker, measure, encoding)),
            "loaded after receive(): other genomes",
        )
