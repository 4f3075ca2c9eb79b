# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `deap`: the weights of one network, evolved by one of several strategies."""

from __future__ import annotations

from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from vynapse.errors import ConfigError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import Genome, Genomes, WeightEncoding
from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.fused import PARAMETERS, FusedStepper
from vynapse.evolution.masks import weight_mask
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.population import Population
from vynapse.evolution.stepper import AskTellStepper, Stepper
from vynapse.evolution.strategies.kind import Ground
from vynapse.memory import refuse_too_large
from vynapse.networks.state import initial_state
from vynapse.networks.vector import NAME
from vynapse.trainers import refine
from vynapse.trainers.deap_settings import DeapSettings
from vynapse.trainers.episode_keys import refuse_normalization
from vynapse.trainers.evaluated import function_of, vector_trainer
from vynapse.trainers.islands import merged
from vynapse.trainers.islands.building import on_islands
from vynapse.trainers.islands.telling import EVENTS
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.population import COLUMNS, PopulationTrainer, Validation
from vynapse.trainers.refine import refinement


def build(stage: Stage, settings: DeapSettings) -> PopulationTrainer[Any]:
    """The trainer of one stage.

    Raises:
        ConfigError: the task augments its examples, a pattern of the mask fits no parameter, keys
            contradict each other or the network, or the network cannot be evolved.
        MissingExtra: the strategy needs a package that is not installed.
    """
    if "episodes" in stage.task.offers:
        return _on_episodes(stage, settings)
    refuse_normalization(stage, settings)
    if "examples" not in stage.task.offers:
        return _on_function(stage, settings)
    task = stage.supervised
    if task.augment is not None:
        raise ConfigError(
            "task.augment: mode deap measures networks on the examples as they are: remove it, "
            "or use a mode that trains on mini-batches, such as sgd"
        )
    encoding = choose_encoding(stage.network, task.input_shape, stage.device, stage.examples())
    examples = TrainingExamples(
        task, settings.batch_size, stage.streams.stream("evolution.examples")
    )
    ground = _ground(stage, settings, encoding, changing=not examples.whole)
    _refuse_too_many(settings, ground.weights)
    population: Population[Genomes] = settings.strategy.build(ground)
    held = ExitStack()
    stepper: Stepper[Genomes] | None = _fused(stage, population, examples, settings)
    if stepper is None:
        evaluator = held.enter_context(settings.evaluator.build())
        learning = refinement(stage, settings.refine, encoding)
        stepper = AskTellStepper(population, evaluator, encoding, examples, learning)
    return PopulationTrainer(
        encoding,
        stepper,
        ground.centre(0),
        Validation(task, examples.whole, settings.evaluate_every),
        budget=stage.budget,
        close=held.close,
    )


def _on_episodes(stage: Stage, settings: DeapSettings) -> PopulationTrainer[Any]:
    """The trainer for a task of control: the weights of any policy network."""
    # a run on examples does not load it
    from vynapse.trainers.episodes import control_of, playing

    refinement(stage, settings.refine, None)
    played = playing(stage, settings, settings.batch_size, settings.evaluate_every)
    stage = played.stage
    encoding = choose_encoding(stage.network, control_of(stage).observations, stage.device)
    ground = _ground(stage, settings, encoding, changing=played.changing)
    population: Population[Genomes] = settings.strategy.build(ground)
    held = ExitStack()
    evaluator = held.enter_context(settings.evaluator.build())
    return PopulationTrainer(
        encoding,
        AskTellStepper(population, evaluator, encoding, played.episodes),
        ground.centre(0),
        played.candidates,
        budget=stage.budget,
        seeing=played.seeing,
        close=held.close,
    )


_COPIES: Final = 3
"""Copies of a generation's weights: parents or children, what changes them, both together."""


def _refuse_too_many(settings: DeapSettings, weights: int) -> None:
    """Refuse a population that does not fit into memory."""
    for key in ("mu", "offspring"):
        individuals = getattr(settings.strategy.settings, key, None) or 0
        refuse_too_large(f"strategy.{key}", "networks", _COPIES * individuals * weights)


def _on_function(stage: Stage, settings: DeapSettings) -> PopulationTrainer[Any]:
    """The trainer for a function of a vector, which is measured as it is."""
    task = function_of(stage)
    refinement(stage, settings.refine, None)
    if settings.batch_size is not None:
        raise ConfigError("batch_size: a function has no examples: remove it")
    for name in stage.budget.limits().keys() & {"backwards", "flops"}:
        raise ConfigError(f"budget.{name}: a function counts forwards alone: set forwards or steps")
    encoding = task.encoding()
    start = task.start if stage.fresh else encoding.encode(None, stage.network)
    mask = weight_mask(settings.mask, {NAME: start.shape})
    _refuse_too_many(settings, len(start))
    ground = Ground(lambda _: start, stage.streams, mask)
    return vector_trainer(stage, settings.evaluator, settings.strategy.build(ground), start)


def _ground(
    stage: Stage, settings: DeapSettings, encoding: WeightEncoding, *, changing: bool
) -> Ground:
    """Another initialisation at each restart, unless the stage was given a trained network."""
    start: Genome = encoding.encode(None, stage.network)
    mask = weight_mask(settings.mask, encoding.layout)
    structure = stage.network.structure

    def centre(restart: int) -> Genome:
        if restart == 0 or not stage.fresh:
            return start
        fresh: Genome = encoding.encode(None, initial_state(structure, stage.streams, restart))
        return fresh if mask is None else np.where(mask, fresh, start)

    return Ground(centre, stage.streams, mask, changing)


def _fused(
    stage: Stage,
    population: Population[Genomes],
    examples: TrainingExamples,
    settings: DeapSettings,
) -> FusedStepper | None:
    """The kernel that makes many generations at once, where there is one for what is asked."""
    layers = stage.network.structure.dense()
    if (
        isinstance(population, EvolutionStrategy)
        and population.fusable
        and settings.refine is None
        and stage.supervised.loss.kernel is not None
        and layers is not None
        and stage.device == "cpu"
        and stage.network.parameters() <= PARAMETERS
    ):
        per_call = settings.generations_per_call
        return FusedStepper(population, layers, examples.objective(0), per_call, stage.threads)
    return None


MODE = Mode(
    name="deap",
    summary="weight evolution: genetic algorithms, evolution strategies, CMA-ES",
    settings=DeapSettings,
    build=on_islands(build),
    accepts=("examples", "function", "episodes"),
    counts=("forwards", "backwards", "flops", "env_steps"),
    columns=(*COLUMNS, *refine.COLUMNS, "sigma", "restarts", *merged.COLUMNS),
    events=EVENTS,
    in_arrays=True,
    how=frozenset({"evaluator", "islands_on"}),
    presets=MappingProxyType(
        {
            "xor": {"budget": {"steps": 20_000, "target": 0.01}},
            "parity": {"budget": {"steps": 20_000, "target": 0.01}},
            "mnist": {"budget": {"steps": 1000}, "batch_size": 500},
            "cifar10": {"budget": {"steps": 200}, "batch_size": 100},
        }
    ),
)
