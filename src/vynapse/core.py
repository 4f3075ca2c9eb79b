# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The whole idea on one screen: a `Trainer` improves a network on a `Task`, one `step()` at a time.

The network is always a `torch.nn.Module`. This file loads no torch: whoever needs a module
imports it, and a run that needs none (weight evolution of small networks) starts at once.
"""

from __future__ import annotations

import abc
import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy.typing as npt

from vynapse.errors import TrainingError

if TYPE_CHECKING:
    from torch import Tensor, nn

Array = npt.NDArray[Any]
State = dict[str, Any]
"""A tree: dictionaries with string keys whose leaves are NumPy arrays or JSON values."""

Predict = Callable[[Array], Array]
"""A network as a function: prepared inputs (batch, *input_shape) -> outputs (batch, out)."""

LossKind = Literal["mse", "cross_entropy"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What work was done; comparisons and budgets are made in cost, never in bare steps.

    Attributes:
        forwards: examples run forward, times networks.
        backwards: examples run backward, times networks.
        flops: floating-point operations; a multiply-add counts 2, a backward twice its forward.
        seconds: wall-clock time of the steps.
    """

    forwards: int = 0
    backwards: int = 0
    flops: int = 0
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.forwards + other.forwards,
            self.backwards + other.backwards,
            self.flops + other.flops,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What the trainer has reached after a step.

    Attributes:
        step: steps taken since the start, this one included.
        loss: validation score (lower is better) of the network that `best()` returns.
        cost: all work since the start; `run` fills in the seconds.
        metrics: further measurements by name, a subset of the mode's `columns`; what was not
            measured in this step is absent.
        history: where one call made n > 1 steps, the measurements of all n: name -> (n,), the last
            step last, NaN where there was none. Beside metrics it holds loss, forwards, backwards
            and flops. It is left out of comparisons with ==.
        events: what happened in the steps the report is about, in order: the kind, one of
            `vynapse.telemetry.events.KINDS`, and JSON values that go with it.
    """

    step: int
    loss: float
    cost: Cost
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Mapping[str, Array] = field(default_factory=dict, compare=False)
    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def steps(self) -> int:
        """How many steps the report is about."""
        return max((len(values) for values in self.history.values()), default=1)

    def each(self, every: int = 1) -> Iterator[Report]:
        """One report for each step whose number is a multiple of `every`, and for the last step.

        Seconds of the steps before the last were not measured: NaN. The last one has the events.
        """
        first = self.step - self.steps + 1
        columns = {name: values.tolist() for name, values in self.history.items()}
        losses = columns.pop("loss", None)
        amounts = [columns.pop(name, None) for name in ("forwards", "backwards", "flops")]
        for index in range(-first % every, self.steps - 1, every):
            loss = losses[index] if losses else math.nan
            forwards, backwards, flops = (amount[index] if amount else 0 for amount in amounts)
            cost = Cost(forwards, backwards, flops, math.nan)
            row = ((name, values[index]) for name, values in columns.items())
            metrics = {name: value for name, value in row if value == value}  # noqa: PLR0124 - NaN
            yield Report(first + index, loss, cost, metrics)
        yield dataclasses.replace(self, history={})


@dataclass(frozen=True, slots=True)
class Split:
    """Examples of one split: inputs (n, *input_shape), targets (n,) int64 or (n, out) float32."""

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a network does on a split.

    Attributes:
        loss: the task's loss.
        metrics: further measurements by name (accuracy, mae, …).
        per_class: class -> support, recall, precision; filled in by `final_test` alone.
    """

    loss: float
    metrics: Mapping[str, float]
    per_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Task(abc.ABC):
    """What a network is for: it can score one."""

    name: str

    @abc.abstractmethod
    def score(self, network: nn.Module) -> float:
        """Validation score of `network`; lower is better."""


class SupervisedTask(Task):
    """A task with examples and a differentiable loss.

    Attributes:
        input_shape: shape of one prepared input, e.g. (2,) or (3, 32, 32).
        output_size: number of outputs of a network for the task.
        loss_kind: "mse" (targets float32, (n, out)) or "cross_entropy" (targets int64, (n,)).
        output_activation: what the last layer of a default network applies.
        validation_is_train: the validation split is the training split (xor, parity).
        classes: names of the classes, None for regression.
        description: one sentence about the data and their splits.
        preprocessing: what turns raw rows into inputs, as JSON data to keep beside a winner;
            None where inputs need none.
    """

    input_shape: tuple[int, ...]
    output_size: int
    loss_kind: LossKind
    output_activation: Literal["identity", "sigmoid"] = "identity"
    validation_is_train: bool = False
    classes: tuple[str, ...] | None = None
    description: str = ""
    preprocessing: Mapping[str, Any] | None = None

    @abc.abstractmethod
    def split(self, name: Literal["train", "validation"]) -> Split:
        """Raw examples. There is no way to the test split but `final_test`."""

    @abc.abstractmethod
    def prepare(self, inputs: Array) -> Array:
        """Raw inputs of any batch -> float32 (batch, *input_shape), e.g. pixels to [-1, 1]."""

    @abc.abstractmethod
    def augment(self, inputs: Array, samples: Array, epoch: int, seed: int) -> Array:
        """Random changes of raw training inputs, a function of (sample, epoch, seed) alone."""

    @abc.abstractmethod
    def batch(self) -> tuple[Tensor, Tensor]:
        """The whole training split, prepared: (n, *input_shape) and targets."""

    @abc.abstractmethod
    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean loss over the batch; leading population dimensions of `output` are kept."""

    @abc.abstractmethod
    def array_loss(self, output: Array, target: Array) -> Array:
        """`loss` in NumPy: (..., batch, out) -> (...)."""

    @abc.abstractmethod
    def evaluate(self, predict: Predict, split: Literal["train", "validation"]) -> Evaluation:
        """Loss and metrics of a predictor on a split, in chunks of a fixed size."""

    @abc.abstractmethod
    def final_test(self, predict: Predict) -> Evaluation | None:
        """Loss and metrics on the test split; None when the task has none. Once per run."""

    @abc.abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 over all examples: two runs saw the same data when these agree."""


