# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `deap`: the weights of one network, evolved by one of several strategies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final, TypedDict

import numpy as np

from vynapse.errors import ConfigError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.cma_es import LARGEST, CmaEs
from vynapse.evolution.crossover import Crossover
from vynapse.evolution.distribution import Distribution, DistributionSearch
from vynapse.evolution.encoding import Genome
from vynapse.evolution.evaluator import TrainingExamples, evaluate_inline
from vynapse.evolution.fused import PARAMETERS, FusedEvolution
from vynapse.evolution.masks import weight_mask
from vynapse.evolution.mutation import Bits, Mutation, PolynomialMutation
from vynapse.evolution.openai_es import Ascent, OpenAIES
from vynapse.evolution.population import Population
from vynapse.evolution.restarts import Convergence, Restarts, Rule, Stagnation
from vynapse.evolution.selection import Selection
from vynapse.evolution.snes import Snes
from vynapse.evolution.steady_state import SteadyState
from vynapse.evolution.strategies import EvolutionStrategy
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.population import COLUMNS, PopulationTrainer


def build(stage: Stage, settings: DeapSettings) -> PopulationTrainer:
    """The trainer of one stage.

    Raises:
        ConfigError: the task augments its examples, a pattern of the mask fits no parameter, keys
            contradict each other or the network, or the network cannot be evolved.
        MissingExtra: the strategy needs a package that is not installed.
    """
    task, structure = stage.supervised, stage.network.structure
    if task.augment is not None:
        raise ConfigError(
            "task.augment: mode deap measures networks on the examples as they are: remove it, "
            "or use a mode that trains on mini-batches, such as sgd"
        )
    encoding = choose_encoding(stage.network, task.input_shape, stage.device, stage.examples())
    start = encoding.encode(None, stage.network)
    mask = weight_mask(settings.mask, encoding.layout)
    free = len(start) if mask is None else int(np.count_nonzero(mask))
    if problems := [*settings.problems(), *_misfits(settings, start, free)]:
        raise ConfigError(problems)

    def centre(restart: int) -> Genome:
        """Another initialisation at each restart, unless the stage was given a trained network."""
        if restart == 0 or not stage.fresh:
            return start
        fresh = encoding.encode(None, initial_state(structure, stage.streams, restart))
        return fresh if mask is None else np.where(mask, fresh, start)

    examples = TrainingExamples(
        task, settings.batch_size, stage.streams.stream("evolution.examples")
    )
    if settings.strategy in _DISTRIBUTIONS:
        # every sample is new, so it does not matter whether the examples change
        population = _distribution(stage.streams, settings, centre, mask, free)
    else:
        changing = not examples.whole
        population = _breeders(stage.streams, settings, centre, mask, changing)
    return PopulationTrainer(
        task,
        start,
        encoding,
        population,
        evaluate_inline,
        examples,
        settings.evaluate_every,
        fused=_fused(stage, population, examples),
        per_call=settings.generations_per_call,
        budget=stage.budget,
    )


def _fused(
    stage: Stage, population: Population, examples: TrainingExamples
) -> FusedEvolution | None:
    """The kernel that makes many generations at once, where there is one for what is asked."""
    layers = stage.network.structure.dense()
    if (
        isinstance(population, EvolutionStrategy)
        and population.fusable
        and stage.supervised.loss.kernel is not None
        and layers is not None
        and stage.device == "cpu"
        and stage.network.parameters() <= PARAMETERS
    ):
        return FusedEvolution(population, layers, examples.objective(0), stage.threads)
    return None


_DISTRIBUTIONS: Final = frozenset({"openai-es", "snes", "cma-es"})
Centre = Callable[[int], Genome]


def _misfits(settings: DeapSettings, start: Genome, free: int) -> Iterator[str]:
    """A sentence for every key that does not fit the network."""
    points, bound = settings.crossover_points, settings.weight_bound
    if settings.crossover == "k-point" and points >= len(start):
        yield (
            f"crossover_points: fewer than the {len(start)} weights of the network were wanted, "
            f"got {points}"
        )
    largest = float(np.abs(start).max())
    if settings.mutation == "polynomial" and largest > bound:
        yield (
            f"weight_bound: at least {largest:g} was wanted, the largest weight of the given "
            f"network, got {bound:g}"
        )
    if settings.strategy not in _DISTRIBUTIONS:
        return
    if free == 0:
        yield f"mask: strategy {settings.strategy} needs a weight that may change, none is left"
    elif settings.strategy == "cma-es" and not 2 <= free <= LARGEST:
        yield (
            f"strategy: cma-es keeps a matrix of weights by weights: 2 to {LARGEST} weights that "
            f"may change were wanted, there are {free}: use snes"
        )
    least = {"cma-es": 4, "snes": 2, "openai-es": 2}[settings.strategy]
    if settings.offspring is not None and settings.offspring < least:
        yield (
            f"offspring: at least {least} were wanted with {settings.strategy}, "
            f"got {settings.offspring}"
        )


