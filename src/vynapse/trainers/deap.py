# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `deap`: the weights of one network, evolved by (mu + lambda) or (mu, lambda)."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from vynapse.data.augment import augments
from vynapse.errors import ConfigError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import Genome
from vynapse.evolution.evaluator import TrainingExamples, evaluate_inline
from vynapse.evolution.masks import weight_mask
from vynapse.evolution.stagnation import Stagnation
from vynapse.evolution.strategies import EvolutionStrategy, Mutation, Selection
from vynapse.networks.state import initial_state
from vynapse.settings import Settings
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.population import COLUMNS, PopulationTrainer


class DeapSettings(Settings):
    """Keys of mode `deap`."""

    strategy: Literal["mu+lambda", "mu,lambda"] = Field(
        "mu+lambda",
        description="who competes to be a parent: parents and offspring (mu+lambda), or offspring "
        "and the elites alone (mu,lambda)",
    )
    mu: int = Field(20, ge=1, description="parents kept from one generation to the next")
    offspring: int = Field(
        100,
        ge=1,
        validate_default=True,
        description="lambda: networks made in a generation; at least mu with mu,lambda",
    )
    elites: int = Field(
        1,
        ge=0,
        validate_default=True,
        description="with mu,lambda: best parents that compete with the offspring, at most mu",
    )
    selection: Literal["tournament", "roulette"] = Field(
        "tournament",
        description="how the parents of a child are chosen: best of a few drawn, or in proportion "
        "to fitness",
    )
    tournament_size: int = Field(3, ge=1, description="candidates of a tournament")
    crossover_rate: float = Field(
        0.0, ge=0, le=1, description="probability that a child mixes the weights of two parents"
    )
    mutation_rate: float = Field(
        1.0, gt=0, le=1, description="probability that a weight of a child is mutated"
    )
    sigma: float | None = Field(
        None,
        gt=0,
        description="standard deviation of the mutation, at first and after a restart; null for "
        "3 / sqrt(number of weights)",
    )
    adaptation: Literal["none", "decay", "self"] = Field(
        "self",
        description="of sigma: none keeps it, decay shrinks it every generation, self lets each "
        "individual inherit and mutate its own",
    )
    sigma_decay: float = Field(
        0.99, gt=0, le=1, description="with decay: factor of sigma in each generation"
    )
    sigma_min: float = Field(1e-4, ge=0, description="sigma becomes no smaller by decay or self")
    initial_sigma: float | None = Field(
        None,
        ge=0,
        description="standard deviation of the first generation round the given network, which is "
        "itself the first individual; null for 3 / sqrt(number of weights)",
    )
    restart_patience: int | None = Field(
        100,
        ge=1,
        description="generations without improvement until the population starts afresh (the best "
        "network is kept aside); null for never",
    )
    min_delta: float = Field(
        0.01,
        ge=0,
        lt=1,
        description="the least drop of the training loss that counts as improvement, as a "
        "fraction of the loss",
    )
    mask: dict[str, float | list[Any]] = Field(
        default_factory=dict,
        description="weights that keep their values: glob over parameter names -> 0 (kept), 1 "
        "(evolved) or a nested list of them, one for each weight",
    )
    batch_size: int | None = Field(
        None,
        ge=1,
        description="training examples a generation is measured on; null for all",
    )
    evaluate_every: int = Field(
        10,
        ge=1,
        description="generations between two scorings of the best network on the validation "
        "split, where that is not the training split",
    )

    @field_validator("offspring")
    @classmethod
    def _enough_offspring(cls, value: int, info: Any) -> int:
        mu = info.data.get("mu", 1)
        if info.data.get("strategy") == "mu,lambda" and value < mu:
            raise ValueError(f"at least mu = {mu}, as mu,lambda chooses the parents among them,")
        return value

    @field_validator("elites")
    @classmethod
    def _few_elites(cls, value: int, info: Any) -> int:
        mu = info.data.get("mu", value)
        if value > mu:
            raise ValueError(f"at most mu = {mu}")
        return value


def build(stage: Stage, settings: DeapSettings) -> PopulationTrainer:
    """The trainer of one stage.

    Raises:
        ConfigError: the task augments its examples, a pattern of the mask fits no parameter, or the
            network cannot be evolved.
    """
    task, structure = stage.task, stage.network.structure
    if augments(task):
        raise ConfigError(
            "task.augment: mode deap measures networks on the examples as they are: remove it, "
            "or use a mode that trains on mini-batches, such as sgd"
        )
    encoding = choose_encoding(stage.network, task.input_shape, stage.device)
    start = encoding.encode(None, stage.network)
    mask = weight_mask(settings.mask, encoding.layout)

    def centre(restart: int) -> Genome:
        """Another initialisation at each restart, unless the stage was given a trained network."""
        if restart == 0 or not stage.fresh:
            return start
        fresh = encoding.encode(None, initial_state(structure, stage.streams, restart))
        return fresh if mask is None else np.where(mask, fresh, start)

    examples = TrainingExamples(
        task, settings.batch_size, stage.streams.stream("evolution.examples")
    )
    patience = settings.restart_patience
    spread = 3 / math.sqrt(len(start))
    population = EvolutionStrategy(
        centre,
        stage.streams,
        plus=settings.strategy == "mu+lambda",
        mu=settings.mu,
        offspring=settings.offspring,
        elites=settings.elites,
        selection=Selection(settings.selection, settings.tournament_size),
        crossover_rate=settings.crossover_rate,
        mutation=Mutation(
            spread if settings.sigma is None else settings.sigma,
            settings.adaptation,
            settings.sigma_decay,
            settings.sigma_min,
            settings.mutation_rate,
        ),
        initial_sigma=spread if settings.initial_sigma is None else settings.initial_sigma,
        mask=mask,
        stagnation=None if patience is None else Stagnation(patience, settings.min_delta),
        measure_again=not examples.whole,
    )
    return PopulationTrainer(
        task, start, encoding, population, evaluate_inline, examples, settings.evaluate_every
    )


MODE = Mode(
    name="deap",
    summary="weight evolution: (mu + lambda) and (mu, lambda)",
    settings=DeapSettings,
    build=build,
    columns=(*COLUMNS, "sigma", "restarts"),
    numpy_mlp=True,
)
