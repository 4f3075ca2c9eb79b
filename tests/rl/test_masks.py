# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Actions made of factors, with masks: learnt, evolved, played, exported, and never illegal."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rl.locks import DIALS
from vynapse.cli.main import main
from vynapse.core import ControlTask, Stateless, with_episodes
from vynapse.core.control import MaskedEnvironments, legal_now
from vynapse.errors import ConfigError, TrainingError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.rl.actions import Actions
from vynapse.rl.entropies import Entropies
from vynapse.rl.replay import comes_back
from vynapse.rl.rollout import Episodes
from vynapse.tasks.registry import make_any_task
from vynapse.trainers.policy_story import STORY, Warnings

LOCKS = "gym:tests.rl.locks:Locks"
BLIND = 8.1
"""Mean return of choosing blindly among what is legal, over 2,000 episodes."""


def control(name: str, **options: Any) -> ControlTask:
    task = with_episodes(make_any_task(f"gym:tests.rl.locks:{name}", options))
    assert task is not None
    return task


def blindly(task: ControlTask, generator: np.random.Generator, seen: Any) -> Any:
    return generator.random((len(seen), task.outputs)).astype(np.float32)


def test_spaces_of_gymnasium_become_factors() -> None:
    assert control("Locks").factors == control("Plain").factors == DIALS
    assert control("Locks").outputs == 7
    assert control("Doors").factors == (3,)
    assert control("Doors").actions == 0
    masked = control("Locks").environments(2, 0)
    masked.reset()
    assert isinstance(masked, MaskedEnvironments)
    assert masked.masks().shape == (2, 7)
    plain = control("Plain")
    assert legal_now(plain, plain.environments(2, 0)) is None


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_likeliest_of_a_learner_is_what_the_task_takes(seed) -> None:
    task, generator = control("Locks"), np.random.default_rng(seed)
    outputs = generator.random((50, 7)).astype(np.float32)
    legal = generator.random((50, 7)) < 0.5
    legal[:, [0, 3]] = True
    logits = Actions(task).parameters(torch.from_numpy(outputs)).numpy()
    masked = np.where(legal, logits, -np.inf)
    likeliest = np.stack([part.argmax(1) for part in np.split(masked, [3], axis=1)], 1)
    assert (task.act(outputs, legal) == likeliest).all()
    assert legal[np.arange(50), likeliest[:, 0]].all()
    assert legal[np.arange(50), 3 + likeliest[:, 1]].all()


@pytest.mark.parametrize("name", ["Locks", "Doors", "Plain"])
def test_whoever_answers_plays_legally(name) -> None:
    task = control(name, limit=30)
    for seed in range(5):
        generator = np.random.default_rng(seed)
        network = Stateless(partial(blindly, task, generator))
        assert (task.play(network, 4, seed).steps >= 1).all()
        assert comes_back(task, seed)


def test_episodes_with_masks_go_on_where_they_were() -> None:
    task, generator = control("Locks", options={"length": 7}), np.random.default_rng(0)
    one, two = Episodes(task, 3, 5), Episodes(task, 3, 5)
    answers = generator.random((30, 3, 7)).astype(np.float32)
    for outputs in answers[:17]:
        one.step(task.act(outputs, one.legal))
    two.load(one.state())
    for outputs in answers[17:]:
        assert one.legal is not None
        assert (one.legal == two.legal).all()
        here = one.step(task.act(outputs, one.legal))
        there = two.step(task.act(outputs, two.legal))
        assert (here.rewards == there.rewards).all()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Stuck", r"at step 3 of an episode there is none of factor 1: end the episode"),
        ("Few", r"action_masks\(\) of 7 booleans were wanted"),
    ],
)
def test_masks_of_an_environment_are_looked_at(name, sentence) -> None:
    network = Stateless(lambda seen: np.full((len(seen), 7), 0.5, np.float32))
    with pytest.raises(TrainingError, match=f"^task gym:tests.rl.locks:{name}: .*{sentence}"):
        control(name).score(network)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (np.ones((1, 5), bool), r"masks \(n, 7\) were wanted, got \(1, 5\)"),
        (np.arange(7)[None] > 2, "there is none in factor 0: end the episode"),
    ],
)
def test_masks_of_a_task_of_ones_own_are_looked_at(told, sentence) -> None:
    class Told:
        def reset(self, rows: Any = None) -> Any:
            return np.zeros((1, 7), np.float32)

        def step(self, actions: Any) -> Any:
            raise NotImplementedError

        def masks(self) -> Any:
            return told

    with pytest.raises(TrainingError, match=sentence):
        legal_now(control("Locks"), Told(), np.zeros(1, bool))
    if told.shape[1] == 7:
        assert legal_now(control("Locks"), Told(), np.ones(1, bool)) is told


