# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Section 3 of Stanley & Miikkulainen, "Evolving Neural Networks through Augmenting Topologies",
Evolutionary Computation 10(2), 2002: each test is a law, in the order and words of the paper.

Genomes are written as {innovation: (source, target, weight, enabled)}; with one input, node 0 is
the input, 1 the bias, 2 the output, 3 and on are hidden.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pytest

from vynapse.evolution.fitness import gap_to_worst
from vynapse.evolution.neat.population import Neat, _rates
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.species import Species
from vynapse.evolution.neat.start import activation_number
from vynapse.kernels import neat
from vynapse.kernels.neat_registry import registry
from vynapse.kernels.reference.neat_distance import Measure
from vynapse.kernels.reference.neat_genomes import Genomes, blank
from vynapse.kernels.reference.neat_law import Births, Chance, Plan, Rates
from vynapse.kernels.reference.neat_registry import Pending, insert_gene, insert_node
from vynapse.seeding import Streams

Gene = tuple[int, int, float, int]
COUNT = 4000
SETTINGS = NeatSettings()
NOTHING = dataclasses.replace(
    _rates(SETTINGS), mutation_only=1.0, weights=0.0, add_gene=0.0, add_node=0.0
)
"""Children are copies of one parent: each test adds what it is about."""


def genomes(*written: dict[int, Gene], inputs: int = 1, outputs: int = 1) -> Genomes:
    """A population of the genomes written."""
    room = max(len(genome) for genome in written)
    population = blank(len(written), inputs, outputs, 20, room + 5)
    for row, genome in enumerate(written):
        ends = {end for source, target, *_ in genome.values() for end in (source, target)}
        for node in sorted(end for end in ends if end >= population.first_hidden):
            insert_node(population, row, node, 0)
        for innovation, (source, target, weight, enabled) in sorted(genome.items()):
            insert_gene(population, row, innovation, source, target, np.float32(weight))
            population.enabled[row, population.genes[row] - 1] = enabled
    return population


def read(population: Genomes, row: int) -> dict[int, Gene]:
    """The inverse of `genomes`."""
    names = ("innovation", "source", "target", "weight", "enabled")
    columns = (getattr(population, name)[row, : population.genes[row]].tolist() for name in names)
    return {gene[0]: gene[1:] for gene in zip(*columns, strict=True)}


def children(
    parents: Genomes, losses: list[float], rates: Rates, pairs: bool = True, seed: int = 1
) -> tuple[Genomes, Births, Pending]:
    """COUNT children of the parents, which are all of one species."""
    count = len(parents)
    zeros = np.zeros(COUNT, np.int32)
    members = np.arange(count, dtype=np.int32)
    plan = Plan(members, zeros[:1], np.array([count], np.int32), zeros, zeros - 1)
    rates = dataclasses.replace(rates, mutation_only=0.0 if pairs else 1.0)
    nodes, genes = 2 * int(parents.nodes.max()) + 1, 2 * int(parents.genes.max()) + 3
    born = blank(COUNT, parents.inputs, parents.outputs, nodes, genes)
    chance = Chance.of(Streams(seed))
    births, pending = neat.reproduce(parents, np.array(losses), plan, rates, chance, 1, born)
    return born, births, pending


def share(happened: Any) -> float:
    return float(np.mean(np.asarray(happened, np.float64)))


# --- 3.1 genetic encoding ---------------------------------------------------------------------


def test_a_gene_names_in_node_out_node_weight_enable_bit_and_innovation_number():
    genome = {0: (0, 2, 0.5, 1), 4: (1, 2, -1.5, 0)}
    assert read(genomes(genome), 0) == genome


def test_only_enabled_genes_are_expressed():
    programs = neat.compile_genomes(genomes({0: (0, 2, 0.5, 1), 1: (1, 2, 3.0, 0)}), False)
    assert programs.origin[0, : programs.first[0, 1]].tolist() == [0]


