# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode `neat`: networks whose topology evolves (Stanley & Miikkulainen 2002)."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from vynapse.chosen import Chosen
from vynapse.core import SupervisedTask
from vynapse.errors import ConfigError
from vynapse.evolution.evaluators.kind import EVALUATORS, EvaluatorKind
from vynapse.evolution.neat import chronicle, generations
from vynapse.evolution.neat.chronicle import NeatChronicle
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.generations import NeatPopulation
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.start import from_mlp
from vynapse.evolution.neat.story import STORY
from vynapse.evolution.neat.structure import Neat as Topology
from vynapse.evolution.neat.transplant import start_from
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.stepper import AskTellStepper
from vynapse.kernels.neat_registry import Innovations, registry
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.networks.state import NetworkState
from vynapse.registry import Choice
from vynapse.trainers import composite, refine
from vynapse.trainers.composite import Composed, CompositeKeys, composed, front_of, refuse_composite
from vynapse.trainers.episode_keys import EpisodeKeys, refuse_normalization
from vynapse.trainers.episodes import playing
from vynapse.trainers.islands import merged
from vynapse.trainers.islands.building import on_islands
from vynapse.trainers.islands.keys import IslandKeys
from vynapse.trainers.islands.telling import EVENTS
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.population import COLUMNS, PopulationTrainer, Validation
from vynapse.trainers.refine import RefineKeys, refinement


class NeatKeys(IslandKeys, EpisodeKeys, CompositeKeys, NeatSettings):
    """Keys of mode `neat`."""

    batch_size: int | None = Field(
        None, ge=1, description="training examples a generation is measured on; null for all"
    )
    evaluate_every: int = Field(
        10,
        ge=1,
        description="generations between two scorings of the best network on the validation "
        "split or episodes, where these are not those of training",
    )
    evaluator: Annotated[Choice[EvaluatorKind], Chosen(EVALUATORS)] = Field(
        "inline",
        validate_default=True,
        description="where networks are measured; it changes no result",
    )
    refine: RefineKeys | None = Field(
        None,
        description="the best genomes of a generation learn by gradient descent before selection; "
        "null for evolution alone",
    )


def build(stage: Stage, settings: NeatKeys) -> PopulationTrainer[Genomes]:
    """The trainer of one stage.

    Raises:
        ConfigError: the network is none that NEAT can begin with, or keys do not fit the task.
    """
    settings, played = _fitted(stage, settings), None
    if "episodes" in stage.task.offers:
        refuse_composite(stage, settings)
        played = playing(stage, settings, settings.batch_size, settings.evaluate_every)
        stage = played.stage
    else:
        refuse_normalization(stage, settings)
    interface = stage.task.interface()
    inputs, outputs = math.prod(interface.inputs), interface.outputs
    first, start = _first(stage, settings)
    search = Neat(settings, inputs, outputs, stage.streams, first)
    encoding = NeatEncoding(inputs, outputs, settings.recurrent, settings.updates)
    solved = None
    if played is None:
        measured, solved = _measured(stage, settings, encoding), _sides(stage.supervised)
    else:
        measured = Composed(played.episodes, played.candidates)
    archive = measured.archive
    held = ExitStack()
    evaluator = held.enter_context(settings.evaluator.build())
    learning = refinement(stage, settings.refine, encoding)
    population = NeatPopulation(search)
    stepper = AskTellStepper(population, evaluator, encoding, measured.schedule, learning, archive)
    return PopulationTrainer(
        encoding,
        stepper,
        start,
        measured.candidates,
        budget=stage.budget,
        front=None if archive is None else partial(front_of, archive, encoding, stage.supervised),
        chronicle=NeatChronicle(search, solved),
        seeing=None if played is None else played.seeing,
        close=held.close,
    )


