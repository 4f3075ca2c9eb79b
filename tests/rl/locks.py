# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An environment whose actions are made of factors, some choices being illegal at every step."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

DIALS = (3, 4)


class Locks(gymnasium.Env[Any, Any]):
    """Two dials with a number beside each position; the largest one that is not locked pays 1.

    Which positions are locked is not seen, so the masks say what the observation does not. An
    illegal choice is an error.

    Args:
        length: steps of an episode.
    """

    observation_space = spaces.Box(0, 1, (sum(DIALS),), np.float32)
    action_space: Any = spaces.MultiDiscrete(list(DIALS))
    metadata: Any = {  # noqa: RUF012 - as Gymnasium has it
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }

    def __init__(self, length: int = 10, render_mode: str | None = None) -> None:
        self.length, self.render_mode = length, render_mode

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.steps = 0
        return self._deal(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        first, second = np.split(self.legal, [DIALS[0]])
        if not (first[action[0]] and second[action[1]]):
            raise AssertionError(f"illegal: {action} of {self.legal}")
        low, high = np.split(np.where(self.legal, self.numbers, -1), [DIALS[0]])
        reward = float(low.argmax() == action[0]) + float(high.argmax() == action[1])
        self.steps += 1
        return self._deal(), reward, False, self.steps >= self.length, {}

    def action_masks(self) -> Any:
        return self.legal

    def render(self) -> Any:
        shade = np.repeat(self.numbers, 9)[None, :, None].repeat(9, 0).repeat(3, 2)
        return (255 * shade).astype(np.uint8)

    def _deal(self) -> Any:
        self.numbers = self.np_random.random(sum(DIALS)).astype(np.float32)
        self.legal = self.np_random.random(sum(DIALS)) < 0.7
        self.legal[self.np_random.integers(DIALS[0])] = True
        self.legal[DIALS[0] + self.np_random.integers(DIALS[1])] = True
        return self.numbers.copy()


class Stuck(Locks):
    """From the third step on nothing of the second dial is legal."""

    def action_masks(self) -> Any:
        return self.legal & (np.arange(sum(DIALS)) < (DIALS[0] if self.steps == 3 else 99))


class Few(Locks):
    """Masks of another length."""

    def action_masks(self) -> Any:
        return self.legal[:5]


class Doors(gymnasium.Env[Any, Any]):
    """One of three doors, of which one is shut; the numbers of doors begin at 2."""

    observation_space = spaces.Box(0, 1, (1,), np.float32)
    action_space: Any = spaces.Discrete(3, start=2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.shut = int(self.np_random.integers(3))
        return np.zeros(1, np.float32), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if action - 2 == self.shut:
            raise AssertionError(f"door {action} is shut")
        return np.zeros(1, np.float32), float(action), True, False, {}

    def action_masks(self) -> list[int]:
        return [int(door != self.shut) for door in range(3)]


class Plain(Locks):
    """No masks: every position may be chosen, and the dials stand in a 2 x 1 array from 1 on."""

    action_space = spaces.MultiDiscrete(np.array([[3], [4]]), start=np.array([[1], [1]]))
    action_masks: Any = None

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert action.shape == (2, 1)
        self.legal[:] = True
        return super().step(action[:, 0] - 1)