def test_connection_weights_mutate_each_perturbed_or_not():
    """Section 4.1: weights of 80 % of the genomes; 90 % of them perturbed, 10 % replaced."""
    rates = dataclasses.replace(NOTHING, weights=0.8, power=0.1, replace=4.0)
    parents = genomes({0: (0, 2, 7.0, 1), 1: (1, 2, -7.0, 1)})
    born, births, _ = children(parents, [0.0], rates, pairs=False)
    mutated = births.operator > 0
    assert share(mutated) == pytest.approx(0.8, abs=0.03)
    assert (born.weight[~mutated][:, :2] == [7, -7]).all()
    change = np.abs(born.weight[mutated][:, :2] - np.array([7, -7], np.float32))
    assert share(change <= 0.1) == pytest.approx(0.9, abs=0.02)
    assert change[change <= 0.1].min() > 0
    replaced = born.weight[mutated][:, :2][change > 0.1]
    assert np.abs(replaced).max() <= 4
    assert replaced.std() == pytest.approx(4 / np.sqrt(3), rel=0.1)


def test_uniform_perturbations_fill_their_interval_evenly():
    rates = dataclasses.replace(NOTHING, weights=1.0, perturb=1.0, power=2.5)
    born, _, _ = children(genomes({0: (0, 2, 0.0, 1)}), [0.0], rates, pairs=False)
    histogram, _ = np.histogram(born.weight[:, 0], bins=10, range=(-2.5, 2.5))
    assert histogram.sum() == COUNT
    assert histogram.min() > 0.8 * COUNT / 10


def test_add_connection_joins_two_unconnected_nodes_with_a_random_weight():
    rates = dataclasses.replace(NOTHING, add_gene=1.0, initial=1.0)
    parent = {0: (0, 3, 1.0, 1), 1: (3, 2, 1.0, 1), 2: (4, 2, 1.0, 1)}
    born, _, pending = children(genomes(parent), [0.0], rates, pairs=False)
    pairs = set(zip(pending.source.tolist(), pending.target.tolist(), strict=True))
    free = {(0, 2), (0, 4), (1, 2), (1, 3), (1, 4), (3, 4), (4, 3)}
    assert pairs == free
    assert len(set(pending.weight.tolist())) > COUNT / 2
    assert np.abs(pending.weight).max() <= 1
    registry(3).settle(born, pending)
    assert (born.genes == 4).all()


def test_add_node_splits_a_connection_and_disables_it():
    """The new connection into the new node has weight 1, the one out of it the old weight."""
    rates = dataclasses.replace(NOTHING, add_node=1.0)
    numbers = registry(3)
    for source in (0, 1):
        numbers.connection(source, 2)
    parent = {0: (0, 2, 0.7, 1), 1: (1, 2, -0.2, 1)}
    born, _, pending = children(genomes(parent), [0.0], rates, pairs=False)
    numbers.settle(born, pending)
    weight = float(np.float32(0.7))
    split = {0: (0, 2, weight, 0), 2: (0, 3, 1.0, 1), 3: (3, 2, weight, 1)}
    for row in (0, 1, COUNT - 1):
        kept = read(born, row)
        assert kept.pop(1)[:2] == (1, 2)
        assert kept == split


def test_structural_mutations_have_the_rates_of_section_4_1():
    parent = {0: (0, 3, 1.0, 1), 1: (3, 2, 1.0, 1)}
    _, _, pending = children(genomes(parent), [0.0], _rates(SETTINGS), pairs=False)
    assert share(pending.split >= 0) == pytest.approx(0.03, abs=0.01)
    assert share(pending.source >= 0) == pytest.approx(0.05, abs=0.012)


# --- 3.2 tracking genes through historical markings -------------------------------------------


