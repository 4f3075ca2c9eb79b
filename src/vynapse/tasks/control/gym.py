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
import math
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from pydantic import Field

from vynapse.core import Array, ControlTask, Network, State
from vynapse.core.compatible import Named, Numbers, refuse_misfit
from vynapse.core.control import Legal
from vynapse.errors import CheckpointError, ConfigError, MissingExtra, TrainingError
from vynapse.imports import import_object
from vynapse.seeding import I64, Streams
from vynapse.settings import Settings
from vynapse.tasks.control.drawing import film
from vynapse.tasks.kind import TaskKind
from vynapse.user_code import guarded

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
        seen, acted = environment.observation_space, environment.action_space
        self._one_hot = _discrete(seen)
        self.observations = (self._one_hot or _box("observation", settings.id, seen),)
        self.actions, self.factors = _discrete(acted), _factors(acted)
        self.masked = bool(self.actions or self.factors) and callable(masks_of(environment))
        self._first: Array = np.asarray(getattr(acted, "start", 0))
        self._action_shape: tuple[int, ...] = acted.shape or ()
        if self.masked and self.actions:
            self.actions, self.factors = 0, (self.actions,)
        zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
        self.low, self.high = zero, one
        if not self.actions and not self.factors:
            _box("action", settings.id, acted)
            self.low = acted.low.ravel().astype(np.float32)
            self.high = acted.high.ravel().astype(np.float32)
            if not np.isfinite(self.high - self.low).all():
                raise ConfigError(
                    f"task.id: actions with finite bounds were wanted, those of {settings.id} have "
                    "none: wrap it in gymnasium.wrappers.RescaleAction"
                )
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

    def seen(self, observation: Any) -> Array:
        """An observation as numbers (observations,)."""
        if self._one_hot:
            hot: Array = (np.arange(self._one_hot) == int(observation)).astype(np.float32)
            return hot
        with guarded(f"task {self.name}: an observation is no array", TrainingError):
            numbers = np.asarray(observation)
        if numbers.dtype.kind not in "biuf" or numbers.size != self.observations[0]:
            raise TrainingError(
                f"task {self.name}: observations of {self.observations[0]} real numbers were "
                f"wanted, it gave {numbers.dtype} of shape {numbers.shape}"
            )
        flat: Array = numbers.astype(np.float32).ravel()
        return flat

    def rewarded(self, reward: Any) -> float:
        """A reward as a number."""
        if np.iscomplexobj(reward) or not hasattr(reward, "__float__"):
            raise TrainingError(
                f"task {self.name}: rewards that are one real number were wanted, it gave "
                f"{reward!r:.60}"
            )
        return float(reward)

    def acted(self, action: Any) -> Any:
        """An action as the environment takes it."""
        if self.actions or (self.factors and not self._action_shape):
            return int(np.reshape(action, ())) + int(self._first)
        if self.factors:
            return np.asarray(action, np.int64).reshape(self._action_shape) + self._first
        return np.asarray(action, np.float32).reshape(self._action_shape)

    def legal(self, masks: Any, step: int) -> Array:
        """Masks as one boolean for each choice (sum of factors,).

        Args:
            masks: what the environment says.
            step: steps since the beginning of the episode, for the sentence.
        """
        with guarded(f"task {self.name}: action_masks() are no array", TrainingError):
            legal = np.asarray(masks)
        if legal.dtype != np.bool_ and not np.isin(legal, (0, 1)).all():
            legal = legal[:0]
        flat: Array = legal.astype(bool).ravel()
        if len(flat) != self.outputs:
            raise TrainingError(
                f"task {self.name}: action_masks() of {self.outputs} booleans were wanted, it gave "
                f"{masks!r:.60}"
            )
        parts = np.split(flat, np.cumsum(self.factors)[:-1])
        for factor, part in zip(self.named_factors, parts, strict=True):
            if not part.any():
                raise TrainingError(
                    f"task {self.name}: a legal choice of each factor of an action was wanted, at "
                    f"step {step} of an episode there is none of factor {factor}: end the episode "
                    "or allow one"
                )
        return flat

    def fingerprint(self) -> str:
        """Over the keys: what the environment does is not looked at."""
        about = json.dumps(self._settings.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(about.encode()).hexdigest()

    def _of(self, copies: list[Any], seed: int) -> GymEnvironments:
        kind = MaskedGymEnvironments if self.masked else GymEnvironments
        return kind(self, copies, seed)

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


class GymEnvironments:
    """Copies of an environment, stepped one after the other.

    Args:
        task: what they are of.
        copies: the environments.
        seed: root of their episodes.
    """

    def __init__(self, task: GymTask, copies: list[Any], seed: int) -> None:
        self._task, self._copies = task, copies
        self._stream = Streams(seed).stream("control.starts")
        self._episode, self._steps = [0] * len(copies), [0] * len(copies)
        self._over = np.ones(len(copies), bool)
        self._seen = np.zeros((len(copies), *task.observations), np.float32)
        # the actions of the present episodes: what an environment is brought back by
        self._actions: list[list[Array]] = [[] for _ in copies]

    def reset(self, rows: I64 | None = None) -> Array:
        """Begin new episodes."""
        for row in range(len(self._copies)) if rows is None else rows.tolist():
            self._begin(row)
            self._episode[row] += 1
            self._steps[row], self._over[row], self._actions[row] = 0, False, []
        return self._seen.copy()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        """One step of those that have not ended."""
        count = len(self._copies)
        rewards = np.zeros(count)
        terminated, truncated = np.zeros(count, bool), np.zeros(count, bool)
        for row in np.flatnonzero(~self._over).tolist():
            self._actions[row].append(np.array(actions[row]))
            told = self._copies[row].step(self._task.acted(actions[row]))
            self._seen[row] = self._task.seen(told[0])
            rewards[row], terminated[row] = self._task.rewarded(told[1]), bool(told[2])
            self._steps[row] += 1
            late = bool(told[3]) or self._steps[row] >= self._task.limit
            truncated[row] = late and not terminated[row]
        self._over |= terminated | truncated
        return self._seen.copy(), rewards, terminated, truncated

    def state(self) -> State:
        """Numbers of the episodes, the actions since their beginnings, and what is seen."""
        return {
            "episode": list(self._episode),
            "over": self._over.copy(),
            "seen": self._seen.copy(),
            "actions": {str(row): np.array(own) for row, own in enumerate(self._actions)},
        }

    def load(self, state: State) -> None:
        """Play the present episodes again, from the same beginnings with the same actions.

        Raises:
            CheckpointError: the state does not fit, or an episode does not come out where it was.
        """
        own = {**self.state(), "actions": Named(Numbers())}
        refuse_misfit("environments", own, state)
        rows = range(len(self._copies))
        if [len(state["episode"]), *sorted(state["actions"])] != [
            len(rows),
            *sorted(map(str, rows)),
        ]:
            raise CheckpointError(f"environments: {len(rows)} were wanted, the state has others")
        self._episode, self._over = list(state["episode"]), state["over"].copy()
        for row in rows:
            if self._episode[row] == 0:
                continue
            self._episode[row] -= 1
            self._begin(row)
            self._episode[row] += 1
            self._actions[row] = list(state["actions"][str(row)])
            self._steps[row] = len(self._actions[row])
            for action in self._actions[row]:
                told = self._copies[row].step(self._task.acted(action))
                self._seen[row] = self._task.seen(told[0])
            if not np.array_equal(self._seen[row], state["seen"][row], equal_nan=True):
                raise CheckpointError(
                    f"task {self._task.name}: the run cannot be resumed: after the same seed and "
                    "actions an episode is not where it was; draw all random numbers of the "
                    "environment from its np_random, or start a new run"
                )

    def _begin(self, row: int) -> None:
        seed = self._stream.seed_for(self._episode[row], row) % 2**31
        self._seen[row] = self._task.seen(self._copies[row].reset(seed=seed)[0])


@final
class MaskedGymEnvironments(GymEnvironments):
    """Copies of an environment in which not every action is always legal."""

    def masks(self) -> Legal:
        """Which choices are legal now (n, sum of factors); all, where an episode has ended.

        Raises:
            TrainingError: the environment says it in another form, or leaves none of a factor.
        """
        legal = np.ones((len(self._copies), self._task.outputs), bool)
        for row in np.flatnonzero(~self._over).tolist():
            told = masks_of(self._copies[row])()
            legal[row] = self._task.legal(told, self._steps[row])
        return legal


def masks_of(environment: Any) -> Any:
    """Its method `action_masks`, of whatever wrapper has it; None for none."""
    try:
        return environment.get_wrapper_attr("action_masks")
    except AttributeError:
        return None


def _factors(space: Any) -> tuple[int, ...]:
    """How many values each number of a MultiDiscrete space has; empty for another."""
    if type(space).__name__ != "MultiDiscrete":
        return ()
    return tuple(int(count) for count in np.ravel(space.nvec))


def _discrete(space: Any) -> int:
    """How many values a Discrete space has; 0 for another."""
    return int(space.n) if type(space).__name__ == "Discrete" else 0


def _box(what: str, identity: str, space: Any) -> int:
    """How many numbers a Box has.

    Raises:
        ConfigError: it is no Box.
    """
    kind = type(space).__name__
    if kind != "Box":
        more = "Box, Discrete or MultiDiscrete" if what == "action" else "Box or Discrete"
        raise ConfigError(
            f"task.id: {what}s of kind {more} were wanted, those of {identity} are of "
            f"kind {kind}: wrap it, for one in gymnasium.wrappers.FlattenObservation"
        )
    return math.prod(space.shape)


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
