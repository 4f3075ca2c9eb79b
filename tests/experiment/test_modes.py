# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Modes of other packages are found by their entry point, lazily, and refused in a sentence."""

from importlib.metadata import EntryPoint

import pytest

from vynapse import registry
from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.trainers import deap
from vynapse.trainers.mode import MODES

BUILT_IN = ["sgd", "static", "deap", "neat", "hybrid", "policy", "actor-critic", "iql"]
BUILT_IN += ["nsga2", "map-elites", "grow", "prune"]


@pytest.fixture
def installed(monkeypatch):
    """Pretend that a package with these entry points is installed."""

    def install(**targets: str) -> None:
        entries = [EntryPoint(name, value, "vynapse.modes") for name, value in targets.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: entries)

    return install


def test_a_mode_of_another_package_is_used_like_a_built_in_one(installed, tmp_path) -> None:
    installed(other="vynapse.trainers.deap:MODE")
    assert MODES.names() == [*BUILT_IN, "other"]
    assert MODES.get("other").build is deap.MODE.build
    recipe = load_recipe("xor", "other", overrides=["budget.steps=3"])
    assert Session.create(recipe, tmp_path / "run").run()["mode"] == "other"


def test_a_built_in_mode_cannot_be_replaced(installed) -> None:
    installed(sgd="vynapse.trainers.deap:MODE")
    assert MODES.names() == BUILT_IN
    assert MODES.get("sgd").name == "sgd"


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("no_such_package:MODE", "cannot be loaded"),
        ("vynapse.errors:NOTHING", "cannot be loaded"),
        ("vynapse.errors:suggestion", "must be a Mode, got function"),
    ],
)
def test_a_broken_mode_is_refused_in_a_sentence(target, sentence, installed) -> None:
    installed(other=target)
    with pytest.raises(ConfigError, match=sentence):
        MODES.get("other")
    with pytest.raises(ConfigError, match="did you mean 'other'"):
        MODES.get("othr")