def test_the_same_structure_has_the_same_innovation_number():
    """Within a generation, as in the paper, and over the whole run."""
    search = Neat(NeatSettings(add_node=0.5, add_connection=0.5), 2, 1, Streams(1))
    seen: dict[int, tuple[int, int]] = {}
    for generation in range(30):
        population = search.ask()
        for row in range(len(population)):
            for innovation, (source, target, *_) in read(population, row).items():
                assert seen.setdefault(innovation, (source, target)) == (source, target)
        search.tell(Streams(2).stream("losses").uniform(150, generation))
    assert len(seen) > 100
    assert len(set(seen.values())) == len(seen)


def test_new_genes_get_rising_innovation_numbers():
    numbers = registry(3)
    assert [numbers.connection(*pair) for pair in ((0, 2), (1, 2), (0, 2), (0, 3))] == [0, 1, 0, 2]


def test_crossover_lines_up_matching_genes_and_takes_either_at_random():
    first = {0: (0, 2, 1.0, 1), 1: (1, 2, 1.0, 1)}
    second = {0: (0, 2, 2.0, 1), 1: (1, 2, 2.0, 1)}
    born, births, _ = children(genomes(first, second), [0.0, 1.0], NOTHING)
    weight = born.weight[births.first != births.second, :2]
    assert set(np.unique(weight)) == {1, 2}
    assert share(weight == 2) == pytest.approx(0.5, abs=0.03)
    assert share(weight[:, 0] == weight[:, 1]) == pytest.approx(0.5, abs=0.04)


DISJOINT: tuple[dict[int, Gene], dict[int, Gene]] = (
    {0: (0, 2, 1.0, 1), 1: (1, 2, 1.0, 1), 2: (0, 3, 1.0, 1), 3: (3, 2, 1.0, 1)},
    {0: (0, 2, 2.0, 1), 1: (1, 2, 2.0, 1), 4: (0, 4, 2.0, 1), 5: (4, 2, 2.0, 1)},
)


@pytest.mark.parametrize("fitter", [0, 1])
def test_disjoint_and_excess_genes_come_from_the_fitter_parent(fitter: int):
    losses = [1.0, 1.0]
    losses[fitter] = 0.0
    born, births, _ = children(genomes(*DISJOINT), losses, NOTHING)
    mixed = np.flatnonzero((births.second >= 0) & (births.first != births.second))
    assert len(mixed) > COUNT / 3
    assert (births.first[mixed] == fitter).all()
    for row in mixed[:50]:
        assert set(read(born, row)) == set(DISJOINT[fitter])


def test_with_equal_fitness_disjoint_and_excess_genes_are_inherited_at_random():
    born, births, _ = children(genomes(*DISJOINT), [1.0, 1.0], NOTHING)
    mixed = np.flatnonzero((births.second >= 0) & (births.first != births.second))
    counts = Counter(innovation for row in mixed for innovation in read(born, int(row)))
    for innovation in (2, 3, 4, 5):
        assert counts[innovation] / len(mixed) == pytest.approx(0.5, abs=0.04)
    assert counts[0] == counts[1] == len(mixed)


def test_a_gene_disabled_in_either_parent_is_likely_to_be_disabled():
    """Section 4.1: with probability 0.75."""
    first = {0: (0, 2, 1.0, 0), 1: (1, 2, 1.0, 1)}
    second = {0: (0, 2, 1.0, 1), 1: (1, 2, 1.0, 1)}
    born, births, _ = children(genomes(first, second), [0.0, 1.0], NOTHING)
    mixed = births.first != births.second
    assert share(born.enabled[mixed, 0] == 0) == pytest.approx(0.75, abs=0.03)
    assert (born.enabled[mixed, 1] == 1).all()


