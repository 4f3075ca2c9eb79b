# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How often, how fast and at what cost a mode solves XOR with a 2-2-1 network.

    python benchmarks/xor.py deap 300
    python benchmarks/xor.py sgd 100

Every seed is two cold processes, as users start them: `vynapse run xor --mode MODE` and a script of
three lines that does the same. Both write a run directory. A third one between them only imports
the libraries that the others use: what that takes of the machine, nothing here can make shorter.
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


SCRIPT = """
from pathlib import Path
from vynapse import Session, load_recipe
recipe = load_recipe("xor", "{mode}", overrides=["seed={seed}", "network={{mlp: [2, 2, 1]}}"])
Session.create(recipe, Path("{folder}")).run()
"""
LIBRARIES = "import numpy, pydantic, cyclopts, yaml, safetensors"


def solve(mode: str, seed: int, folder: Path) -> dict[str, float]:
    """Loss, steps, and seconds of the whole process by either way."""
    command, script = folder / f"{seed}-command", folder / f"{seed}-script"
    ways = {
        "command": ["-m", "vynapse", "run", "xor", "--mode", mode, "--seed", str(seed),
                    "--network", "mlp:2,2,1", "--out", str(command)],
        "libraries": ["-c", LIBRARIES],
        "script": ["-c", SCRIPT.format(mode=mode, seed=seed, folder=script)],
    }  # fmt: skip
    seconds = {}
    for way, words in ways.items():
        begin = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, check=True, env=ENVIRONMENT)
        seconds[f"seconds of the {way}"] = time.perf_counter() - begin
    one, other = (json.loads((run / "summary.json").read_text()) for run in (command, script))
    if one["network_sha256"] != other["network_sha256"]:
        raise SystemExit(f"seed {seed}: command and script end with different networks")
    cost = one["cost"]
    figures = {"loss": one["loss"], "steps": one["steps"], "forwards": cost["forwards"]}
    return {**figures, "backwards": cost["backwards"], **seconds}


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
    for name in runs[0]:
        values = sorted(run[name] for run in runs)
        print(f"  {name}: median {statistics.median(values):.4g}, largest {values[-1]:.4g}")
        if name.startswith("seconds"):
            print(f"    below 0.5 on {sum(value < 0.5 for value in values)}")


if __name__ == "__main__":
    main()