def run(tmp_path: Path, mode: str, *keys: str, name: str = "run") -> dict[str, Any]:
    every = ["task.validation_episodes=10", "task.test_episodes=20", *keys]
    recipe = load_recipe(LOCKS, mode, overrides=every)
    return Session.create(recipe, tmp_path / name).run()


LEARNING = [
    "network={mlp: [7, 24, 7]}",
    "environments=8",
    "rollout=32",
    "batch_size=128",
    "epochs=6",
    "learning_rate=0.01",
    "discount=0.5",
    "evaluate_every=5",
    "budget={steps: 15}",
]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("masks")
    run(path, "policy", *LEARNING)
    return path / "run"


def test_a_policy_learns_what_is_legal_and_good(learnt, tmp_path) -> None:
    summary = json.loads((learnt / "summary.json").read_text())
    assert summary["test"]["return"] > BLIND + 5
    header, *rows = (learnt / "metrics.csv").read_text().splitlines()
    columns = header.split(",")
    last = dict(zip(columns, rows[-1].split(","), strict=True))
    assert 0 < float(last["entropy.0"]) < float(last["entropy.1"])
    assert float(last["entropy.0"]) + float(last["entropy.1"]) == pytest.approx(
        float(last["entropy"]), rel=0.2
    )


def test_it_is_played_and_filmed(learnt, tmp_path, capsys) -> None:
    film = tmp_path / "film.gif"
    asked = ["play", str(learnt), "--episodes", "3", "--render", str(film), "--json"]
    assert main(asked) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["return"] > BLIND for line in lines)
    assert film.stat().st_size > 1000


def test_exports_agree_and_say_the_factors(learnt, tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    for form in ("onnx", "pt2", "json"):
        out = str(tmp_path / f"net.{form}")
        assert main(["export", str(learnt), "--format", form, "--out", out]) == 0
    seen = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    wanted = load(learnt).network.policy()(seen, None)[0]
    session = runtime.InferenceSession(str(tmp_path / "net.onnx"))
    (answer,) = session.run(None, {session.get_inputs()[0].name: seen})
    np.testing.assert_allclose(answer, wanted, rtol=1e-4, atol=1e-5)
    (answer,) = torch.export.load(tmp_path / "net.pt2").module()(torch.from_numpy(seen))
    np.testing.assert_allclose(answer.detach(), wanted, rtol=1e-4)
    told = {own.key: own.value for own in onnx.load(str(tmp_path / "net.onnx")).metadata_props}
    assert json.loads(told["factors"]) == {"0": 3, "1": 4}


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        (
            "deap",
            [
                "network={mlp: [7, 7]}",
                "strategy={kind: mu+lambda, mu: 4, offspring: 12, sigma: 0.5, initial_sigma: 1.0}",
                "budget={steps: 16}",
            ],
        ),
        ("neat", ["population=12", "normalize_observations=true", "budget={steps: 8}"]),
    ],
)
def test_it_is_evolved(mode, keys, tmp_path) -> None:
    summary = run(tmp_path, mode, *keys, "episodes=2", "evaluate_every=2")
    assert summary["return"] > BLIND + 1


def test_learners_by_replay_refuse_factors(tmp_path) -> None:
    with pytest.raises(ConfigError, match="mode actor-critic wants actions that are one choice"):
        run(tmp_path, "actor-critic")
    with pytest.raises(ConfigError, match="batches of more than one step were wanted"):
        run(tmp_path, "policy", "environments=1", "rollout=9", "batch_size=4")


class Fixed:
    """A distribution with one part for each factor."""

    def __init__(self, *chances: list[list[float]]) -> None:
        self.distributions = [torch.distributions.Categorical(torch.tensor(c)) for c in chances]


def test_entropies_are_means_of_each_factor() -> None:
    entropies = Entropies(Actions(control("Locks")))
    legal = np.array([[1, 1, 0, 1, 1, 1, 1], [1, 0, 0, 1, 1, 0, 0]], bool)
    even = [[0.5, 0.5, 0], [1.0, 0, 0]], [[0.25] * 4, [0.5, 0.5, 0, 0]]
    entropies.add(Fixed(*even), legal)
    assert entropies.figures() == pytest.approx(
        {"entropy.0": math.log(2) / 2, "entropy.1": math.log(8) / 2}
    )
    assert entropies.largest() == pytest.approx(entropies.figures())
    assert Actions(control("Locks")).largest_entropy() == pytest.approx(math.log(12))


def test_a_factor_that_collapses_is_named() -> None:
    warnings, largest = Warnings(["what", "size"]), {"entropy.what": 1.0, "entropy.size": 0.0}
    told: list[Any] = []
    for step in range(50):
        figures = {"entropy": 0.01, "entropy.what": 0.01, "entropy.size": 0.0}
        told += warnings.told(step, figures, largest)
    ((kind, data),) = told  # where only one choice is legal, there is nothing to explore
    assert "in factor what of its actions" in (STORY.happening(kind, data) or "")
