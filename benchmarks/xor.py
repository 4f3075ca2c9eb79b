# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How often, how fast and at what cost a mode solves XOR with a 2-2-1 network.

    python benchmarks/xor.py deap 100
    python benchmarks/xor.py sgd 100

Every seed is a cold process of its own, as a user starts it: `vynapse run xor --mode MODE`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOALS = {"deap": 1e-2, "sgd": 2e-2}
# modules stay compiled, as after any first start of an installed package
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def solve(mode: str, seed: int, folder: Path) -> dict[str, float]:
    """Loss, steps, and the wall-clock seconds of the whole process."""
    begin = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-m", "vynapse", "run", "xor", "--mode", mode, "--seed", str(seed),
         "--network", "mlp:2,2,1", "--out", str(folder / str(seed)), "--json"],
        capture_output=True, text=True, check=True, env=ENVIRONMENT,
    )  # fmt: skip
    summary = json.loads(result.stdout.splitlines()[-1])
    return {
        "loss": summary["loss"],
        "steps": summary["steps"],
        "forwards": summary["cost"]["forwards"],
        "backwards": summary["cost"]["backwards"],
        "process": time.perf_counter() - begin,
    }


def main() -> None:
    mode, count = sys.argv[1], int(sys.argv[2])
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            runs.append(solve(mode, seed, Path(folder)))
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{seed + 1}/{count}")
    solved = sum(run["loss"] < GOALS[mode] for run in runs)
    print(f"{mode}: loss < {GOALS[mode]:g} on {solved} of {count} seeds (0 to {count - 1})")
    for name in ("loss", "steps", "forwards", "backwards", "process"):
        values = sorted(run[name] for run in runs)
        print(f"  {name}: median {statistics.median(values):.4g}, largest {values[-1]:.4g}")


if __name__ == "__main__":
    main()
