# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What an environment of Gymnasium sees and takes, as numbers and back."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np

from vynapse.core import Array
from vynapse.errors import ConfigError, TrainingError
from vynapse.seeding import F32
from vynapse.user_code import guarded


@final
class Conversion:
    """Between the spaces of an environment and the numbers of a control task.

    Args:
        name: the task's, for sentences.
        identity: the environment's, as the user gave it.
        environment: a copy.

    Attributes:
        name: the task's.
        inputs: how many numbers an observation is.
        actions: how many actions there are to choose from; 0 for other kinds.
        factors: how many choices each factor of an action has; empty for other kinds.
        masked: the environment says what is legal.
        low, high: bounds of actions that are vectors (a,).

    Raises:
        ConfigError: its spaces are of another kind.
    """

    def __init__(self, name: str, identity: str, environment: Any) -> None:
        self.name = name
        seen, acted = environment.observation_space, environment.action_space
        self._one_hot = _discrete(seen)
        self.inputs = self._one_hot or _box("observation", identity, seen)
        self.actions, self.factors = _discrete(acted), _factors(acted)
        self.masked = bool(self.actions or self.factors) and callable(masks_of(environment))
        self._first: Array = np.asarray(getattr(acted, "start", 0))
        self._action_shape: tuple[int, ...] = acted.shape or ()
        if self.masked and self.actions:
            self.actions, self.factors = 0, (self.actions,)
        self.low: F32 = np.zeros(1, np.float32)
        self.high: F32 = np.ones(1, np.float32)
        if not self.actions and not self.factors:
            _box("action", identity, acted)
            self.low = acted.low.ravel().astype(np.float32)
            self.high = acted.high.ravel().astype(np.float32)
            if not np.isfinite(self.high - self.low).all():
                raise ConfigError(
                    f"task.id: actions with finite bounds were wanted, those of {identity} have "
                    "none: wrap it in gymnasium.wrappers.RescaleAction"
                )

    def seen(self, observation: Any) -> Array:
        """An observation as numbers (observations,)."""
        if self._one_hot:
            hot: Array = (np.arange(self._one_hot) == int(observation)).astype(np.float32)
            return hot
        with guarded(f"task {self.name}: an observation is no array", TrainingError):
            numbers = np.asarray(observation)
        if numbers.dtype.kind not in "biuf" or numbers.size != self.inputs:
            raise TrainingError(
                f"task {self.name}: observations of {self.inputs} real numbers were "
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
        if len(flat) != sum(self.factors):
            raise TrainingError(
                f"task {self.name}: action_masks() of {sum(self.factors)} booleans were wanted, "
                f"it gave {masks!r:.60}"
            )
        parts = np.split(flat, np.cumsum(self.factors)[:-1])
        for factor, part in enumerate(parts):
            if not part.any():
                raise TrainingError(
                    f"task {self.name}: a legal choice of each factor of an action was wanted, at "
                    f"step {step} of an episode there is none of factor {factor}: end the episode "
                    "or allow one"
                )
        return flat


def masks_of(environment: Any) -> Any:
    """Its method `action_masks`, of whatever wrapper has it; None for none."""
    try:
        return environment.get_wrapper_attr("action_masks")
    except AttributeError:
        return None


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


def _factors(space: Any) -> tuple[int, ...]:
    """How many values each number of a MultiDiscrete space has; empty for another."""
    if type(space).__name__ != "MultiDiscrete":
        return ()
    return tuple(int(count) for count in np.ravel(space.nvec))
