# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NEAT on Python functions: one network or all of them, ask and tell, mistakes in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import vynapse
from vynapse.errors import ConfigError, TrainingError
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.trainers.evolve import NeatSearch

INPUTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def fitness(module: nn.Module) -> float:
    with torch.no_grad():
        return -torch.mean((module(INPUTS) - TARGETS) ** 2).item()


def test_a_function_of_a_module_is_maximised() -> None:
    found = vynapse.evolve(fitness, 2, 1, generations=12, population=30, seed=3)
    assert found.fitness == max(found.history)
    assert fitness(found.module()) == found.fitness
    assert found.generations == 12
    again = vynapse.evolve(fitness, 2, 1, generations=12, population=30, seed=3)
    assert again.network.sha256() == found.network.sha256()


def test_it_stops_at_the_target() -> None:
    found = vynapse.evolve(fitness, 2, 1, generations=50, target=-0.3, population=10)
    assert found.generations < 50
    assert found.fitness >= -0.3


def test_networks_play_against_each_other() -> None:
    """The fitness of each is its rank among all."""
    sizes = []

    def contest(modules: list[nn.Module]) -> np.ndarray:
        sizes.append(len(modules))
        with torch.no_grad():
            answers = np.array([module(INPUTS)[3].item() for module in modules])
        return np.argsort(np.argsort(answers)).astype(np.float64)

    found = vynapse.evolve(contest, 2, 1, generations=3, together=True, population=12)
    assert sizes == [12, 12, 12]
    assert found.fitness == 11


def test_ask_and_tell_go_on_exactly() -> None:
    def step(search: NeatSearch) -> None:
        networks = search.ask()
        values = [-abs(float(network.predictor()(np.ones((1, 3), np.float32))[0, 0]) - 0.7)
                  for network in networks]  # fmt: skip
        search.tell(values)

    whole = NeatSearch(3, 1, seed=1, population=15, add_node=0.3)
    for _ in range(3):
        step(whole)
    parted = NeatSearch(3, 1, seed=1, population=15, add_node=0.3)
    parted.load(whole.state())
    for _ in range(3):
        step(whole)
        step(parted)
    assert parted.generation == whole.generation == 6
    assert parted.best[0].sha256() == whole.best[0].sha256()
    assert parted.best[1] == whole.best[1]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"add_nod": 1}, ConfigError, "evolve.add_nod: unknown key: did you mean 'add_node'?"),
        ({"generations": 0}, ConfigError, "generations: at least 1 was wanted, got 0"),
        ({"fitness": lambda _: "good"}, ConfigError, "fitness: numbers were wanted"),
        ({"fitness": lambda _: [1.0], "together": True}, ConfigError, "10 numbers, one for each"),
        ({"fitness": lambda _: float("nan")}, TrainingError, "no loss of the 10 networks"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    own = {"fitness": fitness, "population": 10, "generations": 2, **arguments}
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        vynapse.evolve(own.pop("fitness"), 2, 1, **own)


def test_a_network_of_another_kind_is_no_start() -> None:
    network = initial_state(MLP(sizes=(2, 1), output="sigmoid"), Streams(0))
    with pytest.raises(ConfigError, match="start: a network of kind neat was wanted, got mlp"):
        NeatSearch(2, 1, start=network)
    with pytest.raises(ConfigError, match="best: nothing was told yet"):
        NeatSearch(2, 1).best  # noqa: B018 - the property raises
