# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of control tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from vynapse.core import Array, ControlTask, Environments, Stateless
from vynapse.core.control import Legal, MaskedEnvironments
from vynapse.testing.data import same_data
from vynapse.testing.demand import demand, global_generators

_COUNT: Final = 3
_STEPS: Final = 20


def check_control_task(make: Callable[[], ControlTask]) -> None:
    """A control task keeps its promises: episodes by their seed, shapes, resets, masks.

    Args:
        make: returns a fresh task; called twice.
    """
    before = global_generators()
    task, again = make(), make()
    demand(bool(task.name), "name is empty")
    _check_factors(task)
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
    seen, over = [environments.reset()], np.zeros(_COUNT, bool)
    demand(
        seen[0].shape == (_COUNT, *task.observations),
        f"observations of shape {(_COUNT, *task.observations)} were wanted, got {seen[0].shape}",
    )
    demand(seen[0].dtype == np.float32, f"observations of float32 were wanted, got {seen[0].dtype}")
    parts: list[Array] = [seen[0].copy()]
    for step in range(_STEPS):
        legal = _legal(task, environments, over)
        if legal is not None:
            parts.append(legal)
        outputs = _outputs(task, step)
        told = environments.step(task.act(outputs, legal))
        demand(
            all(part.shape == (_COUNT,) for part in told[1:]),
            "step() must give observations, rewards, terminated and truncated, one for each",
        )
        parts += [np.array(part) for part in told]
        over = over | np.array(told[2], bool) | np.array(told[3], bool)
    return parts


def _check_factors(task: ControlTask) -> None:
    """Factors have choices and names, and are the only kind of action that the task has."""
    if not task.factors:
        demand(not task.factor_names, "factor_names are given, but there are no factors")
        return
    demand(min(task.factors) >= 1, f"a factor without a choice: factors is {task.factors}")
    demand(task.actions == 0, "actions are made of factors: `actions` has to be 0")
    names = task.factor_names
    demand(
        not names or len(set(names)) == len(names) == len(task.factors),
        f"{len(task.factors)} different factor_names were wanted, got {names}",
    )


def _outputs(task: ControlTask, step: int) -> Array:
    """What a network might answer: of several factors other choices at every step."""
    if not task.factors:
        return np.full((_COUNT, task.outputs), 0.3 + 0.4 * (step % 2), np.float32)
    numbers = (np.arange(_COUNT * task.outputs) * 7 + step * 5) % 11
    return (numbers.reshape(_COUNT, task.outputs) / 11).astype(np.float32)


def _legal(task: ControlTask, environments: Environments, over: Array) -> Legal | None:
    """What is legal now, looked at; None where all always is.

    Args:
        task: the task.
        environments: between two steps, or after a reset.
        over: episodes that have ended (n,).
    """
    if not task.factors or not isinstance(environments, MaskedEnvironments):
        return None
    legal: Any = environments.masks()
    wanted = (_COUNT, sum(task.factors))
    demand(legal.shape == wanted, f"masks of shape {wanted} were wanted, got {legal.shape}")
    demand(legal.dtype == np.bool_, f"masks of booleans were wanted, got {legal.dtype}")
    again = environments.masks()
    demand(np.array_equal(legal, again), "masks() differs between two calls")
    parts = np.split(legal[~over], np.cumsum(task.factors)[:-1], axis=1)
    for name, part in zip(task.named_factors, parts, strict=True):
        demand(bool(part.any(axis=1).all()), f"no choice of factor {name} is legal")
    kept: Legal = np.array(legal)
    return kept


def _check_reset(task: ControlTask) -> None:
    """Some episodes begin anew, the others go on."""
    environments = task.environments(_COUNT, 1)
    environments.reset()
    going = np.zeros(_COUNT, bool)
    actions = task.act(_outputs(task, 0), _legal(task, environments, going))
    seen, _, ended, cut = environments.step(actions)
    seen, over = seen.copy(), np.array(ended, bool) | np.array(cut, bool)
    after = environments.reset(np.array([1]))
    kept = np.array([0, 2])
    demand(np.array_equal(after[kept], seen[kept]), "reset() of one episode changed another")
    demand(not np.array_equal(after[1], seen[1]), "reset() did not begin a new episode")
    _legal(task, environments, over & np.array([True, False, True]))
