# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controllers that play growth for a log: what they order becomes actions of a policy."""

from typing import Any

import numpy as np
import pytest

from tests.evidence import EVIDENCE
from vynapse.core import ControlTask
from vynapse.errors import ConfigError
from vynapse.esper.simic import schema
from vynapse.esper.simic.behaviour import Controlled
from vynapse.rl.behaviour import collected, offered
from vynapse.rl.log import Log
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task

KEYS: dict[str, Any] = {
    "task": "digits",
    "network": {"mlp": [64, 6, 10]},
    "epochs": 8,
    "grow": {"epoch_steps": 2, "probe_examples": 40, "training": {"batch_size": 16}},
}


def growth(**more: Any) -> ControlTask:
    task = make_any_task("growth", {**KEYS, **more})
    assert isinstance(task, ControlTask)
    return task


def log_of(*names: str, **more: Any) -> Log:
    task = growth(**more)
    known = offered(task)
    chosen = {name: known[name] for name in names}
    return collected(chosen, task, 2 * len(names), Streams(3).stream("log"))


def words(log: Log, player: int) -> set[str]:
    """What one of those who play did."""
    own = log.players[log.episodes] == player
    return {schema.meanings()[choice].split()[0] for choice in log.actions[own, 0]}


def test_each_plays_in_its_way() -> None:
    log = log_of("no-op", "clock", "heuristic", "random")
    assert words(log, 0) == {"wait"}
    # the clock lets something germinate at epoch 5, which trains for an epoch and blends in
    assert words(log, 1) == {"wait", "germinate", "blend", "fossilize"}
    assert "germinate" in words(log, 2) or "widen" in words(log, 2)
    assert len(words(log, 3)) > 3
    assert log.masks is not None
    assert np.isfinite(log.rewards).all()
    # at the budget an episode is cut off, and has no end of its own
    assert not log.terminated.any()
    assert log.truncated.sum() == 8


@pytest.mark.skipif(not EVIDENCE, reason="processes take seconds to begin: make evidence")
def test_processes_change_nothing() -> None:
    assert log_of("clock").sha256() == log_of("clock", processes=2).sha256()


def test_a_controller_plays_growth_alone() -> None:
    known = offered(growth())["heuristic"]
    assert isinstance(known, Controlled)
    cartpole = make_any_task("cartpole", {})
    assert isinstance(cartpole, ControlTask)
    with pytest.raises(ConfigError, match="plays on the tasks growth and growth-gym"):
        collected({"heuristic": known}, cartpole, 1, Streams(0).stream("log"))


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_blind_choices_that_are_legal_can_be_carried_out(seed: int) -> None:
    """As seeds go whose own layers, or layers that touch them, have become wider."""
    limits = {"live_seeds": 2, "seeds_per_slot": 2, "parameter_limit": 30.0}
    task = growth(epochs=14, limits=limits)
    known = {"random": offered(task)["random"]}
    log = collected(known, task, 2, Streams(seed).stream("log"))
    assert len(log) == 28
    assert not log.terminated.any()
