# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A Prometheus endpoint, as the process that trains sees it: a socket, a folder and a child.

The socket is opened here, so that a port that is taken is known before anything begins, and a free
one that was asked for by 0 has its number at once. The child inherits it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, final

from vynapse.errors import ConfigError
from vynapse.telemetry.sinks.needs import demand

LOOPBACK: Final = "127.0.0.1"


@final
class Endpoint:
    """Serves the boards of a folder until it is closed, or this process ends.

    Args:
        port: where it listens; 0 takes a free port.
        host: the address of this machine that it listens at.
        key: what asked for it; it begins the sentence of an error.

    Attributes:
        folder: where runs put their boards.
        url: where the metrics are.

    Raises:
        MissingExtra: prometheus-client is not installed.
        ConfigError: nothing can listen there.
    """

    def __init__(self, port: int, host: str = LOOPBACK, key: str = "--metrics-port") -> None:
        demand("prometheus_client", "prometheus-client", "telemetry", key)
        with _listening(port, host, key) as server:
            found: tuple[str, int] = server.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self.url = f"http://{shown}:{found[1]}/metrics"
            self.folder = Path(tempfile.mkdtemp(prefix="vynapse-metrics-"))
            words = ["-m", "vynapse.telemetry.metrics.serving", str(server.fileno())]
            self._child = subprocess.Popen(
                [sys.executable, *words, str(self.folder), str(os.getpid())],
                pass_fds=[server.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )

    @property
    def pid(self) -> int:
        """Number of the process that serves."""
        return self._child.pid

    def ended(self) -> int | None:
        """How the process that serves has ended; None while it lives."""
        return self._child.poll()

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._child.kill()
        self._child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def refuse_taken(port: int, host: str, key: str) -> None:
    """Find out whether something can listen there.

    Raises:
        ConfigError: nothing can.
    """
    _listening(port, host, key).close()


def _listening(port: int, host: str, key: str) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=64)
    except (OSError, OverflowError) as error:
        code = getattr(error, "errno", None)
        reason = os.strerror(code) if code is not None else str(error)
        raise ConfigError(
            f"{key}: cannot listen at {host}:{port}: {reason.lower()}: choose another port, or 0 "
            "for a free one"
        ) from None
