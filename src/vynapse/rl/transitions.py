# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whole episodes of a player, and every step of them for those who learn from it later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, ControlTask
from vynapse.core.control import Episodes
from vynapse.seeding import F32

Player = Callable[[Array], Array]
"""Observations (n, *shape) -> what is chosen: numbers of actions (n,), or (n, a) in [-1, 1]."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Steps of environments (n), as the environments gave them.

    Attributes:
        seen: observations that were acted on (n, i).
        chosen: numbers of actions (n, 1) int64, or vectors (n, a) float32 in [-1, 1].
        rewards: (n,).
        after: observations that followed (n, i).
        terminated: the episode ended by itself there, not at a limit (n,).
    """

    seen: F32
    chosen: npt.NDArray[Any]
    rewards: F32
    after: F32
    terminated: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rewards)


def recorded(
    player: Player, take: Callable[[Array], Array], task: ControlTask, count: int, seed: int
) -> tuple[Episodes, Transitions]:
    """One episode in each of `count` environments side by side, with all of its steps.

    Args:
        player: chooses.
        take: what is chosen -> the actions that environments take.
        task: what is played.
        count: how many episodes.
        seed: root of their beginnings.
    """
    environments = task.environments(count, seed)
    seen = environments.reset()
    returns, steps = np.zeros(count), np.zeros(count, np.int64)
    terminated, going = np.zeros(count, bool), np.ones(count, bool)
    parts: list[tuple[Array, ...]] = []
    while going.any():
        chosen = player(seen)
        after, rewards, ended, cut = environments.step(take(chosen))
        rows = _flat(seen[going]), chosen[going], rewards[going], _flat(after[going]), ended[going]
        parts.append(rows)
        returns += np.where(going, rewards, 0.0)
        steps += going
        terminated |= ended & going
        going &= ~(ended | cut)
        seen = after
    return Episodes(returns, steps, terminated), _together(parts)


def joined(parts: Sequence[Transitions]) -> Transitions:
    """One after the other; at least one."""
    names = Transitions.__dataclass_fields__
    return Transitions(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _together(parts: Sequence[tuple[Array, ...]]) -> Transitions:
    seen, chosen, rewards, after, ended = (np.concatenate(c) for c in zip(*parts, strict=True))
    kind = np.int64 if chosen.ndim == 1 else np.float32
    return Transitions(
        seen,
        chosen.reshape(len(chosen), -1).astype(kind),
        rewards.astype(np.float32),
        after,
        ended.astype(bool),
    )


def _flat(observations: Array) -> F32:
    flat: F32 = observations.reshape(len(observations), -1).astype(np.float32)
    return flat
