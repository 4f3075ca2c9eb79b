# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Refinement: who learns, what is inherited to the bit, what it costs, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from vynapse.core import SupervisedTask
from vynapse.errors import ConfigError
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.objective import TrainingExamples
from vynapse.experiment.config import load_recipe
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.trainers.refine import Refine, RefineKeys

P = 16


class Lives:
    """A population on two spirals, measured, and what a refinement makes of it."""

    def __init__(self, encoding: Any, genomes: Any, seed: int = 0, **keys: Any) -> None:
        self.task: SupervisedTask = make_task("spirals", {})
        self.encoding, self.genomes = encoding, genomes
        self.keys = RefineKeys.model_validate({"top_k": 4, "steps": 6, **keys})
        self.component = Refine(self.keys, self.task, encoding, Streams(seed))
        streams = Streams(seed)
        self.objective = TrainingExamples(self.task, None, streams.stream("e")).objective(0)
        self.measured = Inline()(self.objective, encoding, genomes)
        self.losses = self.measured.losses

    def refine(self, generation: int = 0) -> Any:
        return self.component.refine(
            generation, self.genomes, self.measured, Inline(), self.objective
        )

    def best(self) -> np.ndarray:
        return np.argsort(self.losses, kind="stable")[: self.keys.top_k]


def topologies(seed: int) -> tuple[NeatEncoding, Any]:
    settings = NeatSettings(
        population=P, add_node=0.5, add_connection=0.5, activation="tanh", sigma=0.3
    )
    search = Neat(settings, 2, 2, Streams(seed))
    for generation in range(6):
        search.tell(Streams(seed).stream("losses").uniform(P, generation, 0))
    return NeatEncoding(2, 2), search.ask()


def vectors(seed: int, structure: Any) -> tuple[Any, Any]:
    task = make_task("spirals", {})
    network = initial_state(structure.fit(task.interface()), Streams(seed))
    encoding = choose_encoding(network, (2,))
    start = encoding.encode(None, network)
    return encoding, start + 0.3 * np.random.default_rng(seed).normal(size=(P, len(start))).astype(
        np.float32
    )


def module() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.LayerNorm(5), torch.nn.Linear(5, 2))


POPULATIONS = {
    "topologies": topologies,
    "layers": lambda seed: vectors(seed, MLP(sizes=(2, 5, 2))),
    "modules": lambda seed: vectors(seed, Factory(factory="tests.trainers.test_refine:module")),
}
each_population = pytest.mark.parametrize("kind", POPULATIONS)


def bits(encoding: Any, genomes: Any) -> bytes:
    packed = encoding.pack(genomes)
    arrays = packed.values() if isinstance(packed, dict) else [packed]
    return b"".join(array.tobytes() for array in arrays)


@each_population
@pytest.mark.parametrize("seed", range(3))
def test_baldwinian_leaves_genomes_untouched_to_the_bit(kind: str, seed: int) -> None:
    lives = Lives(*POPULATIONS[kind](seed), inherit="baldwinian")
    before = bits(lives.encoding, lives.genomes)
    refined = lives.refine()
    assert refined.genomes is lives.genomes
    assert bits(lives.encoding, lives.genomes) == before
    best = lives.best()
    assert (refined.measured.losses[best] <= lives.losses[best]).all()
    assert (refined.measured.losses[best] < lives.losses[best]).any()
    # the network that is kept is the one that has learnt
    learnt = Inline()(lives.objective, lives.encoding, refined.networks)
    assert learnt.losses.tobytes() == refined.measured.losses.tobytes()


