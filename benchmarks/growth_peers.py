# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth of a perceptron 64-4-4-10 on digits, beside GroMo 0.1.0, in one run.

    python -m venv elsewhere && elsewhere/bin/pip install gromo==0.1.0
    python benchmarks/growth_peers.py --gromo elsewhere/bin/python

Every row has 24 epochs of the same examples in batches of 64. Ours are runs of `vynapse run digits
--mode grow` with the settings of OURS. Seconds are of CPU time on one thread, imports left out.
"""

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np
from growth_runs import cells, markdown, say

from vynapse.core import Split
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.tasks.digits import digits
from vynapse.tasks.pictures import PictureSettings

PEER: Final = Path(__file__).parent / "peers" / "gromo_mlp.py"
RATES: Final = ("0.002", "0.005", "0.01")
"""Tried for GroMo on validation with a seed of its own; the best makes its row."""
TUNING_SEED: Final = 100
SPLITS: Final[tuple[Literal["train", "validation", "test"], ...]] = ("train", "validation", "test")
BOTTLENECK: Final = "network={mlp: [64, 4, 4, 10]}"
CLOCK: Final = "controller={kind: 'growth_widening:Wider', begin: 1, every: 2, most: 32}"
RULE: Final = ("training.learning_rate=0.01", "training.schedule=cosine")
OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "growth, the defaults": (BOTTLENECK,),
    "growth, widened by a clock": (BOTTLENECK, CLOCK, *RULE, "isolation=joint"),
    "no growth": (BOTTLENECK, "controller=no-op", *RULE),
    "from scratch, 64-32-32-10": ("network={mlp: [64, 32, 32, 10]}", "controller=no-op", *RULE),
}
"""Beside `vynapse run digits --mode grow`, by row: what `--set` is told."""
FIXED: Final = ("budget={epochs: 24, target: null, patience: null}", "threads=1")


def ours(settings: Sequence[str], seed: int, out: Path) -> dict[str, Any]:
    """What a run reached; a run that is there already is made anew, for its time."""
    recipe = load_recipe("digits", "grow", overrides=[*FIXED, *settings, f"seed={seed}"])
    shutil.rmtree(out, ignore_errors=True)
    session = Session.create(recipe, out)
    began = time.process_time()
    found = session.run()
    return {
        "validation": found["metrics"]["accuracy"],
        "test": found["test"]["accuracy"],
        "parameters": found["parameters"],
        "flops": found["cost"]["flops"],
        "seconds": time.process_time() - began,
    }


def gromo(python: Path, data: Path, seed: int, rate: str) -> dict[str, Any]:
    """What GroMo reached."""
    command = [str(python), "-W", "ignore", str(PEER), str(data), "--seed", str(seed)]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*command, "--rate", rate], check=True, env=alone | {"OMP_NUM_THREADS": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    found = cast("dict[str, Any]", json.loads(done.stdout.splitlines()[-1]))
    return found | {"validation": found["best"], "seconds": found["cpu_seconds"]}


def examples(path: Path) -> Path:
    """The examples as a file that the other environment reads."""
    task = digits(PictureSettings())
    arrays: dict[str, Any] = {}
    for name in SPLITS:
        split = cast("Split", task.source(name))
        arrays[f"{name}_x"] = task.prepare(split.inputs).reshape(len(split), -1)
        arrays[f"{name}_y"] = split.targets
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def line(name: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A row of the table."""
    return {
        "": name,
        "seeds": str(len(runs)),
        "validation %": cells([100 * run["validation"] for run in runs], 1),
        "test %": cells([100 * run["test"] for run in runs], 1),
        "parameters": cells([run["parameters"] for run in runs], 0),
        "GFLOP": cells([run["flops"] / 1e9 for run in runs], 2),
        "seconds": cells([run["seconds"] for run in runs], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gromo", type=Path, help="Python of an environment that has GroMo")
    parser.add_argument("--seeds", default="0,1,2", help="with commas between them")
    parser.add_argument("--out", type=Path, default=Path("runs/growth-peers"))
    given = parser.parse_args()
    seeds, lines = [int(seed) for seed in given.seeds.split(",")], []
    data = examples(given.out / "digits.npz")
    if given.gromo is not None:
        tried = {rate: gromo(given.gromo, data, TUNING_SEED, rate)["best"] for rate in RATES}
        rate = max(tried, key=lambda rate: tried[rate])
        say(f"GroMo's rate: {rate} of {tried}")
        peers = [gromo(given.gromo, data, seed, rate) for seed in seeds]
        lines.append(line(f"GroMo 0.1.0, rate {rate}", peers))
    ours(OURS["no growth"], TUNING_SEED, given.out / "warm-up")
    for name, words in OURS.items():
        place = given.out / name.replace(",", "").replace(" ", "-")
        lines.append(line(name, [ours(words, seed, place / f"seed-{seed}") for seed in seeds]))
        say(str(lines[-1]))
    print(markdown(lines))


if __name__ == "__main__":
    main()
