# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse play --render`: films of built-in tasks and of environments, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.cli.main import main
from vynapse.core.control import with_episodes
from vynapse.tasks.control.drawing import draw
from vynapse.tasks.control.scenes import SCENES
from vynapse.tasks.registry import make_any_task

Image = pytest.importorskip("PIL.Image")
ENVIRONMENT = """
import gymnasium
import numpy as np


class Slide(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    observation_space = gymnasium.spaces.Box(-9, 9, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, render_mode=None):
        self.render_mode, self.at = render_mode, 0.0

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.at = float(self.np_random.uniform(-1, 1))
        return np.array([self.at, 1], np.float32), {}

    def step(self, action):
        self.at += 0.3 if action else -0.3
        return np.array([self.at, 1], np.float32), 1.0, abs(self.at) > 2, False, {}

    def render(self):
        picture = np.full((20, 40, 3), 255, np.uint8)
        picture[:, int(20 + 6 * self.at) - 1] = 0
        return picture


class Blind(Slide):
    def render(self):
        return None


class Stubborn(Slide):
    def __init__(self, render_mode=None):
        super().__init__()
"""


def run_of(task: str, path: Path, *keys: str) -> str:
    own = ["population=4", "episodes=1", "task.validation_episodes=1", "task.test_episodes=1"]
    if task.startswith("double"):
        own = own[:2]
    words = [part for key in [*own, *keys] for part in ("--set", key)]
    assert main(["run", task, "--mode", "neat", "--steps", "1", *words, "--out", str(path)]) == 0
    return str(path)


def frames(file: Path) -> list[Any]:
    with Image.open(file) as film:
        found = []
        for number in range(film.n_frames):
            film.seek(number)
            found.append(np.asarray(film.convert("RGB")))
        assert film.info["duration"] > 0
    return found


@pytest.mark.parametrize(("task", "every"), [("cartpole", 2), ("double-pole", 2)])
def test_a_film_shows_the_first_episode(
    task: str, every: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, file = run_of(task, tmp_path / "run"), tmp_path / "film.gif"
    capsys.readouterr()
    words = ["play", run, "--episodes", "2", "--seed", "5", "--json", "--render", str(file)]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    found = frames(file)
    assert len(found) == min(500, 1 + -(-first["steps"] // every))
    assert {frame.shape for frame in found} == {found[0].shape}
    assert any(not np.array_equal(found[0][30:], frame[30:]) for frame in found)


@pytest.mark.parametrize("name", SCENES)
def test_states_are_seen(name: str) -> None:
    known = {"double-pole-no-velocities": "double-pole-hidden"}
    task = with_episodes(
        make_any_task(known.get(name, name.replace("mountain-car", "mountain-car-continuous")), {})
    )
    assert task is not None
    size = 6 if name.startswith("double") else 2 if name in ("mountain-car", "pendulum") else 4
    still, moved = ((0.0,) * size, (0.3,) * size)
    pictures = [draw(SCENES[name](state), "") for state in (still, moved)]
    assert pictures[0].shape == pictures[1].shape
    assert pictures[0].dtype == np.uint8
    changed = np.abs(pictures[0].astype(int) - pictures[1]).max(axis=2) > 60
    assert 20 < changed.sum() < changed.size / 3


def test_environments_of_gymnasium_draw_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gymnasium")
    (tmp_path / "vynapse_drawn.py").write_text(ENVIRONMENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "film.gif"
    run = run_of("gym:vynapse_drawn:Slide", tmp_path / "run", "task.limit=30")
    capsys.readouterr()
    assert main(["play", run, "--episodes", "1", "--json", "--render", str(file)]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    found = frames(file)
    assert len(found) == 1 + steps
    assert found[0].shape == (20, 40, 3)
    for kind, sentence in (
        ("Blind", "pictures (h, w, 3) of uint8 were wanted"),
        ("Stubborn", "an environment with render_mode rgb_array was wanted"),
    ):
        run = run_of(f"gym:vynapse_drawn:{kind}", tmp_path / kind, "task.limit=9")
        capsys.readouterr()
        assert main(["play", run, "--render", str(file)]) == 2
        told = capsys.readouterr().err
        assert sentence in told
        assert told.count("\n") == 1


def test_mistakes_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of("cartpole", tmp_path / "run")

    def told(file: str) -> str:
        capsys.readouterr()
        assert main(["play", run, "--episodes", "1", "--render", str(tmp_path / file)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        return error

    assert "ends in .gif was wanted" in told("film.mp4")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "play --render needs the package 'pillow'" in told("film.gif")
    assert "pip install 'vynapse[images]'" in told("film.gif")
    assert not (tmp_path / "film.gif").exists()
