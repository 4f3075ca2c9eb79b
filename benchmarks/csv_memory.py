# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much memory a run takes on a CSV file larger than it may have.

    python benchmarks/csv_memory.py --megabytes 2000

A file of 24 columns is generated. A process that may have 1 GB of data (`RLIMIT_DATA`) trains a
network on it for one epoch. What counts is its anonymous memory (`RssAnon`): the highest seen, less
what it was when Vynapse and torch were loaded. Pages of the cache belong to the file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

_COLUMNS = 24
_ROWS = 20_000


def write_csv(path: Path, megabytes: float, seed: int = 0) -> int:
    """A file of about so many megabytes; the number of its rows."""
    draw = np.random.default_rng(seed)
    rows = 0
    with path.open("w", encoding="ascii") as file:
        file.write(",".join([*(f"x{number}" for number in range(_COLUMNS - 1)), "y"]) + "\n")
        while file.tell() < megabytes * 1e6:
            values = draw.normal(size=(_ROWS, _COLUMNS))
            values[:, -1] = values[:, :5].sum(axis=1)
            line = ",".join(["%.8f"] * _COLUMNS) + "\n"
            file.write("".join([line % tuple(row) for row in values.tolist()]))
            rows += _ROWS
    return rows


def anonymous() -> int:
    """Anonymous memory of this process in bytes."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found.group(1)) if found else 0


def child(path: str, out: str) -> None:
    """The run, watched; prints a JSON object."""
    import torch

    import vynapse

    torch.set_num_threads(1)
    vynapse.run("xor", mode="sgd", budget={"steps": 2}, out=f"{out}/warm")
    resource.setrlimit(resource.RLIMIT_DATA, (10**9, 10**9))
    base = anonymous()
    highest = [base]
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(0.01):
            highest[0] = max(highest[0], anonymous())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    began = time.process_time()
    keys: dict[str, Any] = {"task.path": path, "task.target": "y", "task.cache": True}
    keys |= {"batch_size": 4096, "budget": {"epochs": 1}}
    run = vynapse.run("csv", mode="sgd", out=f"{out}/run", **keys)
    seconds = time.process_time() - began
    stopped.set()
    thread.join()
    print(
        json.dumps(
            {
                "base": base,
                "highest": highest[0],
                "over": highest[0] - base,
                "cpu_seconds": round(seconds, 1),
                "loss": run.summary["loss"],
            }
        )
    )


def measure(megabytes: float, folder: Path) -> dict[str, float]:
    """What a run on a file of so many megabytes takes."""
    path = folder / "large.csv"
    rows = write_csv(path, megabytes)
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, __file__, "--child", str(path), str(folder)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"bytes": path.stat().st_size, "rows": rows, **found}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--folder", type=Path, help="where the files go")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.child:
        child(*words.child)
        return
    with tempfile.TemporaryDirectory(dir=words.folder) as folder:
        found = measure(words.megabytes, Path(folder))
    print(json.dumps(found, indent=1))
    if found["over"] > 300e6:
        raise SystemExit(f"anonymous memory: 300 MB were allowed, {found['over'] / 1e6:.0f} seen")


if __name__ == "__main__":
    main()
