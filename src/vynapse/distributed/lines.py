# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How workers that speak gRPC are reached: at an address, or as processes of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import final

import grpc

from vynapse.distributed.grpc_client import channel_to

PARENT = "--with-parent"
"""Tells a worker to end with the process that holds its standard input."""


@final
class Remote:
    """A worker that somebody else has started.

    Args:
        address: the address, in the form of gRPC.
        certificates: who may vouch for it; None for no TLS.
    """

    def __init__(self, address: str, certificates: bytes | None) -> None:
        self._address, self._certificates = address, certificates

    def open(self) -> grpc.Channel:
        """A new channel."""
        return channel_to(self._address, self._certificates)

    def failed(self) -> str | None:
        """Nothing is known beside what gRPC says."""
        return None

    def close(self) -> None:
        """It lives on."""


@final
class Folder:
    """A folder for the sockets of workers of our own, which nobody else can open."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="vynapse-"))

    def close(self) -> None:
        """It is removed."""
        shutil.rmtree(self.path, ignore_errors=True)


@final
class Local:
    """A worker that is a process of our own, started when it is to be reached.

    It imports what this process could import, listens at a socket in a folder of ours, and ends
    with this process, however that ends.

    Args:
        folder: where its socket is.
        number: its number.
    """

    def __init__(self, folder: Folder, number: int) -> None:
        self._folder, self._number, self._started = folder, number, 0
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: Path | None = None
        self._lock = threading.Lock()

    def open(self) -> grpc.Channel:
        """Start it; the channel waits until it listens."""
        with self._lock:
            self._started += 1
            stem = self._folder.path / f"{self._number}-{self._started}"
            self._errors = stem.with_suffix(".err")
            address = f"unix:{stem}.sock"
            words = ["worker", "--listen", address, PARENT, "--allow", "*"]
            path = os.pathsep.join(filter(None, sys.path))
            with self._errors.open("wb") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "vynapse", *words],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    env={**os.environ, "PYTHONPATH": path},
                    start_new_session=True,
                )
        return channel_to(address, None)

    def failed(self) -> str | None:
        """How it ended, and the last line that it wrote."""
        process = self._process
        if process is None or process.poll() is None:
            return None
        last = ""
        if self._errors is not None:
            with suppress(OSError):
                lines = self._errors.read_text(errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "")
        code = process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"its process ended by {how}{': ' if last else ''}{last[:300]}"

    def close(self) -> None:
        """It is killed; nothing of it is left behind."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    @property
    def pid(self) -> int | None:
        """The number of its process."""
        return None if self._process is None else self._process.pid
