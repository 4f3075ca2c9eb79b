# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The folder of a sweep, which any number of processes may work in.

sweep.yaml           the sweep, complete; written once
points/NNNN.json     a point: its values, and where they came from; written once
point-NNNN-seed-S/   a run, as any other
notes/NNNN-S.json    of a run that failed or was given up: why, its loss and its cost
claims/NNNN-S        held by the process that makes the run; the system frees it when that ends
lock                 held for a moment by a process that looks for work
several              there where several processes worked at the same time
table.md, table.json, sweep.csv, sweep.json, best.yaml, sweep.svg
                     the result
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Literal, final

from vynapse.errors import UNREADABLE, ConfigError, RunDirectoryError, first_line, storage_errors
from vynapse.experiment.files import write_atomically
from vynapse.experiment.reading import read_recipe_file
from vynapse.experiment.strict_yaml import dump_yaml
from vynapse.experiment.sweeps.settings import SweepSettings, read_sweep
from vynapse.experiment.sweeps.space import Values

RECORD: Final = "sweep.yaml"
Origin = Literal["start", "grid", "random", "tpe"]


@dataclass(frozen=True, slots=True)
class Point:
    """A point that was given out.

    Attributes:
        number: its place among all, from 0.
        values: what its recipe has under the keys of the space.
        origin: where it came from.
    """

    number: int
    values: Values
    origin: Origin

    @property
    def name(self) -> str:
        """Its name in tables."""
        return f"point-{self.number:04d}"


@dataclass(frozen=True, slots=True)
class Job:
    """A run: a point and a seed."""

    number: int
    seed: int

    @property
    def name(self) -> str:
        """Its name in files."""
        return f"{self.number:04d}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a run that did not finish.

    Attributes:
        status: "failed" or "pruned".
        reason: a sentence.
        loss: the best that it had come to; None for none.
        share: how much of its budget it had spent when it was judged; None where it failed.
        cost: what it had cost by then, with its steps.
    """

    status: Literal["failed", "pruned"]
    reason: str
    loss: float | None
    share: float | None
    cost: dict[str, float] = field(default_factory=dict)


@final
class SweepFolder:
    """Paths, claims and small files of a sweep.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._points: list[Point] = []

    @classmethod
    def create_or_open(cls, path: Path, sweep: SweepSettings) -> SweepFolder:
        """The folder of a sweep, made where it is not there.

        Raises:
            RunDirectoryError: it holds another sweep, or something else.
            StorageError: it cannot be written.
        """
        folder, record = cls(path), path / RECORD
        with storage_errors(path):
            for name in ("points", "notes", "claims"):
                (path / name).mkdir(parents=True, exist_ok=True)
        content = sweep.model_dump(mode="json", by_alias=True)
        with folder.locked():
            if not record.exists():
                if any(path.glob("*/run.json")):
                    raise RunDirectoryError(f"{path} holds runs already: choose another --out")
                write_atomically(record, dump_yaml(content).encode())
            elif read_recipe_file(record) != json.loads(json.dumps(content)):
                raise RunDirectoryError(
                    f"{path} holds another sweep: choose another --out, or go on with vynapse "
                    f"sweep {path}"
                )
        return folder

    def read(self) -> SweepSettings:
        """The sweep.

        Raises:
            ConfigError: its record is absent or was changed.
        """
        if not (self.path / RECORD).is_file():
            raise ConfigError(f"{self.path} is no folder of a sweep: it holds no {RECORD}")
        return read_sweep(self.path / RECORD)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for a moment; other processes wait."""
        with storage_errors(self.path), (self.path / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def claim(self, job: Job) -> IO[str] | None:
        """Hold a run until the file is closed; None where another process holds it."""
        with storage_errors(self.path):
            file = (self.path / "claims" / job.name).open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file

    def run(self, job: Job) -> Path:
        """The directory of a run."""
        return self.path / f"point-{job.number:04d}-seed-{job.seed}"

    def points(self) -> list[Point]:
        """The points that were given out so far, in order."""
        while (file := self._point(len(self._points))).is_file():
            held = _json(file)
            self._points.append(Point(len(self._points), held["values"], held["origin"]))
        return list(self._points)

    def give(self, values: Values, origin: Origin) -> Point:
        """Write down the next point; call it while the folder is locked."""
        point = Point(len(self.points()), values, origin)
        content = json.dumps({"values": values, "origin": origin}) + "\n"
        write_atomically(self._point(point.number), content.encode())
        return point

    def summary(self, job: Job) -> dict[str, Any] | None:
        """The summary of a run that has finished, with what it took of the machine."""
        run = self.run(job)
        files = run / "summary.json", run / "machine.json"
        if not all(file.is_file() for file in files) or self.note(job) is not None:
            return None
        return {**_json(files[0]), **_json(files[1])}

    def note(self, job: Job) -> Note | None:
        """What is known of a run that failed or was given up."""
        file = self.path / "notes" / f"{job.name}.json"
        return Note(**_json(file)) if file.is_file() else None

    def write_note(self, job: Job, note: Note) -> None:
        """Keep what is known of a run that failed or was given up."""
        held = {name: getattr(note, name) for name in ("status", "reason", "loss", "share", "cost")}
        self.write_json(f"notes/{job.name}.json", held)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a small file."""
        write_atomically(self.path / name, (json.dumps(content, indent=2) + "\n").encode())

    @property
    def had_several(self) -> bool:
        """Whether several processes worked at the same time."""
        return (self.path / "several").exists()

    def note_several(self) -> None:
        """Keep that another process is at work now."""
        if not self.had_several:
            write_atomically(self.path / "several", f"{os.getpid()}\n".encode())

    def _point(self, number: int) -> Path:
        return self.path / "points" / f"{number:04d}.json"


def _json(file: Path) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(file.read_bytes())
        return dict(held)
    except UNREADABLE as error:
        raise RunDirectoryError(
            f"{file} was changed ({first_line(error)}): restore it from a copy"
        ) from None
