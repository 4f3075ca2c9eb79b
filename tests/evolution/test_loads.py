# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A population refuses the state of one that was made differently, before anything is loaded."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest

from vynapse.errors import CheckpointError
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.map_elites import Grid, IsoLine, MapElites
from vynapse.evolution.measured import Measured
from vynapse.evolution.named import make_population
from vynapse.evolution.nsga2 import Nsga2
from vynapse.seeding import Streams

NAMES = ("mu+lambda", "mu,lambda", "generational", "steady-state", "snes", "openai-es", "cma-es")


def search(strategy: str, p: int = 3, n: int = 6, seed: int = 0, sigma: float = 1.0) -> AskTell:
    if strategy == "cma-es":
        pytest.importorskip("cma")
    return AskTell(make_population(strategy, np.zeros(p), sigma=sigma, size=n, seed=seed))


def told(loop: AskTell, rounds: int = 9) -> AskTell:
    for _ in range(rounds):
        some = loop.ask()
        loop.tell(some.ids, [float(((x - 3) ** 2).sum()) for x in some.genomes])
    return loop


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(NAMES, 2)))
def test_a_strategy_refuses_the_state_of_another(one: str, other: str) -> None:
    loop = search(other)
    with pytest.raises(CheckpointError):
        loop.load(told(search(one)).state())


@pytest.mark.parametrize("strategy", NAMES)
@pytest.mark.parametrize("change", [{"p": 5}, {"n": 20}, {"seed": 1}, {"sigma": 0.25}])
def test_a_strategy_refuses_the_state_of_one_made_differently(
    strategy: str, change: dict[str, Any]
) -> None:
    loop = search(strategy, **change)
    with pytest.raises(CheckpointError, match="made differently"):
        loop.load(told(search(strategy)).state())


@pytest.mark.parametrize("strategy", NAMES)
@pytest.mark.parametrize("rounds", [0, 1, 9])
def test_its_own_state_is_loaded(strategy: str, rounds: int) -> None:
    one = told(search(strategy), rounds)
    other = search(strategy)
    other.load(copy.deepcopy(one.state()))
    np.testing.assert_array_equal(one.ask().genomes, other.ask().genomes)


@pytest.mark.parametrize("strategy", NAMES)
def test_a_state_that_lost_a_part_is_refused(strategy: str) -> None:
    """All but what the files of version 0.1 lack."""
    state = told(search(strategy)).state()
    known = {"made_from", "newcomers", "best", "best_loss"}
    spots: list[list[str]] = []

    def walk(tree: dict[str, Any], path: list[str]) -> None:
        for key, value in tree.items():
            if key not in known:
                spots.append([*path, key])
                if isinstance(value, dict) and key != "changed":
                    walk(value, [*path, key])

    walk(state, [])
    assert len(spots) > 8
    for *path, last in spots:
        damaged = copy.deepcopy(state)
        inner = damaged
        for key in path:
            inner = inner[key]
        del inner[last]
        with pytest.raises(CheckpointError):
            search(strategy).load(damaged)


def nsga2(p: int = 3, n: int = 8, box: float = 1.0, seed: int = 0) -> Nsga2:
    high = np.full(p, box, np.float32)
    return Nsga2(-high, high, Streams(seed), population=n)


@pytest.mark.parametrize("change", [{"n": 20}, {"p": 5}, {"box": 2.0}, {"seed": 1}])
def test_nsga2_refuses_the_state_of_one_made_differently(change: dict[str, Any]) -> None:
    one, other = nsga2(), nsga2(**change)
    for _ in range(5):
        genomes = one.ask()
        one.tell(genomes, Measured.by_objectives(genomes[:, :2].astype(float)))
    with pytest.raises(CheckpointError, match="NSGA-II: the state is of one made differently"):
        other.load(one.state())
    again = nsga2()
    again.load(one.state())
    np.testing.assert_array_equal(one.ask(), again.ask())


def archive(
    p: int = 3, cells: tuple[int, ...] = (4, 4), iso: float = 0.1, seed: int = 0
) -> MapElites:
    grid = Grid((-1.0,) * len(cells), (1.0,) * len(cells), cells)
    centre = np.zeros(p, np.float32)
    return MapElites(centre, grid, Streams(seed), variation=IsoLine(iso), initial_sigma=0.5)


@pytest.mark.parametrize(
    "change", [{"p": 5}, {"cells": (4, 5)}, {"cells": (4, 4, 4)}, {"iso": 0.2}, {"seed": 1}]
)
def test_an_archive_refuses_the_state_of_one_made_differently(change: dict[str, Any]) -> None:
    one = archive()
    with pytest.raises(CheckpointError, match="MAP-Elites: the state is of one made differently"):
        archive(**change).load(one.state())
    archive().load(one.state())
