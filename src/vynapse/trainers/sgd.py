# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `sgd`: gradient descent on mini-batches. A step is one batch.

The network to keep is chosen on the validation split: it is evaluated before the first step,
every `evaluate_every` steps and at the planned end, on the CPU in the very arithmetic in which
the winner predicts. With `restart_patience` a network that stagnates (on xor about half of all
2-2-1 networks do) is given up for a freshly drawn one; its work stays in the cost.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, get_args

import torch
from pydantic import Field

from vynapse.core import Cost, Evaluation, Report, State, SupervisedTask, Trainer
from vynapse.errors import ConfigError, TrainingError
from vynapse.networks import modules
from vynapse.networks.flops import structure_flops
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import CNN, MLP, Structure
from vynapse.settings import Settings
from vynapse.trainers.feed import Feed, steps_per_epoch
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.optimisers import Optimiser, OptimiserName
from vynapse.trainers.schedules import Schedule, ScheduleName

_FOREVER = 2**48
_GAIN = 0.01
"""Relative fall of the validation loss below which an attempt counts as stagnant."""

Decay = Annotated[float, Field(ge=0, lt=1)]


class SgdSettings(Settings):
    """Keys of a stage of mode `sgd`."""

    optimizer: OptimiserName = Field("adam", description="the update rule")
    learning_rate: float = Field(0.001, gt=0, description="base rate")
    momentum: float = Field(0.0, ge=0, lt=1, description="of sgd and rmsprop")
    nesterov: bool = Field(False, description="Nesterov's form of the momentum of sgd")
    betas: tuple[Decay, Decay] = Field(
        (0.9, 0.999),
        description="decay of the two moments of adam and adamw, each at least 0 and below 1",
    )
    weight_decay: float = Field(
        0.0, ge=0, description="L2 penalty on the weights; decoupled for adamw"
    )
    clip_norm: float | None = Field(
        None, gt=0, description="largest L2 norm of all gradients together; null: no clipping"
    )
    schedule: ScheduleName = Field("constant", description="of the learning rate")
    warmup: int = Field(0, ge=0, description="steps over which the rate rises to its base first")
    step_every: int | None = Field(
        None, ge=1, description="schedule step: steps between two falls of the rate"
    )
    step_factor: float = Field(0.1, gt=0, le=1, description="schedule step: factor at each fall")
    final_factor: float = Field(0.0, ge=0, le=1, description="schedule cosine: factor at the end")
    batch_size: int | None = Field(
        128, ge=1, description="examples per step; null or more than there are: all of them"
    )
    evaluate_every: int | None = Field(
        None, ge=1, description="steps between validations; null: one epoch"
    )
    restart_patience: int | None = Field(
        None,
        ge=1,
        description="steps without a 1 % lower validation loss until the network is drawn anew, "
        "in the first stage only; null: never",
    )