def _restarts(settings: DeapSettings) -> Restarts:
    rules: list[Rule] = []
    if settings.restart_patience is not None:
        rules.append(Stagnation(settings.restart_patience, settings.min_delta))
    if settings.restart_spread is not None:
        rules.append(Convergence(settings.restart_spread))
    return Restarts(*rules, growth=settings.restart_growth)


def _spread(given: float | None, weights: int) -> float:
    return 3 / math.sqrt(weights) if given is None else given


def _distribution(
    streams: Streams,
    settings: DeapSettings,
    centre: Centre,
    mask: Bits | None,
    free: int,
) -> Population:
    """OpenAI-ES, SNES or CMA-ES."""
    sigma = _spread(settings.sigma, len(centre(0)))
    law: Distribution
    if settings.strategy == "openai-es":
        ascent = Ascent(settings.optimizer, settings.learning_rate, settings.momentum)
        law = OpenAIES(streams, sigma, ascent)
    else:
        law = (Snes if settings.strategy == "snes" else CmaEs)(streams, sigma)
    return DistributionSearch(
        centre,
        law,
        size=settings.population_size(free),
        mask=mask,
        restarts=_restarts(settings),
    )


def _breeders(
    streams: Streams,
    settings: DeapSettings,
    centre: Centre,
    mask: Bits | None,
    changing: bool,
) -> Population:
    """Parents and children: every strategy with selection, crossover and mutation."""
    weights = len(centre(0))
    size = settings.population_size(weights)
    parts: _Parts = {
        "selection": Selection(
            settings.selection,
            settings.tournament_size,
            settings.rank_pressure,
            settings.truncation_share,
        ),
        "crossover_rate": settings.crossover_rate,
        "crossover": Crossover(settings.crossover, settings.crossover_points, settings.blend_alpha),
        "mutation": _mutation(settings, weights),
        "initial_sigma": _spread(settings.initial_sigma, weights),
        "mask": mask,
        "restarts": _restarts(settings),
        "measure_again": changing,
    }
    if settings.strategy == "steady-state":
        return SteadyState(centre, streams, size=settings.mu, children=size, **parts)
    return EvolutionStrategy(
        centre,
        streams,
        plus=settings.strategy == "mu+lambda",
        mu=size if settings.strategy == "generational" else settings.mu,
        offspring=size,
        elites=settings.elites,
        **parts,
    )


class _Parts(TypedDict):
    """What all strategies with parents and children are made of."""

    selection: Selection
    crossover_rate: float
    crossover: Crossover
    mutation: Mutation | PolynomialMutation
    initial_sigma: float
    mask: Bits | None
    restarts: Restarts
    measure_again: bool


def _mutation(settings: DeapSettings, weights: int) -> Mutation | PolynomialMutation:
    if settings.mutation == "polynomial":
        return PolynomialMutation(
            settings.weight_bound, settings.polynomial_eta, settings.mutation_rate
        )
    return Mutation(
        _spread(settings.sigma, weights),
        settings.adaptation,
        settings.sigma_decay,
        settings.sigma_min,
        settings.mutation_rate,
    )


MODE = Mode(
    name="deap",
    summary="weight evolution: genetic algorithms, evolution strategies, CMA-ES",
    settings=DeapSettings,
    build=build,
    columns=(*COLUMNS, "sigma", "restarts"),
    in_arrays=True,
    presets=MappingProxyType(
        {
            "xor": {"budget": {"steps": 20_000, "target": 0.01}},
            "parity": {"budget": {"steps": 20_000, "target": 0.01}},
            "mnist": {"budget": {"steps": 1000}, "batch_size": 500},
            "cifar10": {"budget": {"steps": 200}, "batch_size": 100},
        }
    ),
)
