# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode actor-critic: both sides share a replay, the learner's actor enters, either is enough."""

import sys
from typing import cast

import pytest

from vynapse.core import Budget, ControlTask
from vynapse.errors import ConfigError, MissingExtra
from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.networks import modules
from vynapse.networks.normalized import Normalized
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task
from vynapse.trainers.actor_critic import ActorCriticTrainer
from vynapse.trainers.actor_critic_settings import ActorCriticSettings
from vynapse.trainers.mode import Stage


def control(name: str, keys: dict[str, object] | None = None) -> ControlTask:
    return cast("ControlTask", make_any_task(name, keys or {}))


SMALL = {
    "strategy": {"mu": 2, "offspring": 3},
    "warmup": 0,
    "updates_per_step": 0.1,
    "batch_size": 16,
    "critic": [16],
    "evaluate_every": 2,
}


def stage_of(task_name: str = "cartpole", network: NetworkState | None = None) -> Stage:
    task = control(task_name, {"validation_episodes": 2})
    streams = Streams(0)
    if network is None:
        sizes = [task.observations[0], 8, task.outputs]
        structure = parse_network({"mlp": sizes}, "network").fit(task.interface())
        network = initial_state(structure, streams)
    return Stage(task, network, True, streams.child("stage.0"), budget=Budget(steps=50))


def trainer_of(keys=None, **stage) -> ActorCriticTrainer:
    own = validate(ActorCriticSettings, {**SMALL, **(keys or {})}, "actor-critic")
    return ActorCriticTrainer(stage_of(**stage), own)


def test_all_players_fill_the_replay() -> None:
    trainer = trainer_of({"evaluate_every": 10, "inject_every": 2})
    trainer.step()
    trainer.step()
    third = trainer.step()
    assert trainer._learner.filled == trainer._played
    assert third.metrics["updates"] >= 1


def test_the_learner_makes_its_share_of_updates() -> None:
    trainer = trainer_of({"updates_per_step": 0.5, "inject_every": 100, "evaluate_every": 100})
    trainer.step()
    before = trainer._played
    for _ in range(3):
        updates = trainer.step().metrics["updates"]
        assert updates == (trainer._played - before) // 2
        before = trainer._played


def test_the_learners_actor_enters_the_population(monkeypatch) -> None:
    trainer = trainer_of({"inject_every": 2})
    received = []
    receive = EvolutionStrategy.receive

    def watched(self, genomes, measured):
        received.append((genomes, float(measured.losses[0])))
        receive(self, genomes, measured)

    monkeypatch.setattr(EvolutionStrategy, "receive", watched)
    for count in range(1, 5):
        report = trainer.step()
        assert len(received) == count // 2
        if count % 2 == 0:
            genomes, loss = received[-1]
            own = modules.to_tensors(trainer._learner.module)
            actor = NetworkState(trainer.winner().structure, own)
            assert (genomes[0] == trainer._encoding.encode(None, actor)).all()
            assert report.metrics["learner_return"] == -loss


@pytest.mark.parametrize(
    ("keys", "has"),
    [
        ({"strategy": None}, ({"learner_return"}, {"population_best", "injected"})),
        ({"updates_per_step": 0}, ({"population_best"}, {"learner_return", "updates"})),
        ({}, ({"population_best", "learner_return", "injected"}, set())),
    ],
)
def test_each_side_alone_and_both(keys, has) -> None:
    wanted, absent = has
    trainer = trainer_of(keys)
    found = set[str]()
    for _ in range(4):
        found |= set(trainer.step().metrics)
    assert wanted <= found
    assert not absent & found


def test_a_population_alone_learns_to_balance() -> None:
    keys = {"updates_per_step": 0, "strategy": {"mu": 3, "offspring": 12, "sigma": 0.5}}
    trainer = trainer_of(keys)
    for _ in range(15):
        report = trainer.step()
    assert report.loss < -60


def test_learner_of_vectors_and_normalised_observations() -> None:
    keys = {"normalize_observations": True, "strategy": {"kind": "snes", "offspring": 2}}
    trainer = trainer_of(keys, task_name="pendulum")
    reports = [trainer.step() for _ in range(2)]
    assert reports[-1].metrics["critic_loss"] > 0
    winner = trainer.winner()
    assert isinstance(winner.structure, Normalized)
    again = trainer_of({"normalize_observations": False}, task_name="pendulum", network=winner)
    again.step()
    assert isinstance(again.winner().structure, Normalized)


def test_events_say_whose_actor_is_the_best() -> None:
    trainer = trainer_of()
    report = trainer.step()
    ((kind, data),) = report.events
    assert kind == "actors.winner"
    assert data["of"] in {"the learner's actor", "one of the population"}
    assert data["return"] == -report.loss


def test_neither_side_is_refused() -> None:
    with pytest.raises(ConfigError, match="a population or a learner was wanted"):
        trainer_of({"strategy": None, "updates_per_step": 0})


@pytest.mark.parametrize("keys", [{"replay": 0}, {"noise": 2}, {"discount": 0}, {"critic": []}])
def test_wrong_keys(keys) -> None:
    with pytest.raises(ConfigError, match=next(iter(keys))):
        trainer_of(keys)


def test_a_network_that_remembers_is_refused() -> None:
    task = make_any_task("cartpole", {})
    structure = parse_network({"neat": {"recurrent": True}}, "network").fit(task.interface())
    with pytest.raises(ConfigError, match="keeps no state between observations"):
        trainer_of(network=initial_state(structure, Streams(0)))


def test_what_learns_is_an_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vynapse\[rl\]'"):
        trainer_of()
