# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How many episodes of growth an hour task growth plays, in one process and in two.

    python benchmarks/simic_speed.py [REPEATS] > benchmarks/results/simic_speed.md

Eight environments play whole episodes on glyphs by drawn legal actions, the same in every
arrangement. Arrangements alternate, so that a machine that becomes slow is slow for all. Processes
are started, and data are read, before the clock runs.

The time that counts is that of the critical path: processor seconds of the process that drives the
loop and of the busiest other one together. On a machine with a core for each that is the time on
the clock; on a busy one the clock tells more of the others.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import psutil

from vynapse.core import ControlTask
from vynapse.core.control import MaskedEnvironments
from vynapse.esper.simic import schema
from vynapse.tasks.registry import make_any_task

COUNT: Final = 8
EPOCHS: Final = 4
PROCESSES: Final = (1, 2)


def processor_seconds(process: psutil.Process) -> float:
    """What a process has used so far."""
    times = process.cpu_times()
    return times.user + times.system


def measured(task: ControlTask, seed: int) -> tuple[float, float]:
    """Seconds of the critical path and on the clock, for an episode in each environment."""
    own = psutil.Process()
    all_of_them = [own, *own.children()]
    before = [processor_seconds(one) for one in all_of_them]
    began = time.perf_counter()
    play(task, seed)
    clock = time.perf_counter() - began
    used = [processor_seconds(one) - old for one, old in zip(all_of_them, before, strict=True)]
    return used[0] + max(used[1:], default=0.0), clock


def play(task: ControlTask, seed: int) -> None:
    """An episode in each environment."""
    environments: Any = task.environments(COUNT, seed)
    if not isinstance(environments, MaskedEnvironments):
        raise TypeError("environments with masks were wanted")
    generator = np.random.default_rng(seed)
    environments.reset()
    over = np.zeros(COUNT, bool)
    while not over.all():
        legal = environments.masks()[:, : schema.CHOICES]
        what = [int(generator.choice(np.flatnonzero(row))) for row in legal]
        actions = np.array([[choice, int(generator.integers(3))] for choice in what])
        _, _, terminated, truncated = environments.step(actions)
        over |= terminated | truncated


def main(repeats: int) -> None:
    """Measure and print a table."""
    import torch

    torch.set_num_threads(1)
    tasks = {}
    for count in PROCESSES:
        keys = {"task": "glyphs", "epochs": EPOCHS, "processes": count}
        made = make_any_task("growth", keys)
        if not isinstance(made, ControlTask):
            raise TypeError("a control task was wanted")
        tasks[count] = made
        play(made, 0)  # starts processes
    found: dict[int, list[tuple[float, float]]] = {count: [] for count in PROCESSES}
    for repeat in range(repeats):
        for count, task in tasks.items():
            found[count].append(measured(task, repeat + 1))
    print("# Episodes of growth an hour\n")
    print(f"{COUNT} environments on glyphs, {EPOCHS} epochs each, {repeats} repeats.\n")
    print("| processes | episodes an hour, median | beside one process | the same by the clock |")
    print("|---|---|---|---|")
    for count, times in found.items():
        hourly = statistics.median(COUNT / path * 3600 for path, _ in times)
        pairs = list(zip(found[1], times, strict=True))
        path, clock = (statistics.median(one[i] / own[i] for one, own in pairs) for i in (0, 1))
        print(f"| {count} | {hourly:,.0f} | {path:.2f} | {clock:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
