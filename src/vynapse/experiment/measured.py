# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run among many: its summary, with what it took of the machine, whatever became of its process.

machine.json beside the run keeps wall seconds, processor seconds and peak memory, and is written
every few seconds, since a killed process never comes to say them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, Final

from vynapse.core.parent import end_with_parent
from vynapse.experiment.files import write_atomically
from vynapse.experiment.machine import peak_megabytes
from vynapse.experiment.process import Terminated
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session, StageReport
from vynapse.telemetry.sink import Sink

_NOTE_SECONDS: Final = 5.0
"""How often a run writes down what it has used of the machine: what a kill may lose."""


def run_measured(
    recipe: Recipe,
    path: Path,
    board: Path | None = None,
    until: Callable[[StageReport], bool] | None = None,
    interrupted: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """The summary of one run, and what it took of the machine; one that exists is gone on with.

    Args:
        recipe: its recipe.
        path: its directory.
        board: folder in which it shows its newest values to Prometheus; None for nowhere.
        until: see `Session.run`.
        interrupted: see `Session.run`.

    Raises:
        Interrupted: Ctrl-C, SIGTERM, or `until` said so; the state was saved.
        VynapseError: the run failed.
    """
    wall, processor = time.perf_counter(), time.process_time()
    session = Session.create_or_open(recipe, path)
    place = path / "machine.json"
    used = json.loads(place.read_text()) if place.exists() else {}
    if (path / "summary.json").exists() and used:
        return session.run() | used
    written = wall

    def note() -> dict[str, Any]:
        nonlocal written
        written = time.perf_counter()
        now = {
            "wall_seconds": used.get("wall_seconds", 0) + written - wall,
            "cpu_seconds": used.get("cpu_seconds", 0) + time.process_time() - processor,
            "peak_megabytes": max(used.get("peak_megabytes", 0), peak_megabytes()),
        }
        write_atomically(place, (json.dumps(now) + "\n").encode())
        return now

    def watch(_: StageReport) -> None:
        # a killed process never reaches the end of this function
        if time.perf_counter() - written >= _NOTE_SECONDS:
            note()

    try:
        summary = session.run(
            [watch], interrupted=interrupted, sinks=_sinks(path, board), until=until
        )
    finally:
        now = note()
    return summary | now


@contextmanager
def processes(count: int, *, pools: int = 1) -> Iterator[list[ProcessPoolExecutor]]:
    """Pools of fresh processes that end when this one ends, however that is.

    Args:
        count: processes of each pool.
        pools: how many; a process that is killed breaks its own pool alone.
    """
    others, made = active_children(), list[ProcessPoolExecutor]()
    try:
        for _ in range(pools):
            made.append(ProcessPoolExecutor(count, get_context("spawn"), end_with_parent))
        yield made
    except Terminated:
        # Ctrl-C in a terminal reaches them too, this does not
        for child in set(active_children()) - set(others):
            child.terminate()
        raise
    finally:
        for pool in made:
            pool.shutdown(wait=True)


def _sinks(path: Path, board: Path | None) -> dict[str, Sink]:
    if board is None:
        return {}
    from vynapse.telemetry.sinks.prometheus import watched

    return watched(path, board, f"{path.parent.name}/{path.name}")
