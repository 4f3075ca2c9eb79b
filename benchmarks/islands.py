# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Islands beside one population of the same size and cost, on deceptive functions.

    python benchmarks/islands.py --seeds 10 --out benchmarks/results/islands.md

Every arm makes the same number of evaluations in a generation and stops at the same number of
them. Seeds from 100 on chose the settings; the table is of seeds from 0 on. Each run counts as
solved when its loss is at most that of its function; of shares the table gives Wilson's interval
of 95 %.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vynapse.core import Budget
from vynapse.networks.state import initial_state
from vynapse.networks.vector import Vector
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task
from vynapse.trainers.mode import MODES, Stage

TOTAL = 160
"""Parents, and children of a generation, of all islands together."""
ISLANDS = 8
SPREAD = (1.0, 0.5, 0.5, 0.5, 0.1, 0.1, 0.02, 0.02)
"""Step sizes of islands that differ."""


class Problem(NamedTuple):
    """A function: its keys, when it is solved, and for how many generations it is tried."""

    name: str
    keys: dict[str, Any]
    solved: float
    generations: int
    strategy: dict[str, Any]


class Ended(NamedTuple):
    """A run: its loss and how many evaluations it made until it was solved, or in all."""

    loss: float
    evaluations: int


def rastrigin(x: Any) -> float:
    """Rastrigin's function: 0 at the origin, some 10^30 local minima in 30 dimensions."""
    return float(10 * len(x) + (x * x - 10 * np.cos(2 * np.pi * x)).sum())


def trap(x: Any) -> float:
    """Concatenated traps of 4 bits (Deb & Goldberg 1993): a bit is 1 where a number is above 0.

    In each block fewer ones are better, but all four are best; 0 where every block is full.
    """
    ones = (x > 0).reshape(-1, 4).sum(axis=1)
    return float(1 - np.where(ones == 4, 4, 3 - ones).mean() / 4)


COMMON = {"crossover_rate": 0.9, "adaptation": "none", "sigma": 0.5, "restart_patience": None}
PROBLEMS = (
    Problem(
        "rastrigin, 30 numbers",
        {"path": "islands:rastrigin", "size": 30, "low": -5.12, "high": 5.12, "start": 3.0},
        0.01,
        625,
        {**COMMON, "initial_sigma": 2.0, "mutation_rate": 2 / 30, "tournament_size": 2},
    ),
    Problem(
        "20 traps of 4 bits",
        {"path": "islands:trap", "size": 80, "low": -1.0, "high": 1.0, "start": 0.0},
        1e-9,
        400,
        {
            **COMMON, "initial_sigma": 1.0, "mutation_rate": 1 / 80, "tournament_size": 2,
            "crossover": "k-point",
        },
    ),
)  # fmt: skip


def arms(problem: Problem) -> dict[str, dict[str, Any]]:
    """Keys of mode deap by the name of the arm."""

    def keys(size: int, **more: Any) -> dict[str, Any]:
        return {"strategy": {**problem.strategy, "mu": size, "offspring": size, **more}}

    small, ring = TOTAL // ISLANDS, {"count": ISLANDS, "interval": 5, "migrants": 2}
    found = {
        f"one population of {TOTAL}": keys(TOTAL),
        f"{ISLANDS} islands of {small}, alike": {**keys(small), "islands": ring},
    }
    if problem.name.startswith("rastrigin"):
        differ = [{"strategy": {"sigma": sigma}} for sigma in SPREAD]
        found |= {
            f"{ISLANDS} islands of {small}, step sizes {min(SPREAD)} to {max(SPREAD)}": {
                **keys(small),
                "islands": {**ring, "overrides": differ},
            },
            f"one population of {TOTAL}, step size 0.1": keys(TOTAL, sigma=0.1),
            f"one population of {TOTAL}, step sizes adapt": keys(TOTAL, adaptation="self"),
        }
    return found


def run(problem: Problem, own: dict[str, Any], seed: int) -> Ended:
    """One run, up to its solution."""
    task = make_any_task("function", problem.keys)
    structure, streams = Vector().fit(task.interface()), Streams(seed)
    budget = Budget(steps=problem.generations)
    network = initial_state(structure, streams)
    stage = Stage(task, network, True, streams.child("stage.0"), budget=budget)
    mode = MODES.get("deap")
    trainer = mode.build(stage, validate(mode.settings, own, "deap"))
    for _ in range(problem.generations):
        report = trainer.step()
        if report.loss <= problem.solved:
            break
    return Ended(report.loss, int(report.cost.forwards or 0))


def wilson(solved: int, runs: int) -> tuple[float, float]:
    """Wilson's interval (1927) of a share, 95 %."""
    z, share = 1.96, solved / runs
    middle = (share + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs) * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def row(name: str, problem: Problem, ended: Sequence[Ended]) -> str:
    """One line of the table."""
    solved = [one.evaluations for one in ended if one.loss <= problem.solved]
    low, high = wilson(len(solved), len(ended))
    losses = sorted(one.loss for one in ended)
    needed = f"{statistics.median(solved):,.0f}" if solved else "–"
    return (
        f"| {problem.name} | {name} | {len(solved)} of {len(ended)} ({low:.0%} to {high:.0%}) | "
        f"{statistics.median(losses):.3g} ({losses[0]:.3g} to {losses[-1]:.3g}) | {needed} |"
    )


def table(seeds: Sequence[int], say: Callable[[str], None] = print) -> list[str]:
    """All lines."""
    lines = [
        "| function | arm | solved (95 %) | loss, median (range) | evaluations until solved |",
        "| --- | --- | --- | --- | --- |",
    ]
    for problem in PROBLEMS:
        for name, own in arms(problem).items():
            began = time.process_time()
            lines.append(row(name, problem, [run(problem, own, seed) for seed in seeds]))
            say(f"{lines[-1]} {time.process_time() - began:.0f} s")
    return lines


def main() -> None:
    """The table, on standard output and into a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="seeds from 0 on")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--out", type=Path, help="file for the table alone")
    given = parser.parse_args()
    lines = table(range(given.first, given.first + given.seeds))
    if given.out is not None:
        given.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
