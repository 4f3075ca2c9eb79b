# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NEAT in C and in NumPy: the same bits over generations of random genomes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from vynapse.kernels import native, neat
from vynapse.kernels.neat_registry import NativeRegistry
from vynapse.kernels.reference import (
    neat_adjoint,
    neat_distance,
    neat_forward,
    neat_genomes,
    neat_reproduce,
)
from vynapse.kernels.reference.neat_distance import Measure
from vynapse.kernels.reference.neat_genomes import Genomes, Programs, blank
from vynapse.kernels.reference.neat_law import Chance, Plan, Rates
from vynapse.kernels.reference.neat_registry import Registry, insert_gene
from vynapse.seeding import Streams

LIBRARIES = native.libraries()
NAMES = [library.instruction_set for library in LIBRARIES]
pytestmark = pytest.mark.skipif(not LIBRARIES, reason="no kernels were compiled")
COUNT = 40


@dataclass
class Case:
    """A random law, and a population that it bred for some generations."""

    seed: int
    inputs: int
    outputs: int
    rates: Rates
    chance: Chance
    registry: Registry
    genomes: Genomes
    losses: np.ndarray


def random_rates(rng: np.random.Generator) -> Rates:
    names = [part.name for part in dataclasses.fields(Rates)][:12]
    often: dict[str, Any] = {name: float(rng.choice([0.0, 0.3, 0.7, 1.0])) for name in names}
    return Rates(
        **often,
        power=1.5,
        replace=2.0,
        initial=1.0,
        limit=3.0,
        normal=bool(rng.integers(2)),
        recurrent=bool(rng.integers(2)),
        tries=20,
        kinds=tuple(int(kind) for kind in rng.integers(0, 7, rng.integers(1, 5))),
    )


def minimal(count: int, inputs: int, outputs: int, registry: Registry) -> Genomes:
    genomes = blank(count, inputs, outputs, outputs, (inputs + 1) * outputs)
    for row in range(count):
        for source in range(inputs + 1):
            for target in range(inputs + 1, inputs + 1 + outputs):
                number = registry.connection(source, target)
                insert_gene(genomes, row, number, source, target, np.float32(source - 1))
    return genomes


def random_plan(rng: np.random.Generator, count: int) -> Plan:
    order, cuts = rng.permutation(count).astype(np.int32), [0, 3, 4, count // 2, count]
    begin, size = np.array(cuts[:-1], np.int32), np.diff(cuts).astype(np.int32)
    copy = np.where(rng.random(count) < 0.1, rng.integers(0, count, count), -1).astype(np.int32)
    return Plan(order, begin, size, rng.integers(0, len(size), count).astype(np.int32), copy)


def room_for_children(parents: Genomes) -> Genomes:
    nodes, genes = 2 * int(parents.nodes.max()) + 1, 2 * int(parents.genes.max()) + 3
    return blank(len(parents), parents.inputs, parents.outputs, nodes, genes)


def random_losses(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, 4, count).astype(np.float64)


def made(seed: int, generations: int = 6) -> Case:
    rng = np.random.default_rng(seed)
    inputs, outputs = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    registry = Registry(inputs + 1 + outputs)
    genomes = minimal(COUNT, inputs, outputs, registry)
    rates, chance = random_rates(rng), Chance.of(Streams(seed))
    for generation in range(generations):
        children = room_for_children(genomes)
        losses = random_losses(rng, COUNT)
        grow = dataclasses.replace(rates, delete_gene=0.1, delete_node=0.1)
        _, pending = neat_reproduce.reproduce(
            genomes, losses, random_plan(rng, COUNT), grow, chance, generation, children
        )
        registry.settle(children, pending)
        genomes = children
    return Case(seed, inputs, outputs, rates, chance, registry, genomes, random_losses(rng, COUNT))


CASES = [made(seed) for seed in range(12)]
IDS = [f"seed{case.seed}" for case in CASES]
each_case = pytest.mark.parametrize("case", CASES, ids=IDS)
each_library = pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)


def same(a: Genomes, b: Genomes) -> None:
    mine, theirs = a.arrays(), b.arrays()
    for name, array in mine.items():
        assert array.tobytes() == theirs[name].tobytes(), name


