# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sparse first generations: who feeds whom, markings, weights, and evolution from there on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.errors import ConfigError
from vynapse.evolution.neat.genome import check
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.kernels.reference.neat_forward import NODE_ACTIVATIONS
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.seeding import Streams

INPUTS, OUTPUTS, POPULATION = 7, 3, 12


def search(seed: int, **keys: Any) -> Neat:
    given = {"population": POPULATION, "topology": "sparse", "sparse_hidden": 5, **keys}
    return Neat(NeatSettings(**given), INPUTS, OUTPUTS, Streams(seed))


def feeding(genomes: Genomes, row: int, node: int) -> set[int]:
    return set(genomes.source[row, genomes.target[row] == node].tolist())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fan_in", [1, 4, 50])
def test_every_node_is_fed_as_the_keys_say(seed: int, fan_in: int) -> None:
    genomes = search(seed, sparse_inputs=fan_in).ask()
    check(genomes, recurrent=False)
    hidden = genomes.node[0, OUTPUTS:].tolist()
    assert len(hidden) == 5
    for row in range(POPULATION):
        for output in range(INPUTS + 1, INPUTS + 1 + OUTPUTS):
            assert feeding(genomes, row, output) == {INPUTS, *hidden}
        for k, node in enumerate(hidden):
            sources = feeding(genomes, row, node)
            assert len(sources) == 1 + min(fan_in, INPUTS + k)
            assert sources <= {*range(INPUTS + 1), *hidden[:k]}
            assert INPUTS in sources


@pytest.mark.parametrize("seed", range(5))
def test_equal_connections_have_equal_markings_and_genomes_differ(seed: int) -> None:
    genomes = search(seed, sparse_inputs=3).ask()
    known: dict[int, tuple[int, int]] = {}
    for row in range(POPULATION):
        marks = genomes.innovation[row].tolist()
        assert all(a < b for a, b in pairwise(marks))
        ends = zip(genomes.source[row].tolist(), genomes.target[row].tolist(), strict=True)
        for mark, pair in zip(marks, ends, strict=True):
            assert known.setdefault(mark, pair) == pair
    assert len(set(known.values())) == len(known)
    assert len({genomes.source[row].tobytes() for row in range(POPULATION)}) == POPULATION


@pytest.mark.parametrize("seed", range(3))
def test_weights_are_divided_by_the_root_of_the_connections_beside_them(seed: int) -> None:
    genomes = search(seed, population=400, sparse_inputs=3, initial_weight=2.0).ask()
    for node, count in ((INPUTS + 1, 6), (genomes.node.item(0, OUTPUTS), 4)):
        weights = genomes.weight[genomes.target == node]
        bound = 2.0 / np.sqrt(count)
        assert 0.95 * bound < np.abs(weights).max() <= bound
        assert abs(weights.mean()) < 0.1 * bound


def test_one_genome_does_not_depend_on_how_many_there_are() -> None:
    few, many = (search(3, population=p).ask() for p in (4, 30))
    assert few.source.tobytes() == many.source[:4].tobytes()
    assert few.weight.tobytes() == many.weight[:4].tobytes()


def test_hidden_nodes_take_turns_with_the_activations() -> None:
    genomes = search(0, activations=("tanh", "gauss"), output_activation="identity").ask()
    names = [list(NODE_ACTIVATIONS)[number] for number in genomes.activation[0].tolist()]
    assert names == ["identity"] * OUTPUTS + ["tanh", "gauss", "tanh", "gauss", "tanh"]


def test_it_evolves_and_goes_on_exactly() -> None:
    population = search(2, add_node=0.5, add_connection=0.5, sparse_inputs=2)
    losses = Streams(2).stream("losses")
    for generation in range(4):
        population.tell(losses.uniform(POPULATION, generation, 0))
    again = search(2, add_node=0.5, add_connection=0.5, sparse_inputs=2)
    again.load(population.state())
    for other in (population, again):
        other.tell(losses.uniform(POPULATION, 9, 0))
    check(population.ask(), recurrent=False)
    one, two = (other.ask().arrays() for other in (population, again))
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in two.items()
    }
    assert int(population.ask().nodes.max()) > OUTPUTS + 5


def test_bad_keys_are_one_sentence() -> None:
    for key in ("sparse_hidden=0", "sparse_inputs=0", "topology=dense"):
        with pytest.raises(ConfigError, match=key.partition("=")[0]):
            load_recipe("xor", "neat", overrides=[key])


def test_a_run_begins_with_it(tmp_path: Path) -> None:
    keys = ["topology=sparse", "sparse_hidden=3", "population=10", "budget={steps: 2}"]
    summary = Session.create(load_recipe("xor", "neat", overrides=keys), tmp_path / "run").run()
    assert summary["hidden_nodes"] >= 3
