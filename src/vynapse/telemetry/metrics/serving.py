# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The process that serves the metrics of runs: `python -m vynapse.telemetry.metrics.serving`.

Its words are the descriptor of a socket that listens, the folder of the boards, and the number of
the process it belongs to, with which it ends. It answers one request after the other: a thread for
each would have to wait for a busy core once more.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from vynapse.telemetry.metrics.board import OWNER, VALUES, read_board
from vynapse.telemetry.metrics.families import Read, families

PATIENCE: Final = 1.0
"""Seconds that a client has to say what it wants."""
LOOK: Final = 0.5
"""Seconds between two looks whether the process it belongs to is there."""
KEPT: Final = 300.0
"""Seconds for which the last values of a run stay once its process has ended it."""


@final
class Boards(Collector):
    """The boards in a folder, read anew at each scrape."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended: dict[Path, float] = {}

    def collect(self) -> Iterable[Metric]:
        """The metrics of all runs."""
        return families(self._read())

    def _read(self) -> list[Read]:
        found: list[Read] = []
        for path in sorted(self._folder.glob(f"*{OWNER}")):
            try:
                board = read_board(path)
            except (OSError, ValueError):
                continue
            found.append(board)
            self._age(path, board)
        return found

    def _age(self, path: Path, board: Read) -> None:
        """Remove a board some time after its run has ended."""
        about, values = board
        if not values.get("run_ended") and _lives(about.get("pid")):
            return
        now = time.monotonic()
        if now - self._ended.setdefault(path, now) > KEPT:
            for suffix in (OWNER, VALUES):
                path.with_suffix(suffix).unlink(missing_ok=True)


def _lives(pid: Any) -> bool:
    try:
        os.kill(int(pid), 0)
    except (OSError, TypeError, ValueError):
        return False
    return True


def serve(descriptor: int, folder: Path, parent: int) -> None:
    """Answer until the parent has ended; then remove the folder."""
    # Ctrl-C reaches the whole terminal: the run saves its state and is watched until it ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Boards(folder))
    gc.freeze()
    with socket.socket(fileno=descriptor) as server:
        server.settimeout(LOOK)
        while os.getppid() == parent:
            try:
                client, address = server.accept()
            except TimeoutError:
                continue
            with client:
                client.settimeout(PATIENCE)
                _Answer(client, address, registry)
    shutil.rmtree(folder, ignore_errors=True)


class _Answer(BaseHTTPRequestHandler):
    """One request."""

    def __init__(self, client: socket.socket, address: Any, registry: CollectorRegistry) -> None:
        self._registry = registry
        try:
            super().__init__(client, address, None)  # type: ignore[arg-type]
        except OSError:
            return  # the client went away

    def do_GET(self) -> None:
        """`/metrics`; all else is not there."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404, "only /metrics is here")
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        content = encode(self._registry)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *_args: Any) -> None:
        """Say nothing of requests."""


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
