# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The record of where a run was measured: two files beside those of the run.

    cluster.jsonl   what happened to workers, a JSON object a line, and what was measured
    cluster.json    how the workers stand, written anew every second

They tell how a run was computed. Nothing of it is in `events.jsonl`, which is the same wherever
genomes are measured. Lines of `cluster.jsonl` have `time` and `kind`:

    started     process, workers: a process of the run begins to measure
    connected   worker, processor
    lost        worker, fault, reason; the worker is started or reached again after `rest` seconds
    repeat      worker, genomes, first, fault: these genomes are measured once more
    excluded    worker, reason: it is used no more
    killer      genome, tries: a genome that is measured no more
    measured    genomes, evaluations, repeats, given_up, batches, seconds, since the line before

Summed over the lines from one `started` on, evaluations = genomes + repeats + given_up. Given up is
what ran when the run was interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import storage_errors
from vynapse.telemetry.events import json_line, now

LINES: Final = "cluster.jsonl"
STANDING: Final = "cluster.json"
_FOLDER: ContextVar[Path | None] = ContextVar("folder of the run", default=None)
_COUNTS: Final = ("genomes", "evaluations", "repeats", "given_up", "batches")
_PAUSE: Final = 1.0
"""Seconds between two lines about what was measured."""


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Evaluators of several machines keep their record in this folder."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


@final
class Journal:
    """Counts and notes; written where a folder is known, and readable here always.

    Attributes:
        counts: sums since the start: genomes, evaluations, repeats, given_up, batches.
        notes: the latest lines, as mappings.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(_COUNTS, 0)
        self.notes: list[dict[str, Any]] = []
        self._told = dict(self.counts)
        self._at = self._began = time.monotonic()
        self._seconds = 0.0

    def note(self, kind: str, **data: Any) -> None:
        """Something happened.

        Raises:
            StorageError: the disk refuses.
        """
        line = {"time": now(), "kind": kind, **data}
        self.notes = [*self.notes[-999:], line]
        folder = _FOLDER.get()
        if folder is None:
            return
        path = folder / LINES
        with storage_errors(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                os.write(descriptor, json_line(line).encode() + b"\n")
            finally:
                os.close(descriptor)

    def spent(self, seconds: float) -> None:
        """A generation was measured in so long."""
        self._seconds += seconds

    def stand(self, workers: list[dict[str, Any]], *, now_or_never: bool = False) -> None:
        """Tell how workers stand and what was measured, if it is time to."""
        at = time.monotonic()
        if at - self._at < _PAUSE and not now_or_never:
            return
        self._at = at
        since = {name: count - self._told[name] for name, count in self.counts.items()}
        if any(since.values()):
            self.note("measured", **since, seconds=round(self._seconds, 3))
            self._told, self._seconds = dict(self.counts), 0.0
        folder = _FOLDER.get()
        if folder is None:
            return
        standing = {
            "time": now(),
            "process": os.getpid(),
            "seconds": round(at - self._began, 3),
            "counts": self.counts,
            "workers": workers,
        }
        path = folder / STANDING
        with storage_errors(path):
            fresh = path.with_suffix(".new")
            fresh.write_text(json_line(standing) + "\n")
            fresh.replace(path)


def read(folder: Path) -> tuple[Mapping[str, Any] | None, list[dict[str, Any]]]:
    """How workers stood last, and all lines; None and none where genomes were measured at home."""
    standing, lines = None, []
    with suppress(FileNotFoundError, ValueError):
        standing = json.loads((folder / STANDING).read_text())
    with suppress(FileNotFoundError):
        for text in (folder / LINES).read_text(errors="replace").splitlines():
            with suppress(ValueError):
                lines.append(json.loads(text))
    return standing if isinstance(standing, Mapping) else None, [
        line for line in lines if isinstance(line, dict)
    ]
