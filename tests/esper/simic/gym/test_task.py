# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task growth-gym: episodes, rewards that add up, rest and resume, runs of its modes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.core.control import legal_now
from vynapse.errors import CheckpointError
from vynapse.esper.simic import schema
from vynapse.esper.simic.features import FEATURES
from vynapse.esper.simic.gym.environments import GymEnvironments
from vynapse.esper.simic.gym.task import GymSettings, GymTask
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.rl.behaviour import collected, offered
from vynapse.seeding import Streams


def chosen(environments: GymEnvironments, rng: np.random.Generator) -> Any:
    """Random legal actions; mostly to wait."""
    legal = environments.masks()
    outputs = rng.random(legal.shape)
    outputs[:, 0] += rng.random(len(outputs)) < 0.8
    return GymTask(GymSettings()).act(outputs, legal)


def test_rewards_add_up_to_the_score():
    environments = GymTask(GymSettings()).environments(10, 4)
    rng, total, ended = np.random.default_rng(1), np.zeros(10), np.zeros(10, bool)
    environments.reset()
    begin = environments.world.score().copy()
    while not ended.all():
        _, rewards, terminated, truncated = environments.step(chosen(environments, rng))
        assert not terminated.any()
        assert (rewards[ended] == 0).all()
        total += rewards
        ended |= truncated
    np.testing.assert_allclose(begin, 0, atol=1e-12)
    np.testing.assert_allclose(total, environments.world.score(), atol=1e-9)


def test_the_splits_have_tasks_of_their_own():
    """Episodes are functions of seed, environment and number; different seeds share no data."""
    task = GymTask(GymSettings())
    first, second = task.environments(16, 1), task.environments(16, 2)
    again = task.environments(8, 1)
    seen = [environments.reset() for environments in (first, second, again)]
    np.testing.assert_array_equal(seen[0][:8], seen[2])
    targets = [e.world.tasks.targets[:8] for e in (first, second)]
    assert not np.isin(targets[0][:, 0, 0], targets[1][:, 0, 0]).any()
    before = first.world.tasks.targets.copy()
    first.reset(np.array([3]))
    same = (first.world.tasks.targets == before).all(axis=(1, 2))
    assert same.tolist() == [row != 3 for row in range(16)]


@pytest.mark.parametrize("history", [1, 3])
def test_environments_go_on_bit_for_bit(history: int):
    task = GymTask(GymSettings(history=history))
    one, other = task.environments(6, 7), task.environments(6, 7)
    rng = np.random.default_rng(3)
    one.reset()
    for _ in range(5):
        one.step(chosen(one, rng))
    other.load(one.state())
    assert one.masks().tobytes() == other.masks().tobytes()
    numbers = np.random.default_rng(4), np.random.default_rng(4)
    for _ in range(6):
        seen = [e.step(chosen(e, g)) for e, g in zip((one, other), numbers, strict=True)]
        for mine, theirs in zip(*seen, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert seen[0][0].shape == (6, history * FEATURES)
        one.reset(np.flatnonzero(one.world.over))
        other.reset(np.flatnonzero(other.world.over))
    with pytest.raises(CheckpointError, match="environments"):
        task.environments(5, 7).load(one.state())


def test_threads_change_no_bit():
    one = GymTask(GymSettings()).environments(9, 5)
    two = GymTask(GymSettings(threads=2)).environments(9, 5)
    rngs = np.random.default_rng(0), np.random.default_rng(0)
    np.testing.assert_array_equal(one.reset(), two.reset())
    for _ in range(4):
        seen = [e.step(chosen(e, g))[0] for e, g in zip((one, two), rngs, strict=True)]
        np.testing.assert_array_equal(seen[0], seen[1])
    assert GymTask(GymSettings(threads=2)).fingerprint() == GymTask(GymSettings()).fingerprint()


def test_masks_and_features_are_finite_and_small():
    environments = GymTask(GymSettings()).environments(40, 6)
    rng = np.random.default_rng(2)
    environments.reset()
    for _ in range(12):
        seen, *_ = environments.step(chosen(environments, rng))
        assert np.isfinite(seen).all()
        assert np.abs(seen).max() <= 5
        legal = legal_now(GymTask(GymSettings()), environments)
        assert legal is not None
        assert legal[:, 0].all()


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("policy", ["environments=4", "rollout=8", "batch_size=16", "critic=[8]"]),
        ("deap", ["strategy={kind: snes, offspring: 3}", "episodes=2"]),
    ],
)
def test_policies_are_learned_by_the_modes(tmp_path: Path, mode: str, keys: list[str]):
    if mode == "policy":
        pytest.importorskip("stable_baselines3")
    keys += ["task.validation_episodes=1", "task.test_episodes=1", "budget={steps: 1}"]
    session = Session.create(load_recipe("growth-gym", mode, overrides=keys), tmp_path / "run")
    summary = session.run()
    assert np.isfinite(summary["test"]["return"])
    assert summary["cost"]["env_steps"] > 0


def test_controllers_play_for_a_log_as_they_do_in_mode_grow() -> None:
    task = GymTask(GymSettings())
    known = offered(task)
    assert set(known) == {"heuristic", "clock", "no-op", "random"}
    log = collected({name: known[name] for name in known}, task, 16, Streams(1).stream("log"))
    kinds = [
        {
            schema.meanings()[what].split()[0]
            for what in log.actions[log.players[log.episodes] == n, 0]
        }
        for n, _ in enumerate(known)
    ]
    by_name = dict(zip(known, kinds, strict=True))
    assert by_name["no-op"] == {"wait"}
    assert {"germinate", "blend", "fossilize"} <= by_name["clock"] <= {"wait"} | by_name["random"]
    assert by_name["heuristic"] & {"germinate", "widen", "deepen"}
    assert np.isfinite(log.rewards).all()
