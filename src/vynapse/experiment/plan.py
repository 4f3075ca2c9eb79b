# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A recipe made ready: the task, the network, the random streams, and trainers on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from vynapse.core import Budget, SupervisedTask, Task, Trainer, with_examples
from vynapse.errors import ConfigError, TrainingError, VynapseError
from vynapse.experiment.donors import as_seen, by_mode_name, read_donors
from vynapse.experiment.process import choose_device
from vynapse.experiment.recipe import Made, Recipe
from vynapse.experiment.weights import read_weights
from vynapse.networks.donor import Donor
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure, parse_network
from vynapse.registry import Choice
from vynapse.seeding import Streams
from vynapse.settings import Settings
from vynapse.tasks.losses.registry import LossKind
from vynapse.tasks.registry import made
from vynapse.tasks.unusable import refuse_unusable_inputs
from vynapse.telemetry.sink import Sink, SinkKind
from vynapse.trainers.mode import MODES, Mode, Stage, examples_of
from vynapse.user_code import own_errors, told


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays the same over a run. `prepare` makes one.

    Attributes:
        recipe: complete; its device is "cpu", "cuda" or "cuda:N".
        task: what the network is for; its test split has not been read.
        structure: the structure that the first stage begins with.
        start: that network, where the recipe names weights; None where they are drawn.
        donors: the networks that the recipe names as blueprints, by what it says.
    """

    recipe: Recipe
    task: Task
    structure: Structure
    start: NetworkState | None = None
    donors: Mapping[str, Donor] = field(default_factory=dict)

    @property
    def supervised(self) -> SupervisedTask:
        """The task of a recipe whose modes work with examples."""
        return cast("SupervisedTask", self.task)

    def network(self) -> NetworkState:
        """The initial network: the same in every mode, a function of the seed."""
        return self.start or initial_state(self.structure, Streams(self.recipe.seed))

    @own_errors(ConfigError)
    def build(
        self, index: int, start: NetworkState | None, made: Trainer | None = None
    ) -> tuple[Trainer, Budget]:
        """The trainer of a stage, before its first step, and when the stage stops.

        Args:
            index: which stage.
            start: the winner of the stage before; None for the initial network.
            made: the trainer of the stage, where it has been made already.

        Raises:
            ConfigError: settings contradict each other or the network, each with its stage.
        """
        stage, settings = self._stage(index, start), self._settings(index)
        with _placed(f"stages.{index}"):
            trainer = made or self.modes()[index].build(stage, settings)
        return trainer, stage.budget

    @contextmanager
    def training(self) -> Iterator[None]:
        """What stands around the steps of a trainer: a failure that the examples caused says so.

        Raises:
            DataError: instead of a TrainingError, where inputs are not finite.
        """
        try:
            yield
        except TrainingError:
            if (supervised := with_examples(self.task)) is not None:
                refuse_unusable_inputs(supervised)
            raise

    @own_errors(ConfigError)
    def check(self) -> Trainer:
        """The trainer of the first stage, once every stage is known to be free of contradictions.

        Later stages are checked without building a trainer, since the networks that they will
        begin with are not known yet.

        Raises:
            ConfigError: as `build`, or the network does not do what the task wants.
        """
        for sink in self.recipe.telemetry.sinks:
            if sink.kind.check is not None:
                sink.kind.check(sink.settings)
        self._try_network()
        return self._checked()

    def _try_network(self) -> None:
        """Networks that are known by their modules alone are tried on the task's own examples."""
        examples = None if self.structure.layout() is not None else examples_of(self.task)
        if examples is not None:
            from vynapse.networks.trial import try_out

            try_out(self.network(), examples, self.task.interface().outputs)

    def _checked(self) -> Trainer:
        first, _ = self.build(0, None)
        initial = self.network()
        for index, mode in enumerate(self.modes()):
            if index > 0 and mode.check is not None:
                stage, settings = self._stage(index, initial), self._settings(index)
                with _placed(f"stages.{index}"):
                    mode.check(settings, stage)
        return first

    def modes(self) -> list[Mode]:
        """The mode of each stage."""
        return [MODES.get(stage.mode) for stage in self.recipe.stages]

    def sinks(self, directory: Path) -> dict[str, Sink]:
        """What observes the run, by name.

        Args:
            directory: the run's directory.

        Raises:
            ConfigError: a sink is named twice, or one of the user's is none, or cannot be made.
        """
        sinks: dict[str, Sink] = {}
        for choice in self.recipe.telemetry.sinks:
            name = choice.kind.name
            if name in sinks:
                raise ConfigError(f"telemetry.sinks: each sink once was wanted, got {name!r} twice")
            sinks[name] = _sink(name, choice, directory)
        return sinks

    def columns(self) -> list[str]:
        """The columns of metrics.csv: those of every run, those of its modes, and the time."""
        own = [name for mode in self.modes() for name in mode.metrics(self.task)]
        counted = [name for mode in self.modes() for name in mode.counted(self.task)]
        return list(dict.fromkeys(["stage", "step", "loss", *counted, *own, "seconds"]))

    def steps_per_epoch(self, index: int) -> int | None:
        """Steps of a pass over the training split; None where a stage knows no epochs."""
        steps = self.modes()[index].steps_per_epoch
        return None if steps is None else steps(self.task, self.recipe.stages[index].settings)

    def _settings(self, index: int) -> Settings:
        """The keys of a stage, as its mode is to see them."""
        return as_seen(self.recipe.stages[index].settings, self.donors)

    def _stage(self, index: int, start: NetworkState | None) -> Stage:
        choice, per_epoch = self.recipe.stages[index], self.steps_per_epoch(index)
        return Stage(
            task=self.task,
            network=start or self.network(),
            fresh=start is None and self.start is None,
            streams=Streams(self.recipe.seed).child(f"stages.{index}"),
            device=self.recipe.device,
            budget=choice.budget.resolve(per_epoch, self.task.measure),
            threads=self.recipe.threads,
            donors=by_mode_name(self.donors),
        )


