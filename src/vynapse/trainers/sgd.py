# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `sgd`: gradient descent on mini-batches. A step is one batch.

The network to keep is chosen on the validation split. It is evaluated before the first step, every
`evaluate_every` steps and at the planned end. That happens on the CPU, in the very arithmetic in
which the winner predicts. With `restart_patience` a network that stagnates (on xor about half of
all 2-2-1 networks do) is given up for a freshly drawn one; its work stays in the cost.

Steps are carried out by torch, or for small MLPs on the CPU by a kernel that makes many of them in
one call (`sgd_kernel.suits` decides); such a run loads no torch.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from vynapse.core import Array, Cost, Evaluation, Report, State, SupervisedTask, Trainer
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.errors import CheckpointError, ConfigError, TrainingError
from vynapse.networks.state import NetworkState, initial_state
from vynapse.telemetry.parts import clocked, parted
from vynapse.trainers import order
from vynapse.trainers.mode import Mode, Stage
from vynapse.trainers.schedules import Schedule
from vynapse.trainers.sgd_engine import Engine, Found
from vynapse.trainers.sgd_kernel import KernelEngine, suits
from vynapse.trainers.sgd_presets import FALLBACK, PRESETS
from vynapse.trainers.sgd_settings import SgdSettings, problems_of

MakeEngine = Callable[[Stage, SgdSettings], Engine]

_FOREVER = 2**48
_GAIN = 0.01
"""Relative fall of the validation loss below which an attempt counts as stagnant."""


