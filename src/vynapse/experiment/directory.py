# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The directory of a run: what lies where, and who may write.

run.json             format, recipe, provenance; written once
recipe.yaml          the same recipe for people, to edit and run again
metrics.csv          a row per step (or per `log_every` steps)
events.jsonl         what happened, in order
checkpoints/         S-NNNNNNNN.ckpt: stage S after N steps; the last few
best.safetensors     the best network so far; the winner once the run has finished
front.safetensors    trade-offs or archive of the last stage that had such a thing
start.safetensors    the network that the run began with (recipes that name weights)
blueprint-HASH.safetensors
                     a network of another run that seeds may begin as
data.safetensors     arrays of a call in Python that it learns from
preprocessing.json   what turns raw rows into inputs (tasks that have such a thing)
cluster.json*        workers that measured, and what happened to them (ray, grpc)
summary.json         the result; exists when the run has finished
lock                 held by the process that writes
tags/                an empty file for each tag that somebody put on the run
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from vynapse.core import State
from vynapse.errors import CheckpointError, RunDirectoryError, storage_errors
from vynapse.experiment.checkpoint import read_checkpoint, write_checkpoint
from vynapse.experiment.files import sync_folder, write_atomically
from vynapse.experiment.forms import FormatForm, RecordForm, SummaryForm, read_json, refuse_misfit
from vynapse.networks.state import NetworkState

FORMAT = 1
_NUMBERS = itertools.count()
_LOOKS, _LOOK_SECONDS = 5, 0.02
_CHECKPOINT = re.compile(r"^(\d+)-(\d{8,})\.ckpt$")


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Paths and files of one run."""

    path: Path

    @property
    def metrics(self) -> Path:
        """metrics.csv"""
        return self.path / "metrics.csv"

    @property
    def events(self) -> Path:
        """events.jsonl"""
        return self.path / "events.jsonl"

    @property
    def network(self) -> Path:
        """best.safetensors"""
        return self.path / "best.safetensors"

    @property
    def front(self) -> Path:
        """front.safetensors"""
        return self.path / "front.safetensors"

    @property
    def start(self) -> Path:
        """start.safetensors"""
        return self.path / "start.safetensors"

    @property
    def preprocessing(self) -> Path:
        """preprocessing.json"""
        return self.path / "preprocessing.json"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @classmethod
    def create(
        cls,
        path: Path,
        record: Mapping[str, Any],
        texts: Mapping[str, str | bytes],
        start: NetworkState | None = None,
    ) -> RunDirectory:
        """Make a new run directory; it appears whole or not at all.

        Args:
            path: where; may exist only as an empty folder.
            record: content of run.json beside the format and the SHA-256 of `start`.
            texts: further files by name.
            start: the network that the run begins with, where the recipe names one.

        Raises:
            RunDirectoryError: something is there already.
            StorageError: the place cannot be written.
        """
        record = {"format": FORMAT, **record}
        if start is not None:
            record["weights_sha256"] = start.sha256()
        with _staged(path) as folder:
            with storage_errors(path):
                (folder / "checkpoints").mkdir()
            if start is not None:
                write_atomically(cls(folder).start, start.to_bytes())
            for name, text in {**texts, "run.json": json.dumps(record, indent=2)}.items():
                content = text if isinstance(text, bytes) else text.encode()
                write_atomically(folder / name, content)
            with storage_errors(path):
                sync_folder(folder)
                _put(folder, path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """An existing run directory.

        Raises:
            RunDirectoryError: no run is there, or one of a newer format.
        """
        directory = cls(path)
        directory.record()
        return directory

    def record(self) -> dict[str, Any]:
        """Content of run.json.

        Raises:
            RunDirectoryError: absent, unreadable or of a newer format.
        """
        record = read_json(self.path / "run.json", FormatForm)
        if record is None:
            raise RunDirectoryError(f"{self.path} is not a run directory: it holds no run.json")
        version = record["format"]
        if version > FORMAT:
            raise RunDirectoryError(
                f"{self.path} has run format {version}, this version reads up to {FORMAT}: "
                "install a newer vynapse"
            )
        refuse_misfit(self.path / "run.json", record, RecordForm)
        return record

    def summary(self) -> dict[str, Any] | None:
        """Content of summary.json; None while the run has not finished.

        Raises:
            RunDirectoryError: it cannot be read, or is no summary.
        """
        return read_json(self.path / "summary.json", SummaryForm)

    def read_start(self) -> NetworkState | None:
        """The network that the run began with, where its recipe named one.

        Raises:
            RunDirectoryError: it is absent, or not the one any more.
        """
        wanted = self.record().get("weights_sha256")
        if wanted is None:
            return None
        try:
            network = NetworkState.read(self.start)
        except CheckpointError as error:
            raise RunDirectoryError(f"{error}: restore it from a copy to resume the run") from None
        if network.sha256() != wanted:
            raise RunDirectoryError(
                f"{self.start} is not the network the run began with: restore it from a copy to "
                "resume the run"
            )
        return network

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run against other processes.

        Raises:
            RunDirectoryError: another process holds it.
        """
        with storage_errors(self.path / "lock"):
            file = (self.path / "lock").open("a")
        looks = _LOOKS
        with file:
            # a process that only looks holds it for a moment
            while not _locks(file) and looks > 0:
                time.sleep(_LOOK_SECONDS)
                looks -= 1
            if looks == 0:
                raise RunDirectoryError(
                    f"{self.path} is being written by another process: wait for it or stop it"
                )
            yield

    def busy(self) -> bool:
        """Whether a process holds the run now; nothing is written to find out."""
        try:
            file = (self.path / "lock").open("rb")
        except OSError:
            return False
        with file:
            return not _locks(file, fcntl.LOCK_SH)  # shared: who only looks is not seen by others

    def clean(self) -> None:
        """Remove what a killed process left half-written."""
        for folder in (self.path, self.checkpoints):
            for leftover in folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    leftover.unlink()

    def list_checkpoints(self) -> list[Path]:
        """Checkpoints from the oldest to the newest."""
        found = []
        for path in self.checkpoints.iterdir() if self.checkpoints.is_dir() else ():
            if match := _CHECKPOINT.match(path.name):
                found.append(((int(match[1]), int(match[2])), path))
        return [path for _, path in sorted(found)]

    def save(self, stage: int, step: int, state: State, keep: int) -> Path:
        """Write a checkpoint and drop all but the last `keep`."""
        path = self.checkpoints / f"{stage}-{step:08d}.ckpt"
        write_checkpoint(path, state)
        for old in self.list_checkpoints()[:-keep]:
            old.unlink(missing_ok=True)
        return path

    def keep(self, network: NetworkState) -> None:
        """Make `network` the winner of the run."""
        write_atomically(self.network, network.to_bytes())

    def latest(self) -> State | None:
        """The newest checkpoint's state, None when there is none.

        Raises:
            CheckpointError: the newest one is damaged; an older one is never taken in silence.
            RunDirectoryError: the folder of checkpoints is gone.
        """
        if not self.checkpoints.is_dir():
            raise RunDirectoryError(
                f"{self.checkpoints} is no folder: restore it from a copy, or make an empty one to "
                "begin the run anew"
            )
        paths = self.list_checkpoints()
        return read_checkpoint(paths[-1]) if paths else None

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file atomically."""
        write_atomically(self.path / name, (json.dumps(content, indent=2) + "\n").encode())


def _locks(file: IO[Any], how: int = fcntl.LOCK_EX) -> bool:
    """Lock a file until it is closed; False where another process holds it."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


