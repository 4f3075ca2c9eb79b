# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode iql: it is better than those it learns from, wherever its log comes from."""

from pathlib import Path

import numpy as np
import pytest

from tests.evidence import many
from vynapse.core import Budget
from vynapse.errors import CheckpointError, ConfigError, DataError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.overrides import Override
from vynapse.experiment.plan import prepare
from vynapse.experiment.session import Session
from vynapse.networks.normalized import Normalized
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import parse_network
from vynapse.rl.behaviour import collected, offered
from vynapse.rl.log import Log
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task
from vynapse.telemetry.reading import read_events
from vynapse.trainers.episodes import control_of
from vynapse.trainers.iql import MODE, IqlTrainer
from vynapse.trainers.iql_settings import IqlSettings
from vynapse.trainers.mode import Stage

SMALL = {"data": {"episodes": 4}, "critic": [8], "batch_size": 32, "evaluate_every": 1}


def stage_of(
    network: NetworkState | None = None, task_name: str = "cartpole", seed: int = 0
) -> Stage:
    task = make_any_task(task_name, {"validation_episodes": 4})
    streams = Streams(seed)
    if network is None:
        structure = parse_network({"mlp": [4, 16, 1]}, "network").fit(task.interface())
        network = initial_state(structure, streams)
    return Stage(task, network, True, streams.child("stage.0"), budget=Budget(steps=50))


def trainer_of(keys: dict[str, object], stage: Stage | None = None) -> IqlTrainer:
    return IqlTrainer(stage or stage_of(), validate(IqlSettings, keys, "iql"))


def log_in(path: Path, episodes: int = 6) -> Path:
    task = control_of(stage_of())
    collected(offered(task), task, episodes, Streams(1).stream("log")).save(path)
    return path


@pytest.mark.parametrize("seed", range(many(sample=2, evidence=10)))
def test_a_policy_is_better_than_those_it_learns_from(seed: int, tmp_path: Path) -> None:
    """From blind choices and a network that is half good, with one action in two blind."""
    half = ["network={mlp: [4, 1]}", "strategy={mu: 2, offspring: 6}", "episodes=1"]
    few = ["task.validation_episodes=3", "task.test_episodes=3"]
    known = load_recipe("cartpole", "deap", overrides=[*half, *few, "budget={steps: 3}"])
    Session.create(known, tmp_path / "half").run()
    keys: list[Override] = [
        ("data", {"behaviour": ["random", f"run:{tmp_path / 'half'}"], "episodes": 80,
                  "epsilon": 0.5}),
        ("seed", seed), ("network", {"mlp": [4, 32, 1]}), "critic=[32]", "learning_rate=0.003",
        "batch_size=64", "target_rate=0.02", "budget={steps: 20, target: null}", *few,
    ]  # fmt: skip
    session = Session.create(load_recipe("cartpole", "iql", overrides=keys), tmp_path / "iql")
    summary = session.run()
    (told,) = [e for e in read_events(tmp_path / "iql" / "events.jsonl") if e["kind"] == "iql.log"]
    blind, known_half = told["data"]["played"]
    assert known_half["behaviour"].startswith("run:half@")
    behaviour = (blind["return"] + known_half["return"]) / 2
    assert -summary["loss"] > 2 * behaviour


def test_a_run_that_plays_with_a_network_keeps_a_copy_of_it(tmp_path: Path) -> None:
    few = ["task.validation_episodes=1", "task.test_episodes=1", "budget={steps: 2, target: null}"]
    Session.create(load_recipe("cartpole", "neat", overrides=few), tmp_path / "neat").run()
    data = {"behaviour": [f"run:{tmp_path / 'neat'}"], "episodes": 2}
    keys: list[Override] = [("data", data), *few]
    recipe = load_recipe("cartpole", "iql", overrides=keys)
    Session.create(recipe, tmp_path / "run")
    (tmp_path / "neat").rename(tmp_path / "elsewhere")
    assert Session.open(tmp_path / "run").run()["steps"] == 2
    with pytest.raises(ConfigError, match=r"stages.0.data.behaviour: .*there is no run"):
        load_recipe("cartpole", "iql", overrides=["data.behaviour=['run:nowhere']"])


