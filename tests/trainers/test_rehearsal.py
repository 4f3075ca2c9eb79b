# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What cannot be trained is said before the run, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

HERE = "tests.trainers.test_rehearsal"


def normed() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.act, self.b = nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)

    def forward(self, x):
        h = self.act(self.a(x))
        y = self.b(h)
        h += 1
        return y


class Auxiliary(nn.Module):
    """As GoogLeNet's: outputs of more than one kind in training alone."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.act, self.b = nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)

    def forward(self, x):
        h = self.b(self.act(self.a(x)))
        return (h, h) if self.training else h


def session(tmp_path: Path, mode: str, network: str, train: int, *keys: str) -> Session:
    keys = (f"network={{factory: '{HERE}:{network}'}}", f"task.train={train}", *keys)
    task = "tests.networks.zoo_tasks:vectors"
    return Session.create(load_recipe(task=task, mode=mode, overrides=list(keys)), tmp_path / "run")


@pytest.mark.parametrize(("mode", "prefix"), [("sgd", ""), ("grow", "training.")])
@pytest.mark.parametrize(
    ("train", "batch", "sentence"),
    [
        (25, 8, "the last batch of 25 examples in batches of 8 is a single one"),
        (24, 1, "batches are single examples"),
        (1, 8, "batches are single examples"),
    ],
)
def test_a_lone_example_and_batch_norm(
    train: int, batch: int, sentence: str, mode: str, prefix: str, tmp_path: Path
) -> None:
    keys = [f"{prefix}batch_size={batch}", "budget.epochs=2"]
    with pytest.raises(ConfigError, match=sentence) as caught:
        session(tmp_path, mode, "normed", train, *keys)
    assert "more than 1 value per channel" in str(caught.value)
    assert "choose another batch_size" in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_lone_example_that_never_comes_is_no_problem(tmp_path: Path) -> None:
    session(tmp_path, "sgd", "normed", 25, "batch_size=8", "budget.steps=3").run()


@pytest.mark.parametrize("train", [24, 26])
def test_other_batches_are_no_problem(train: int, tmp_path: Path) -> None:
    session(tmp_path, "sgd", "normed", train, "batch_size=8", "budget.epochs=1").run()


@pytest.mark.parametrize("mode", ["sgd", "grow"])
@pytest.mark.parametrize(
    ("network", "sentence"),
    [("InPlace", "its gradient cannot be computed"), ("Auxiliary", "returns a tuple of 2")],
)
def test_what_fails_in_training_alone(
    network: str, sentence: str, mode: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        session(tmp_path, mode, network, 24)
    assert not (tmp_path / "run").exists()
