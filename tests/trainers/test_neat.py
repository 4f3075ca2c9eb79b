# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode neat: XOR is solved, its winner is told, trained on and evolved on, mistakes are said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vynapse.core import Budget, Task
from vynapse.errors import ConfigError
from vynapse.evolution.neat.story import STORY
from vynapse.evolution.neat.structure import Neat
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task
from vynapse.telemetry.reading import read_events, read_metrics
from vynapse.trainers.mode import MODES, Stage
from vynapse.trainers.neat import MODE, NeatKeys


def stage_of(task: Task, structure: Structure, seed: int = 0, *, fresh: bool = True) -> Stage:
    network = initial_state(structure.fit(task.interface()), Streams(seed))
    return Stage(task, network, fresh, Streams(seed).child("stage.0"), budget=Budget(steps=5))


def build(task: str, structure: Structure | None = None, *, fresh: bool = True, **keys: Any) -> Any:
    made = make_any_task(task, {})
    stage = stage_of(made, structure or Neat(), fresh=fresh)
    return MODE.build(stage, validate(NeatKeys, {"population": 20, **keys}, "neat"))


def test_xor_is_solved_and_the_run_tells_how(tmp_path: Path) -> None:
    session = Session.create(load_recipe("xor", "neat", seed=1), tmp_path / "run")
    summary = session.run()
    assert summary["converged"]
    assert summary["loss"] < 1e-2
    assert 0 < summary["solved_step"] <= summary["steps"]
    rows = read_metrics(tmp_path / "run" / "metrics.csv")
    solved = [row.get("solved_step", "") for row in rows]
    first = summary["solved_step"] - 1
    assert set(solved[:first]) <= {""}
    assert set(map(float, solved[first:])) == {float(summary["solved_step"])}
    assert all(int(float(row["species"])) >= 1 for row in rows)
    events = read_events(tmp_path / "run" / "events.jsonl")
    lines = STORY.why(events, None)
    assert f"genome {summary['winner_id']}" in lines[-1]
    assert "generation 0" in lines[1]
    assert len(lines) == summary["winner_id"] // 150 + 2
    some = [event for event in events if event["kind"] == "neat.champion"][3]["data"]["id"]
    assert str(some) in STORY.why(events, str(some))[-1]
    with pytest.raises(ConfigError, match="the id of a champion"):
        STORY.why(events, "99999999")
    assert STORY.spans(events, summary["steps"])
    hidden = load(tmp_path / "run").network.structure
    assert isinstance(hidden, Neat)
    assert hidden.hidden == summary["hidden_nodes"] >= 1


@pytest.mark.parametrize("seed", range(3))
def test_a_winner_is_a_module_and_the_module_a_genome(seed: int) -> None:
    trainer = build("xor", population=50, add_node=0.3, add_connection=0.3)
    for _ in range(10 + seed):
        trainer.step()
    winner: NetworkState = trainer.winner()
    module = winner.module()
    inputs = np.random.default_rng(seed).normal(size=(5, 2)).astype(np.float32)
    with torch.no_grad():
        outputs = module(torch.from_numpy(inputs)).numpy()
    np.testing.assert_allclose(outputs, winner.predictor()(inputs), rtol=1e-5, atol=1e-6)
    back = NetworkState(
        winner.structure, {name: t.numpy() for name, t in module.state_dict().items()}
    )
    assert back.sha256() == winner.sha256()


def test_a_trained_winner_is_evolved_on() -> None:
    task = make_any_task("xor", {})
    trainer = build("xor", population=50, add_node=0.3)
    for _ in range(8):
        trainer.step()
    winner = trainer.winner()
    stage = Stage(task, winner, False, Streams(3).child("stages.1"))
    later = MODE.build(stage, validate(NeatKeys, {"population": 50}, "neat"))
    first = later.step()
    assert first.loss <= task.score(winner).loss
    for _ in range(20):
        last = later.step()
    assert last.loss <= first.loss


def test_an_mlp_can_be_where_it_begins() -> None:
    task = make_any_task("xor", {})
    stage = stage_of(task, MLP(sizes=(2, 3, 1)))
    start = task.score(stage.network).loss
    trainer = MODE.build(stage, validate(NeatKeys, {"population": 30}, "neat"))
    assert trainer.step().loss <= start
    winner = trainer.winner()
    assert isinstance(winner, NetworkState)
    structure = winner.structure
    assert isinstance(structure, Neat)
    assert structure.hidden >= 3


def test_neat_then_sgd_improves_the_winner(tmp_path: Path) -> None:
    stages = [
        {"mode": "neat", "budget": {"steps": 60, "target": None}, "population": 60},
        {
            "mode": "sgd",
            "budget": {"steps": 300},
            "optimizer": "adam",
            "learning_rate": 0.05,
            "batch_size": 4,
        },
    ]
    recipe = load_recipe("xor", stages=stages, network={"neat": {}}, seed=2)
    summary = Session.create(recipe, tmp_path / "run").run()
    before, after = (stage["loss"] for stage in summary["stages"])
    assert after < before
    assert load(tmp_path / "run").network.structure.kind == "neat"


@pytest.mark.parametrize(
    ("task", "structure", "keys", "sentence"),
    [
        ("xor", None, {"recurrent": True}, "recurrent: the examples of task 'xor' have no order"),
        ("digits", CNN(channels=(4,)), {}, "begins with a network of kind neat or mlp, got cnn"),
        ("cartpole", None, {"output_activation": "tanh"}, r"outputs in \(0, 1\) were wanted"),
        ("cartpole", None, {"batch_size": 4}, "batch_size: a control task has no examples"),
    ],
)
def test_mistakes_are_one_sentence(
    task: str, structure: Structure | None, keys: dict[str, Any], sentence: str
) -> None:
    if isinstance(structure, CNN):
        stage = Stage(
            make_any_task(task, {}),
            NetworkState(structure, {}),
            True,
            Streams(0),
        )
        with pytest.raises(ConfigError, match=sentence):
            MODE.build(stage, NeatKeys())
        return
    with pytest.raises(ConfigError, match=sentence) as caught:
        build(task, structure, **keys)
    assert len(caught.value.problems) == 1


def test_a_genome_of_another_task_or_with_a_cycle_is_refused() -> None:
    task = make_any_task("xor", {})
    other = Neat().fit(make_any_task("digits", {}).interface())
    with pytest.raises(ConfigError, match="has 2 inputs and 1 outputs, the genome has 64 and 10"):
        other.fit(task.interface())
    content = json.loads(json.dumps(Neat().fit(task.interface()).as_key()))["neat"]
    content["nodes"].append({"id": 4, "activation": "tanh"})
    for number, (source, target) in enumerate([(4, 3), (3, 4)], start=3):
        content["connections"].append(
            {"innovation": number, "source": source, "target": target, "enabled": True}
        )
    with pytest.raises(
        ConfigError, match="a feed-forward network was wanted, genome 0 has a cycle"
    ):
        Neat.from_key({"neat": content}, "network").fit(task.interface())


def test_supervised_runs_count_no_steps_of_environments() -> None:
    task, control = make_any_task("xor", {}), make_any_task("cartpole", {})
    for name in ("neat", "deap"):
        assert "env_steps" not in MODES.get(name).counted(task)
        assert "env_steps" in MODES.get(name).counted(control)
    with pytest.raises(ConfigError, match="mode 'neat' does not count env_steps"):
        load_recipe("xor", "neat", overrides=["budget.env_steps=1000"])
