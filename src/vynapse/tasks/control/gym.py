# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `gym`: any environment of Gymnasium with Box, Discrete or MultiDiscrete spaces.

vynapse run gym:CartPole-v1 --mode neat
task: {name: gym, id: "my_package.envs:Maze", options: {size: 5}}

An environment whose actions are not always legal says so by `action_masks()`, one boolean for each
choice, factor after factor, as sb3-contrib has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from pydantic import Field

from vynapse.core import Array, ControlTask, Network
from vynapse.errors import ConfigError, MissingExtra
from vynapse.imports import import_object
from vynapse.settings import Settings
from vynapse.tasks.control.drawing import film
from vynapse.tasks.control.gym_conversion import Conversion
from vynapse.tasks.control.gym_environments import GymEnvironments, MaskedGymEnvironments
from vynapse.tasks.kind import TaskKind

_LIMIT = 1000


class GymSettings(Settings):
    """Keys of task `gym`."""

    id: str = Field(
        description="an id that Gymnasium knows, or package.module:Class of an environment of yours"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="keyword arguments of the environment"
    )
    limit: int | None = Field(
        None,
        ge=1,
        description="steps after which an episode is cut off; null: what Gymnasium says of the "
        "environment, else 1000",
    )
    validation_episodes: int = Field(
        20, ge=1, description="episodes that candidates for the winner are scored on"
    )
    test_episodes: int = Field(
        100, ge=1, description="fresh episodes that the winner is tested on at the end"
    )


@final
class GymTask(ControlTask):
    """An environment of Gymnasium.

    Observations of a Box are flattened; one of n is n numbers, a 1 among zeros. Actions that are
    MultiDiscrete, or of which not all are always legal, are made of factors.

    Args:
        settings: the keys.

    Raises:
        MissingExtra: Gymnasium is not installed.
        ConfigError: there is no such environment, or its spaces are of another kind.
    """

    def __init__(self, settings: GymSettings) -> None:
        self._settings = settings
        self.name, self.description = f"gym:{settings.id}", f"{settings.id} of Gymnasium"
        environment = self._make()
        self._conversion = own = Conversion(self.name, settings.id, environment)
        self.observations, self.actions, self.factors = (own.inputs,), own.actions, own.factors
        self.low, self.high = own.low, own.high
        spec = getattr(environment, "spec", None)
        self.limit = settings.limit or getattr(spec, "max_episode_steps", None) or _LIMIT
        self.validation_episodes = settings.validation_episodes
        self.test_episodes = settings.test_episodes
        environment.close()

    def environments(self, count: int, seed: int) -> GymEnvironments:
        """So many copies."""
        return self._of([self._make() for _ in range(count)], seed)

    def film(self, network: Network, seed: int) -> Iterator[Array]:
        """What the environment draws with `render_mode` "rgb_array", at every step."""
        copy = self._make(render_mode="rgb_array")
        if copy.render_mode != "rgb_array":
            raise ConfigError(
                f"--render: an environment with render_mode rgb_array was wanted, that of "
                f"{self._settings.id} is {copy.render_mode!r}: let its class take it "
                "or leave --render out"
            )
        self.frame_seconds = 1 / float(copy.metadata.get("render_fps") or 25)
        environment = self._of([copy], seed)

        def picture(_: str) -> Array:
            try:
                drawn = np.asarray(copy.render())
            except Exception as error:
                first = " ".join(str(error).split())
                raise ConfigError(
                    f"--render: {self._settings.id} cannot be drawn: {first}"
                ) from error
            if drawn.ndim != 3 or drawn.shape[2] != 3 or drawn.dtype != np.uint8:
                raise ConfigError(
                    f"--render: pictures (h, w, 3) of uint8 were wanted of {self._settings.id}, "
                    f"got {drawn.shape} of {drawn.dtype}"
                )
            return drawn

        return film(self, network, environment, picture, 1)

    def fingerprint(self) -> str:
        """Over the keys: what the environment does is not looked at."""
        about = json.dumps(self._settings.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(about.encode()).hexdigest()

    def _of(self, copies: list[Any], seed: int) -> GymEnvironments:
        kind = MaskedGymEnvironments if self._conversion.masked else GymEnvironments
        return kind(self._conversion, copies, self.limit, seed)

    def _make(self, **more: Any) -> Any:
        try:
            import gymnasium
        except ImportError:
            raise MissingExtra("gymnasium", "gym", f"task gym:{self._settings.id}") from None
        identity, options = self._settings.id, {**self._settings.options, **more}
        try:
            if ":" in identity:
                made = import_object(identity, "task.id")(**options)
            else:
                made = gymnasium.make(identity, **options)
        except ConfigError:
            raise
        except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
            first = " ".join(str(error).split())
            raise ConfigError(f"task.id: {identity} cannot be made: {first}") from None
        if not isinstance(made, gymnasium.Env):
            raise ConfigError(
                f"task.id: a gymnasium.Env was wanted, {identity} gives {type(made).__name__}"
            )
        return made


TASK = TaskKind(
    "gym",
    "any environment of Gymnasium with Box, Discrete or MultiDiscrete spaces: gym:CartPole-v1",
    GymSettings,
    GymTask,
    comparison={"env_steps": 200_000},
    presets={
        "neat": {"budget": {"steps": 20}, "population": 50, "episodes": 2},
        "deap": {"budget": {"steps": 50}, "episodes": 2},
    },
    episodes=True,
)