@each_population
@pytest.mark.parametrize("seed", range(3))
def test_lamarckian_writes_back_exactly_what_was_learnt(kind: str, seed: int) -> None:
    lives = Lives(*POPULATIONS[kind](seed))
    before = bits(lives.encoding, lives.genomes)
    refined = lives.refine()
    assert bits(lives.encoding, lives.genomes) == before
    # each genome measured alone has the loss that is told of it, and nobody else has changed
    measured = Inline()(lives.objective, lives.encoding, refined.genomes).losses
    assert measured.tobytes() == refined.measured.losses.tobytes()
    select, others = lives.encoding.select, np.setdiff1d(np.arange(P), lives.best())
    kept, changed = (
        bits(lives.encoding, select(some, others)) for some in (lives.genomes, refined.genomes)
    )
    assert kept == changed
    # and what was learnt is what torch's own Adam makes of the same networks
    learner = lives.encoding.learner(select(lives.genomes, lives.best()))
    optimizer = torch.optim.Adam([learner.weight], lr=0.01)
    for _ in range(6):
        loss = lives.task.loss.tensor(
            learner(torch.tensor(lives.objective.inputs)), torch.tensor(lives.objective.targets)
        )
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
    taught = lives.encoding.taught(
        lives.genomes, lives.best(), learner.weight.detach().numpy().copy()
    )
    theirs = Inline()(lives.objective, lives.encoding, taught).losses[lives.best()]
    better = refined.measured.losses[lives.best()] < lives.losses[lives.best()]
    np.testing.assert_allclose(
        refined.measured.losses[lives.best()][better], theirs[better], rtol=1e-5
    )


def test_a_failed_refinement_changes_nothing_and_costs_the_same() -> None:
    lives = Lives(*topologies(1), optimizer={"name": "sgd", "learning_rate": 1e4})
    refined = lives.refine()
    assert refined.columns["refined"] < 4
    failed = refined.measured.losses == lives.losses
    assert failed.sum() == P - refined.columns["refined"]
    examples, k = len(lives.objective.inputs), 4
    flops = lives.encoding.flops(lives.encoding.select(lives.genomes, lives.best()))
    assert refined.cost.forwards == (6 + 1) * examples * k
    assert refined.cost.backwards == 6 * examples * k
    assert refined.cost.flops == (3 * 6 + 1) * examples * flops


def test_every_batch_size_rate_and_top_k() -> None:
    lives = Lives(*topologies(2), every=3, batch_size=32, top_k=P, rate=0.5)
    assert lives.refine(1) is None
    refined = lives.refine(3)
    assert refined.cost.backwards == 6 * 32 * P
    measured = Inline()(lives.objective, lives.encoding, refined.genomes).losses
    better = refined.measured.losses < lives.losses
    inherited = measured < lives.losses
    assert inherited.sum() in range(2, int(better.sum()))
    assert (better | ~inherited).all()
    again = lives.refine(3)
    assert bits(lives.encoding, again.genomes) == bits(lives.encoding, refined.genomes)
    other = lives.refine(6)
    assert bits(lives.encoding, other.genomes) != bits(lives.encoding, refined.genomes)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_every_optimizer_learns(name: str) -> None:
    lives = Lives(*topologies(4), optimizer={"name": name})
    assert lives.refine().columns["refined"] >= 2


def test_a_genome_without_a_loss_does_not_learn() -> None:
    lives = Lives(*topologies(0))
    lives.losses[:] = np.inf
    assert lives.refine() is None
    lives.losses[3] = 5.0
    assert lives.refine().cost.backwards == 6 * len(lives.objective.inputs)


@pytest.mark.parametrize(
    ("task", "mode", "settings", "sentence"),
    [
        ("cartpole", "neat", ["refine={}"], "refine: task 'cartpole' has no examples"),
        ("cartpole", "deap", ["refine={}"], "refine: task 'cartpole' has no examples"),
        ("cartpole", "hybrid", [], "hybrid"),
        ("xor", "deap", ["refine={top_k: 0}"], "refine.top_k"),
        ("xor", "deap", ["refine={inherit: half}"], "refine.inherit"),
        ("xor", "deap", ["refine={optimizer: {lr: 1}}"], "refine.optimizer.lr"),
        ("xor", "neat", ["refine={rate: 2}"], "refine.rate"),
        ("xor", "deap", ["refine={optimizer: {momentum: 0.9}}"], "momentum: optimizer adam does"),
        ("xor", "deap", ["refine={optimizer: {name: sgd, nesterov: true}}"], "a momentum > 0"),
    ],
)
def test_bad_input_is_one_sentence(
    task: str, mode: str, settings: list[str], sentence: str, tmp_path: Any
) -> None:
    from vynapse.experiment.session import Session

    with pytest.raises(ConfigError, match=sentence):
        Session.create(load_recipe(task, mode, overrides=settings), tmp_path / "run").run()
