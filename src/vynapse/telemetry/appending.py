# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A file that only grows, by whole lines, and can be cut back to a position a checkpoint knows."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from vynapse.errors import RunDirectoryError, storage_errors

FLUSH_SECONDS: Final = 0.2
"""How long a line may wait in memory before others can read it."""


class AppendFile:
    """Lines are gathered in memory and written by the system call itself, so that a full disk is
    reported once, where it happened, and never again when the file is closed.

    Args:
        path: created, or emptied where a run that was killed before its first checkpoint left it.
        position: go on with an existing file, cut back to so many bytes.

    Raises:
        StorageError: the disk refuses.
        RunDirectoryError: with `position`, the file is absent, shorter than that, or no line ends
            there.
    """

    def __init__(self, path: Path, position: int | None = None) -> None:
        self.path = path
        self._pending: list[bytes] = []
        self._size = 0
        self._flushed_at = time.monotonic()
        if position is None:
            with storage_errors(path):
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
                self._descriptor = os.open(path, flags, 0o666)
        else:
            self._descriptor = _cut(path, position)
            self._size = position

    def append(self, line: str) -> None:
        """Add one line; `line` has no line end."""
        self._pending.append(line.encode() + b"\n")
        if time.monotonic() - self._flushed_at >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hand all lines to the operating system, so that other processes see them."""
        data = memoryview(b"".join(self._pending))
        self._pending.clear()
        self._flushed_at = time.monotonic()
        with storage_errors(self.path):
            while data:
                written = os.write(self._descriptor, data)
                self._size += written
                data = data[written:]

    def position(self) -> int:
        """Size in bytes, once all lines have reached the disk."""
        self.flush()
        with storage_errors(self.path):
            os.fsync(self._descriptor)
        return self._size

    def close(self) -> None:
        """Write what is left and close; a second call does nothing."""
        if self._descriptor < 0:
            return
        try:
            self.flush()
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def _cut(path: Path, position: int) -> int:
    """Descriptor of `path`, cut to `position` bytes, at its end."""
    if not path.is_file():
        raise RunDirectoryError(f"{path} does not exist: the run cannot be resumed without it")
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        size = os.fstat(descriptor).st_size
        whole = size >= position and (
            position == 0 or os.pread(descriptor, 1, position - 1) == b"\n"
        )
        if whole:
            os.ftruncate(descriptor, position)
            return descriptor
        os.close(descriptor)
    raise RunDirectoryError(
        f"{path} was changed since its checkpoint: a line was to end at byte {position}, "
        f"it has {size} bytes: restore the file from a copy"
    )
