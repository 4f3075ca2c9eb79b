# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Implicit Q-learning: it finds what is best and legal, and knows an end from a limit."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from tests.rl.doors import BEST, LENGTH, Doors, control
from vynapse.core.compatible import MADE
from vynapse.errors import CheckpointError
from vynapse.rl.behaviour import RandomBehaviour, collected
from vynapse.rl.iql import Iql, Rules, logits_of
from vynapse.seeding import Streams
from vynapse.testing.demand import global_generators

RULES = Rules(
    batch_size=64,
    learning_rate=0.01,
    discount=0.9,
    expectile=0.8,
    temperature=3.0,
    target_rate=0.1,
    critic=(16,),
    clip_norm=10.0,
)


def learner(seed: int = 0, ends: bool = True, rules: Rules = RULES) -> tuple[Iql, nn.Module]:
    task = Doors(ends)
    log = collected({"random": RandomBehaviour(task)}, task, 120, Streams(seed).stream("log"))
    torch_state = torch.get_rng_state()
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 5), nn.Sigmoid())
    torch.set_rng_state(torch_state)
    stream = Streams(seed).stream("iql")
    return Iql(network, task, log, log.observations, rules, stream), network


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_the_best_legal_action_of_every_room(seed: int) -> None:
    before = global_generators()
    # cut off at a limit: what follows does not depend on the time, which is not seen
    learning, network = learner(seed, ends=False)
    figures = [learning.epoch(number) for number in range(25)]
    assert global_generators() == before
    task = Doors()
    rooms = np.eye(3, dtype=np.float32)
    legal = np.ones((3, 5), bool)
    legal[0, 0] = False
    with torch.no_grad():
        outputs = network(torch.from_numpy(rooms)).numpy()
    chosen = task.act(outputs, legal)
    assert {room: tuple(action) for room, action in enumerate(chosen.tolist())} == BEST
    assert figures[-1]["entropy"] < figures[0]["entropy"]
    assert all(np.isfinite(list(row.values())).all() for row in figures)


@pytest.mark.parametrize(("ends", "least", "most"), [(True, 1.0, 5.2), (False, 6.0, 12.5)])
def test_a_limit_is_no_end(ends: bool, least: float, most: float) -> None:
    """Four steps are worth at most 4 x 1.25; without an end 1.25 / (1 - 0.9)."""
    learning, _ = learner(0, ends, dataclasses.replace(RULES, expectile=0.9))
    for number in range(40):
        figures = learning.epoch(number)
    assert LENGTH * 1.25 < 5.2
    assert least < figures["value"] < most


def test_a_higher_expectile_gives_higher_values() -> None:
    values = []
    for expectile in (0.5, 0.9):
        learning, _ = learner(0, True, dataclasses.replace(RULES, expectile=expectile))
        for number in range(20):
            figures = learning.epoch(number)
        values.append(figures["value"])
    assert values[0] < values[1]


def test_at_temperature_0_it_imitates_the_log() -> None:
    task = Doors()
    first = {"first": task.behaviours["first"]}
    log = collected(first, task, 30, Streams(0).stream("log"))
    network = nn.Sequential(nn.Linear(3, 5), nn.Sigmoid())
    rules = dataclasses.replace(RULES, temperature=0.0, learning_rate=0.05)
    learning = Iql(network, task, log, log.observations, rules, Streams(0).stream("iql"))
    for number in range(40):
        figures = learning.epoch(number)
    assert figures["policy_loss"] < 0.2
    assert figures["clipped"] == 0


def test_a_state_goes_on_bit_for_bit() -> None:
    one, _ = learner()
    for number in range(3):
        one.epoch(number)
    state = one.state()
    two, _ = learner()
    two.load(state)
    assert one.epoch(3) == two.epoch(3)
    assert one.epoch(4) == two.epoch(4)
    state["weights"]["value.0.weight"] = np.zeros((1, 1), np.float32)
    with pytest.raises(CheckpointError):
        two.load(state)
    assert MADE not in state


def test_two_actions_are_one_output() -> None:
    cartpole, acrobot = control("cartpole"), control("acrobot")
    outputs = torch.tensor([[0.5], [0.9]])
    logits = logits_of(outputs, cartpole)
    assert logits.softmax(dim=1)[:, 1].tolist() == pytest.approx([0.5, 0.9])
    three = torch.tensor([[0.2, 0.9, 0.5]])
    assert int(logits_of(three, acrobot).argmax()) == int(acrobot.act(three.numpy())[0])
