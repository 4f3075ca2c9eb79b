# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Episodes in progress: put to rest and brought back, counted, and cut off at limits."""

import numpy as np
import pytest

from vynapse.errors import CheckpointError, ConfigError
from vynapse.rl.rollout import Episodes
from vynapse.tasks.registry import make_any_task

CARELESS = """
import gymnasium, numpy as np

class Drift(gymnasium.Env):
    "Observations that no seed decides."
    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    made = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        Drift.made += 1
        return np.full(2, 0.01 * Drift.made, np.float32), {}

    def step(self, action):
        return np.full(2, 0.01 * Drift.made, np.float32), 1.0, False, False, {}
"""


@pytest.mark.parametrize("name", ["cartpole", "pendulum", "acrobot", "gym:CartPole-v1"])
def test_episodes_go_on_where_they_were(name) -> None:
    if name.startswith("gym:"):
        task = make_any_task("gym", {"id": name.removeprefix("gym:")})
    else:
        task = make_any_task(name, {})
    generator = np.random.default_rng(0)

    def actions(count: int):
        outputs = generator.random((count, 3, task.outputs)).astype(np.float32)
        return [task.act(own) for own in outputs]

    one, two = Episodes(task, 3, 5), Episodes(task, 3, 5)
    for own in actions(60):
        one.step(own)
    one.ended()
    two.load(one.state())
    assert (one.seen == two.seen).all()
    for own in actions(60):
        here, there = one.step(own), two.step(own)
        assert (one.seen == two.seen).all()
        assert (here.rewards == there.rewards).all()
    assert one.ended().returns.tolist() == two.ended().returns.tolist()


def test_returns_and_lengths_of_ended_episodes() -> None:
    task = make_any_task("cartpole", {})
    episodes = Episodes(task, 2, 0)
    for _ in range(40):
        episodes.step(np.zeros(2, np.int64))  # to the left until the pole falls
    ended = episodes.ended()
    assert len(ended.steps) >= 4
    assert (ended.returns == ended.steps).all()
    assert ended.terminated.all()
    assert len(episodes.ended().returns) == 0


def test_an_environment_that_does_not_replay_is_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "vynapse_careless.py").write_text(CARELESS)
    monkeypatch.syspath_prepend(str(tmp_path))
    task = make_any_task("gym", {"id": "vynapse_careless:Drift"})
    one = Episodes(task, 1, 0)
    one.step(np.zeros(1, np.int64))
    with pytest.raises(CheckpointError, match="an episode is not where it was"):
        Episodes(task, 1, 0).load(one.state())


def test_environments_that_cannot_rest_are_refused(monkeypatch) -> None:
    task = make_any_task("cartpole", {})

    class Restless:
        def reset(self, rows=None):
            return np.zeros((1, 4), np.float32)

        def step(self, actions):
            raise AssertionError

    monkeypatch.setattr(task, "environments", lambda count, seed: Restless())
    with pytest.raises(ConfigError, match=r"environments with state\(\) and load\(\)"):
        Episodes(task, 1, 0)
