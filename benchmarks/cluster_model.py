# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A discrete-event model of a coordinator and its workers: where does the coordinator saturate?

    python benchmarks/cluster_model.py --overhead 0.4 --latency 1.0 --out FILE

The coordinator is one thread. It spends `overhead` on each batch, half when it sends it and half
when it takes the answer in; an answer travels for `latency`, as a batch does. A worker holds two
batches, so that it need not wait for the next one, and measures one after the other. A generation
has as many jobs as genomes and ends when all are measured (a barrier).
"""

from __future__ import annotations

import argparse
import heapq
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

WORKERS = (1, 2, 8, 32, 128, 512, 1000, 2000, 5000, 10_000)
IN_FLIGHT = 2
TABLE = Path(__file__).parent / "results" / "cluster.md"


class Cluster(NamedTuple):
    """What is modelled; all times in milliseconds.

    Attributes:
        workers: how many.
        job: a genome takes so long.
        batch: genomes of a batch.
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
    half, work = cluster.overhead / 2, cluster.batch * cluster.job
    waiting = -(-jobs // cluster.batch)
    ready = [0.0] * cluster.workers  # when a worker has done all that it was sent
    coordinator, left = 0.0, waiting
    answers: list[tuple[float, int]] = []

    def send(worker: int) -> None:
        nonlocal coordinator
        coordinator += half
        ready[worker] = max(coordinator + cluster.latency, ready[worker]) + work
        heapq.heappush(answers, (ready[worker] + cluster.latency, worker))

    for worker in (w for _ in range(IN_FLIGHT) for w in range(cluster.workers)):
        if not left:
            break
        send(worker)
        left -= 1
    while answers:
        arrived, worker = heapq.heappop(answers)
        coordinator = max(coordinator, arrived) + half
        if left:
            send(worker)
            left -= 1
    return coordinator, waiting * cluster.overhead / coordinator


def speedup(cluster: Cluster, jobs_each: int) -> tuple[float, float]:
    """How much faster than one worker without a coordinator, and how busy the coordinator is.

    Args:
        cluster: the cluster.
        jobs_each: genomes of a generation for each worker.
    """
    jobs = jobs_each * cluster.workers
    took, busy = generation(cluster, jobs)
    return jobs * cluster.job / took, busy


def saturation(job: float, batch: int, overhead: float) -> float:
    """Workers that one coordinator keeps busy at most: a batch of work over its own time for it."""
    return batch * job / overhead


def measured() -> Iterator[tuple[int, float, float]]:
    """Workers, milliseconds of a job and speed-up, from lines "| workers | ms | … | N× |"."""
    if not TABLE.exists():
        return
    for line in TABLE.read_text().splitlines():
        found = re.match(r"\|\s*(\d+)\s*\|\s*(\d+)\s*ms\s*\|.*?([\d.]+)×", line)
        if found:
            yield int(found[1]), float(found[2]), float(found[3])


def lines(overhead: float, latency: float, jobs_each: int) -> list[str]:
    """The table of the model, and beside it what was measured."""
    told = [
        "| job | batch | workers | speed-up | of ideal | coordinator busy |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for job, batch in ((10.0, 1), (50.0, 1), (50.0, 8), (1000.0, 1)):
        for workers in WORKERS:
            cluster = Cluster(workers, job, batch, overhead, latency)
            gain, busy = speedup(cluster, max(jobs_each, batch * IN_FLIGHT))
            told.append(
                f"| {job:g} ms | {batch} | {workers:,} | {gain:,.1f}× | {gain / workers:.0%} | "
                f"{busy:.0%} |"
            )
        most = saturation(job, batch, overhead)
        told.append(f"| {job:g} ms | {batch} | saturates at {most:,.0f} | | | |")
    known = list(measured())
    if known:
        told += ["", "| workers | job | measured | model |", "| --- | --- | --- | --- |"]
    for workers, job, gain in known:
        model, _ = speedup(Cluster(workers, job, 1, overhead, latency), jobs_each)
        told.append(f"| {workers} | {job:g} ms | {gain:.1f}× | {model:.1f}× |")
    return told


def main() -> None:
    """The table, on standard output and into a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--overhead", type=float, required=True, help="ms of a batch, measured")
    parser.add_argument("--latency", type=float, default=0.5, help="ms one way, measured")
    parser.add_argument("--jobs", type=int, default=20, help="genomes of a generation per worker")
    parser.add_argument("--out", type=Path, help="file for the table alone")
    given = parser.parse_args()
    text = "\n".join(lines(given.overhead, given.latency, given.jobs)) + "\n"
    print(text)
    if given.out is not None:
        given.out.write_text(text)


if __name__ == "__main__":
    main()
