# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Learning within a life: the best genomes of a generation are fine-tuned before selection.

Lamarckian: what was learnt is written back and inherited. Baldwinian: the genome stays as it was
born, and its loss is the one it reaches by learning. Hinton and Nowlan 1987, How learning can guide
evolution, Complex Systems 1. Whitley, Gordon and Mathias 1994, Lamarckian evolution, the Baldwin
effect and function optimization, PPSN III.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Literal, cast, final

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vynapse.core import Cost, Loss, SupervisedTask, loss_of_tensors
from vynapse.errors import ConfigError
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import Evaluator
from vynapse.evolution.fitness import usable
from vynapse.evolution.genomes import G
from vynapse.evolution.learner import Learner, Passing
from vynapse.evolution.learning import Learns, Refined
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import ExamplesObjective, Objective, TrainingExamples
from vynapse.evolution.pareto import better, ranks
from vynapse.seeding import Streams
from vynapse.settings import NESTED, Count, Settings, Size
from vynapse.trainers.mode import Stage
from vynapse.trainers.sgd_settings import KEYS_OF, Decay, OptimiserName

if TYPE_CHECKING:
    from torch import Tensor, nn

COLUMNS: Final = ("refined", "refined_gain")
"""Metrics of a generation with learning: how many genomes became better by it, and how much lower
the best loss is than without it."""


class RefineOptimizer(Settings):
    """The optimizer of a refinement; it begins afresh each time."""

    name: OptimiserName = Field("adam", description="sgd, adam, adamw or rmsprop")
    learning_rate: float = Field(0.01, gt=0, description="learning rate, constant")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum of sgd and rmsprop")
    nesterov: bool = Field(False, description="Nesterov momentum of sgd")
    betas: tuple[Decay, Decay] = Field(
        (0.9, 0.999), description="decay of the two moments of adam and adamw"
    )
    weight_decay: float = Field(0.0, ge=0, description="L2 penalty; decoupled for adamw")

    @model_validator(mode="after")
    def _keys_are_used(self) -> RefineOptimizer:
        problems = [
            f"{key}: optimizer {self.name} does not use it: remove it"
            for key in ("momentum", "nesterov", "betas")
            if key not in KEYS_OF[self.name]
            and getattr(self, key) != type(self).model_fields[key].default
        ]
        if self.nesterov and self.name == "sgd" and self.momentum == 0:
            problems.append("nesterov: a momentum > 0 is wanted, got 0: set momentum, e.g. 0.9")
        if problems:
            raise PydanticCustomError(NESTED, "wrong", {"problems": problems})
        return self


class RefineKeys(Settings):
    """Keys under `refine`."""

    top_k: Size = Field(5, description="how many of the best genomes of a generation learn")
    steps: Count = Field(10, description="gradient steps of each")
    every: Size = Field(1, description="generations from one with learning to the next")
    batch_size: int | None = Field(
        None, ge=1, description="training examples of a step; null for all"
    )
    optimizer: RefineOptimizer = Field(
        default_factory=RefineOptimizer, description="the update rule"
    )
    inherit: Literal["lamarckian", "baldwinian"] = Field(
        "lamarckian",
        description="lamarckian: weights are written back; baldwinian: the genome stays as it is "
        "and has the loss that it reaches by learning",
    )
    rate: float = Field(
        1.0,
        ge=0,
        le=1,
        description="lamarckian: the probability that a genome inherits what it has learnt",
    )


