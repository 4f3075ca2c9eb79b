# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controllers of mode grow in the gym: they see leyline's observations, and decide as there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from vynapse.core.control import Legal
from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.simic.gym import acting
from vynapse.esper.simic.gym.looking import Looks
from vynapse.esper.simic.gym.world import World
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.seeding import I64, Streams


@final
class Controllers:
    """A fresh controller for each episode. It may give several decisions at a look.

    Args:
        make: makes the controller of an episode, given its number.
    """

    def __init__(self, make: Callable[[int], Controller]) -> None:
        self._make = make
        self._known: dict[int, Controller] = {}

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """Carry out what is decided; nothing is left to do."""
        looks = Looks(world)
        for row in np.flatnonzero(~world.over).tolist():
            number = int(episodes[row])
            if number not in self._known:
                self._known[number] = self._make(number)
            observation = looks.observation(row)
            carry_out(world, row, observation, self._known[number].decide(observation))
        return np.zeros((len(world), 2), np.int64)


def carry_out(
    world: World, row: int, observation: Observation, decisions: Sequence[Decision]
) -> None:
    """Do in one environment what was decided.

    Raises:
        ConfigError: the gym has no such action, or it is not legal.
    """
    for decision in decisions:
        numbers = schema.numbers(decision.action, observation)
        if numbers is None:
            raise ConfigError(f"task growth-gym: it has no action {decision.action}: leave it out")
        acting.carry_out(world, row, *numbers)


def controllers(kind: str, seed: int = 0, **keys: object) -> Controllers:
    """Controllers by name and keys, under the gym's limits of size.

    Args:
        kind: a name of `tamiyo.controllers.CONTROLLERS`.
        seed: the seed of controllers that draw; every episode has streams of its own.
        keys: keys of the controller.
    """
    limits = acting.LIMITS.model_dump()
    fields = CONTROLLERS.get(kind).settings.model_fields
    own = {name: value for name, value in limits.items() if name in fields}
    choice = CONTROLLERS.choose({"kind": kind, **own, **keys}, "controller")
    streams = Streams(seed)
    return Controllers(lambda number: make_controller(choice, streams.child(f"episode.{number}")))