def test_crossover_makes_no_cycle_in_a_feed_forward_network():
    """Of equal parents one may have 3 -> 4 and the other 4 -> 3; no child has both."""
    common: dict[int, Gene] = {0: (0, 3, 1.0, 1), 1: (3, 2, 1.0, 1), 2: (0, 4, 1.0, 1)}
    parents = genomes({**common, 3: (3, 4, 1.0, 1)}, {**common, 4: (4, 3, 1.0, 1)})
    born, _, _ = children(parents, [1.0, 1.0], NOTHING)
    assert (neat.compile_genomes(born, False).steps > 0).all()
    both = [{3, 4} <= set(read(born, row)) for row in range(300)]
    assert not any(both)
    free = dataclasses.replace(NOTHING, recurrent=True)
    born, _, _ = children(parents, [1.0, 1.0], free)
    assert any({3, 4} <= set(read(born, row)) for row in range(300))


def test_a_quarter_of_the_offspring_is_made_without_crossover():
    """Section 4.1."""
    search = Neat(NeatSettings(population=2000), 2, 1, Streams(1))
    search.tell(Streams(1).stream("losses").uniform(2000))
    losses = Streams(1).stream("losses").uniform(2000, 1)
    search.tell(losses)
    bred = [search.chain(2000 * 2 + row)[0] for row in range(2000)]
    made = [ancestor.second is not None for ancestor in bred if ancestor.operators]
    # weights of a fifth of the children without crossover are not mutated: their names are none
    assert share(made) == pytest.approx(0.75 / (0.75 + 0.25 * 0.82), abs=0.03)


# --- 3.3 protecting innovation through speciation ----------------------------------------------


def far(a: dict[int, Gene], b: dict[int, Gene], **keys: Any) -> float:
    measure = Measure(**{"excess": 1.0, "disjoint": 1.0, "weights": 0.4, "small": 20, **keys})
    both, zero = genomes(a, b), np.zeros(1, np.int32)
    return float(neat.distances(measure, both, zero, both, zero + 1)[0])


FIRST: dict[int, Gene] = {1: (0, 2, 1.0, 1), 2: (1, 2, 2.0, 0), 5: (0, 3, 1.0, 1)}
SECOND: dict[int, Gene] = {
    1: (0, 2, 1.5, 1),
    2: (1, 2, 1.0, 1),
    3: (1, 4, 1.0, 1),
    4: (4, 2, 1.0, 1),
    6: (0, 5, 1.0, 1),
    7: (5, 2, 1.0, 1),
}


def test_the_distance_is_linear_in_excess_disjoint_and_weight_differences():
    """Equation 1. Excess: 6 and 7; disjoint: 3, 4, 5; mean weight difference 0.75."""
    assert far(FIRST, SECOND) == pytest.approx(2 + 3 + 0.4 * 0.75)
    assert far(FIRST, SECOND, excess=10.0) == pytest.approx(20 + 3 + 0.4 * 0.75)
    assert far(FIRST, SECOND, disjoint=10.0) == pytest.approx(2 + 30 + 0.4 * 0.75)
    assert far(FIRST, SECOND, weights=4.0) == pytest.approx(2 + 3 + 4 * 0.75)
    assert far(SECOND, FIRST) == far(FIRST, SECOND)
    assert far(FIRST, FIRST) == 0


def test_n_normalises_for_genome_size_unless_both_genomes_are_small():
    assert far(FIRST, SECOND, small=6) == pytest.approx((2 + 3) / 6 + 0.4 * 0.75)
    assert far(FIRST, SECOND, small=7) == pytest.approx(2 + 3 + 0.4 * 0.75)


def test_a_genome_joins_the_first_species_whose_representative_is_near():
    near, middle, distant = ({0: (0, 2, weight, 1)} for weight in (0.0, 4.0, 100.0))
    measure = Measure(1.0, 1.0, 0.4, 20)
    representatives = genomes(near, middle)
    population = genomes({0: (0, 2, 3.0, 1)}, {0: (0, 2, 9.0, 1)}, distant, distant, near)
    species, founders = neat.speciate(measure, 3.0, population, representatives)
    # 3.0 is nearer to the second, but the first is near enough; 100 founds one, and has company
    assert species.tolist() == [0, 1, 2, 2, 0]
    assert founders.tolist() == [2]


