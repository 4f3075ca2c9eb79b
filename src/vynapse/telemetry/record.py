# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The record of a run: the two files that every run has.

A checkpoint keeps what `position()` returns; a resumed run cuts both files back to it, so that no
row and no event is missing or there twice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import RunDirectoryError, TrainingError
from vynapse.telemetry.appending import AppendFile
from vynapse.telemetry.events import Event, now
from vynapse.telemetry.log import log_event
from vynapse.telemetry.sink import Cell, Row

_NUMBERS: Final = frozenset({float, int, type(None)})


@final
class MetricsCsv:
    """`metrics.csv`: a header, then one row per logged step.

    Floats are written so that reading them gives the same bits; what was not measured is an empty
    cell. `seconds` is the only column that differs between two runs of the same seed.

    Args:
        path: the file; what it held is dropped.
        columns: the header; the last column is "seconds".
        position: what `resume` gives.

    Raises:
        StorageError: the disk refuses.
    """

    def __init__(self, path: Path, columns: Sequence[str], *, position: int | None = None) -> None:
        if len(set(columns)) != len(columns) or not columns or columns[-1] != "seconds":
            raise ValueError(
                "columns: different names, the last one 'seconds', were wanted, "
                f"got {list(columns)}"
            )
        self._columns = tuple(columns) if position is None else _columns_of(path, columns)
        self._known = frozenset(self._columns)
        self._file = AppendFile(path, position)
        if position is None:
            self._file.append(_line(columns))
            self._file.flush()

    @classmethod
    def resume(cls, path: Path, columns: Sequence[str], position: int) -> MetricsCsv:
        """Go on with a file, cut back to `position` bytes.

        The file keeps its columns. Those that a later version of Vynapse has added are absent from
        it, and stay so: a run that began without them has nothing to say there.

        Raises:
            RunDirectoryError: the file is absent, has other columns or was changed.
        """
        return cls(path, columns, position=position)

    def write(self, row: Row) -> None:
        """Append one row.

        Raises:
            TrainingError: a name is not among the columns.
            StorageError: the disk refuses.
        """
        if not row.keys() <= self._known:
            unknown = min(row.keys() - self._known)
            raise TrainingError(
                f"metric {unknown!r} is not among the columns {', '.join(self._columns)}: "
                "add it to the `columns` of the mode"
            )
        self._file.append(_line([row.get(name) for name in self._columns]))

    def position(self) -> int:
        """Size of the file in bytes, once every row is on the disk."""
        return self._file.position()

    def close(self) -> None:
        """Write what is left and close."""
        self._file.close()


@final
class EventsJsonl:
    """`events.jsonl`: one event a line.

    Args:
        path: the file; what it held is dropped.
        position: what `resume` gives.

    Raises:
        StorageError: the disk refuses.
    """

    def __init__(self, path: Path, *, position: int | None = None) -> None:
        self._file = AppendFile(path, position)
        self._next = 0 if position is None else _next_seq(path)

    @classmethod
    def resume(cls, path: Path, position: int) -> EventsJsonl:
        """Go on with a file, cut back to `position` bytes; `seq` continues.

        Raises:
            RunDirectoryError: the file is absent or was changed.
        """
        return cls(path, position=position)

    def write(
        self,
        kind: str,
        stage: int | None = None,
        step: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Event:
        """Number, date, append and log an event; it is returned for other sinks.

        Raises:
            StorageError: the disk refuses.
        """
        event = Event(self._next, now(), kind, stage, step, data or {})
        self._file.append(event.to_json())
        self._file.flush()  # others can read it at once
        self._next += 1
        log_event(event)
        return event

    def position(self) -> int:
        """Size of the file in bytes, once every event is on the disk."""
        return self._file.position()

    def close(self) -> None:
        """Write what is left and close."""
        self._file.close()


def _line(cells: Sequence[Cell | None]) -> str:
    """One line of CSV; None is an empty cell and a float is its shortest exact decimal."""
    if _NUMBERS.issuperset(map(type, cells)):  # the short way for nearly all of them
        return ",".join(map(str, cells)).replace("None", "")
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


def _columns_of(path: Path, wanted: Sequence[str]) -> tuple[str, ...]:
    """The columns of a file, which are all those wanted, or some of them in their order."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            found = file.readline().rstrip("\n")
    except OSError as error:
        raise RunDirectoryError(
            f"cannot read {path}: {error.strerror}: the run cannot be resumed without it"
        ) from None
    columns = found.split(",")
    if columns != [name for name in wanted if name in columns] or columns[-1] != wanted[-1]:
        raise RunDirectoryError(
            f"{path}: columns {_line(wanted)} were wanted, the file has {found}"
        )
    return tuple(columns)


def _next_seq(path: Path) -> int:
    lines = path.read_bytes().splitlines()
    try:
        return int(json.loads(lines[-1])["seq"]) + 1 if lines else 0
    except (ValueError, KeyError, TypeError):
        raise RunDirectoryError(
            f"{path}: line {len(lines)} is no event: restore the file from a copy"
        ) from None