def test_a_file_is_learnt_from_and_has_to_stay(tmp_path: Path) -> None:
    path = log_in(tmp_path / "log.safetensors")
    trainer = trainer_of({**SMALL, "data": str(path)})
    first = trainer.step()
    assert first.events[0][1]["played"][0]["episodes"] == 6
    # nothing was played for the log: the four validation episodes alone count
    assert trainer.timings()["collecting"] == 0
    state = trainer.state()
    assert state["log"] == {}
    again = trainer_of({**SMALL, "data": str(path)})
    again.load(state)
    assert again.step() == trainer.step()
    log_in(path, 7)
    with pytest.raises(CheckpointError, match="data"):
        trainer_of({**SMALL, "data": str(path)}).load(state)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        trainer_of({"data": str(tmp_path / "none")})
    path = log_in(tmp_path / "log")
    with pytest.raises(ConfigError, match="episodes of task: acrobot was wanted, the log has cart"):
        prepare(load_recipe("acrobot", "iql", overrides=[("data", str(path))])).check()


def test_an_epoch_costs_what_it_does() -> None:
    trainer = trainer_of(SMALL)
    first, second = trainer.step().cost, trainer.step().cost
    log = trainer._log
    assert isinstance(log, Log)
    assert first.env_steps is not None
    assert second.env_steps is not None
    looked = second.env_steps - first.env_steps
    assert second.backwards == 2 * 4 * len(log)
    assert (second.forwards or 0) - (first.forwards or 0) == 7 * len(log) + looked


def test_the_seed_of_the_log_is_a_key_of_its_own() -> None:
    def log_of(seed: int, own: int | None) -> str:
        trainer = trainer_of({**SMALL, "data": {"episodes": 2, "seed": own}}, stage_of(seed=seed))
        trainer.step()
        assert trainer._log is not None
        return trainer._log.sha256()

    assert log_of(0, 7) == log_of(1, 7)
    assert log_of(0, None) != log_of(1, None)


def test_normalised_observations_are_part_of_the_winner() -> None:
    trainer = trainer_of({**SMALL, "normalize_observations": True})
    trainer.step()
    winner = trainer.winner().structure
    assert isinstance(winner, Normalized)
    assert trainer._log is not None
    seen = winner.seen(trainer._log.observations)
    assert seen.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-4)
    assert seen.std(axis=0) == pytest.approx(np.ones(4), abs=1e-3)
    again = trainer_of(SMALL, stage_of(trainer.winner()))
    again.step()
    assert isinstance(again.winner().structure, Normalized)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"data": {"behaviour": ["randm"]}}, "got 'randm': did you mean 'random'"),
        ({"data": {"behaviour": ["random", "random"]}}, "each behaviour once"),
        ({"data": {"behaviour": []}}, "at least 1 was wanted"),
        ({"data": {"epsilon": 2}}, "data"),
        ({"data": 3}, "data"),
        ({"expectile": 1.0}, "expectile"),
    ],
)
def test_wrong_keys(keys: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        trainer_of(keys)


def test_tasks_and_networks_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="its actions are vectors of numbers"):
        prepare(load_recipe("pendulum", "iql")).check()
    with pytest.raises(ConfigError, match="'iql' wants a task with episodes, task 'xor' has"):
        prepare(load_recipe("xor", "iql"))
    task = make_any_task("cartpole", {})
    structure = parse_network({"neat": {"recurrent": True}}, "network").fit(task.interface())
    with pytest.raises(ConfigError, match="keeps no state between observations"):
        trainer_of(SMALL, stage_of(initial_state(structure, Streams(0))))


def test_the_story_says_what_the_log_is() -> None:
    trainer = trainer_of(SMALL)
    events = trainer.step().events
    told = [MODE.story.happening(kind, data) for kind, data in events]
    assert told[0] is not None
    assert told[0].startswith("logged episodes: 4 of random (mean return ")
    untried = MODE.story.happening("iql.untried", {"count": 2, "first": [0, 3]})
    assert untried is not None
    assert "choice 3 of factor 0" in untried