@contextmanager
def _staged(path: Path) -> Iterator[Path]:
    """A folder beside `path`, to be filled and then moved there; nothing of it is left behind.

    Its name begins with the number of this process and its file `lock` is held while it is filled,
    so that folders that killed processes left are known, and are removed here.
    """
    _refuse_occupied(path)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(".*.staging"):
            _remove_abandoned(old)
        folder = path.parent / f".{os.getpid()}-{next(_NUMBERS)}.staging"
        folder.mkdir()
    try:
        with storage_errors(path):
            file = (folder / "lock").open("a")
        with file:
            _locks(file)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove a staging folder whose process is no more, here or on another machine."""
    with contextlib.suppress(OSError, ValueError):
        try:
            os.kill(int(folder.name.split("-")[0][1:]), 0)
        except ProcessLookupError:
            with (folder / "lock").open("ab") as file:
                if _locks(file):
                    shutil.rmtree(folder, ignore_errors=True)


def _put(folder: Path, path: Path) -> None:
    """Move a folder to `path`, which of several processes only one can do."""
    try:
        folder.replace(path)
    except OSError:
        _refuse_occupied(path)
        raise
    sync_folder(path.parent)


def _refuse_occupied(path: Path) -> None:
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise RunDirectoryError(
            f"{path} exists already: choose another --out, or {resume_words(path)}"
        )


def resume_words(path: Path) -> str:
    """How a run is gone on with, for the end of a sentence."""
    return f"go on with vynapse resume {path} (in Python vynapse.Session.open({str(path)!r}).run())"


def new_name(task: str, modes: list[str], seed: int) -> str:
    """A directory name that says what the run is: task-mode-sSEED-date-time."""
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
    short = re.sub(r"[^A-Za-z0-9_]+", "-", task).strip("-")
    return f"{short}-{'-'.join(modes)}-s{seed}-{now}"
