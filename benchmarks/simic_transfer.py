# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What controllers of the millisecond gym do elsewhere: unchanged, in mode grow.

    python benchmarks/simic_transfer.py paced=policy.json ppo=run:runs/ppo --out runs/transfer

A controller is a file for controller `paced` (python benchmarks/simic_gym.py policy NAME) or the
run of a policy. Beside them stand `heuristic`, with the keys that the task's preset has, and
`no-op`. All have the epochs of the preset. Runs that exist are read, not run again.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

LIMITS = ("blueprints", "live_seeds", "seeds_per_slot", "parameter_limit")


def recipe_of(task: str, seed: int, controller: Any = None) -> Any:
    keys: list[tuple[str, Any]] = [("task", {"name": task}), ("seed", seed)]
    if controller is not None:
        keys.append(("controller", controller))
    return load_recipe(mode="grow", overrides=keys)


def keys_of(name: str, where: str, limits: dict[str, Any]) -> Any:
    """What stands under `controller`; None for the preset's."""
    if name == "heuristic":
        return None
    if name == "no-op":
        return "no-op"
    kind = {"kind": "run", "path": where} if where.startswith("run:") else None
    return {**(kind or {"kind": "paced", "policy": where}), **limits}


def run(task: str, name: str, where: str, seed: int, out: Path) -> dict[str, Any]:
    """What a run came to, and the processor time that it took where it was run now."""
    limits = recipe_of(task, seed).stages[0].as_file()["controller"]
    keys = keys_of(name, where, {key: limits[key] for key in LIMITS})
    session = Session.create_or_open(recipe_of(task, seed, keys), out / task / name / str(seed))
    begun = time.process_time()
    found: dict[str, Any] = session.run()
    took = time.process_time() - begun
    print(f"{name}, seed {seed}: {accuracy(found):.2f} % in {took:.1f} s", flush=True)
    return found


def accuracy(summary: dict[str, Any]) -> float:
    """Of the test split, in percent."""
    return 100 * float(summary["test"]["accuracy"])


def interval(values: list[float]) -> str:
    """Mean and 95 % interval, by Student's t with 4 degrees of freedom where there are 5."""
    quantile = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776}[len(values)]
    half = quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return f"{np.mean(values):.2f} ± {half:.2f}"


def row(name: str, found: list[dict[str, Any]], own: list[dict[str, Any]]) -> str:
    reached = [accuracy(one) for one in found]
    gaps = [a - accuracy(b) for a, b in zip(reached, own, strict=True)]
    cells = [f"`{name}`", interval(reached), "" if found is own else interval(gaps)]
    cells.append(f"{np.mean([one['parameters'] for one in found]):,.0f}")
    cells.append(f"{np.mean([one['cost']['flops'] for one in found]):.2e}")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("controllers", nargs="*", help="NAME=FILE, or NAME=run:PATH")
    parser.add_argument("--task", default="glyphs")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"))
    asked = parser.parse_args()
    named = {"heuristic": "", "no-op": ""} | dict(text.split("=", 1) for text in asked.controllers)
    found = {
        name: [run(asked.task, name, where, seed, asked.out) for seed in range(1, 1 + asked.seeds)]
        for name, where in named.items()
    }
    print("\n| who decides | test accuracy, % | minus `heuristic` | parameters | FLOP |")
    print("|---|---|---|---|---|")
    print("\n".join(row(name, runs, found["heuristic"]) for name, runs in found.items()))


if __name__ == "__main__":
    main()
