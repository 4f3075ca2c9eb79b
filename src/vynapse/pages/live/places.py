# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which runs lie below a folder, and what their ids mean.

The id of a run is its path below the folder, with slashes. An id is only ever looked up among the
runs that were found, so no id leads out of the folder. Links are not followed.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, final

from vynapse.errors import RunDirectoryError

_DEPTH: Final = 4
"""Folders within each other that are looked into: those of a comparison hold runs."""
_FRESH: Final = 0.5
"""Seconds for which it is believed that no run was added or removed."""


@final
class Places:
    """The runs below a folder; safe to use from several threads.

    Args:
        root: the folder.

    Raises:
        RunDirectoryError: it is not a folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise RunDirectoryError(f"{root} is not a folder of runs: name one, or start a run")
        self.root = root.resolve()
        self._found: dict[str, Path] = {}
        self._looked = -_FRESH
        self._lock = threading.Lock()

    def runs(self) -> dict[str, Path]:
        """The directory of each run by its id, in the order of ids."""
        with self._lock:
            if time.monotonic() - self._looked >= _FRESH:
                self._found = dict(sorted(self._walk(self.root, _DEPTH)))
                self._looked = time.monotonic()
            return self._found

    def path(self, identity: str) -> Path | None:
        """The directory of a run; None for an id that is none of a run here."""
        path = self.runs().get(identity)
        return path if path is not None and is_plain(path) else None

    def _walk(self, folder: Path, depth: int) -> Iterator[tuple[str, Path]]:
        try:
            with os.scandir(folder) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError:
            return
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                path = Path(entry.path)
                if (path / "run.json").is_file():
                    yield path.relative_to(self.root).as_posix(), path
                elif depth > 1:
                    yield from self._walk(path, depth - 1)


_READ: Final = (
    "run.json",
    "summary.json",
    "metrics.csv",
    "events.jsonl",
    "recipe.yaml",
    "best.safetensors",
    "preprocessing.json",
    "lock",
)
"""The files of a run that the page reads."""


def is_plain(run: Path) -> bool:
    """Whether what is read of a run are files of its own: no links, pipes or devices."""
    for name in _READ:
        try:
            mode = os.lstat(run / name).st_mode
        except OSError:
            continue
        if not stat.S_ISREG(mode):
            return False
    return not run.is_symlink()
