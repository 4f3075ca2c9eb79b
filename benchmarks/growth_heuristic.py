# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether the heuristic depends on luck, and whether a clock does as well.

    python benchmarks/growth_heuristic.py glyphs --seeds 101-124 --out runs/heuristic
    python benchmarks/growth_heuristic.py glyphs digits spirals csv --seeds 101-104 --clock

Each task runs with its preset. With --clock the controller `fixed` runs too, with the same budget,
isolation and limits: seeds enter after 4 epochs and every 2 epochs from then on. The task csv reads
small/titanic.csv below VYNAPSE_DATA. Runs that exist are read, not run again. Both figures of a row
are of the test split where a task has one, else of the validation split.
"""

import argparse
import os
from pathlib import Path
from typing import Any, Final

from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.statistics import mean_of

COLUMNS: Final = ["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked"]
CLOCK: Final = {"begin": 4, "every": 2}
LIMITS: Final = ("blueprints", "live_seeds", "seeds_per_slot", "parameter_limit")


def task_of(name: str) -> dict[str, Any]:
    """The `task` key of a recipe."""
    if name != "csv":
        return {"name": name}
    path = Path(os.environ.get("VYNAPSE_DATA", "data")) / "small" / "titanic.csv"
    named = {"name": name, "path": str(path), "target": "survived"}
    return {**named, "columns": COLUMNS, "missing": "median"}


def accuracy(summary: dict[str, Any]) -> float:
    """In percent."""
    return 100 * float((summary["test"] or summary["metrics"])["accuracy"])


def run(name: str, seed: int, out: Path, *, clock: bool) -> float:
    """The accuracy that a run comes to."""
    recipe = load_recipe(mode="grow", overrides=[("task", task_of(name)), ("seed", seed)])
    if clock:
        own = recipe.stages[0].as_file()["controller"]
        limits = {key: own[key] for key in LIMITS}
        keys = [("controller", {"kind": "fixed", **CLOCK, **limits})]
        recipe = load_recipe(
            mode="grow", overrides=[("task", task_of(name)), ("seed", seed), *keys]
        )
    path = out / name / ("clock" if clock else "heuristic") / f"seed-{seed}"
    return accuracy(Session.create_or_open(recipe, path).run())


def cell(values: list[float]) -> str:
    """Mean and 95 % interval."""
    mean = mean_of(values)
    if mean is None:
        return ""
    return f"{mean.value:.2f}" + (f" ± {mean.half_width:.2f}" if mean.half_width else "")


def row(name: str, seeds: list[int], out: Path, *, clock: bool) -> str:
    """A line of the table."""
    own = [run(name, seed, out, clock=False) for seed in seeds]
    cells = [name, str(len(seeds)), cell(own), f"{min(own):.1f}"]
    if clock:
        other = [run(name, seed, out, clock=True) for seed in seeds]
        gaps = [a - b for a, b in zip(own, other, strict=True)]
        cells += [cell(other), f"{min(other):.1f}", cell(gaps)]
    print(f"{name}: {' '.join(f'{value:.1f}' for value in own)}", flush=True)
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="+")
    parser.add_argument("--seeds", default="101-104", help="first-last")
    parser.add_argument("--clock", action="store_true", help="put a clock beside it")
    parser.add_argument("--out", type=Path, default=Path("runs/heuristic"))
    asked = parser.parse_args()
    first, last = map(int, asked.seeds.split("-"))
    seeds = list(range(first, last + 1))
    lines = [row(name, seeds, asked.out, clock=asked.clock) for name in asked.tasks]
    head = ["task", "seeds", "heuristic, %", "lowest"]
    head += ["clock, %", "lowest", "heuristic minus clock"] if asked.clock else []
    print("\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines]))


if __name__ == "__main__":
    main()
