# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reward hacking: scripts that try to be paid for nothing are paid less than honest growth."""

from typing import Any

import numpy as np
import pytest

from tests.esper.simic.adversaries import ADVERSARIES, Script, Scripted, returns
from tests.evidence import EVIDENCE
from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.esper.simic.gym.playing import Decider, play
from vynapse.esper.simic.gym.schedules import Schedules
from vynapse.esper.simic.gym.world import World
from vynapse.esper.simic.schema import CHOICES
from vynapse.rl.behaviour import offered
from vynapse.seeding import I64
from vynapse.tasks.registry import make_any_task

HOSTS: dict[str, dict[str, Any]] = {
    "narrow": {"network": {"mlp": [64, 4, 10]}, "epochs": 8},
    "wide": {"network": {"mlp": [64, 32, 10]}, "epochs": 8},
    "long": {"network": {"mlp": [64, 8, 10]}, "epochs": 30},
}
"""Networks that are too small for the task, that are not, and that learn all they can."""
SEEDS = 12 if EVIDENCE else 2
GROW = {"epoch_steps": 20, "probe_examples": 50}


@pytest.mark.parametrize("host", ["wide", *(["narrow", "long"] if EVIDENCE else [])])
def test_no_script_earns_more_than_the_honest_heuristic(host: str) -> None:
    task: Any = make_any_task("growth", {"task": "digits", "grow": GROW, **HOSTS[host]})
    honest = returns(offered(task)["heuristic"], task, SEEDS, 1)
    for name, script in ADVERSARIES.items():
        found = returns(Scripted(script, HOSTS[host]["epochs"]), task, SEEDS, 1)
        assert (found - honest).mean() < 0, (name, found, honest)


def test_what_a_script_earns_beyond_progress_is_no_gift() -> None:
    """On a task that the network learns by itself, proofs pay nobody, and what lives pays rent."""
    for script in ADVERSARIES.values():
        weights = {"progress": 0.0, "proof": 1.0}
        keys = {"task": "xor", "epochs": 8, "grow": {"epoch_steps": 20}, "reward": weights}
        task: Any = make_any_task("growth", keys)
        found = returns(Scripted(script, 8), task, SEEDS, 2)
        assert (found <= 0.05).all(), (script, found)


def scripted(script: Script) -> Decider:
    """A script in every episode of the gym; how many steps are left follows from the budget."""
    done: dict[int, int] = {}
    memories: dict[int, dict[str, int]] = {}

    def decide(world: World, legal: Legal, episodes: I64) -> I64:
        actions = np.zeros((len(world), 2), np.int64)
        left = np.ceil((world.budget - world.spent) / np.maximum(1, world.epoch_cost()))
        for row in np.flatnonzero(~world.over).tolist():
            number = int(episodes[row])
            step = done.get(number, 0)
            done[number] = step + 1
            memory, steps = memories.setdefault(number, {}), step + int(left[row])
            actions[row, 0] = script(legal[row, :CHOICES], step, steps, memory)
        return actions

    return decide


TUNED = [-1.79, -2.36, -3.31, -4.6, -1.32, 0.17, -3.88, -2.28, -2.25, -3.65, -0.79]
TUNED += [4.1, 3.43, -2.01, -0.7]
"""A schedule that was tuned for the gym (benchmarks/simic_gym.py); it never deepens."""
TASKS = 1024 if EVIDENCE else 128


def scores(decide: Decider) -> Array:
    return play(decide, 11, np.arange(TASKS)).scores


def test_in_the_gym_no_script_earns_more_than_honest_growth() -> None:
    """There the return is what the network is worth at the end, so nothing else can be earned."""
    honest = scores(Schedules(np.array([TUNED]), np.zeros(TASKS, np.int64)))
    waits = scores(scripted(ADVERSARIES["waiter"]))
    assert (waits - honest).mean() < 0
    for name, script in ADVERSARIES.items():
        found = scores(scripted(script))
        assert (found - honest).mean() < 0, name
        assert name == "waiter" or (found - waits).mean() < 0, name
