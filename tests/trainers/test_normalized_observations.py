# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Running normalisation: what it measures, that it is folded into the winner, and exactly so."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.cli.main import main
from vynapse.core import ControlTask, with_episodes
from vynapse.core.control import play
from vynapse.errors import ConfigError, Interrupted
from vynapse.evolution.episodes import TrainingEpisodes
from vynapse.evolution.observations import ObservationStatistics
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.plan import prepare
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.store import load
from vynapse.networks.normalized import Normalized, Seen, normalized, taken_apart
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task

ARMS = [
    ("cartpole", "neat", ["population=20", "episodes=2"]),
    ("double-pole-hidden", "neat", ["population=4"]),
    ("cartpole", "deap", ["network={mlp: [4, 3, 1]}", "episodes=1", "strategy.mu=3"]),
    ("gym:Pendulum-v1", "neat", ["population=6", "episodes=1", "task.limit=20"]),
    ("gym:CartPole-v1", "deap", ["network={mlp: [4, 3, 1]}", "strategy.mu=3"]),
]


def recipe_for(task: str, mode: str, *keys: str) -> Any:
    own = ["normalize_observations=true", "evaluate_every=1", "budget={steps: 5, target: null}"]
    few = ["strategy.offspring=6"] if mode == "deap" else []
    if task != "double-pole-hidden":
        few += ["task.validation_episodes=3", "task.test_episodes=3"]
    return load_recipe(task, mode, overrides=[*own, *few, *keys])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The directory of the uninterrupted run of an arm, which is made once."""
    made: dict[str, Path] = {}

    def make(task: str, mode: str, keys: list[str]) -> Path:
        name = f"{task} {mode} {keys}"
        if name not in made:
            made[name] = tmp_path_factory.mktemp("whole") / "run"
            Session.create(recipe_for(task, mode, *keys), made[name]).run()
        return made[name]

    return make


def control(name: str) -> ControlTask:
    task = with_episodes(make_any_task(name, {}))
    assert task is not None
    return task


def statistics(task: ControlTask, start: Seen | None = None) -> ObservationStatistics:
    episodes = TrainingEpisodes(task, 2, renew=True, stream=Streams(0).stream("episodes"))
    return ObservationStatistics(task, episodes, start, running=True)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.integers(0, 2**31))
def test_statistics_are_those_of_all_observations_together(sizes: list[int], seed: int) -> None:
    drawn = np.random.default_rng(seed)
    middle, spread = drawn.normal(size=4) * 100, np.exp(drawn.normal(size=4))
    parts = [(middle + spread * drawn.normal(size=(n, 4))).astype(np.float32) for n in sizes]
    running = statistics(control("cartpole"))
    for part in parts:
        running.add(part)
    seen, whole = running.seen(), np.concatenate(parts).astype(np.float64)
    assert seen.count == len(whole)
    np.testing.assert_allclose(seen.shift, whole.mean(axis=0), rtol=1e-5, atol=1e-5)
    if len(whole) > 1:
        np.testing.assert_allclose(1 / seen.scale, whole.std(axis=0), rtol=1e-3)


def test_what_never_changes_is_shifted_alone() -> None:
    running = statistics(control("cartpole"))
    running.add(np.tile(np.array([[3, 0, -1, 2]], np.float32), (7, 1)))
    seen = running.seen()
    assert seen.scale.tolist() == [1.0] * 4
    assert seen(np.array([[3, 0, -1, 4]], np.float32)).tolist() == [[0, 0, 0, 2]]


def test_what_is_not_finite_is_left_out() -> None:
    running = statistics(control("cartpole"))
    running.add(np.array([[1, 2, 3, np.nan]], np.float32))
    assert running.seen().count == 0
    running.add(np.array([[1, 2, 3, np.inf], [5, 6, 7, 8]], np.float32))
    assert (running.seen().count, running.seen().shift.tolist()) == (1, [5, 6, 7, 8])


@pytest.mark.parametrize(("task", "mode", "keys"), ARMS)
def test_a_run_ends_with_a_network_that_takes_raw_observations(
    task: str, mode: str, keys: list[str], whole: Callable[..., Path]
) -> None:
    directory = whole(task, mode, keys)
    summary, run = json.loads((directory / "summary.json").read_text()), load(directory)
    structure = run.network.structure
    assert isinstance(structure, Normalized)
    assert summary["cost"]["env_steps"] > 0
    inside, seen = taken_apart(run.network)
    assert seen is not None
    assert inside.structure.kind == ("neat" if mode == "neat" else "mlp")
    observations = np.random.default_rng(0).normal(size=(7, len(seen.shift))).astype(np.float32)
    policy, raw = inside.policy(), run.network.policy()
    wanted, _ = policy(seen(observations), policy.start(7))
    got, _ = raw(observations, raw.start(7))
    assert np.array_equal(got, wanted)


@pytest.mark.parametrize(("task", "mode", "keys"), ARMS)
def test_a_resumed_run_ends_with_the_same_bytes(
    task: str, mode: str, keys: list[str], whole: Callable[..., Path], tmp_path: Path
) -> None:
    def stop(report: StageReport) -> None:
        if report.report.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    recipe = recipe_for(task, mode, *keys)
    wanted = json.loads((whole(task, mode, keys) / "summary.json").read_text())
    with pytest.raises(Interrupted):
        Session.create(recipe, tmp_path / "run").run([stop])
    again = Session.open(tmp_path / "run").run()
    for name in ("network_sha256", "loss", "metrics", "test"):
        assert again[name] == wanted[name]
    assert again["cost"]["env_steps"] == wanted["cost"]["env_steps"]


@pytest.mark.parametrize(
    ("task", "mode", "keys"), [ARMS[0], ARMS[4], ARMS[2]][: many(sample=2, evidence=3)]
)
def test_no_evaluator_changes_a_bit(task: str, mode: str, keys: list[str], tmp_path: Path) -> None:
    found = set()
    for evaluator in ("inline", "{kind: threads, count: 2}", "{kind: processes, workers: 2}"):
        recipe = recipe_for(task, mode, *keys, f"evaluator={evaluator}")
        summary = Session.create(recipe, tmp_path / evaluator[:20]).run()
        found.add((summary["network_sha256"], summary["cost"]["env_steps"]))
    assert len(found) == 1


@pytest.mark.parametrize("seed", range(3))
def test_kernels_and_steps_one_by_one_play_the_same_episodes(seed: int) -> None:
    task, drawn = control("pendulum"), np.random.default_rng(seed)
    structure = parse_network({"neat": {}}).fit(task.interface())
    seen = Seen(
        drawn.normal(size=3).astype(np.float32), np.exp(drawn.normal(size=3)).astype(np.float32)
    )
    network = normalized(initial_state(structure, Streams(seed)), seen, task.observations)
    in_kernels = task.play(network, 4, seed)
    one_by_one = play(network.policy(), task, task.environments(4, seed))
    assert np.array_equal(in_kernels.returns, one_by_one.returns)
    other = task.play(taken_apart(network)[0], 4, seed)
    assert not np.array_equal(in_kernels.returns, other.returns)


@pytest.mark.parametrize("network", [{"neat": {}}, {"mlp": [4, 6, 1]}])
def test_the_exported_onnx_takes_raw_observations(
    network: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = pytest.importorskip("onnxruntime")
    mode = "neat" if "neat" in network else "deap"
    few = ["population=20"] if mode == "neat" else ["strategy.mu=5"]
    recipe = recipe_for("cartpole", mode, f"network={json.dumps(network)}", *few)
    Session.create(recipe, tmp_path / "run").run()
    file = tmp_path / "net.onnx"
    assert main(["export", str(tmp_path / "run"), "--format", "onnx", "--out", str(file)]) == 0
    session = runtime.InferenceSession(file)
    run = load(tmp_path / "run")
    assert isinstance(run.network.structure, Normalized)
    assert run.network.structure.count > 0
    observations = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    (outputs,) = session.run(None, {session.get_inputs()[0].name: observations})
    policy = run.network.policy()
    np.testing.assert_allclose(outputs, policy(observations, None)[0], rtol=1e-4, atol=1e-6)
    assert main(["play", str(tmp_path / "run"), "--episodes", "2"]) == 0


def test_a_stage_goes_on_with_what_was_measured_before(tmp_path: Path) -> None:
    stages = [
        {"mode": "neat", "population": 10, "normalize_observations": True, "evaluate_every": 1},
        {"mode": "neat", "population": 10, "evaluate_every": 1},
    ]
    whole = {"task": "cartpole", "network": {"neat": {}}}
    for key, more in ((False, {}), (True, {"normalize_observations": True})):
        second = stages[1] | more | {"budget": {"steps": 2}}
        recipe = resolve({**whole, "stages": [stages[0] | {"budget": {"steps": 3}}, second]})
        Session.create(recipe, tmp_path / str(key)).run()
    first = NetworkState.read(tmp_path / "False" / "best.safetensors")
    assert isinstance(first.structure, Normalized)
    task = control("cartpole")
    carried = statistics(task, first.structure.seen)
    assert carried.seen().count == first.structure.count
    np.testing.assert_allclose(carried.seen().shift, first.structure.seen.shift, rtol=1e-6)
    np.testing.assert_allclose(carried.seen().scale, first.structure.seen.scale, rtol=1e-6)


def test_tasks_without_observations_refuse_the_key() -> None:
    for task, mode in (("xor", "neat"), ("xor", "deap")):
        recipe = load_recipe(task, mode, overrides=["normalize_observations=true"])
        with pytest.raises(ConfigError, match="'xor' shows no observations: remove it"):
            prepare(recipe).check()