@own_errors(ConfigError)
def prepare(
    recipe: Recipe,
    start: NetworkState | None = None,
    donors: Mapping[str, Donor] | None = None,
) -> Plan:
    """Take the task, choose the device, fit the network to the task and read its weights.

    A recipe remembers the task that was made when it was checked; data are not read again.

    Args:
        recipe: complete.
        start: what `recipe.weights` names, where it has been read already, as a run's own copy.
        donors: the same of the networks that it names as blueprints.

    Raises:
        ConfigError: the network or its weights do not fit, a mode does not accept the task, or a
            GPU was asked for that is not there.
        DataError: the task's data are absent or damaged.
    """
    known = _made(recipe)
    task, structure = known.task.for_run(), known.structure
    if recipe.loss is not None:
        task = _with_loss(task, recipe.loss)
    modes = [MODES.get(stage.mode) for stage in recipe.stages]
    for index, mode in enumerate(modes):
        if not set(mode.accepts) & set(task.offers):
            wanted, there = " or ".join(mode.accepts), " and ".join(task.offers)
            raise ConfigError(
                f"stages.{index}.mode: {mode.name!r} wants a task with {wanted}, task "
                f"{task.name!r} has {there}: choose another mode"
            )
    if start is None and recipe.weights is not None:
        start = read_weights(Path(recipe.weights), structure, task.interface())
    in_arrays = all(
        _needs_no_torch(mode, stage.settings, task, structure)
        for mode, stage in zip(modes, recipe.stages, strict=True)
    )
    device = choose_device(recipe.device, in_arrays)
    ready = recipe.model_copy(update={"device": device}).with_made(known)
    return Plan(ready, task, structure, start, read_donors(recipe) if donors is None else donors)


def _with_loss(task: Task, loss: Choice[LossKind]) -> Task:
    """A copy of a task that minimises another loss than its own."""
    if "examples" not in task.offers:
        raise ConfigError(f"loss: task {task.name!r} has no examples: leave loss out")
    changed: Task = cast("SupervisedTask", task).with_loss(loss.build())
    return changed


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """Lead sentences about keys of a mode by where these keys stand."""
    try:
        yield
    except ConfigError as error:
        known = ("task", "network", "VYNAPSE_", where)
        raise ConfigError(
            problem if problem.startswith(known) else f"{where}.{problem}"
            for problem in error.problems
        ) from None


def _made(recipe: Recipe) -> Made:
    """Task and structure, those that the recipe remembers as far as it still names them."""
    known = recipe.made
    same = known is not None and known.choice == recipe.task
    task = known.task if known and same else made(recipe.task, "task")
    if known and same and known.network == recipe.network:
        return known
    structure = parse_network(recipe.network).fit(task.interface())
    return Made(recipe.task, task, recipe.network, structure)


def _needs_no_torch(mode: Mode, settings: Any, task: Any, structure: Structure) -> bool:
    if structure.layout() is None or not task.in_arrays:
        return False
    if isinstance(mode.in_arrays, bool):
        return mode.in_arrays
    return mode.in_arrays(task, structure, settings)


def _sink(name: str, choice: Choice[SinkKind], directory: Path) -> Sink:
    """A sink, which may be an object of the user's."""
    try:
        sink: object = choice.build(directory)
    except VynapseError:
        raise
    except Exception as error:  # whatever it raises
        raise ConfigError(
            f"telemetry.sinks: {name} cannot be made: {told(error, named=True)}"
        ) from error
    if not isinstance(sink, Sink):
        raise ConfigError(
            f"telemetry.sinks: {name} is no sink: an object with the methods event, row and close "
            f"was wanted, got {type(sink).__name__}"
        )
    return sink
