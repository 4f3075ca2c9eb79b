# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The time from the shell to the end of a tiny run, beside what its libraries take to import.

    python benchmarks/cold_start.py

Every command is a new process. They take turns, so that a change of the machine meets all of them.
Bytecode lies in a folder of its own, written by a first round that is not counted.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 25
MODEL = "\nfrom pydantic import BaseModel\nclass Model(BaseModel):\n    key: int = 1\nModel(key=2)"
BARE = "import numpy, pydantic, yaml"
"""pydantic imports its own parts when they are asked for: this loads next to none of them."""


def commands(folder: Path) -> dict[str, list[str]]:
    """What is timed, by name."""
    run = ["-m", "vynapse", "run", "xor", "--mode", "deap", "--out", str(folder / "run")]
    return {
        "python": ["-c", "pass"],
        BARE: ["-c", BARE],
        "the same, and one model": ["-c", BARE + MODEL],
        "the same, and cyclopts": ["-c", BARE + ", cyclopts" + MODEL],
        "vynapse run xor --mode deap": run,
    }


def seconds(arguments: list[str], folder: Path) -> float:
    """Wall-clock time of a process."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(["rm", "-rf", str(folder / "run")], check=True)
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, capture_output=True, cwd=folder
    )
    return time.perf_counter() - begin


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed = commands(folder)
        for arguments in timed.values():
            seconds(arguments, folder)
        found: dict[str, list[float]] = {what: [] for what in timed}
        for _ in range(ROUNDS):
            for what, arguments in timed.items():
                found[what].append(seconds(arguments, folder))
    bare = statistics.median(found[BARE])
    print("| process | median, ms | least, ms | to the bare imports |")
    print("|---|---|---|---|")
    for what, times in found.items():
        median = statistics.median(times)
        print(f"| `{what}` | {1e3 * median:.0f} | {1e3 * min(times):.0f} | {median / bare:.2f} |")


if __name__ == "__main__":
    main()
