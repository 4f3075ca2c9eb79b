# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A discrete-event model of a coordinator and its workers: where does the coordinator saturate?

    python benchmarks/cluster_model.py --out FILE

The coordinator is one thread. It spends `overhead` on each batch (its own time: --overhead, else
what benchmarks/cluster.py has measured), half when it sends it and half when the answer comes. Both
travel for `latency`. A worker holds two batches and measures one after the other. Batches become
smaller towards the end of a generation, as in the product. It ends when all is measured.
"""

from __future__ import annotations

import argparse
import heapq
import re
from pathlib import Path
from typing import NamedTuple

WORKERS = (1, 2, 8, 32, 128, 512, 1000, 2000, 5000, 10_000)
IN_FLIGHT = 2
TABLE = Path(__file__).parent / "results" / "cluster.md"


HEAD = """<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->
<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->

# A coordinator and its workers, as a model

`python benchmarks/cluster_model.py --overhead {own}`: milliseconds of the coordinator for a batch,
{jobs} jobs for each worker, latency {latency} ms one way.

"""


class Cluster(NamedTuple):
    """What is modelled, in milliseconds.

    Attributes:
        workers: how many.
        job: a genome takes so long.
        batch: genomes of a batch, at most.
        overhead: the coordinator's own time for a batch.
        latency: from the coordinator to a worker, and back.
    """

    workers: int
    job: float
    batch: int
    overhead: float
    latency: float


def generation(cluster: Cluster, jobs: int) -> tuple[float, float]:
    """Milliseconds of a generation, and the share of them in which the coordinator works."""
    half, left, sent, coordinator = cluster.overhead / 2, jobs, 0, 0.0
    ready = [0.0] * cluster.workers  # when a worker has done all that it was sent
    answers: list[tuple[float, int]] = []

    def send(worker: int) -> None:
        nonlocal coordinator, left, sent
        size = max(1, min(cluster.batch, left // (IN_FLIGHT * cluster.workers)))
        left, sent, coordinator = left - size, sent + 1, coordinator + half
        ready[worker] = max(coordinator + cluster.latency, ready[worker]) + size * cluster.job
        heapq.heappush(answers, (ready[worker] + cluster.latency, worker))

    for worker in (w for _ in range(IN_FLIGHT) for w in range(cluster.workers)):
        if left:
            send(worker)
    while answers:
        arrived, worker = heapq.heappop(answers)
        coordinator = max(coordinator, arrived) + half
        if left:
            send(worker)
    return coordinator, sent * cluster.overhead / coordinator


def batch_of(job: float) -> int:
    """Genomes of a batch that takes 0.1 s, as the product has it."""
    return max(1, int(100 / job))


def speedup(cluster: Cluster, jobs_each: int) -> tuple[float, float]:
    """How much faster than one worker without a coordinator, and how busy the coordinator is."""
    took, busy = generation(cluster, jobs_each * cluster.workers)
    return jobs_each * cluster.workers * cluster.job / took, busy


def measured() -> tuple[dict[str, float], list[tuple[str, float, int, float]]]:
    """Overheads by kind; kind, job, workers and speed-up of rows of benchmarks/cluster.py."""
    text = TABLE.read_text() if TABLE.exists() else ""
    overheads = re.findall(r"^\| (\w+) \| nothing: ([\d.]+) ms a job \|", text, re.M)
    rows = re.findall(r"^\| (\w+) \| (\d+) ms asleep \| (\d+) \| ([\d.]+) \|", text, re.M)
    known = [(kind, float(job), int(workers), float(gain)) for kind, job, workers, gain in rows]
    return {kind: float(overhead) for kind, overhead in overheads}, known


def of_model(kind: str, overhead: float, latency: float, jobs_each: int) -> list[str]:
    """Lines of one kind."""
    told = []
    for job in (10.0, 50.0, 1000.0):
        batch = batch_of(job)
        for workers in WORKERS:
            gain, busy = speedup(Cluster(workers, job, batch, overhead, latency), jobs_each)
            told.append(
                f"| {kind} | {job:g} ms | {batch} | {workers:,} | {gain:,.1f} | "
                f"{gain / workers:.0%} | {busy:.0%} |"
            )
        most = f"saturates at {batch * job / overhead:,.0f}"
        told.append(f"| {kind} | {job:g} ms | {batch} | {most} | | | |")
    return told


def lines(given: dict[str, float], latency: float, jobs_each: int) -> list[str]:
    """The table of the model, and beside it what was measured."""
    overheads, known = measured()
    overheads |= given
    told = [
        "| kind | job | jobs a batch | workers | speed-up | of ideal | coordinator busy |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind, own in overheads.items():
        told += of_model(kind, own, latency, jobs_each)
    told += ["", "| kind | job | workers | measured | model |", "| --- | --- | --- | --- | --- |"]
    for kind, job, workers, gain in known:
        if kind in overheads:
            cluster = Cluster(workers, job, batch_of(job), overheads[kind], latency)
            model = f"{speedup(cluster, jobs_each)[0]:.1f}"
            told.append(f"| {kind} | {job:g} ms | {workers} | {gain:.1f} | {model} |")
    return told


def main() -> None:
    """The table, on standard output and into a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--overhead", nargs="*", default=[], help="KIND=MS of a batch")
    parser.add_argument("--latency", type=float, default=0.5, help="ms one way, measured")
    parser.add_argument("--jobs", type=int, default=20, help="genomes of a generation per worker")
    parser.add_argument("--out", type=Path, help="file of the page")
    given = parser.parse_args()
    own = {kind: float(ms) for kind, _, ms in (text.partition("=") for text in given.overhead)}
    print(text := "\n".join(lines(own, given.latency, given.jobs)))
    if given.out is not None:
        head = HEAD.format(latency=given.latency, jobs=given.jobs, own=" ".join(given.overhead))
        given.out.write_text(f"{head}{text}\n")


if __name__ == "__main__":
    main()