def test_the_cases_are_worth_the_name():
    assert max(int(case.genomes.nodes.max()) - case.outputs for case in CASES) >= 4
    assert sum(case.rates.recurrent for case in CASES) in range(2, 11)
    assert sum(case.rates.normal for case in CASES) in range(2, 11)


@each_case
@each_library
def test_compile(case: Case, library: native.Library):
    recurrent = case.rates.recurrent
    wanted = neat_forward.compile_genomes(case.genomes, recurrent)
    got = neat.compile_genomes(case.genomes, recurrent, library)
    assert (wanted.steps == got.steps).all()
    assert (got.steps >= case.outputs).all()
    assert (wanted.result == got.result).all()
    for row in range(COUNT):
        steps = int(wanted.steps[row])
        edges = int(wanted.first[row, steps])
        assert (wanted.first[row, : steps + 1] == got.first[row, : steps + 1]).all()
        for name in ("node", "level", "kind"):
            assert (getattr(wanted, name)[row, :steps] == getattr(got, name)[row, :steps]).all()
        for name in ("origin", "weight"):
            assert (getattr(wanted, name)[row, :edges] == getattr(got, name)[row, :edges]).all()


@each_case
@each_library
@pytest.mark.parametrize("examples", [1, 4, 70])
def test_forward_and_loss(case: Case, library: native.Library, examples: int):
    rng = np.random.default_rng(case.seed)
    inputs = rng.normal(size=(examples, case.inputs)).astype(np.float32)
    targets = rng.normal(size=(examples, case.outputs)).astype(np.float32)
    programs = neat_forward.compile_genomes(case.genomes, case.rates.recurrent)
    batch = neat.Batch(inputs, targets)
    wanted = neat_forward.forward(programs, inputs, updates=3)
    got = neat.forward(programs, batch, updates=3, library=library)
    assert wanted.tobytes() == got.tobytes()
    losses = neat_forward.squared_errors(programs, inputs, targets, updates=2)
    assert losses.tobytes() == neat.squared_errors(programs, batch, 2, library).tobytes()
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("case", [case for case in CASES if not case.rates.recurrent])
@each_library
@pytest.mark.parametrize("examples", [1, 5, 33, 150])
def test_gradients_have_the_same_bits(case: Case, library: native.Library, examples: int):
    rng = np.random.default_rng(case.seed)
    inputs = rng.normal(size=(examples, case.inputs)).astype(np.float32)
    slopes = rng.normal(size=(COUNT, examples, case.outputs)).astype(np.float32)
    programs = neat_forward.compile_genomes(case.genomes, recurrent=False)
    for array in (programs.weight, programs.origin):
        array[...] = np.where(np.arange(array.shape[1]) < _edges(programs)[:, None], array, 0)
    wanted = neat_adjoint.gradients(programs, inputs, slopes)
    got = neat.gradients(programs, neat.Batch(inputs), slopes, library)
    assert wanted.tobytes() == got.tobytes()
    assert np.abs(wanted).max() > 0


def _edges(programs: Programs) -> np.ndarray:
    return programs.first[np.arange(len(programs)), programs.steps]


@each_case
@each_library
def test_state_of_recurrent_networks(case: Case, library: native.Library):
    programs = neat_forward.compile_genomes(case.genomes, recurrent=True)
    inputs = np.random.default_rng(1).normal(size=(5, case.inputs)).astype(np.float32)
    mine = np.zeros((COUNT, case.genomes.node_room, 5), np.float32)
    theirs = mine.copy()
    for _ in range(3):
        wanted = neat_forward.forward(programs, inputs, 1, mine)
        got = neat.forward(programs, neat.Batch(inputs), 1, theirs, library)
        assert wanted.tobytes() == got.tobytes()
        assert mine.tobytes() == theirs.tobytes()
    assert np.abs(mine).max() > 0


@each_case
@each_library
def test_expressed_genes(case: Case, library: native.Library):
    counted = [
        int(np.count_nonzero(case.genomes.enabled[row, : case.genomes.genes[row]]))
        for row in range(COUNT)
    ]
    assert neat.expressed(case.genomes, library).tolist() == counted
    assert neat_genomes.expressed(case.genomes).tolist() == counted


