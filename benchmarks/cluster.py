# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
"""Speed-up of workers over gRPC and of Ray's actors, and what a job costs beside its work.

    python benchmarks/cluster.py [grpc] [ray] [--workers 2,32] [--jobs 20]

writes benchmarks/results/cluster.md; of kinds that are not named the rows of the last time stay.

A latency-bound job sleeps, as one that waits for a simulator or another machine does. A CPU-bound
job computes for so much processor time. The speed-up is the time that the jobs of a generation
would take one after the other, divided by the wall-clock time of the generation; so it is the
speed-up over a single worker without any overhead. The best of three generations counts. Workers
are processes of their own, started before the clock is. The overhead of a job is measured with one
worker and jobs that do nothing, one job a batch.
"""

import argparse
import importlib
import importlib.metadata
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
sys.path.pop(0)  # this folder has a file with the name of a package
sys.path.insert(0, str(Path(__file__).parents[1]))  # jobs are imported as benchmarks.cluster

import numpy as np

from vynapse.distributed import batches
from vynapse.evolution.evaluators.kind import EVALUATORS
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.policies import Policy

TABLE = Path(__file__).parent / "results" / "cluster.md"
KINDS = {"grpc": "gRPC", "ray": "Ray"}
REPEATS = 3
NOTHING = 2000


def sleep_50(_):
    time.sleep(0.05)
    return 0.0


def sleep_30(_):
    time.sleep(0.03)
    return 0.0


def sleep_10(_):
    time.sleep(0.01)
    return 0.0


def compute_50(_):
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    return 0.0


def nothing(_):
    return 0.0


LATENT = ((sleep_50, 0.05), (sleep_30, 0.03), (sleep_10, 0.01))


def seconds(measuring, function, jobs):
    """Wall-clock seconds of the fastest of some generations."""
    objective = FunctionObjective(function, Policy())
    fastest = np.inf
    for _ in range(REPEATS):
        began = time.perf_counter()
        done = sum(1 for _ in measuring.measurements(objective, np.zeros((jobs, 1))))
        fastest = min(fastest, time.perf_counter() - began)
        assert done == jobs
    return fastest


def warm(measuring, workers):
    """Wait until all are there and have imported what they need."""
    while True:
        seconds(measuring, sleep_50, 2 * workers)
        connected = {n["worker"] for n in measuring.journal.notes if n["kind"] == "connected"}
        if len(connected) >= workers:
            break
    for function, _ in (*LATENT, (compute_50, 0.0)):
        seconds(measuring, function, 4 * workers)


def rows_of(kind, counts, jobs):
    """Rows of the table."""
    for workers in counts:
        with EVALUATORS.choose({"kind": kind, "count": workers}).build() as measuring:
            warm(measuring, workers)
            for function, each in LATENT:
                count = jobs * workers
                spent = seconds(measuring, function, count)
                speed = count * each / spent
                yield f"{1000 * each:.0f} ms asleep", workers, speed, speed / workers
            if workers <= 2:
                count, cores = jobs * workers, min(workers, os.cpu_count() or 1)
                speed = count * 0.05 / seconds(measuring, compute_50, count)
                yield "50 ms computing", workers, speed, speed / cores
    target, batches.TARGET = batches.TARGET, 0.0  # one job a batch
    with EVALUATORS.choose({"kind": kind, "count": 1}).build() as measuring:
        seconds(measuring, nothing, 100)
        spent = seconds(measuring, nothing, NOTHING) / NOTHING
    batches.TARGET = target
    yield f"nothing: {1000 * spent:.2f} ms a job", 1, None, None


def kept(kinds):
    """Rows of the other kinds, as they stand."""
    if not TABLE.exists():
        return []
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][1:]
    return [
        line
        for line in lines
        if not line.startswith("| ---") and not any(f"| {KINDS[k]} |" in line for k in kinds)
    ]


def main():
    """Measure and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["grpc"])
    parser.add_argument("--workers", default="2,32")
    parser.add_argument("--jobs", type=int, default=20)
    asked = parser.parse_args()
    counts = [int(word) for word in asked.workers.split(",")]
    lines = kept(asked.kinds)
    for kind in asked.kinds:
        for job, workers, speed, efficiency in rows_of(kind, counts, asked.jobs):
            cells = ("", "") if speed is None else (f"{speed:.1f}", f"{100 * efficiency:.0f} %")
            lines.append(f"| {KINDS[kind]} | {job} | {workers} | {cells[0]} | {cells[1]} |")
            print(lines[-1], flush=True)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("grpcio", "ray"))
    # REUSE-IgnoreStart
    TABLE.write_text(
        "<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->\n"
        "<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n\n"
        "# Workers over gRPC and actors of Ray\n\n"
        f"`python benchmarks/cluster.py`, {asked.jobs} jobs for each worker, on a machine with "
        f"{os.cpu_count()}\nprocessors, {versions}. The speed-up is over one worker without any "
        "overhead;\nthe share is of the workers, and for computing jobs of the processors.\n\n"
        "| kind | job | workers | speed-up | share |\n| --- | --- | --- | --- | --- |\n"
        + "".join(f"{line}\n" for line in sorted(lines))
    )
    # REUSE-IgnoreEnd


if __name__ == "__main__":
    importlib.import_module("benchmarks.cluster").main()  # functions are sent by that name
