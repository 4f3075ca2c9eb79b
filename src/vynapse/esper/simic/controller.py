# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controller `run`: decides as the policy of a run has learnt to, on task growth or growth-gym.

controller: run:runs/learnt
controller: {kind: run, path: runs/learnt, parameter_limit: 10.0}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, final

import numpy as np
from pydantic import Field, field_validator

from vynapse.core import State
from vynapse.core.compatible import NUMBER, Listed, refuse_misfit
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.simic.features import FEATURES, encode
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.networks.donor import Donor
from vynapse.seeding import F32, Streams


class LearnedSettings(LimitSettings):
    """The keys of controller `run`."""

    path: str | None = Field(
        None,
        description="the run whose network decides, of which a run keeps a copy; it has to be set: "
        "run:PATH or last, or null",
    )

    @field_validator("path")
    @classmethod
    def _of_a_run(cls, value: str | None) -> str | None:
        plain = value is None or value == "last" or value.startswith("run:")
        return value if plain else f"run:{value}"


@final
class Learned:
    """Takes the legal action that a network prefers.

    Its memory is what it has seen: the last looks that the network takes at once, or all of them
    where the network keeps a state.

    Args:
        settings: limits of size.
        donor: the network, and how many numbers it takes.

    Raises:
        ConfigError: the network does not take looks at growth, or does not give its choices.
    """

    wants_wider = schema.NEEDS.wider
    wants_bottlenecks = schema.NEEDS.bottlenecks

    def __init__(self, settings: LearnedSettings, donor: Donor) -> None:
        size = int(np.prod(donor.inputs))
        self._history, rest = divmod(size, FEATURES)
        if rest or not self._history:
            raise ConfigError(
                "controller.path: a network of a run on task growth or growth-gym was wanted, with "
                f"a multiple of {FEATURES} inputs, that of {settings.path} takes {size}"
            )
        self._settings = settings
        self._policy = donor.network.policy()
        self._keeps_state = self._policy.start(1) is not None
        self._start()

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What the network prefers among what is legal."""
        outputs = self._answer(encode(observation))
        if outputs.shape != (sum(schema.FACTORS),):
            raise ConfigError(
                f"controller.path: a network with {sum(schema.FACTORS)} outputs was wanted, that "
                f"of {self._settings.path} has {outputs.size}"
            )
        legal = schema.masks(observation, self._settings)
        parts = np.split(np.where(legal, outputs, -np.inf), np.cumsum(schema.FACTORS)[:-1])
        action = [int(part.argmax()) for part in parts]
        return schema.decisions(action, observation, self._settings)

    def state(self) -> State:
        """What it has seen, as lists of numbers."""
        return {"seen": [look.tolist() for look in self._seen]}

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was: it looks at the same again.

        Raises:
            CheckpointError: it was damaged; nothing was loaded.
        """
        refuse_misfit("controller run", {"seen": Listed(Listed(NUMBER))}, state)
        if any(len(look) != FEATURES for look in state["seen"]):
            raise CheckpointError(f"controller run: looks of {FEATURES} numbers were wanted")
        self._start()
        for look in state["seen"]:
            self._answer(np.array(look, np.float32))

    def _start(self) -> None:
        self._seen: list[F32] = []
        self._state: Any = self._policy.start(1)

    def _answer(self, look: F32) -> F32:
        """What the network answers to a look and those before."""
        self._seen.append(look)
        if not self._keeps_state:
            self._seen = self._seen[-self._history :]
        recent = self._seen[-self._history :]
        absent = [np.zeros_like(look)] * (self._history - len(recent))
        inputs = np.concatenate([*absent, *recent])[None]
        outputs, self._state = self._policy(inputs, self._state)
        answer: F32 = outputs[0]
        return answer


def build(settings: LearnedSettings, _streams: Streams, donors: Mapping[str, Donor]) -> Learned:
    """The controller of a run.

    Raises:
        ConfigError: the network was not handed on, or is another one than is wanted.
    """
    if settings.path is None or settings.path not in donors:
        raise ConfigError(
            f"controller.path: the network of a run was wanted, {settings.path!r} names none: "
            "write run:PATH, in a recipe of mode grow"
        )
    return Learned(settings, donors[settings.path])


KIND: Final = ControllerKind(
    "run",
    "decides as the policy of a run on task growth has learnt: controller: run:PATH",
    LearnedSettings,
    build,
    learnt=True,
)