@each_case
@each_library
def test_distance_and_species(case: Case, library: native.Library):
    measure = Measure(1.0, 0.7, 0.4, case.seed % 3 * 10)
    left, right = (part.ravel().astype(np.int32) for part in np.indices((COUNT, COUNT)))
    got = neat.distances(measure, case.genomes, left, case.genomes, right, library)
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    wanted = [neat_distance.distance(measure, case.genomes, i, case.genomes, j) for i, j in pairs]
    assert np.array(wanted).tobytes() == got.tobytes()
    threshold = float(np.median(got))
    known = case.genomes.take(np.array([3, 5]))
    species, founders = neat.speciate(measure, threshold, case.genomes, known, library)
    mine = neat_distance.match(measure, threshold, case.genomes, known)
    assert neat_distance.found(measure, threshold, case.genomes, mine, 2).tolist() == list(founders)
    assert (mine == species).all()
    rows = np.array([3, 5])
    for how in (library, None):
        again = neat.speciate(measure, threshold, case.genomes, case.genomes, how, rows=rows)
        assert (again[0] == species).all()
        assert (again[1] == founders).all()
    alone, _ = neat.speciate(measure, threshold, case.genomes, None, library)
    assert alone[0] == 0
    assert (alone >= 0).all()


@each_case
@each_library
def test_reproduction_and_numbers(case: Case, library: native.Library):
    """Five generations in a row, with everything that may differ looked at."""
    mine = theirs = case.genomes
    registry = Registry(case.registry.first_hidden)
    registry.load(case.registry.connections, case.registry.splits)
    native_registry = NativeRegistry(case.registry.first_hidden, library)
    native_registry.load(registry.connections, registry.splits)
    rng = np.random.default_rng(case.seed)
    for generation in range(100, 105):
        plan, losses = random_plan(rng, COUNT), random_losses(rng, COUNT)
        how = case.rates, case.chance, generation
        wanted, got = room_for_children(mine), room_for_children(theirs)
        births, pending = neat_reproduce.reproduce(mine, losses, plan, *how, wanted)
        others, unsettled = neat.reproduce(theirs, losses, plan, *how, got, library)
        same(wanted, got)
        for name in ("first", "second", "operator"):
            assert (getattr(births, name) == getattr(others, name)).all(), name
        for name in ("source", "target", "weight", "split", "kind"):
            assert (getattr(pending, name) == getattr(unsettled, name)).all(), name
        registry.settle(wanted, pending)
        native_registry.settle(got, unsettled)
        same(wanted, got)
        assert (registry.connections == native_registry.connections).all()
        assert (registry.splits == native_registry.splits).all()
        mine, theirs = wanted, got


@each_case
def test_children_are_sound(case: Case):
    """Markings rise, nodes exist, nothing is double, and feed-forward genomes have no cycle."""
    genomes = case.genomes
    known = case.registry.connections
    for row in range(COUNT):
        genes, nodes = int(genomes.genes[row]), int(genomes.nodes[row])
        ids = set(range(case.inputs + 1)) | set(genomes.node[row, :nodes].tolist())
        assert (np.diff(genomes.node[row, :nodes]) > 0).all()
        assert (np.diff(genomes.innovation[row, :genes]) > 0).all()
        pairs = np.stack((genomes.source[row, :genes], genomes.target[row, :genes]), axis=1)
        assert (pairs == known[genomes.innovation[row, :genes]]).all()
        assert set(pairs.ravel().tolist()) <= ids
        assert not set(pairs[:, 1].tolist()) & set(range(case.inputs + 1))
    programs = neat_forward.compile_genomes(genomes, case.rates.recurrent)
    assert (programs.steps > 0).all()


@each_library
def test_a_cycle_is_noticed(library: native.Library):
    genomes = blank(1, 1, 1, 3, 6)
    genomes.node[0] = [2, 3, 4]
    genomes.nodes[0] = 3
    for number, (source, target) in enumerate([(0, 3), (3, 4), (4, 3), (4, 2)]):
        insert_gene(genomes, 0, number, source, target, np.float32(1))
    assert neat_forward.compile_genomes(genomes, recurrent=False).steps[0] == -1
    assert neat.compile_genomes(genomes, False, library).steps[0] == -1
    assert neat.compile_genomes(genomes, True, library).steps[0] == 3
