# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a mode is, and what a stage of a run hands to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, final

from vynapse.core import Array, Budget, SupervisedTask, Task, Trainer, with_episodes, with_examples
from vynapse.networks.donor import Donor
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure
from vynapse.registry import Kind, Registry
from vynapse.seeding import Streams
from vynapse.telemetry.story import NO_STORY, Story
from vynapse.trainers.control import Control

Preset = Mapping[str, Any]
"""Keys of a stage as they stand in a recipe, its budget among them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run, before its first step.

    Attributes:
        task: what the network is for.
        network: where to start: a fresh initialisation or the winner of the stage before.
        fresh: whether `network` is a fresh initialisation (then a restart may draw another).
        streams: random numbers of this stage.
        device: "cpu" or "cuda".
        budget: when the stage will stop; schedules run down over it.
        threads: how many may work at once.
        donors: networks that the settings name, by the names that they have there.
    """

    task: Task
    network: NetworkState
    fresh: bool
    streams: Streams
    device: str = "cpu"
    budget: Budget = field(default_factory=Budget)
    threads: int = 1
    donors: Mapping[str, Donor] = field(default_factory=dict)

    @property
    def supervised(self) -> SupervisedTask:
        """The task of a mode that accepts tasks with examples alone."""
        return cast("SupervisedTask", self.task)

    def examples(self, count: int = 2) -> Array | None:
        """Inputs to try a network with: the first of the training split, prepared.

        A module may not take made-up ones, such as a number that stands for no token.

        Args:
            count: how many are wanted, at most.

        Returns:
            (n, *input_shape) float32, or None where the task has no examples.
        """
        return examples_of(self.task, count)


def examples_of(task: Task, count: int = 2) -> Array | None:
    """The first prepared training inputs of a task; see `Stage.examples`."""
    supervised = with_examples(task)
    if supervised is None:
        return None
    raw = supervised.split("train").take(slice(0, count))
    return supervised.prepare(raw.inputs)


@final
@dataclass(frozen=True, slots=True)
class Mode(Kind[Trainer]):
    """A way to improve networks; `build(stage, settings)` makes the trainer of a `Stage`.

    Attributes:
        accepts: what a task has to offer, any one of these.
        counts: the amounts of `Cost` that its reports hold beside seconds; a budget in another one
            is refused.
        columns: names of all metrics that its reports may carry.
        by_factor: those of them that there are of each factor too, where a task's actions are made
            of factors: `entropy.0`, or with the name of the factor.
        events: the kinds of event that its reports may carry, and what their data hold; the name of
            a kind begins with a word and a dot.
        story: how these events are told.
        in_arrays: structures whose weights are arrays are improved without torch: all of them, or
            those for which a function of the task, the structure and the settings says so.
        steps_per_epoch: steps of one pass over the training split, from the task and the settings;
            None where the mode knows no epochs.
        check: finds contradictions of settings and stage without building a trainer; stages after
            the first are checked so before a run begins.
        fallback: keys of a stage where nobody says more.
        presets: keys of a stage by the name of its task; a task's own win over them.
        for_other_network: what of a preset holds for a network that is not the default one.
        networks: default networks by the name of the task; they win over the task's own.
        controls: what this mode has to be compared with to be believed, by name.
        label: name of the row of a comparison that has controls, from the settings.
        network: default network of every task, for modes that begin elsewhere than others.
        how: keys that say how a stage computes and change no result; they are no part of a
            recipe's identity.
        timed: whether what is decided with some settings depends on measured time, so that the same
            recipe may give other bytes.
    """

    accepts: tuple[str, ...] = ("examples",)
    counts: tuple[str, ...] = ("forwards", "backwards", "flops")
    columns: tuple[str, ...] = ()
    by_factor: tuple[str, ...] = ()
    events: Mapping[str, str] = field(default_factory=dict)
    story: Story = NO_STORY
    in_arrays: bool | Callable[[Any, Structure, Any], bool] = False
    steps_per_epoch: Callable[[Any, Any], int] | None = None
    check: Callable[[Any, Stage], None] | None = None
    fallback: Preset = field(default_factory=lambda: {"budget": {"steps": 1000}})
    presets: Mapping[str, Preset] = field(default_factory=dict)
    for_other_network: Callable[[Preset], Preset] = lambda preset: preset
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    network: Mapping[str, Any] | None = None
    controls: Mapping[str, Control] = field(default_factory=dict)
    label: Callable[[Any], str] | None = None
    how: frozenset[str] = frozenset()
    timed: Callable[[Any], bool] = lambda _: False

    def counted(self, task: Task | None) -> tuple[str, ...]:
        """The amounts that its reports hold on a task: steps of environments only where it has any.

        Args:
            task: None where it is not known.
        """
        if task is None or "episodes" in task.offers:
            return self.counts
        return tuple(name for name in self.counts if name != "env_steps")

    def metrics(self, task: Task) -> tuple[str, ...]:
        """Names of all metrics that its reports may carry on a task."""
        control = with_episodes(task)
        factors = () if control is None else tuple(control.named_factors)
        return (*self.columns, *(f"{own}.{factor}" for own in self.by_factor for factor in factors))

    def limits(self, task: Task | None = None) -> tuple[str, ...]:
        """The limits that a budget of this mode may have, beside a target and patience."""
        epochs = () if self.steps_per_epoch is None else ("epochs",)
        return ("steps", *epochs, *self.counted(task), "seconds")


MODES: Registry[Mode] = Registry("modes", "mode", Mode, key="mode", made=False)
