# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controllers that play growth for a log, so that a policy can learn from what they did.

They decide by the whole observation, as in mode grow, and what they order becomes the nearest
action of a policy. A policy orders one thing at a time: of several orders the first that it could
give is carried out, and the controller sees the next look before it orders again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array
from vynapse.core.control import Environments, Legal
from vynapse.errors import ConfigError
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.esper.tolaria.presets import PRESETS
from vynapse.registry import Choice
from vynapse.rl.behaviour import Behaviour, Choose
from vynapse.seeding import Streams

_NAMES: Final[Mapping[str, str]] = {"heuristic": "heuristic", "clock": "fixed", "no-op": "no-op"}
"""Names of those who play, and the controllers that they are."""
_WAIT: Final = (0, 0)


@runtime_checkable
class Observable(Protocol):
    """Environments of growth that show their networks."""

    def observations(self) -> Mapping[int, Observation]:
        """The networks of the episodes that go on, by their numbers."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Controlled:
    """A controller for each episode.

    Attributes:
        choice: the controller and its keys.
    """

    choice: Choice[Any] = field(repr=False)

    def begin(self, environments: Environments, count: int, seed: int) -> Choose:
        """A fresh controller for each of the episodes.

        Raises:
            ConfigError: the environments are none of growth.
        """
        if not isinstance(environments, Observable):
            raise ConfigError(
                "data.behaviour: a controller plays on the tasks growth and growth-gym alone, this "
                "is another: leave it out"
            )
        streams = Streams(seed)
        made = [make_controller(self.choice, streams.child(str(row))) for row in range(count)]

        def choose(_seen: Array, legal: Legal | None) -> Array:
            actions = np.zeros((count, len(schema.FACTORS)), np.int64)
            for row, look in environments.observations().items():
                allowed = None if legal is None else legal[row]
                actions[row] = _chosen(made[row], look, allowed)
            return actions

        return choose


def controllers(task: str, limits: LimitSettings) -> dict[str, Behaviour]:
    """Those who play growth on a task, by name.

    Args:
        task: the task inside, whose preset of mode grow the heuristic has.
        limits: how large the networks may become.
    """
    own = limits.model_dump(mode="json")
    usual = dict(PRESETS.get(task, {}).get("controller", {}))
    usual.pop("kind", None)
    keys = {"heuristic": {**usual, **own}, "fixed": own, "no-op": {}}
    return {
        name: Controlled(CONTROLLERS.choose({"kind": kind, **keys[kind]}))
        for name, kind in _NAMES.items()
    }


def _chosen(controller: Controller, look: Observation, allowed: Legal | None) -> tuple[int, int]:
    """The numbers of the first order that a policy could give now; to wait where there is none."""
    for decision in controller.decide(look):
        numbers = schema.numbers(decision.action, look)
        if numbers is not None and (allowed is None or allowed[numbers[0]]):
            return numbers
    return _WAIT