class SgdTrainer(Trainer):
    """Gradient descent from `stage.network`.

    Raises:
        ConfigError: settings contradict each other or the stage, with a sentence for each problem,
            or the network has nothing to train.
    """

    def __init__(self, stage: Stage, settings: SgdSettings) -> None:
        if problems := _problems(stage, settings):
            raise ConfigError(problems)
        self._stage = stage
        self._settings = settings
        self._device = torch.device(stage.device)
        self._feed = Feed(stage.task, settings.batch_size, stage.streams, self._device)
        self._steps_per_epoch = _steps_per_epoch(stage.task, settings)
        self._evaluate_every = settings.evaluate_every or self._steps_per_epoch
        self._validation_size = len(stage.task.split("validation"))
        self._stochastic = _may_be_stochastic(stage.network.structure)
        self._step = 0
        self._flops = structure_flops(stage.network.structure, stage.task.input_shape)
        self._horizon = self._planned_steps()
        self._schedule = _schedule(self._horizon, settings)
        self._cost = Cost()
        self._winner = stage.network
        self._winner_loss = math.inf
        self._attempt_loss: float | None = None
        self._begin(stage.network, attempt=0)
        if not self._optimiser.parameters:
            raise ConfigError(
                "network: sgd needs a parameter that requires a gradient, this module has none"
            )

    def step(self) -> Report:
        """Update the network by the gradient of one batch.

        Raises:
            TrainingError: the batch loss, a gradient or the validation loss is not finite; after
                the first two the parameters are as they were before the step.
        """
        if self._step == 0:
            self._evaluate()
        rate = self._settings.learning_rate * self._schedule.factor(self._step - self._begun)
        batch_loss, gradient_norm = self._update(rate)
        self._step += 1
        metrics = {
            "epoch": self._step / self._steps_per_epoch,
            "batch_loss": batch_loss,
            "learning_rate": rate,
            "gradient_norm": gradient_norm,
        }
        if self._step % self._evaluate_every == 0 or self._step == self._horizon:
            evaluation = self._evaluate()
            metrics["validation_loss"] = evaluation.loss
            if "accuracy" in evaluation.metrics:
                metrics["accuracy"] = evaluation.metrics["accuracy"]
            self._restart_if_stagnant(evaluation.loss)
        metrics["restarts"] = float(self._attempt)
        return Report(self._step, self._winner_loss, self._cost, metrics)

    def winner(self) -> NetworkState:
        """The network of the lowest validation loss so far; before the first step, the start."""
        return self._winner

    def state(self) -> State:
        """Counters, the network in training, the optimiser's memory and the winner, as copies."""
        return {
            "step": self._step,
            "attempt": self._attempt,
            "begun": self._begun,
            "gained": self._gained,
            "attempt_loss": self._attempt_loss,
            "forwards": self._cost.forwards,
            "backwards": self._cost.backwards,
            "flops": self._cost.flops,
            "network": modules.to_tensors(self._module),
            "optimiser": self._optimiser.state(),
            "winner_loss": self._winner_loss if self._step else None,
            "winner": {name: tensor.copy() for name, tensor in self._winner.tensors.items()},
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was."""
        structure = self._stage.network.structure
        self._begin(NetworkState(structure, state["network"]), state["attempt"])
        self._optimiser.load(state["optimiser"])
        self._step = state["step"]
        self._begun = state["begun"]
        self._gained = state["gained"]
        self._attempt_loss = state["attempt_loss"]
        self._cost = Cost(state["forwards"], state["backwards"], state["flops"])
        self._winner_loss = state["winner_loss"] if self._step else math.inf
        tensors = {name: tensor.copy() for name, tensor in state["winner"].items()}
        self._winner = NetworkState(structure, tensors)

    def _planned_steps(self) -> int | None:
        """The step at which the budget will be spent; None where only time or nothing limits it."""
        budget = dataclasses.replace(self._stage.budget, seconds=None)

        def over(step: int) -> bool:
            return budget.spent(Report(step, math.inf, self._cost_after(step))) is not None

        return bisect.bisect_left(range(_FOREVER), True, lo=1, key=over) if over(_FOREVER) else None

    def _cost_after(self, step: int) -> Cost:
        """All work up to `step`, the validations of the initial network and on the way included."""
        trained = self._feed.examples_before(step)
        validated = self._validation_size * (1 + step // self._evaluate_every)
        flops = self._flops * (3 * trained + validated)
        return Cost(trained + validated, trained, flops)

    def _begin(self, network: NetworkState, attempt: int) -> None:
        """Train `network` from here on, with a new optimiser."""
        settings = self._settings
        self._module = modules.build(network.structure, network.tensors).to(self._device)
        self._module.train()
        self._optimiser = Optimiser(
            settings.optimizer,
            self._module,
            momentum=settings.momentum,
            nesterov=settings.nesterov,
            betas=settings.betas,
            weight_decay=settings.weight_decay,
        )
        self._attempt = attempt
        self._begun = self._gained = self._step
        self._attempt_loss = None

    def _update(self, rate: float) -> tuple[float, float]:
        """One step down the gradient; the loss and the gradient norm (unclipped) before it."""
        inputs, targets = self._feed.batch(self._step)
        if isinstance(self._stage.network.structure, CNN):
            # Convolutions take about half the time; a user's module might depend on the layout.
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        self._module.zero_grad(set_to_none=True)
        with (
            self._generators("sgd.forward"),
            modules.user_errors(f"a batch of {len(inputs)} examples"),
        ):
            loss = self._stage.task.loss(self._module(inputs), targets)
            loss.backward()
        parameters = self._optimiser.parameters.values()
        gradients = [p.grad for p in parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
        batch_loss, gradient_norm = loss.item(), norm.item()
        self._spend(len(inputs), backward=True)
        if not math.isfinite(batch_loss):
            raise _diverged(f"batch loss is {batch_loss}", self._step + 1, rate)
        if not math.isfinite(gradient_norm):
            raise _diverged(f"norm of the gradient is {gradient_norm}", self._step + 1, rate)
        if self._settings.clip_norm is not None:
            torch.nn.utils.clip_grads_with_norm_(
                parameters, self._settings.clip_norm, norm, foreach=False
            )
        self._optimiser.step(rate)
        return batch_loss, gradient_norm

    def _evaluate(self) -> Evaluation:
        """Validate the network in training and keep it if it is the best so far."""
        candidate = NetworkState(self._stage.network.structure, modules.to_tensors(self._module))
        with self._generators("sgd.evaluate"):
            predict = (
                candidate.predictor()
                if self._device.type == "cpu"
                else modules.predictor(self._module)
            )
            evaluation = self._stage.task.evaluate(predict, "validation")
        self._spend(self._validation_size)
        if not math.isfinite(evaluation.loss):
            rate = self._settings.learning_rate
            raise _diverged(f"validation loss is {evaluation.loss}", self._step, rate)
        if evaluation.loss < self._winner_loss:
            self._winner, self._winner_loss = candidate, evaluation.loss
        return evaluation

    def _restart_if_stagnant(self, loss: float) -> None:
        """Note whether this attempt still gains; if it has not for long, draw a new network."""
        patience = self._settings.restart_patience
        if patience is None:
            return
        if self._attempt_loss is None or loss < (1 - _GAIN) * self._attempt_loss:
            self._attempt_loss, self._gained = loss, self._step
        elif self._step - self._gained >= patience:
            attempt = self._attempt + 1
            structure = self._stage.network.structure
            self._begin(initial_state(structure, self._stage.streams, attempt), attempt)

    def _spend(self, examples: int, *, backward: bool = False) -> None:
        passes = 3 if backward else 1
        backwards = examples if backward else 0
        self._cost += Cost(examples, backwards, passes * examples * self._flops)

    def _generators(self, stream: str) -> AbstractContextManager[None]:
        """The global generators under a seed of this step, where the network may draw from them."""
        if not self._stochastic:
            return nullcontext()
        seed = self._stage.streams.stream(stream).seed_for(self._step)
        return modules.isolated_generators(seed)


_KEYS_OF: dict[str, frozenset[str]] = {
    "sgd": frozenset({"momentum", "nesterov"}),
    "adam": frozenset({"betas"}),
    "adamw": frozenset({"betas"}),
    "rmsprop": frozenset({"momentum"}),
    "constant": frozenset(),
    "step": frozenset({"step_every", "step_factor"}),
    "cosine": frozenset({"final_factor"}),
}


def _problems(stage: Stage, settings: SgdSettings) -> list[str]:
    """A sentence for every setting that contradicts another one or the stage."""
    problems = []
    for key, choice in (("optimizer", settings.optimizer), ("schedule", settings.schedule)):
        options = SgdSettings.model_fields[key].annotation
        others = frozenset[str]().union(*(_KEYS_OF[name] for name in get_args(options)))
        for unused in sorted(others - _KEYS_OF[choice]):
            if getattr(settings, unused) != SgdSettings.model_fields[unused].default:
                problems.append(f"{unused}: {key} {choice} does not use it: remove it")
    if settings.nesterov and settings.momentum == 0:
        problems.append("nesterov: a momentum > 0 is wanted, got 0: set momentum, e.g. 0.9")
    if settings.schedule == "step" and settings.step_every is None:
        problems.append("step_every: a number of steps is wanted for schedule step, got null")
    limits = (stage.budget.steps, stage.budget.forwards, stage.budget.backwards, stage.budget.flops)
    if settings.schedule == "cosine" and all(limit is None for limit in limits):
        problems.append(
            "schedule: cosine must know where it ends: set budget.steps, budget.epochs or "
            "budget.flops, or use constant"
        )
    if settings.restart_patience is not None:
        if settings.schedule == "cosine":
            problems.append(
                "restart_patience: restarts move the end that schedule cosine needs: "
                "use constant or step, or remove restart_patience"
            )
        if not stage.fresh:
            problems.append(
                "restart_patience: a stage that goes on with the network of an earlier one "
                "cannot draw another: remove it"
            )
    return problems


def _diverged(what: str, step: int, rate: float) -> TrainingError:
    return TrainingError(
        f"the {what} at step {step} with learning_rate {rate:g}: lower learning_rate, "
        "set clip_norm or lengthen warmup"
    )


def _schedule(horizon: int | None, settings: SgdSettings) -> Schedule:
    return Schedule(
        settings.schedule,
        warmup=settings.warmup,
        step_every=settings.step_every or 1,
        step_factor=settings.step_factor,
        horizon=horizon or 1,
        final_factor=settings.final_factor,
    )


def _may_be_stochastic(structure: Structure) -> bool:
    """Whether a module of this structure may draw random numbers; a user's factory may."""
    if isinstance(structure, CNN):
        return structure.dropout > 0
    return not isinstance(structure, MLP)


def _steps_per_epoch(task: SupervisedTask, settings: SgdSettings) -> int:
    return steps_per_epoch(task, settings.batch_size)


MODE = Mode(
    name="sgd",
    summary="gradient descent on mini-batches: SGD, momentum, Adam, AdamW, RMSprop",
    settings=SgdSettings,
    build=SgdTrainer,
    columns=(
        "epoch",
        "batch_loss",
        "learning_rate",
        "gradient_norm",
        "restarts",
        "validation_loss",
        "accuracy",
    ),
    steps_per_epoch=_steps_per_epoch,
)
