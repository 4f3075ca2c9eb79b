# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`--metrics-port`: a Prometheus endpoint for as long as a command runs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cyclopts import Parameter

from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.telemetry.metrics.endpoint import Endpoint
    from vynapse.telemetry.sink import Sink

_LAST_PORT: Final = 65535


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Metrics:
    """Who else may see how a command gets on.

    Attributes:
        metrics_port: serve metrics to Prometheus at this port of 127.0.0.1, or at HOST:PORT; 0
            takes a free port (needs the extra telemetry).
    """

    metrics_port: str | None = None


@contextmanager
def endpoint(asked: Metrics | None) -> Iterator[Endpoint | None]:
    """The endpoint that was asked for, None where none was.

    Raises:
        ConfigError: no port, or it is taken.
        MissingExtra: prometheus-client is not installed.
    """
    if asked is None or asked.metrics_port is None:
        yield None
        return
    from vynapse.telemetry.metrics.endpoint import LOOPBACK, Endpoint

    host, port = _place(asked.metrics_port)
    found = Endpoint(port, host or LOOPBACK)
    try:
        with suppress(OSError):
            sys.stderr.write(f"metrics: {found.url}\n")
            sys.stderr.flush()
        yield found
    finally:
        found.close()


def sinks_of(directory: Path, run: str, found: Endpoint | None) -> dict[str, Sink]:
    """What shows a run at the endpoint of its command, by name; nothing without one.

    Args:
        directory: that of the run.
        run: what the run is called there.
        found: the endpoint.
    """
    if found is None:
        return {}
    from vynapse.telemetry.sinks.prometheus import watched

    return watched(directory, found.folder, run, found)


def told_once(found: Endpoint | None) -> Iterator[None]:
    """Ask the next of it from time to time: once the process that serves has ended it is told."""
    while found is None or found.ended() is None:
        yield
    logging.getLogger("vynapse.metrics").warning(
        "the process that serves metrics has ended: the runs go on without it"
    )
    while True:
        yield


def _place(text: str) -> tuple[str, int]:
    """Host and port from PORT, HOST:PORT or [ADDRESS]:PORT."""
    host, _, port = text.strip().rpartition(":")
    if not (port.isdecimal() and len(port) <= 5 and int(port) <= _LAST_PORT):
        raise ConfigError(
            f"--metrics-port: PORT or HOST:PORT, from 0 to {_LAST_PORT}, was wanted, "
            f"got {text[:99]!r}"
        )
    return host.strip("[]"), int(port)