@final
class Refine(Generic[G]):
    """The best genomes learn on training examples.

    Examples and inheritance depend on the seed and the number of the generation alone, so there is
    nothing to save.

    Args:
        keys: how.
        task: whose training examples.
        encoding: what genomes mean.
        streams: random numbers of the stage.
    """

    def __init__(
        self, keys: RefineKeys, task: SupervisedTask, encoding: Learns[G], streams: Streams
    ) -> None:
        self._keys, self._encoding = keys, encoding
        self._task = task
        self._examples = TrainingExamples(
            task, keys.batch_size, streams.stream("evolution.refine.examples")
        )
        self._chance = streams.stream("evolution.refine.inherit")

    def refine(
        self,
        generation: int,
        genomes: G,
        measured: Measured,
        evaluator: Evaluator,
        objective: Objective[G],
    ) -> Refined[G] | None:
        """Fine-tune the best, measure them again, and keep what has become better.

        With several objectives the best are those of the lowest rank, and what dominates its former
        self has become better.
        """
        turn, idle = divmod(generation, self._keys.every)
        if idle:
            return None
        losses = measured.losses
        order = np.argsort(ranks(measured), kind="stable")[: self._keys.top_k]
        rows = order[np.isfinite(losses[order])]
        if not len(rows):
            return None
        some = self._encoding.select(genomes, rows)
        learner = self._encoding.learner(some)
        cost = self._train(learner, some, turn * self._keys.steps)
        weights = learner.weight.detach().cpu().numpy()
        learnt = self._encoding.taught(some, np.arange(len(rows)), weights)
        again = evaluator(objective, self._encoding, learnt)
        cost += again.cost
        again = again.with_losses(usable(again.losses)[0])
        gained = better(again, measured.select(rows))
        inherited = gained & self._inherits(generation, len(rows))
        told, networks = (
            self._encoding.taught(genomes, rows[those], weights[those]) if those.any() else genomes
            for those in (inherited, gained)
        )
        after = measured.replaced(rows[gained], again.select(np.flatnonzero(gained)))
        gain = float(losses.min() - after.losses.min())
        columns = {"refined": float(gained.sum()), "refined_gain": gain}
        return Refined(told, networks, after, cost, columns)

    def _inherits(self, generation: int, count: int) -> Any:
        if self._keys.inherit == "baldwinian":
            return np.zeros(count, np.bool_)
        return self._chance.uniform(count, generation) < self._keys.rate

    def _train(self, learner: Learner, genomes: G, first: int) -> Cost:
        """All steps of a refinement, from step `first` of the run on; what they cost."""
        from vynapse.trainers.optimisers import Optimiser

        keys = self._keys.optimizer
        optimiser = Optimiser(
            keys.name,
            cast("nn.Module", learner),
            momentum=keys.momentum,
            nesterov=keys.nesterov,
            betas=keys.betas,
            weight_decay=keys.weight_decay,
        )
        loss, forwards, last = self._task.loss, 0, None
        for step in range(first, first + self._keys.steps):
            examples = self._examples.objective(step)
            if last is None or examples is not last:
                last, slope = examples, _Slope(learner, loss, examples)
            learner.weight.grad = slope()
            optimiser.step(keys.learning_rate)
            forwards += len(examples.inputs)
        passes = forwards * len(genomes)
        flops = 3 * forwards * self._encoding.flops(genomes)
        return Cost(forwards=passes, backwards=passes, flops=flops)


@final
class _Slope:
    """The gradient of all networks on some examples, as often as it is asked for."""

    def __init__(self, learner: Learner, loss: Loss, examples: ExamplesObjective) -> None:
        import torch

        inputs, self._targets = (
            torch.from_numpy(np.require(array, requirements="W")).to(learner.weight.device)
            for array in (examples.inputs, examples.targets)
        )
        self._learner, self._loss, self._inputs = learner, loss, inputs
        self._passes = learner.passes(inputs) if isinstance(learner, Passing) else None

    def __call__(self) -> Tensor:
        """(g, p) at the weights as they are now."""
        import torch

        weight, passes = self._learner.weight, self._passes
        if passes is None:
            return torch.autograd.grad(self._total(self._learner(self._inputs)), (weight,))[0]
        outputs = passes.outputs().requires_grad_()
        return passes.gradient(torch.autograd.grad(self._total(outputs), (outputs,))[0])

    def _total(self, outputs: Tensor) -> Tensor:
        # a sum keeps the networks apart: the gradient of one does not know of the others
        return loss_of_tensors(self._loss, outputs, self._targets).sum()


def refinement(
    stage: Stage, keys: RefineKeys | None, encoding: Encoding[Any] | None
) -> Refine[Any] | None:
    """The component that a stage asks for, None for none.

    Raises:
        ConfigError: the task has no examples to learn from.
    """
    if keys is None:
        return None
    if not isinstance(encoding, Learns) or "examples" not in stage.task.offers:
        raise ConfigError(
            f"refine: task {stage.task.interface().name!r} has no examples to learn from: remove "
            "it, or choose a task with examples"
        )
    return Refine(keys, stage.supervised, encoding, stage.streams)
