# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse cluster status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vynapse.cli.options import Json, Run


def status(run: Run, /, *, json: Json = False) -> None:
    """Say how the workers of a run stand.

    Args:
        run: directory of the run, or last.
        json: one JSON object instead of a table.
    """
    from vynapse.cli.output import print_json, print_line
    from vynapse.distributed.status import status_of

    found = status_of(run)
    if json:
        print_json(found)
        return
    for line in _shown(found):
        print_line(line)


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    workers = found["workers"]
    state = "running" if found["running"] else "ended"
    ready = sum(worker["state"] == "ready" for worker in workers)
    yield f"{state}, as of {found['time']}: {ready} of {len(workers)} workers ready"
    yield (
        f"{found['in_flight']} batches in flight, {found['genomes_per_second']:,.1f} genomes a "
        "second at last"
    )
    yield (
        f"{found['evaluations']:,} evaluations of {found['genomes']:,} genomes, "
        f"{found['repeats']:,} repeated, {found['given_up']:,} given up"
    )
    yield ""
    width = max(len(worker["worker"]) for worker in workers) if workers else 6
    head = ("worker", "state", "in flight", "genomes", "seconds", "failures")
    yield f"{head[0]:<{width}}  {head[1]:<10}  " + "  ".join(f"{name:>9}" for name in head[2:])
    for worker in workers:
        cells = [worker[key] for key in ("in_flight", "genomes", "seconds", "failures")]
        numbers = "  ".join(f"{cell:>9,}" for cell in cells)
        yield f"{worker['worker']:<{width}}  {worker['state']:<10}  {numbers}  {worker['reason']}"
    if len(found["processors"]) > 1:
        yield f"unlike processors, whose last bits may differ: {'; '.join(found['processors'])}"
    for kind, count in found["faults"].items():
        yield f"lost workers, {kind}: {count}"
    yield from (f"excluded {one['worker']}: {one['reason']}" for one in found["excluded"])
