# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The runs in a folder, thousands of them in a moment: what was read is kept in an index.

The index is a file in the folder that any reader writes, whole or not at all, and that any reader
may lose: it only saves work. A run is taken from it as long as size, time and inode of all files
that say something about it are the same. A run that a process holds is always read. A folder that
cannot be written has no index.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import vynapse
from vynapse.errors import RunDirectoryError, VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.tags import FOLDER, tags_of

INDEX: Final = ".vynapse-index"

_FILES: Final = ("run.json", "summary.json", FOLDER)
_GROWING: Final = ("metrics.csv", "events.jsonl")
"""What also says something about a run as long as it has no summary."""
_RECENT: Final = 2 * 10**9
"""Nanoseconds for which a time is not trusted: some disks know whole seconds alone."""
_LEFT: Final = 60.0
"""Seconds after which a half-written index is one that a killed process left."""

_Key = list[list[int] | None]
_Entry = tuple[_Key, dict[str, Any]]


def indexed(root: Path, read: Callable[[Path], dict[str, Any]]) -> list[dict[str, Any]]:
    """All runs in a folder, by name: summary, `path`, `tags`, and `begun`, the time of its record.

    Args:
        root: the folder.
        read: gives the summary of a run; where it raises, the status of the run is "unreadable".

    Raises:
        RunDirectoryError: `root` is not a folder.
    """
    try:
        names = sorted(name for name in os.listdir(root) if not name.startswith("."))
    except OSError:
        raise RunDirectoryError(
            f"{root} is not a folder of runs: name one, or start a run"
        ) from None
    known = _load(root / INDEX)
    entries: dict[str, _Entry] = {}
    found = []
    for name in names:
        key = _key(root / name)
        if key[0] is None:
            continue
        row = _reusable(root / name, key, known.get(name))
        if row is None:
            row = _read(root / name, key[0][0], read)
        if row["status"] not in ("running", "unreadable") and not _recent(key):
            entries[name] = (key, row)
        found.append({**row, "path": str(root / name)})
    if entries != known:
        _store(root / INDEX, entries)
    return found


def _read(run: Path, written: int, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    try:
        row = {**read(run), "run": run.name, "tags": tags_of(run)}
    except VynapseError as error:
        row = {"run": run.name, "status": "unreadable", "reason": str(error), "tags": []}
    begun = datetime.fromtimestamp(written // 10**9, UTC)
    return {**row, "begun": begun.isoformat().replace("+00:00", "Z")}


def _reusable(run: Path, key: _Key, entry: _Entry | None) -> dict[str, Any] | None:
    """What the index says of a run, where it still holds; an ended run is held by nobody."""
    if entry is None or entry[0] != key:
        return None
    ended = key[1] is not None
    return entry[1] if ended or not RunDirectory(run).busy() else None


def _key(run: Path) -> _Key:
    """Time, size and inode of the files that say something about a run; None for absent ones."""
    key = [_stamp(f"{run}/{name}") for name in _FILES]
    return key if key[1] is not None else [*key, *(_stamp(f"{run}/{name}") for name in _GROWING)]


def _stamp(file: str) -> list[int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino]


def _recent(key: _Key) -> bool:
    now = time.time_ns()
    return any(part is not None and now - part[0] < _RECENT for part in key)


def _load(file: Path) -> dict[str, _Entry]:
    """Entries by name; none where the index is absent, damaged or of another version."""
    try:
        digest, _, content = file.read_bytes().partition(b"\n")
        if digest.decode() != hashlib.sha256(content).hexdigest():
            return {}
        held = json.loads(content)
    except (OSError, ValueError):
        return {}
    if held["vynapse"] != vynapse.__version__:
        return {}
    return {name: (key, row) for name, (key, row) in held["runs"].items()}


def _store(file: Path, entries: dict[str, _Entry]) -> None:
    """Replace the index; where that is not possible, e.g. for want of room, it is left."""
    content = json.dumps({"vynapse": vynapse.__version__, "runs": entries}).encode()
    digest = hashlib.sha256(content).hexdigest().encode()
    with contextlib.suppress(OSError):
        for left in file.parent.glob(f"{INDEX}.*.tmp"):
            if time.time() - left.stat().st_mtime > _LEFT:
                left.unlink(missing_ok=True)
        descriptor, name = tempfile.mkstemp(".tmp", f"{INDEX}.", file.parent)
        temporary = Path(name)
        try:
            with open(descriptor, "wb") as out:
                out.write(digest + b"\n" + content)
            temporary.chmod(0o644)
            temporary.replace(file)
        except OSError:
            temporary.unlink(missing_ok=True)
