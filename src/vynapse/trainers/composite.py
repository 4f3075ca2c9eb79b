# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Selection by more than the loss: a weighted sum of terms, or trade-offs between several."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Annotated, Any, final, get_args

import numpy as np
from pydantic import Field, field_validator, model_validator

from vynapse.core import Array, Cost, Evaluation, State, SupervisedTask
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.objective import Schedule, TrainingExamples
from vynapse.evolution.pareto import Archive
from vynapse.evolution.terms import ManyTerms, Priced, Term, Terms, prices, weighted
from vynapse.networks.state import NetworkState
from vynapse.settings import Settings
from vynapse.trainers.mode import Stage
from vynapse.trainers.population import Candidates, Validation

Weight = Annotated[float, Field(ge=0)]


class FitnessKeys(Settings):
    """Keys under `fitness`: the weight of each term. A term with weight 0 is not measured."""

    loss: Weight = Field(0.0, description="the task's loss, in its unit")
    error: Weight = Field(0.0, description="1 - accuracy; classifiers alone")
    parameters: Weight = Field(0.0, description="enabled connections")
    flops: Weight = Field(0.0, description="floating-point operations of one example")
    latency: Weight = Field(
        0.0,
        description="measured microseconds of one example (makes the run irreproducible)",
    )

    @model_validator(mode="after")
    def _learns(self) -> FitnessKeys:
        if not (self.loss or self.error):
            raise ValueError("a weight of loss or of error above 0 (nothing is learnt without)")
        return self


class CompositeKeys(Settings):
    """Keys that say what selection looks at."""

    fitness: FitnessKeys | None = Field(
        None,
        description="weights of loss, error, parameters, flops and latency: the sum is minimised; "
        "null for the loss alone",
    )
    objectives: tuple[Term, ...] | None = Field(
        None,
        description="two or more of loss, error, parameters, flops and latency: genomes are ranked "
        "by non-domination, and the run keeps the trade-offs; null for one objective",
    )

    @field_validator("objectives")
    @classmethod
    def _several(cls, value: Terms | None) -> Terms | None:
        if value is not None and (len(value) < 2 or len(set(value)) < len(value)):
            raise ValueError("a list of two or more different names")
        return value


def timed(keys: CompositeKeys) -> bool:
    """Whether what is selected depends on measured time."""
    return "latency" in _terms(keys)


def _terms(keys: CompositeKeys) -> Terms:
    """What is measured beside the loss of plain evolution; nothing where neither key is set."""
    if keys.objectives is not None:
        return keys.objectives
    if keys.fitness is None:
        return ()
    return tuple(term for term in get_args(Term) if getattr(keys.fitness, term))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """The number by which winners are compared: the weighted sum, on the validation split.

    Attributes:
        terms: what is measured.
        weights: the weight of each.
        encoding: what genomes mean.
        inputs: prepared examples on which time is taken.
    """

    terms: Terms
    weights: tuple[float, ...]
    encoding: Priced[Any]
    inputs: Array

    def __call__(self, network: NetworkState, evaluation: Evaluation) -> tuple[float, Cost]:
        """The sum, and what was spent on it beside the evaluation.

        Raises:
            TrainingError: the task's own evaluation has no accuracy.
        """
        genome = self.encoding.encode(None, network)
        known, cost = prices(self.terms, self.encoding, genome, self.inputs)
        known["loss"] = np.array([evaluation.loss])
        if "error" in self.terms:
            if "accuracy" not in evaluation.metrics:
                raise TrainingError(
                    "fitness.error: the evaluation of the task has no accuracy: remove it, or add "
                    "the metric"
                )
            known["error"] = np.array([1 - evaluation.metrics["accuracy"]])
        table = np.stack([known[term] for term in self.terms], axis=1)
        return float(weighted(table, self.weights)[0]), cost


@final
@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """What genomes are measured by.

    Attributes:
        schedule: the objective of each generation.
        candidates: how the winner is chosen.
        archive: what keeps the trade-offs; None for one objective.
    """

    schedule: Schedule[Any]
    candidates: Candidates
    archive: Archive[Any] | None = None


def composed(
    stage: Stage,
    keys: CompositeKeys,
    examples: TrainingExamples,
    validation: Validation,
    encoding: Priced[Any],
) -> Composed:
    """What the keys ask for.

    Raises:
        ConfigError: they contradict each other, the task or the batches.
    """
    refuse_both(keys)
    terms, task = _terms(keys), stage.supervised
    if "error" in terms and not _classifies(task):
        key = "objectives" if keys.fitness is None else "fitness.error"
        raise ConfigError(
            f"{key}: task {task.name!r} has no classes, so there is no accuracy: replace error by "
            "loss"
        )
    if keys.objectives is not None:
        if not examples.whole:
            raise ConfigError(
                "batch_size: objectives of other examples do not compare, and the archive keeps "
                "those of all generations: remove it"
            )
        archive: Archive[Any] = Archive(encoding, terms)
        return Composed(ManyTerms(examples, terms, None), validation, archive)
    if keys.fitness is None:
        return Composed(examples, validation)
    weights = tuple(float(getattr(keys.fitness, term)) for term in terms)
    some = stage.examples()
    inputs = np.zeros((1, *task.input_shape), np.float32) if some is None else some
    weighing = Weighing(terms, weights, encoding, inputs)
    return Composed(ManyTerms(examples, terms, weights), replace(validation, compare=weighing))


def refuse_both(keys: CompositeKeys) -> None:
    """Refuse a sum and trade-offs at once.

    Raises:
        ConfigError: both keys are set.
    """
    if keys.fitness is not None and keys.objectives is not None:
        raise ConfigError("fitness, objectives: one of them was wanted, got both: remove one")


def refuse_composite(stage: Stage, keys: CompositeKeys) -> None:
    """Refuse the keys where there are no examples.

    Raises:
        ConfigError: one of them is set.
    """
    for name in ("fitness", "objectives"):
        if getattr(keys, name) is not None:
            raise ConfigError(
                f"{name}: task {stage.task.name!r} has no examples: remove it, or choose a task "
                "with examples"
            )


def _classifies(task: SupervisedTask) -> bool:
    return task.classes is not None or task.loss.classes(task.output_size) is not None


def front_of(archive: Archive[Any], encoding: Priced[Any], task: SupervisedTask) -> State:
    """The networks of an archive with what each costs, as arrays and texts for a file.

    Tensors are named "N.NAME" for network N. "losses" and, for classifiers, "accuracies" are those
    of the validation split, "objectives" those of training. The texts "structures" and "terms" are
    JSON lists.
    """
    if archive.genomes is None:
        raise TrainingError("front: no generation was measured")
    genomes = archive.genomes
    found: dict[str, Any] = {
        "objectives": archive.objectives,
        "parameters": encoding.parameters_each(genomes).astype(np.int64),
        "flops": encoding.flops_each(genomes).astype(np.int64),
    }
    networks = [encoding.decode(genomes[row]) for row in range(len(archive))]
    with np.errstate(over="ignore", invalid="ignore"):
        scores = [task.score(network) for network in networks]
    found["losses"] = np.array([score.loss for score in scores], np.float64)
    if all("accuracy" in score.metrics for score in scores):
        found["accuracies"] = np.array([score.metrics["accuracy"] for score in scores], np.float64)
    for number, network in enumerate(networks):
        found |= {f"{number}.{name}": tensor for name, tensor in network.tensors.items()}
    structures = [network.structure.model_dump(mode="json") for network in networks]
    return {**found, "structures": json.dumps(structures), "terms": json.dumps(archive.names)}
