# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of control tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from vynapse.core import Array, ControlTask, Stateless
from vynapse.testing.data import same_data
from vynapse.testing.demand import demand, global_generators

_COUNT: Final = 3
_STEPS: Final = 20


def check_control_task(make: Callable[[], ControlTask]) -> None:
    """A control task keeps its promises: episodes by their seed, shapes, resets.

    Args:
        make: returns a fresh task; called twice.
    """
    before = global_generators()
    task, again = make(), make()
    demand(bool(task.name), "name is empty")
    demand(task.fingerprint() == again.fingerprint(), "fingerprint() differs between two tasks")
    first = _trajectory(task, 1)
    demand(same_data(first, _trajectory(again, 1)), "the same seed gives other episodes")
    fixed = same_data(first, _trajectory(task, 2))
    demand(
        fixed == task.fixed_start,
        f"fixed_start is {task.fixed_start}, but another seed gives "
        f"{'the same' if fixed else 'other'} episodes",
    )
    _check_reset(task)
    network = Stateless(lambda inputs: np.full((len(inputs), task.outputs), 0.4, np.float32))
    if task.kernel is None or not task.kernel.gruau:
        played = task.play(network, _COUNT, 1)
        demand(bool((played.steps <= task.limit).all()), "an episode is longer than `limit`")
        score = task.score(network)
        demand(task.score(network) == score, "score() differs between two calls")
        demand(score.loss == -score.metrics["return"], "the loss is not minus the mean return")
    demand(global_generators() == before, "a global random generator was read or changed")


def _trajectory(task: ControlTask, seed: int) -> list[Array]:
    """Everything that a few steps show."""
    environments = task.environments(_COUNT, seed)
    seen = [environments.reset()]
    demand(
        seen[0].shape == (_COUNT, *task.observations),
        f"observations of shape {(_COUNT, *task.observations)} were wanted, got {seen[0].shape}",
    )
    demand(seen[0].dtype == np.float32, f"observations of float32 were wanted, got {seen[0].dtype}")
    parts: list[Array] = [seen[0].copy()]
    for step in range(_STEPS):
        outputs = np.full((_COUNT, task.outputs), 0.3 + 0.4 * (step % 2), np.float32)
        told = environments.step(task.act(outputs))
        demand(
            all(part.shape == (_COUNT,) for part in told[1:]),
            "step() must give observations, rewards, terminated and truncated, one for each",
        )
        parts += [np.array(part) for part in told]
    return parts


def _check_reset(task: ControlTask) -> None:
    """Some episodes begin anew, the others go on."""
    environments = task.environments(_COUNT, 1)
    environments.reset()
    seen = environments.step(task.act(np.full((_COUNT, task.outputs), 0.3, np.float32)))[0].copy()
    after = environments.reset(np.array([1]))
    kept = np.array([0, 2])
    demand(np.array_equal(after[kept], seen[kept]), "reset() of one episode changed another")
    demand(not np.array_equal(after[1], seen[1]), "reset() did not begin a new episode")
