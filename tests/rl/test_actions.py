# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The most probable action of a learner is the one that the task takes of the same outputs."""

import numpy as np
import pytest
import torch

from vynapse.rl.actions import Actions
from vynapse.tasks.registry import make_any_task


@pytest.mark.parametrize("name", ["cartpole", "acrobot"])
def test_the_likeliest_of_some_actions_is_that_of_the_task(name) -> None:
    task = make_any_task(name, {})
    actions = Actions(task)
    outputs = np.random.default_rng(0).random((500, task.outputs)).astype(np.float32)
    logits = actions.parameters(torch.from_numpy(outputs))
    assert logits.shape == (500, task.actions)
    assert (logits.argmax(1).numpy() == task.act(outputs)).all()


def test_two_actions_have_the_probability_that_the_output_says() -> None:
    actions = Actions(make_any_task("cartpole", {}))
    outputs = torch.tensor([[0.1], [0.5], [0.93], [1.0]])
    second = torch.softmax(actions.parameters(outputs), 1)[:, 1]
    assert torch.allclose(second, outputs[:, 0], atol=1e-5)


@pytest.mark.parametrize("name", ["pendulum", "mountain-car-continuous"])
def test_the_mean_of_a_vector_is_that_of_the_task(name) -> None:
    task = make_any_task(name, {})
    actions = Actions(task)
    outputs = np.random.default_rng(1).random((500, task.outputs)).astype(np.float32)
    means = actions.parameters(torch.from_numpy(outputs)).numpy()
    assert actions.taken(means) == pytest.approx(task.act(outputs), abs=1e-5)
    beyond = actions.taken(np.array([[-7.0], [9.0]], np.float32))
    assert beyond[:, 0].tolist() == [task.low[0], task.high[0]]
