# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recorded episodes are those that are played, and their steps follow each other."""

from typing import cast

import numpy as np
import pytest

from vynapse.core import ControlTask
from vynapse.networks.state import initial_state
from vynapse.networks.structure import parse_network
from vynapse.rl.actions import Actions
from vynapse.rl.transitions import joined, recorded
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task


def control(name: str, keys: dict[str, object] | None = None) -> ControlTask:
    return cast("ControlTask", make_any_task(name, keys or {}))


@pytest.mark.parametrize("name", ["cartpole", "acrobot", "pendulum", "gym:CartPole-v1"])
def test_recorded_episodes_are_those_that_are_played(name) -> None:
    if name.startswith("gym:"):
        task = control("gym", {"id": name.removeprefix("gym:")})
    else:
        task = control(name)
    size = int(np.prod(task.observations))
    structure = parse_network({"mlp": [size, 3, task.outputs]}, "network").fit(task.interface())
    network = initial_state(structure, Streams(1))
    policy, actions = network.policy(), Actions(task)

    def player(seen):
        outputs, _ = policy(seen, None)
        return task.act(outputs) if task.actions else 2 * outputs - 1

    played, steps = recorded(player, actions.taken, task, 3, 7)
    plain = task.play(network, 3, 7)
    assert played.steps.tolist() == plain.steps.tolist()
    assert played.returns == pytest.approx(plain.returns, rel=1e-5)
    assert len(steps) == plain.steps.sum()
    assert steps.rewards.sum() == pytest.approx(plain.returns.sum(), rel=1e-5)
    assert steps.terminated.sum() == plain.terminated.sum()


def test_steps_of_one_episode_follow_each_other() -> None:
    task = control("cartpole")
    _, steps = recorded(lambda seen: np.ones(len(seen), np.int64), lambda a: a, task, 1, 0)
    assert (steps.seen[1:] == steps.after[:-1]).all()
    assert steps.terminated.tolist() == [False] * (len(steps) - 1) + [True]
    assert (steps.chosen == 1).all()


def test_an_episode_that_is_cut_off_has_not_terminated() -> None:
    task = control("pendulum")
    _, steps = recorded(lambda seen: np.zeros((len(seen), 1)), Actions(task).taken, task, 2, 0)
    assert len(steps) == 2 * task.limit
    assert not steps.terminated.any()
    both = joined([steps, steps])
    assert len(both) == 2 * len(steps)
    assert (both.seen[len(steps) :] == steps.seen).all()