def _fitted(stage: Stage, settings: NeatKeys) -> NeatKeys:
    """Settings in which the activation of the outputs is that of the task.

    Raises:
        ConfigError: keys contradict the task.
    """
    interface, examples = stage.task.interface(), "examples" in stage.task.offers
    if examples and settings.recurrent:
        raise ConfigError(
            f"recurrent: the examples of task {interface.name!r} have no order: remove it, or "
            "choose a control task"
        )
    if stage.device != "cpu":
        raise ConfigError("device: mode neat computes on the processor: set device to cpu")
    given = settings.output_activation
    if not examples and given not in (None, "sigmoid", "steep-sigmoid"):
        raise ConfigError(
            f"output_activation: outputs in (0, 1) were wanted for task {interface.name!r}, got "
            f"{given!r}: choose sigmoid or steep-sigmoid"
        )
    if given is None:
        wanted = "identity" if interface.activation == "identity" else settings.activation
        if not examples and wanted not in ("sigmoid", "steep-sigmoid"):
            wanted = "steep-sigmoid"
        settings = settings.model_copy(update={"output_activation": wanted})
    return settings


def _first(stage: Stage, settings: NeatKeys) -> tuple[tuple[Genomes, Innovations] | None, Genomes]:
    """The first generation, None for the one of the paper; and the genome of the network.

    Raises:
        ConfigError: the network is neither of kind neat nor mlp, or it is recurrent.
    """
    structure, tensors = stage.network.structure, stage.network.tensors
    layers = structure.dense()
    if layers is not None:
        numbers = registry(layers.sizes[0] + 1 + layers.sizes[-1])
        first = from_mlp(settings, layers, tensors, numbers, stage.streams)
        return (first, numbers), first[0]
    if not isinstance(structure, Topology):
        raise ConfigError(
            f"network: mode neat begins with a network of kind neat or mlp, got {structure.kind}: "
            "set network to {neat: {}}"
        )
    if structure.recurrent and not settings.recurrent:
        raise ConfigError("recurrent: the network has cycles that may be: set recurrent to true")
    genome = structure.genome(tensors)
    if stage.fresh and structure.minimal():
        return None, genome
    return start_from(settings, genome, stage.streams), genome


def _measured(stage: Stage, settings: NeatKeys, encoding: NeatEncoding) -> Composed:
    """What generations are measured by on a task with examples, and how the winner is chosen.

    Raises:
        ConfigError: keys do not fit the task.
    """
    task = stage.supervised
    if task.augment is not None:
        raise ConfigError(
            "task.augment: mode neat measures networks on the examples as they are: remove it"
        )
    stream = stage.streams.stream("evolution.examples")
    examples = TrainingExamples(task, settings.batch_size, stream)
    validation = Validation(task, examples.whole, settings.evaluate_every)
    return composed(stage, settings, examples, validation, encoding)


def _sides(task: SupervisedTask) -> Callable[[NetworkState], bool] | None:
    """Whether all outputs are on their side of 0.5: the criterion of the paper for XOR (4.2).

    None for tasks whose outputs and targets are not truth values.
    """
    if task.output_activation != "sigmoid" or not task.validation_is_train:
        return None
    split = task.split("train").take(slice(None))
    inputs, wanted = task.prepare(split.inputs), split.targets > 0.5

    def solved(network: NetworkState) -> bool:
        return bool(((network.predictor()(inputs) > 0.5) == wanted).all())

    return solved


MODE = Mode(
    name="neat",
    summary="NEAT: topology and weights evolve together, from the smallest network on",
    settings=NeatKeys,
    build=on_islands(build),
    accepts=("examples", "episodes"),
    counts=("forwards", "backwards", "flops", "env_steps"),
    columns=(*COLUMNS, *generations.COLUMNS, *refine.COLUMNS, "solved_step", *merged.COLUMNS),
    events=MappingProxyType({**chronicle.EVENTS, **EVENTS}),
    story=STORY,
    in_arrays=True,
    how=frozenset({"evaluator", "islands_on"}),
    timed=composite.timed,
    network={"neat": {}},
    fallback=MappingProxyType({"budget": {"steps": 300}}),
    # a threshold that moves: with a constant one a few seeds in a hundred never leave a plateau.
    # Twenty species have about seven members; champion_size 5 would lose the best of all with its
    # species now and then, and that run would begin anew
    presets=MappingProxyType(
        {
            "xor": {
                "budget": {"steps": 1000, "target": 0.01},
                "target_species": 20,
                "champion_size": 0,
                "add_node": 0.01,
            },
            "parity": {
                "budget": {"steps": 1000, "target": 0.01},
                "target_species": 20,
                "champion_size": 0,
            },
            "spirals": {
                "budget": {"steps": 500},
                "activation": "tanh",
                "add_node": 0.1,
                "add_connection": 0.3,
            },
        }
    ),
)
