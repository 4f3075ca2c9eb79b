# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The newest values of a run for Prometheus, served by a process of their own.

The thread of a sink shares the interpreter's lock with the trainer, so a busy trainer would make
each scrape wait. This sink only writes numbers into shared memory (`metrics.board`).
"""

from __future__ import annotations

import itertools
import json
import os
import time
from pathlib import Path
from typing import Any, Final, final

from pydantic import Field

from vynapse import __version__
from vynapse.core import AMOUNTS
from vynapse.errors import UNREADABLE
from vynapse.settings import Settings
from vynapse.telemetry.events import Event
from vynapse.telemetry.metrics.board import Board
from vynapse.telemetry.metrics.endpoint import LOOPBACK, Endpoint, refuse_taken
from vynapse.telemetry.sink import Row, Sink, SinkKind
from vynapse.telemetry.sinks.needs import demand
from vynapse.telemetry.sinks.steps import Steps

_NUMBERS: Final = itertools.count()
_NEW: Final = -1
_LOOK: Final = 1.0
"""Seconds between two looks whether the process that serves is there."""
_AMOUNTS: Final = {**{name: name for name in AMOUNTS}, "seconds": "run_seconds"}


class PrometheusSettings(Settings):
    """Where the endpoint listens. For several runs at once `--metrics-port` has one for all."""

    port: int = Field(9464, ge=0, le=65535, description="port of the endpoint; 0 takes a free one")
    host: str = Field(LOOPBACK, description="address of this machine that it listens at")


@final
class PrometheusSink:
    """Writes the newest values of a run to a board.

    Args:
        directory: that of the run.
        folder: where the boards lie.
        run: what the run is called; by default as its directory.
        endpoint: who serves them, where that is known here.
        own: whether the endpoint ends with this sink.

    Attributes:
        newest_rows: a scrape sees the newest row alone, so the bus passes over older ones.

    Raises:
        OSError: the process that serves has ended; the run goes on without this sink.
    """

    newest_rows: Final = True

    def __init__(
        self,
        directory: Path,
        folder: Path,
        run: str | None = None,
        endpoint: Endpoint | None = None,
        *,
        own: bool = False,
    ) -> None:
        self._endpoint, self._own = endpoint, own
        self._steps = Steps(directory)
        self._looked_at = time.monotonic()
        about = {"run": run or directory.name, "pid": os.getpid(), "version": __version__}
        name = f"{os.getpid()}-{next(_NUMBERS)}"
        self._board = Board(folder, name, {**_known(directory), **about})
        self._places: dict[str, int | None] = {}
        for state in ("run_finished", "run_ended"):
            self._board.set(state, 0.0)

    def event(self, event: Event) -> None:
        """Count it."""
        self._look()
        self._steps.see(event.kind, event.stage, event.step)
        self._board.add("events")
        counted = {"checkpoint.saved": "checkpoints", "warning": "warnings"}
        if event.kind in counted:
            self._board.add(counted[event.kind])
        if event.kind == "run.finished":
            self._board.set("run_finished", 1.0)

    def row(self, row: Row) -> None:
        """Write its numbers."""
        self._look()
        for name, value in row.items():
            if isinstance(value, str):
                continue
            place = self._places.get(name, _NEW)
            if place == _NEW:
                own = _AMOUNTS.get(name, name)
                place = None if name == "step" else self._board.place(own, value)
                self._places[name] = place
            if place is not None:
                self._board.put(place, value)
        self._board.set("steps", self._steps.total(row.get("stage"), row.get("step")))
        self._board.set("last_update_timestamp_seconds", time.time())

    def close(self) -> None:
        """The last values stay for a while."""
        self._board.set("run_ended", 1.0)
        self._board.close()
        self._look(now=True)
        if self._own and self._endpoint is not None:
            self._endpoint.close()

    def _look(self, *, now: bool = False) -> None:
        """Whether the process that serves is still there."""
        if self._endpoint is None or not (now or time.monotonic() - self._looked_at >= _LOOK):
            return
        self._looked_at = time.monotonic()
        code = self._endpoint.ended()
        if code is not None:
            raise ProcessLookupError(f"the process that serves metrics has ended (code {code})")


def watched(
    directory: Path, folder: Path, run: str, endpoint: Endpoint | None = None
) -> dict[str, Sink]:
    """The sink of a run whose endpoint is that of a command, by its name.

    There is none once the endpoint has ended, or where its folder cannot be written: what cannot
    be watched is run all the same.
    """
    if endpoint is not None and endpoint.ended() is not None:
        return {}
    try:
        return {"metrics": PrometheusSink(directory, folder, run, endpoint)}
    except OSError:
        return {}


def _known(directory: Path) -> dict[str, Any]:
    """Task, modes and seed of a run, where its record is there."""
    try:
        recipe = json.loads((directory / "run.json").read_text(encoding="utf-8"))["recipe"]
        modes = "+".join(stage["mode"] for stage in recipe["stages"])
        return {"task": recipe["task"]["name"], "mode": modes, "seed": recipe["seed"]}
    except UNREADABLE:
        return {}


def _check(settings: PrometheusSettings) -> None:
    demand("prometheus_client", "prometheus-client", "telemetry", "sink prometheus")
    refuse_taken(settings.port, settings.host, "telemetry.sinks: port")


def _build(settings: PrometheusSettings, directory: Path) -> PrometheusSink:
    endpoint = Endpoint(settings.port, settings.host, "telemetry.sinks: port")
    return PrometheusSink(directory, endpoint.folder, endpoint=endpoint, own=True)


KIND = SinkKind(
    "prometheus", "an endpoint that Prometheus scrapes", PrometheusSettings, _build, _check
)
