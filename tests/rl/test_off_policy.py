# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An off-policy learner: its actor, its replay, its updates, and how it rests."""

import dataclasses
from typing import cast

import numpy as np
import pytest
import torch

from vynapse.core import ControlTask
from vynapse.errors import CheckpointError
from vynapse.networks import modules
from vynapse.networks.state import initial_state
from vynapse.networks.structure import parse_network
from vynapse.rl import library
from vynapse.rl.actor_critic import Actor
from vynapse.rl.off_policy import OffPolicy, Rules
from vynapse.rl.transitions import recorded
from vynapse.rl.values import Dueling
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task
from vynapse.testing.demand import global_generators


def control(name: str, keys: dict[str, object] | None = None) -> ControlTask:
    return cast("ControlTask", make_any_task(name, keys or {}))


def see(raw):
    return np.ascontiguousarray(raw.reshape(len(raw), -1), np.float32)


def learner_of(name, **keys) -> OffPolicy:
    task = control(name)
    size = int(np.prod(task.observations))
    structure = parse_network({"mlp": [size, 8, task.outputs]}, "network").fit(task.interface())
    network = initial_state(structure, Streams(0))
    known = {
        "replay": 500,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "discount": 0.9,
        "target_rate": 0.05,
        "critic": (8,),
        "noise": 0.1,
    }
    rules = Rules(**{**known, **keys})

    def make():
        return modules.build(network.structure, dict(network.tensors))

    return OffPolicy(make, task, rules, Streams(3).stream("learner"))


def steps_of(learner, seed=0, count=2):
    player = learner.player(seed, see, blind=True)
    return recorded(player, learner.actions.taken, learner.actions.task, count, seed)[1]


@pytest.mark.parametrize("name", ["cartpole", "acrobot"])
def test_the_best_action_by_value_is_that_of_the_task(name) -> None:
    learner = learner_of(name)
    task = learner.actions.task
    net = Dueling(Actor(learner.module, learner.actions), task.observations[0], (8,))
    seen = np.random.default_rng(0).normal(size=(300, *task.observations)).astype(np.float32)
    outputs = modules.predictor(learner.module)(seen)
    with torch.no_grad():
        values = net(torch.from_numpy(seen))
    assert values.shape == (300, task.actions)
    assert (values.argmax(1).numpy() == task.act(outputs)).all()
    assert (learner.greedy(see)(seen) == task.act(outputs)).all()


@pytest.mark.parametrize("name", ["cartpole", "pendulum"])
def test_the_replay_holds_the_latest_steps(name) -> None:
    learner = learner_of(name, replay=30)
    steps = steps_of(learner)
    learner.remember(steps)
    assert learner.filled == min(30, len(steps))
    held = learner.state()["replay"]
    rewards = sorted(held["rewards"].tolist())
    assert rewards == sorted(steps.rewards[-30:].tolist())
    assert sorted(held["seen"].sum(1).tolist()) == sorted(steps.seen[-30:].sum(1).tolist())


@pytest.mark.parametrize("name", ["cartpole", "acrobot", "pendulum"])
def test_it_goes_on_where_it_was(name) -> None:
    one = learner_of(name)
    one.remember(steps_of(one))
    one.learn(0, 7, see)
    two = learner_of(name)
    two.load(one.state())
    for number in (1, 2):
        for learner in (one, two):
            learner.remember(steps_of(learner, number, 1))
        before = global_generators()
        assert one.learn(number, 5, see) == two.learn(number, 5, see)
        assert global_generators() == before
    first, second = modules.to_tensors(one.module), modules.to_tensors(two.module)
    assert all((first[key] == second[key]).all() for key in first)
    assert first.keys() == second.keys()


def test_values_of_actions_are_learnt() -> None:
    """Of two actions one gives 1 and the other nothing, and every episode ends at once."""
    learner = learner_of("cartpole", learning_rate=0.01)
    steps = steps_of(learner, count=20)
    ends = np.ones(len(steps), bool)
    rewards = (steps.chosen[:, 0] == 0).astype(np.float32)
    learner.remember(dataclasses.replace(steps, rewards=rewards, terminated=ends))
    losses = [learner.learn(number, 50, see)["critic_loss"] for number in range(6)]
    assert losses[-1] < 0.1 * losses[0]
    assert (learner.greedy(see)(steps.seen) == 0).mean() > 0.95


def test_blind_and_noisy_choices() -> None:
    learner = learner_of("acrobot", noise=0.5)
    seen = np.zeros((3000, 6), np.float32)
    blind = learner.player(0, see, blind=True)(seen)
    assert np.bincount(blind, minlength=3) / 3000 == pytest.approx([1 / 3] * 3, abs=0.05)
    best = int(learner.greedy(see)(seen[:1])[0])
    noisy = learner.player(0, see, blind=False)(seen)
    assert (noisy == best).mean() == pytest.approx(0.5 + 0.5 / 3, abs=0.05)
    vectors = learner_of("pendulum", noise=0.3)
    here = np.zeros((2000, 3), np.float32)
    moved = vectors.player(0, see, blind=False)(here)
    assert np.std(moved) == pytest.approx(0.3, abs=0.03)
    assert (moved >= -1).all()
    assert (moved <= 1).all()


def test_a_state_of_another_replay_is_refused() -> None:
    large, small = learner_of("cartpole"), learner_of("cartpole", replay=20)
    large.remember(steps_of(large))
    with pytest.raises(CheckpointError, match="too many steps"):
        small.load(large.state())


def test_loading_the_library_draws_no_random_numbers() -> None:
    before = global_generators()
    library.load("a test")
    assert global_generators() == before