def planned(
    losses: np.ndarray, of: list[int], *, generation: int = 1, refocus: bool = False, **keys: Any
) -> tuple[Species, Plan, np.ndarray]:
    settings = NeatSettings(**keys)
    species = Species(settings, Streams(1))
    count = max(of) + 1
    species.of = np.array(of, np.int32)
    species.number = np.arange(count, dtype=np.int64)
    species.founded = species.improved = np.zeros(count, np.int64)
    species.best = np.full(count, np.inf)
    return species, *species.plan(losses, generation, refocus)


def test_species_are_represented_by_a_random_member_of_the_previous_generation():
    seen = set()
    for generation in range(1, 60):
        losses, of = np.linspace(0, 1, 10), [0, 1] * 5
        _, _, members = planned(losses, of, generation=generation, protected_species=2)
        assert [of[member] for member in members] == [0, 1]
        seen |= set(members.tolist())
    assert seen == set(range(10))


def test_fitness_is_shared_and_offspring_are_in_proportion_to_its_sum():
    """Equation 2: f' = f / |species|, so a species counts with its members' mean."""
    rng = np.random.default_rng(1)
    for _ in range(30):
        of = sorted([*rng.integers(0, 4, 100).tolist(), 0, 1, 2, 3])
        losses = rng.random(len(of))
        _, plan, _ = planned(losses, of)
        fitness = gap_to_worst(losses)
        mean = np.array([fitness[np.array(of) == s].mean() for s in range(4)])
        offspring = np.bincount(plan.pool, minlength=4)
        assert offspring.sum() == len(of)
        assert np.abs(offspring - mean / mean.sum() * len(of)).max() <= 1


def test_a_large_species_cannot_take_over_by_its_size():
    losses = np.full(100, 0.5)
    losses[-1] = 1.0
    _, plan, _ = planned(losses, [0] * 90 + [1] * 9 + [2])
    assert np.bincount(plan.pool).tolist() == [50, 50]


def test_the_lowest_performing_members_of_a_species_are_eliminated():
    losses = np.arange(20.0)[::-1].copy()
    _, plan, _ = planned(losses, [0] * 20, survival_threshold=0.2)
    parents = plan.members[plan.begin[0] : plan.begin[0] + plan.size[0]]
    assert sorted(parents.tolist()) == [16, 17, 18, 19]


def test_the_entire_population_is_replaced_but_for_champions():
    """Section 4.1: the champion of each species with more than five networks is copied."""
    losses = np.linspace(1, 0, 11)
    _, plan, _ = planned(losses, [0] * 6 + [1] * 5, protected_species=2)
    assert plan.copy[plan.copy >= 0].tolist() == [5]
    assert plan.pool[np.flatnonzero(plan.copy >= 0)].tolist() == [0]


def test_a_copied_champion_is_unchanged():
    search = Neat(NeatSettings(population=50), 2, 1, Streams(3))
    losses = np.linspace(1, 2, 50)
    champion = read(search.ask(), 0)
    search.tell(losses)
    assert any(read(search.ask(), row) == champion for row in range(50))


def test_a_species_that_stagnates_for_15_generations_is_not_allowed_to_reproduce():
    losses, of = np.linspace(0, 1, 20), [0] * 10 + [1] * 10
    for generation, expected in ((14, 2), (15, 1)):
        settings = NeatSettings()
        species = Species(settings, Streams(1))
        species.of = np.array(of, np.int32)
        species.number = np.arange(2, dtype=np.int64)
        species.founded = species.improved = np.zeros(2, np.int64)
        species.best = np.zeros(2)
        species.best[1] = losses[10]
        plan, _ = species.plan(losses, generation, refocus=False)
        assert len(np.unique(plan.pool)) == expected