@final
class SgdTrainer(Trainer):
    """Gradient descent from `stage.network`.

    Args:
        stage: where to start.
        settings: how to descend.
        engine: makes what carries out the steps; by default the kernel where it suits, else torch.

    Raises:
        ConfigError: settings contradict each other or the stage, with a sentence for each problem,
            or the network has nothing to train.
    """

    def __init__(
        self, stage: Stage, settings: SgdSettings, engine: MakeEngine | None = None
    ) -> None:
        check(settings, stage)
        self._stage = stage
        self._settings = settings
        self._order = order.order_of(stage.supervised, settings.batch_size, stage.streams)
        self._evaluate_every = settings.evaluate_every or self._order.steps_per_epoch
        self._validation_size = len(stage.supervised.split("validation"))
        self._engine = (engine or _engine)(stage, settings)
        self._step = 0
        self._horizon = self._planned_steps()
        self._schedule = _schedule(self._horizon, settings)
        self._cost = Cost(forwards=0, backwards=0, flops=0)
        self._renewed = False  # in the step that is being made
        self._winner = stage.network
        self._winner_loss = math.inf
        self._attempt = self._begun = self._gained = 0
        self._attempt_loss: float | None = None
        self._seconds = {"training": 0.0, "validation": 0.0}

    def step(self) -> Report:
        """Update the network by the gradient of one batch; in the kernel, of several in turn.

        Raises:
            TrainingError: a batch loss, a gradient or the validation loss is not finite; after
                the first two the parameters are as they were before that step.
        """
        self._renewed = False
        if self._step == 0:
            self._evaluate()
        count = self._due()
        since = range(self._step - self._begun, self._step - self._begun + count)
        rates = self._settings.learning_rate * np.array([self._schedule.factor(n) for n in since])
        with clocked(self._seconds, "training"):
            found = self._engine.update(self._step, rates)
        if not found.finite:
            self._step += len(found.losses) - 1
            raise _diverged_in(found, self._step + 1, float(rates[len(found.losses) - 1]))
        columns = self._columns(found, rates)
        self._step += count
        if self._step % self._evaluate_every == 0 or self._step == self._horizon:
            evaluation = self._evaluate()
            columns["loss"][-1] = self._winner_loss
            columns["forwards"][-1], columns["flops"][-1] = self._cost.forwards, self._cost.flops
            columns["validation_loss"][-1] = evaluation.loss
            columns["accuracy"][-1] = evaluation.metrics.get("accuracy", math.nan)
            self._restart_if_stagnant(evaluation.loss)
        columns["restarts"][-1] = self._attempt
        last = {name: float(values[-1]) for name, values in columns.items() if name in COLUMNS}
        metrics = {name: value for name, value in last.items() if not math.isnan(value)}
        history = columns if count > 1 else {}
        return Report(self._step, self._winner_loss, self._cost, self._renewed, metrics, history)

    def winner(self) -> NetworkState:
        """The network of the lowest validation loss so far; before the first step, the start."""
        return self._winner

    def choices(self) -> Mapping[str, str]:
        """What carries out the steps, e.g. "kernel" or "torch"."""
        return {"path": self._engine.path}

    def timings(self) -> Mapping[str, float]:
        """Seconds of training, validation and, where batches are not kept, waiting for data."""
        return parted(self._seconds, self._engine.waited)

    def close(self) -> None:
        """End the threads that read ahead."""
        self._engine.close()

    def state(self) -> State:
        """Counters, the network in training, the optimiser's memory and the winner, as copies."""
        return {
            MADE: self._made(),
            "step": self._step,
            "attempt": self._attempt,
            "begun": self._begun,
            "gained": self._gained,
            "attempt_loss": self._attempt_loss,
            "forwards": self._cost.forwards,
            "backwards": self._cost.backwards,
            "flops": self._cost.flops,
            "path": self._engine.path,
            "network": self._engine.tensors(),
            "optimiser": self._engine.memory(),
            "winner_loss": self._winner_loss if self._step else None,
            "winner": {name: tensor.copy() for name, tensor in self._winner.tensors.items()},
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was.

        Raises:
            CheckpointError: it was made from another network, other settings or another seed, or
                made its steps by another engine; nothing was loaded.
        """
        refuse_other("trainer sgd", self._made(), state)
        path = state.get("path", self._engine.path)
        if isinstance(path, str) and path != self._engine.path:
            raise CheckpointError(
                f"the run made its steps by {path!r}, here they would be made by "
                f"{self._engine.path!r}: resume it with the version of Vynapse, and with or "
                "without its compiled kernels, as it was started"
            )
        refuse_misfit("trainer sgd", self.state(), state)
        structure = self._stage.network.structure
        self._engine.begin(NetworkState(structure, state["network"]))
        self._engine.remember(state["optimiser"])
        self._step = state["step"]
        self._attempt = state["attempt"]
        self._begun = state["begun"]
        self._gained = state["gained"]
        self._attempt_loss = state["attempt_loss"]
        self._cost = Cost(state["forwards"], state["backwards"], state["flops"])
        self._winner_loss = state["winner_loss"] if self._step else math.inf
        tensors = {name: tensor.copy() for name, tensor in state["winner"].items()}
        self._winner = NetworkState(structure, tensors)

    def _made(self) -> Mapping[str, Any]:
        """What a state of this trainer belongs to."""
        task = self._stage.supervised
        made = {
            "mode": "sgd",
            "network": self._stage.network.structure.as_key(),
            "seed": self._stage.streams.seed,
            "task": task.name,
            "examples": [len(task.split("train")), self._validation_size],
            "settings": self._settings.model_dump(mode="json"),
        }
        # the one schedule that depends on where the stage ends
        return made | ({"end": self._horizon} if self._settings.schedule == "cosine" else {})

    def _due(self) -> int:
        """How many steps to make now: none beyond a validation, and the same after a resume."""
        if not self._engine.many:
            return 1
        done = self._step
        whole = (self._settings.steps_per_call, self._evaluate_every)
        ends = [(done // every + 1) * every for every in whole]
        if self._horizon is not None and self._horizon > done:
            ends.append(self._horizon)
        return min(ends) - done

    def _columns(self, found: Found, rates: Array) -> dict[str, Array]:
        """Measurements of the steps after the current one, (n,) each; counts them in the cost."""
        after = range(self._step + 1, self._step + 1 + len(rates))
        begun = order.examples_before(self._order, self._step)
        examples = np.array([order.examples_before(self._order, n) for n in after]) - begun
        flops, cost = self._engine.flops, self._cost
        columns = {
            "loss": np.full(len(rates), self._winner_loss),
            "forwards": cost.forwards + examples,
            "backwards": cost.backwards + examples,
            "flops": cost.flops + 3 * flops * examples,
            "epoch": np.array(after) / self._order.steps_per_epoch,
            "batch_loss": found.losses,
            "learning_rate": rates,
            "gradient_norm": found.norms,
            "restarts": np.full(len(rates), float(self._attempt)),
            "validation_loss": np.full(len(rates), math.nan),
            "accuracy": np.full(len(rates), math.nan),
        }
        self._spend(int(examples[-1]), backward=True)
        return columns

    def _planned_steps(self) -> int | None:
        """The step at which the budget will be spent; None where only time or nothing limits it."""
        budget = dataclasses.replace(self._stage.budget, seconds=None)

        def over(step: int) -> bool:
            return budget.spent(step, self._cost_after(step)) is not None

        return bisect.bisect_left(range(_FOREVER), True, lo=1, key=over) if over(_FOREVER) else None

    def _cost_after(self, step: int) -> Cost:
        """All work up to `step`, the validations of the initial network and on the way included."""
        trained = order.examples_before(self._order, step)
        validated = self._validation_size * (1 + step // self._evaluate_every)
        flops = self._engine.flops * (3 * trained + validated)
        return Cost(trained + validated, trained, flops)

    def _evaluate(self) -> Evaluation:
        """Validate the network in training and keep it if it is the best so far."""
        candidate = NetworkState(self._stage.network.structure, self._engine.tensors())
        with clocked(self._seconds, "validation"):
            evaluation = self._engine.evaluate(candidate, self._step)
        self._spend(self._validation_size)
        if not math.isfinite(evaluation.loss):
            rate = self._settings.learning_rate
            raise _diverged(f"validation loss is {evaluation.loss}", self._step, rate)
        if evaluation.loss < self._winner_loss:
            self._winner, self._winner_loss = candidate, evaluation.loss
            self._renewed = True
        return evaluation

    def _restart_if_stagnant(self, loss: float) -> None:
        """Note whether this attempt still gains; if it has not for long, draw a new network."""
        patience = self._settings.restart_patience
        if patience is None:
            return
        if self._attempt_loss is None or loss < (1 - _GAIN) * self._attempt_loss:
            self._attempt_loss, self._gained = loss, self._step
        elif self._step - self._gained >= patience:
            self._attempt += 1
            self._begun = self._gained = self._step
            self._attempt_loss = None
            structure = self._stage.network.structure
            self._engine.begin(initial_state(structure, self._stage.streams, self._attempt))

    def _spend(self, examples: int, *, backward: bool = False) -> None:
        passes = 3 if backward else 1
        backwards = examples if backward else 0
        self._cost += Cost(examples, backwards, passes * examples * self._engine.flops)


def _engine(stage: Stage, settings: SgdSettings) -> Engine:
    if stage.device == "cpu" and suits(stage.supervised, stage.network.structure, settings):
        return KernelEngine(stage, settings)
    from vynapse.trainers.sgd_torch import TorchEngine

    return TorchEngine(stage, settings)


def _diverged_in(found: Found, step: int, rate: float) -> TrainingError:
    loss, norm = float(found.losses[-1]), float(found.norms[-1])
    if not math.isfinite(loss):
        return _diverged(f"batch loss is {loss}", step, rate)
    return _diverged(f"norm of the gradient is {norm}", step, rate)


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


def steps_per_epoch(task: SupervisedTask, settings: SgdSettings) -> int:
    """Steps of one pass over the training split."""
    return order.steps_per_epoch(task, settings.batch_size)


def check(settings: SgdSettings, stage: Stage) -> None:
    """Refuse settings that contradict each other or the stage, and a network that cannot train."""
    if problems := problems_of(stage, settings):
        raise ConfigError(problems)
    if stage.network.structure.layout() is None:
        from vynapse.trainers.rehearsal import rehearse

        rehearse(stage, settings.batch_size, stage.budget.steps)


COLUMNS = (
    "epoch",
    "batch_loss",
    "learning_rate",
    "gradient_norm",
    "restarts",
    "validation_loss",
    "accuracy",
)

MODE = Mode(
    name="sgd",
    summary="gradient descent on mini-batches: SGD, momentum, Adam, AdamW, RMSprop",
    settings=SgdSettings,
    build=SgdTrainer,
    columns=COLUMNS,
    in_arrays=suits,
    steps_per_epoch=steps_per_epoch,
    check=check,
    fallback=FALLBACK,
    presets=PRESETS,
)
