# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Control tasks: kernels play as environments do, runs reach their target, play replays them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from vynapse.cli.main import main
from vynapse.core import FunctionPolicy, Stateless, with_episodes
from vynapse.core.control import play
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.episodes import EpisodesObjective
from vynapse.evolution.neat.structure import Neat
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import Streams
from vynapse.tasks.control.gym import GymSettings, GymTask
from vynapse.tasks.registry import make_any_task


def control(name: str, **options: Any) -> Any:
    return with_episodes(make_any_task(name, options))


@pytest.mark.parametrize(
    "name", ["cartpole", "acrobot", "mountain-car-continuous", "pendulum", "double-pole"]
)
@pytest.mark.parametrize("recurrent", [False, True])
def test_whole_episodes_in_the_kernel_are_those_of_the_environments(
    name: str, recurrent: bool
) -> None:
    task = control(name)
    structure = Neat(recurrent=recurrent, updates=2).fit(task.interface())
    for seed in range(3):
        network = initial_state(structure, Streams(seed))
        fused = task.play(network, 4, seed)
        stepped = play(network.policy(), task, task.environments(4, seed))
        np.testing.assert_array_equal(fused.steps, stepped.steps)
        np.testing.assert_array_equal(fused.terminated, stepped.terminated)
        np.testing.assert_allclose(fused.returns, stepped.returns, rtol=1e-12)


def test_layers_in_the_kernel_act_as_their_network() -> None:
    task = control("cartpole")
    structure: Any = MLP(sizes=(4, 5, 3, 1), hidden="relu").fit(task.interface())
    encoding = ArrayEncoding(structure)
    states = [initial_state(structure, Streams(seed)) for seed in range(6)]
    genomes = encoding.join([encoding.encode(None, state) for state in states])
    measured = EpisodesObjective(task, 3, 9).measure(encoding, genomes)
    for state, loss in zip(states, measured.losses, strict=True):
        assert task.play(state, 3, 9).returns.mean() == -loss
    assert measured.cost.env_steps == measured.cost.forwards
    assert measured.cost.forwards is not None
    assert measured.cost.flops == measured.cost.forwards * encoding.flops(genomes[:1])


def test_what_one_genome_plays_does_not_depend_on_the_others() -> None:
    task = control("acrobot")
    structure: Any = MLP(sizes=(6, 4, 3)).fit(task.interface())
    encoding = ArrayEncoding(structure)
    states = [initial_state(structure, Streams(seed)) for seed in range(5)]
    genomes = encoding.join([encoding.encode(None, state) for state in states])
    objective = EpisodesObjective(task, 2, 3)
    whole = objective.measure(encoding, genomes).losses
    for row in range(5):
        alone = objective.measure(encoding, genomes[row : row + 1]).losses
        assert alone[0] == whole[row]


def test_a_run_reaches_its_target_in_the_measure_of_the_task(tmp_path: Path) -> None:
    recipe = load_recipe("cartpole", "neat", overrides=["budget.target=475", "population=60"])
    summary = Session.create(recipe, tmp_path / "run").run()
    assert summary["converged"]
    assert summary["return"] == -summary["loss"] >= 475
    assert summary["test"]["return"] >= 475
    assert summary["cost"]["env_steps"] == summary["cost"]["forwards"] > 0


def test_deap_improves_a_policy(tmp_path: Path) -> None:
    keys = ["budget={steps: 3, target: null}", "network={mlp: [4, 4, 1]}", "episodes=2"]
    keys += ["task.validation_episodes=3", "evaluate_every=1", "strategy.mu=5"]
    summary = Session.create(load_recipe("cartpole", "deap", overrides=keys), tmp_path / "r").run()
    assert summary["return"] > 100


def test_play_replays_a_winner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    keys = ["budget={steps: 4, target: null}", "population=20", "task.validation_episodes=2"]
    Session.create(load_recipe("cartpole", "neat", overrides=keys), run).run()
    assert main(["play", str(run), "--episodes", "3", "--seed", "5", "--json"]) == 0
    first = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["episode"] for one in first] == [0, 1, 2]
    assert all(one["steps"] == one["return"] for one in first)
    assert main(["play", str(run), "--episodes", "3", "--seed", "5"]) == 0
    assert "mean return" in capsys.readouterr().out
    assert main(["why", str(run)]) == 0
    assert "generation 0" in capsys.readouterr().out
    assert main(["evaluate", str(run), "train"]) == 2
    assert "use vynapse play" in capsys.readouterr().err
    assert main(["play", str(run), "--episodes", "0"]) == 2
    capsys.readouterr()
    events = (run / "events.jsonl").read_text()
    (run / "events.jsonl").write_text("")
    assert main(["why", str(run)]) == 2
    assert "its events.jsonl tells of none" in capsys.readouterr().err
    (run / "events.jsonl").write_text(events.replace('"ancestors"', '"others"'))
    assert main(["why", str(run)]) == 2
    assert "an event was changed (KeyError: 'ancestors')" in capsys.readouterr().err


