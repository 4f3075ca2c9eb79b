# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How fast a CSV file is read into its cache, beside pyarrow's reader in one thread.

    pip install pyarrow
    python benchmarks/csv_ingestion.py --megabytes 100

CPU time of one process, both readers in turn, the least of several rounds. Vynapse also hashes the
file and writes the matrix and its sums to the disk; pyarrow keeps a table in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

_ROWS = 20_000


def write_numbers(path: Path, megabytes: float) -> None:
    """Twenty columns of numbers."""
    draw = np.random.default_rng(0)
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(f"x{number}" for number in range(20)) + "\n")
        while file.tell() < megabytes * 1e6:
            line = ",".join(["%.6f"] * 20) + "\n"
            file.write(
                "".join([line % tuple(row) for row in draw.normal(size=(_ROWS, 20)).tolist()])
            )


def write_mixed(path: Path, megabytes: float) -> None:
    """Twelve columns of numbers, four of categories, four of quoted texts with separators."""
    draw = np.random.default_rng(0)
    towns = [f"town {number}" for number in range(200)]
    notes = [f'"kind {number}, ""new"""' for number in range(50)]
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(f"x{number}" for number in range(20)) + "\n")
        while file.tell() < megabytes * 1e6:
            numbers = draw.normal(size=(_ROWS, 12)).tolist()
            words = draw.integers(0, 200, (_ROWS, 4)).tolist()
            more = draw.integers(0, 50, (_ROWS, 4)).tolist()
            file.writelines(
                ",".join([f"{v:.6f}" for v in a] + [towns[k] for k in b] + [notes[k] for k in c])
                + "\n"
                for a, b, c in zip(numbers, words, more, strict=True)
            )


def least(work: Callable[[], object], rounds: int) -> float:
    """Least CPU seconds of several calls."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def compare(path: Path, cache: Path, rounds: int) -> dict[str, float]:
    """MB/s of both readers, and how they relate."""
    import pyarrow
    from pyarrow import csv

    from vynapse.data.csv_cache import Wanted, cached_table
    from vynapse.data.csv_format import PLAIN

    pyarrow.set_cpu_count(1)
    options = csv.ReadOptions(use_threads=False)

    def ours() -> None:
        shutil.rmtree(cache, ignore_errors=True)
        cached_table(path, Wanted(PLAIN), progress=lambda *_: None)

    theirs_best = ours_best = float("inf")
    for _ in range(rounds):
        ours_best = min(ours_best, least(ours, 1))
        theirs_best = min(theirs_best, least(lambda: csv.read_csv(path, read_options=options), 1))
    began = time.perf_counter()
    cached_table(path, Wanted(PLAIN), progress=lambda *_: None)
    second = time.perf_counter() - began
    size = path.stat().st_size / 1e6
    return {
        "megabytes": round(size, 1),
        "vynapse_mb_per_s": round(size / ours_best, 1),
        "pyarrow_mb_per_s": round(size / theirs_best, 1),
        "ratio": round(theirs_best / ours_best, 2),
        "second_start_s": round(second, 3),
    }


def main() -> None:
    """Print a JSON object for both files, and fail where Vynapse is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the files go")
    words = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory(dir=words.folder) as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        kinds = {"numbers": (write_numbers, 0.5), "mixed": (write_mixed, 0.15)}
        for name, (write, _) in kinds.items():
            path = Path(folder) / f"{name}.csv"
            write(path, words.megabytes)
            found[name] = compare(path, Path(folder) / "cache", words.rounds)
    print(json.dumps(found, indent=1))
    slow = [name for name, (_, wanted) in kinds.items() if found[name]["ratio"] < wanted]
    if slow:
        raise SystemExit(f"slower than wanted: {', '.join(slow)}")


if __name__ == "__main__":
    main()
