# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`show --plot`: what a mode tells over its steps, and what the winner says over two inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vynapse.cli.main import main
from vynapse.experiment.store import load
from vynapse.experiment.surface import surface_of


def run_of(task: str, mode: str, path: Path, *keys: str) -> Path:
    words = [word for key in keys for word in ("--set", key)]
    assert main(["run", task, "--mode", mode, "--steps", "4", *words, "--out", str(path)]) == 0
    return path


def test_the_surface_is_what_the_winner_says(tmp_path: Path) -> None:
    run = run_of("xor", "neat", tmp_path / "run", "population=10")
    surface = surface_of(run)
    assert surface is not None
    assert surface.points.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert surface.labels.tolist() == [0, 1, 1, 0]
    assert surface.heights.shape == (150, 150)
    predict = load(run).network.predictor()
    for row, column in ((0, 0), (149, 0), (70, 31)):
        place = np.array([[surface.x[column], surface.y[row]]], np.float32)
        assert surface.heights[row, column] == pytest.approx(predict(place)[0, 0], abs=1e-5)


def test_logits_of_two_classes_become_a_probability(tmp_path: Path) -> None:
    run = run_of("spirals", "sgd", tmp_path / "run")
    surface = surface_of(run)
    assert surface is not None
    assert set(surface.labels.tolist()) == {0, 1}
    assert surface.what == "probability of the second class"
    assert 0 <= surface.heights.min() < surface.heights.max() <= 1
    logits = load(run).network.predictor()(np.array([[surface.x[3], surface.y[140]]], np.float32))[
        0
    ]
    wanted = 1 / (1 + np.exp(logits[0] - logits[1]))
    assert surface.heights[140, 3] == pytest.approx(wanted, abs=1e-4)


def test_other_tasks_have_none(tmp_path: Path) -> None:
    assert surface_of(run_of("parity", "neat", tmp_path / "parity", "population=10")) is None
    few = ["population=4", "episodes=1", "task.validation_episodes=1", "task.test_episodes=1"]
    assert surface_of(run_of("mountain-car-continuous", "neat", tmp_path / "car", *few)) is None
    assert surface_of(tmp_path) is None


def test_the_picture_of_neat_has_fitness_species_size_and_the_plane(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    files = {}
    for name, mode, keys in (("neat", "neat", ["population=10"]), ("sgd", "sgd", [])):
        run = run_of("xor", mode, tmp_path / name, *keys)
        files[name] = tmp_path / f"{name}.svg"
        assert main(["show", str(run), "--plot", str(files[name])]) == 0
    text = {name: file.read_text() for name, file in files.items()}
    for words in ("fitness (−loss)", "species", "size", "best_hidden"):
        assert f"<!-- {words} -->" in text["neat"]
        assert f"<!-- {words} -->" not in text["sgd"]
    for words in ("the best network over its two inputs", "validation loss of the best network"):
        assert all(f"<!-- {words} -->" in one for one in text.values())