class Corridor(gymnasium.Env[Any, Any]):
    """Five cells; the goal is the last. It begins with action number 1."""

    observation_space = spaces.Discrete(5)
    action_space = spaces.Discrete(2, start=1)

    def __init__(self, bonus: float = 1.0) -> None:
        self.at, self.bonus = 0, bonus

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.at = 0
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.at = min(4, max(0, self.at + (1 if action == 2 else -1)))
        return self.at, self.bonus * (self.at == 4), self.at == 4, False, {}


class Words(Corridor):
    observation_space: Any = spaces.Dict({"a": spaces.Discrete(2)})


class Free(Corridor):
    action_space: Any = spaces.Box(-np.inf, np.inf, (1,))


def test_an_environment_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "own_environment", sys.modules[__name__])
    task = GymTask(GymSettings(id="own_environment:Corridor", options={"bonus": 3}, limit=9))
    right = Stateless(lambda inputs: np.ones((len(inputs), 1), np.float32))
    left = Stateless(lambda inputs: np.zeros((len(inputs), 1), np.float32))
    assert task.score(right).metrics == {
        "return": 3.0,
        "return_min": 3.0,
        "episode_steps": 4.0,
        "terminated": 1.0,
    }
    assert task.score(left).metrics["episode_steps"] == 9
    assert task.score(left).metrics["terminated"] == 0
    for name, sentence in (
        ("Words", "observations of kind Box or Discrete were wanted, .* kind Dict"),
        ("Free", "actions with finite bounds were wanted"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            GymTask(GymSettings(id=f"own_environment:{name}"))


class Odd(Corridor):
    """What it sees and what it rewards is as asked for."""

    observation_space: Any = spaces.Box(-1, 1, (2,))

    def __init__(self, seen: Any = (0, 0), reward: Any = 1.0) -> None:
        super().__init__()
        self.seen, self.reward = seen, reward

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        return np.zeros(2, np.float32), {}

    def step(self, action: int) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        return self.seen, self.reward, False, False, {}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reward": 1 + 2j}, r"rewards that are one real number were wanted, it gave \(1\+2j\)"),
        ({"reward": np.complex64(1)}, "rewards that are one real number were wanted"),
        ({"reward": None}, "rewards that are one real number were wanted, it gave None"),
        ({"seen": [0, 1j]}, "observations of 2 real numbers were wanted, it gave complex128"),
        ({"seen": [0, 1, 2]}, r"observations of 2 real .*, it gave int64 of shape \(3,\)"),
        ({"seen": ["a", "b"]}, "observations of 2 real numbers were wanted, it gave <U1"),
        ({"seen": [[0], [1, 2]]}, "an observation is no array"),
    ],
)
def test_what_an_environment_gives_is_looked_at(
    options: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "own_environment", sys.modules[__name__])
    task = GymTask(GymSettings(id="own_environment:Odd", options=options, limit=3))
    right = Stateless(lambda inputs: np.ones((len(inputs), 1), np.float32))
    with pytest.raises(TrainingError, match=f"^task gym:own_environment:Odd: {sentence}"):
        task.score(right)
    sound = GymTask(GymSettings(id="own_environment:Odd", limit=3))
    assert sound.score(right).metrics["return"] == 3


def test_gymnasium_and_the_kernels_agree_on_a_policy() -> None:
    ours, theirs = control("cartpole"), control("gym:CartPole-v1")
    weights = np.array([0.05, 0.3, 1.0, 1.2], np.float32)
    policy = FunctionPolicy(lambda x: (0.5 + 0.1 * (x @ weights))[:, None].astype(np.float32))
    for task in (ours, theirs):
        played = play(policy, task, task.environments(3, 1))
        assert (played.returns == 500).all()
        assert not played.terminated.any()


def test_mistakes_are_one_sentence() -> None:
    for text, sentence in (
        ("gym:NoSuch-v9", "NoSuch-v9 cannot be made"),
        ("gym:Blackjack-v1", "of kind Box or Discrete were wanted"),
    ):
        with pytest.raises(ConfigError, match=sentence) as caught:
            make_any_task(text, {})
        assert len(caught.value.problems) == 1
    hidden = control("double-pole-hidden")
    dense: Any = MLP(sizes=(3, 1)).fit(hidden.interface())
    with pytest.raises(ConfigError, match="a network of kind neat was wanted"):
        hidden.score(initial_state(dense, Streams(0)))


def test_without_velocities_a_still_network_is_scored() -> None:
    task = control("double-pole-hidden")
    structure = Neat(recurrent=True).fit(task.interface())
    network = NetworkState(structure, {"weight": np.zeros(4, np.float32)})
    evaluation, steps = task.rate(network, "validation")
    assert evaluation.metrics["starts"] == 0
    assert evaluation.metrics["return"] == steps / 100_000 > 0