@runtime_checkable
class Winner(Protocol):
    """A network at rest: structure and weights as data (`vynapse.networks.state.NetworkState`)."""

    def sha256(self) -> str:
        """`network_sha256`."""
        ...

    def module(self) -> nn.Module:
        """A fresh module in evaluation mode."""
        ...

    def predictor(self) -> Predict:
        """The network as a NumPy function."""
        ...


class Trainer(abc.ABC):
    """Improves a network. A step is the smallest unit after which a run may stop, save or report.

    A trainer never looks at the test split and draws from named streams alone.
    """

    @abc.abstractmethod
    def step(self) -> Report:
        """Do one unit of work, or several at once, and say what it reached."""

    @abc.abstractmethod
    def winner(self) -> Winner:
        """The network to keep, as data: the best one so far, chosen on the validation split."""

    def best(self) -> nn.Module:
        """The network to keep, as a fresh module in evaluation mode."""
        return self.winner().module()

    def choices(self) -> Mapping[str, str]:
        """What was chosen at construction without being asked for, e.g. how it computes."""
        return {}

    def timings(self) -> Mapping[str, float]:
        """Seconds since construction by kind of work; the rest is bookkeeping."""
        return {}

    @abc.abstractmethod
    def state(self) -> State:
        """All that a fresh trainer of the same configuration needs to go on bit for bit."""

    @abc.abstractmethod
    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was."""


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: at the first limit reached; a limit that is None does not apply.

    Attributes:
        steps, forwards, backwards, flops, seconds: upper limits of cost.
        target: stop once the loss is below it (the run has converged).
        patience: stop after this many steps without a lower loss.
    """

    steps: int | None = None
    forwards: int | None = None
    backwards: int | None = None
    flops: int | None = None
    seconds: float | None = None
    target: float | None = None
    patience: int | None = None

    def spent(self, report: Report) -> str | None:
        """The name of the first cost limit reached, or None."""
        if self.steps is not None and report.step >= self.steps:
            return "steps"
        for item in dataclasses.fields(Cost):
            limit = getattr(self, item.name)
            if limit is not None and getattr(report.cost, item.name) >= limit:
                return item.name
        return None


@dataclass(slots=True)
class Progress:
    """Where a run stands beside its trainer; part of a checkpoint.

    Attributes:
        report: the last report, None before the first step.
        best_loss, best_step: lowest loss so far and the step that reached it.
        stop: why the run has ended: "target", "patience", "interrupt" or the name of a limit.
    """

    report: Report | None = None
    best_loss: float = math.inf
    best_step: int = 0
    stop: str | None = None


def run(
    trainer: Trainer,
    budget: Budget,
    *,
    progress: Progress | None = None,
    observers: Iterable[Callable[[Report], None]] = (),
    interrupted: Callable[[], bool] = lambda: False,
) -> Progress:
    """The loop of every mode: step until a limit is reached.

    Args:
        trainer: what to step.
        budget: when to stop; at least one limit should be set.
        progress: where an earlier call stopped; None starts afresh.
        observers: called with every report, in order, once `progress` is up to date; they may not
            change the trainer.
        interrupted: asked after every step; True ends the loop with `stop = "interrupt"`.

    Raises:
        TrainingError: the loss is not a number; the trainer is left as the step left it.
    """
    progress = progress or Progress()
    progress.stop = None
    seconds = progress.report.cost.seconds if progress.report else 0.0
    while progress.stop is None:
        begin = time.perf_counter()
        report = trainer.step()
        seconds += time.perf_counter() - begin
        cost = dataclasses.replace(report.cost, seconds=seconds)
        report = dataclasses.replace(report, cost=cost)
        if math.isnan(report.loss):
            raise TrainingError(
                f"the loss is not a number at step {report.step}: lower the learning rate "
                "or the mutation strength, or clip gradients"
            )
        progress.report = report
        if report.loss < progress.best_loss:
            progress.best_loss, progress.best_step = report.loss, report.step
        if budget.target is not None and report.loss < budget.target:
            progress.stop = "target"
        elif (limit := budget.spent(report)) is not None:
            progress.stop = limit
        elif budget.patience is not None and report.step - progress.best_step >= budget.patience:
            progress.stop = "patience"
        elif interrupted():
            progress.stop = "interrupt"
        for observe in observers:
            observe(report)
    return progress