def test_without_improvement_for_20_generations_the_top_two_species_alone_reproduce():
    losses, of = np.linspace(0, 1, 30), [2] * 10 + [0] * 10 + [1] * 10
    _, plan, members = planned(losses, of, refocus=True)
    assert len(plan.begin) == 2
    assert {of[member] for member in members} == {2, 0}
    search = Neat(NeatSettings(compatibility_threshold=0.5), 2, 1, Streams(1))
    counts = []
    for _ in range(25):
        search.tell(np.linspace(1, 2, 150))
        counts.append(int(search.metrics()["species"]))
    assert min(counts[:21]) > 5
    founders = search.species()
    assert sum(number in founders for number in range(counts[0])) <= 2


def test_mating_is_within_species_but_for_one_in_a_thousand():
    losses, of = np.linspace(0, 1, 40), [0] * 20 + [1] * 20
    _, plan, _ = planned(losses, of)
    bred = np.full(20000, -1, np.int32)
    many = Plan(plan.members, plan.begin, plan.size, np.tile(plan.pool, 500), bred)
    parents = genomes(*({0: (0, 2, float(k), 1)} for k in range(40)))
    born = blank(20000, 1, 1, 3, 5)
    chance = Chance.of(Streams(1))
    births, _ = neat.reproduce(parents, losses, many, _rates(SETTINGS), chance, 1, born)
    two = births.second >= 0
    abroad = np.array(of)[births.first[two]] != np.array(of)[births.second[two]]
    assert 0 < share(abroad) < 0.003


# --- 3.4 minimising dimensionality through incremental growth ----------------------------------


def test_the_population_starts_uniform_without_hidden_nodes():
    """All inputs, and the bias, connect directly to the outputs; weights are random."""
    population = Neat(SETTINGS, 3, 2, Streams(1)).ask()
    assert (population.nodes == 2).all()
    pairs = {gene[:2] for gene in read(population, 0).values()}
    assert pairs == {(source, target) for source in range(4) for target in (4, 5)}
    for row in range(len(population)):
        assert {gene[:2] for gene in read(population, row).values()} == pairs
    assert len(np.unique(population.weight)) > 0.99 * population.weight.size


def test_structure_grows_only_by_mutation():
    search = Neat(NeatSettings(add_node=0.0, add_connection=0.0), 2, 1, Streams(1))
    for generation in range(20):
        search.tell(Streams(1).stream("losses").uniform(150, generation))
    assert (search.ask().nodes == 1).all()
    assert (search.ask().genes == 3).all()


# --- 4.1 parameter settings ---------------------------------------------------------------------


def test_the_defaults_are_those_of_section_4_1():
    paper = {
        "population": 150,
        "excess": 1.0,
        "disjoint": 1.0,
        "weight_difference": 0.4,
        "compatibility_threshold": 3.0,
        "stagnation": 15,
        "population_stagnation": 20,
        "champion_size": 5,
        "weight_mutation": 0.8,
        "perturbation": 0.9,
        "perturbation_kind": "uniform",
        "disabled": 0.75,
        "mutation_only": 0.25,
        "interspecies": 0.001,
        "add_node": 0.03,
        "add_connection": 0.05,
        "activation": "steep-sigmoid",
        "recurrent": False,
    }
    assert {key: getattr(SETTINGS, key) for key in paper} == paper
    assert all(field.description for field in NeatSettings.model_fields.values())


def test_the_transfer_function_is_the_steepened_sigmoid():
    population = genomes({0: (0, 2, 1.0, 1)})
    population.activation[:] = activation_number(SETTINGS.activation)
    inputs = np.linspace(-2, 2, 41, dtype=np.float32)[:, None]
    outputs = neat.forward(neat.compile_genomes(population, False), neat.Batch(inputs))[0]
    np.testing.assert_allclose(outputs, 1 / (1 + np.exp(-4.9 * inputs)), atol=1e-6)
