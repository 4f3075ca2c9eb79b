# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controller `paced`: a schedule of widths whose clock runs as fast as what is seen suggests.

controller: {kind: paced, policy: policy.json}

The policy is what a search in the millisecond gym has found (`gym.schedules`, `gym.choosing`), as
numbers. It decides here as it did there. The gym's networks have one layer; of several, each
follows the schedule as if it were the only one. Features of a layer are those of the first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Final, final

import numpy as np
from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from vynapse.core import State
from vynapse.core.compatible import Kind, refuse_misfit
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.simic.features import encode
from vynapse.esper.simic.gym.acting import WIDEN
from vynapse.esper.simic.gym.choosing import LOOK, PACES, Chooser
from vynapse.esper.simic.gym.compact import SEEN, seen_of
from vynapse.esper.simic.gym.schedules import GENES, Schedules, faster
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.tamiyo.kept_file import FILE_OR_CONTENT, with_content
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.settings import NESTED, Settings

ORIGIN: Final = "a file with the policy that a search in the millisecond gym has found"
_BASIS: Final = len(SEEN) + 1 + len(SEEN) * (len(SEEN) + 1) // 2
Numbers = tuple[float, ...]


class ChooserNumbers(Settings):
    """What chooses a pace once; see `gym.choosing.Chooser`."""

    middle: Numbers = Field(description="means of the features that are seen: numbers")
    scale: Numbers = Field(description="their standard deviations: numbers")
    weights: tuple[Numbers, ...] = Field(
        description="weights of features and products, for each pace: lists of numbers"
    )

    @model_validator(mode="after")
    def _of_size(self) -> ChooserNumbers:
        features = len(SEEN)
        problems = [
            _misfit("middle", self.middle, features),
            _misfit("scale", self.scale, features),
        ]
        problems += [
            _misfit(f"weights.{index}", row, len(PACES)) for index, row in enumerate(self.weights)
        ]
        if len(self.weights) != _BASIS:
            problems.append(f"weights: {_BASIS} lists were wanted, got {len(self.weights)}")
        if not all(value > 0 for value in self.scale):
            problems.append("scale: numbers above 0 were wanted")
        _refuse(problems)
        return self


class PacedPolicy(Settings):
    """A schedule, and what makes its clock faster or slower; nothing where it is an open loop."""

    schedule: Numbers = Field(
        description="times of widths and bodies, as `gym.schedules.Schedules` has them: numbers"
    )
    feedback: Numbers | None = Field(
        None, description="weights of the features that are seen, and a bias: numbers, or null"
    )
    chooser: ChooserNumbers | None = Field(
        None, description="what chooses one pace early in the run: a mapping, or null"
    )

    @model_validator(mode="after")
    def _of_size(self) -> PacedPolicy:
        problems = [_misfit("schedule", self.schedule, GENES)]
        if self.feedback is not None:
            problems.append(_misfit("feedback", self.feedback, len(SEEN) + 1))
        if self.feedback is not None and self.chooser is not None:
            problems.append("either feedback or a chooser was wanted, got both: leave one out")
        _refuse(problems)
        return self


class PacedSettings(LimitSettings):
    """The keys of controller `paced`."""

    policy: Annotated[PacedPolicy | None, WithJsonSchema(FILE_OR_CONTENT)] = Field(
        None,
        description="the schedule and its pace: a file of JSON, whose content the recipe keeps, or "
        "that content; it has to be set: numbers, or null",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, content: Any) -> Any:
        return with_content(content, "policy", PacedPolicy, "policy of schedules", ORIGIN)


@final
class PacedController:
    """Makes layers wider when their schedule is due, and keeps what has entered.

    Its memory is the pace that was chosen.

    Args:
        settings: the policy, and limits of size.

    Raises:
        ConfigError: there is no policy.
    """

    wants_wider = schema.NEEDS.wider
    wants_bottlenecks = schema.NEEDS.bottlenecks

    def __init__(self, settings: PacedSettings) -> None:
        policy = settings.policy
        if policy is None:
            raise ConfigError(f"controller.policy: {ORIGIN} was wanted, got null: name one")
        self._settings = settings
        self._schedule = Schedules(np.array([policy.schedule]), _FIRST)
        self._feedback = None if policy.feedback is None else np.array([policy.feedback])
        self._chooser = _chooser(policy)
        self._pace: float | None = None

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What is due first; one order at a look.

        Raises:
            ConfigError: no limit of cost is set, so that no share of it is known.
        """
        if observation.progress is None:
            raise ConfigError(
                "budget: controller paced goes by the share of the budget that is spent: set a "
                "limit such as epochs or flops"
            )
        clock = self._clock(observation, np.array([observation.progress]))
        legal = schema.masks(observation, self._settings)
        layers, kinds = schema.layers_in_view(observation), len(schema.LAYER_KINDS)
        for index, width in enumerate([layer.channels for layer in layers] or [0]):
            at, own = WIDEN + kinds * index, legal[None].copy()
            own[:, WIDEN : WIDEN + kinds] = legal[at : at + kinds]
            action = self._schedule.at(clock, np.array([width]), own, _FIRST)[0]
            if action[0]:
                action[0] += at - WIDEN if action[0] >= WIDEN else 0
                return schema.decisions(action, observation, self._settings)
        return ()

    def state(self) -> State:
        """The pace that was chosen; None before that."""
        return {"pace": self._pace}

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was.

        Raises:
            CheckpointError: it was damaged; nothing was loaded.
        """
        form = {"pace": Kind("a number or null", (int, float, type(None)))}
        refuse_misfit("controller paced", form, state)
        self._pace = state["pace"]

    def _clock(self, observation: Observation, progress: F64) -> F64:
        """The share of the budget at which the schedule is looked up (1,)."""
        if self._feedback is not None:
            features = seen_of(encode(observation))[None]
            return progress * faster(self._feedback, features)
        if self._chooser is None:
            return progress
        if self._pace is None and progress[0] >= LOOK:
            features = seen_of(encode(observation))[None]
            self._pace = float(self._chooser.pace(features.astype(np.float64))[0])
        return progress * (0.0 if self._pace is None else np.exp(self._pace))


_FIRST: Final = np.zeros(1, np.int64)


def _chooser(policy: PacedPolicy) -> Chooser | None:
    given = policy.chooser
    if given is None:
        return None
    parts = (policy.schedule, given.middle, given.scale, given.weights)
    return Chooser(*(np.array(part) for part in parts))


def _misfit(name: str, numbers: Numbers, wanted: int) -> str | None:
    if len(numbers) == wanted and all(map(math.isfinite, numbers)):
        return None
    return f"{name}: {wanted} finite numbers were wanted, got {len(numbers)}"


def _refuse(problems: Sequence[str | None]) -> None:
    """Raise a PydanticCustomError where there are problems."""
    if real := [problem for problem in problems if problem is not None]:
        raise PydanticCustomError(NESTED, "wrong", {"problems": real})


KIND: Final = ControllerKind(
    "paced",
    "grows by a schedule whose pace follows what is seen, as learnt in the millisecond gym",
    PacedSettings,
    lambda settings, _streams: PacedController(settings),
)
