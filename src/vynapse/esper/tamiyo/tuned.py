# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth by a schedule that was searched for on the task: an open loop that sees no measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, final

from pydantic import Field, WithJsonSchema, model_validator

from vynapse.core import State
from vynapse.core.compatible import Kind, Listed, refuse_misfit
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.actions import Blend, Decision, Fossilize, Germinate, Widen
from vynapse.esper.leyline.legal import objection
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.phases import OPEN, SeedPhase
from vynapse.esper.tamiyo.kept_file import FILE_OR_CONTENT, with_content
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.schedule import ORIGIN, Entry, Schedule
from vynapse.settings import Settings

_ROUNDING: Final = 1e-9
"""Shares of a budget are sums of quotients: a time that is met exactly is met."""


class TunedSettings(Settings):
    """The keys of controller `tuned`."""

    schedule: Annotated[Schedule | None, WithJsonSchema(FILE_OR_CONTENT)] = Field(
        None,
        description="what germinates where and when: a file that esper tune has written, whose "
        "content the recipe keeps, or that content; it has to be set: shares of the budget, and "
        "names, or null",
    )
    training_epochs: int = Field(
        1, ge=1, description="time in training, then a seed blends in: epochs"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, content: Any) -> Any:
        return with_content(content, "schedule", Schedule, "schedule", ORIGIN)

    @property
    def blueprints(self) -> tuple[str, ...] | None:
        """What the schedule plants; None where it plants nothing."""
        entries = () if self.schedule is None else self.schedule.entries
        names = (entry.blueprint for entry in entries if entry.blueprint is not None)
        return tuple(dict.fromkeys(names)) or None


@final
class TunedSchedule:
    """Lets in what the schedule says when it says so, blends it in, and fossilizes it.

    What cannot enter at its time, since something else is on trial there, enters as soon as it can.

    Args:
        settings: the schedule.

    Attributes:
        wants_wider: whether it makes layers wider, so that it has to see them.

    Raises:
        ConfigError: there is none.
    """

    def __init__(self, settings: TunedSettings) -> None:
        if settings.schedule is None:
            raise ConfigError(
                "controller.schedule: a file that esper tune has written was wanted, got null: "
                "esper tune --task TASK --out schedule.json makes one"
            )
        self._training_epochs = settings.training_epochs
        self._entries = settings.schedule.entries
        self._done = [False] * len(self._entries)
        self.wants_wider = any(entry.channels is not None for entry in self._entries)

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now.

        Raises:
            ConfigError: no limit of cost is set, so that no share of it is known; or an entry can
                never be carried out.
        """
        if observation.progress is None:
            raise ConfigError(
                "budget: controller tuned goes by the share of the budget that is spent: set a "
                "limit such as epochs or flops"
            )
        if observation.epoch == 0:
            self._check(observation)
        decisions = [*self._on_trial(observation)]
        closed = {slot.slot for slot in observation.slots if slot.phase not in OPEN}
        closed |= {layer.layer for layer in observation.layers if layer.phase not in OPEN}
        for index, entry in enumerate(self._entries):
            due = observation.progress + _ROUNDING >= entry.at
            if self._done[index] or not due or entry.where in closed:
                continue
            action = _action(entry)
            if objection(action, observation) is not None:
                continue  # what else is on trial is in its way: later
            self._done[index] = True
            closed |= {entry.where, *_passed(entry.where, observation)}
            reason = f"the schedule has it at {entry.at:.3g} of the budget"
            decisions.append(Decision(action, reason))
        return decisions

    def _on_trial(self, observation: Observation) -> Iterator[Decision]:
        """What time and alpha alone decide."""
        for slot in observation.slots:
            if slot.phase == SeedPhase.TRAINING and slot.epochs >= self._training_epochs:
                yield Decision(Blend(slot.slot), "its time in training is over")
            elif slot.phase == SeedPhase.BLENDING and slot.alpha >= 1:
                yield Decision(Fossilize(slot.slot), "it has blended in")
        for layer in observation.layers:
            if layer.added and layer.epochs >= self._training_epochs:
                yield Decision(Fossilize(layer.layer), "its time on trial is over")

    def _check(self, observation: Observation) -> None:
        """Refuse what the network has not got, before anything is on trial."""
        for entry in self._entries:
            if (reason := objection(_action(entry), observation)) is not None:
                raise ConfigError(f"controller.schedule: {reason}")

    def state(self) -> State:
        """Which entries of the schedule were carried out."""
        return {"done": list(self._done)}

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was.

        Raises:
            CheckpointError: it was damaged, or is of another schedule; nothing was loaded.
        """
        form = {"done": Listed(Kind("true or false", (bool,)))}
        refuse_misfit("controller tuned", form, state)
        if len(state["done"]) != len(self._done):
            raise CheckpointError(
                f"controller tuned: the state is of a schedule of {len(state['done'])} entries, "
                f"this one has {len(self._done)}"
            )
        self._done = list(state["done"])


def _action(entry: Entry) -> Germinate | Widen:
    if entry.channels is not None:
        return Widen(entry.where, entry.channels)
    return Germinate(entry.where, entry.blueprint or "")


def _passed(where: str, observation: Observation) -> set[str]:
    """The slots that a layer passes, and the layers that pass a slot."""
    layers = observation.layers
    slots = {slot for layer in layers if layer.layer == where for slot in layer.slots}
    return slots | {layer.layer for layer in layers if where in layer.slots}


KIND: Final = ControllerKind(
    "tuned",
    "grows by a schedule that esper tune has searched for: an open loop",
    TunedSettings,
    lambda settings, _streams: TunedSchedule(settings),
)
