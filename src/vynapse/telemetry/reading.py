# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Read the files of a run, also while another process writes them.

A last line without its end is one that is being written, or that a killed process left: it is
passed over. A row without a measurement is a row.
"""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vynapse.errors import RunDirectoryError
from vynapse.telemetry.events import VERSION

_TAIL: Final = 2**16
"""Bytes from the end of a file that are looked at first."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What every row of `metrics.csv` may say.

    Attributes:
        stage: index of the stage.
        step: steps of the stage.
        loss: the loss of the winner; None where it was not measured.
        seconds: the time of the run; None where it was not measured.
    """

    stage: int
    step: int
    loss: float | None
    seconds: float | None


def read_metrics(path: Path, most: int | None = None) -> list[dict[str, str]]:
    """The rows of a `metrics.csv` by column name; cells of what was not measured are left out.

    Args:
        path: the file.
        most: about how many rows are wanted for a picture: some of those with a loss, evenly, and
            the last row; None for all.

    Raises:
        RunDirectoryError: the file is absent or damaged.
    """
    lines = _whole_lines(path)
    if most is None or len(lines) <= most:
        return list(parse_rows(path, lines[:1], lines[1:], first=2))
    return list(parse_rows(path, lines[:1], _picked(lines, most), first=None))


def read_logged(path: Path, most: int | None = None) -> list[Logged]:
    """Place, loss and time of each row of a `metrics.csv`; arguments as for `read_metrics`.

    Raises:
        RunDirectoryError: the file is absent or damaged.
    """
    rows = enumerate(read_metrics(path, most), start=2)
    # of some of the rows nobody knows the numbers
    return [parse_logged(path, row, number if most is None else None) for number, row in rows]


def _picked(lines: Sequence[str], most: int) -> list[str]:
    """Lines below the header of which each has a loss, evenly, and the last one."""
    names = lines[0].split(",")
    place = names.index("loss") if "loss" in names else 0
    body = lines[1:]
    measured = [line for line in body if line.split(",", place + 1)[place : place + 1] != [""]]
    step = max(1, len(measured) // most)
    picked = measured[: len(measured) - 1 : step] + measured[-1:]
    return picked if picked[-1:] == body[-1:] else [*picked, body[-1]]


def last_logged(path: Path) -> Logged | None:
    """The last row of a `metrics.csv`, with the last loss and time that were measured.

    It reads the end of the file alone; None where there is no row or no file.

    Raises:
        RunDirectoryError: the file is damaged.
    """
    size = _TAIL
    while True:
        header, lines, whole = _tail(path, size)
        numbers = itertools.count(2) if whole else itertools.repeat(None)
        rows = parse_rows(path, header, lines, first=2 if whole else None)
        logged = [
            parse_logged(path, row, number) for row, number in zip(rows, numbers, strict=False)
        ]
        losses = [row.loss for row in logged if row.loss is not None]
        seconds = [row.seconds for row in logged if row.seconds is not None]
        if whole or (losses and seconds):
            break
        size *= 4
    if not logged:
        return None
    return dataclasses.replace(
        logged[-1],
        loss=losses[-1] if losses else None,
        seconds=seconds[-1] if seconds else None,
    )


def read_events(path: Path) -> list[dict[str, Any]]:
    """The envelopes in an `events.jsonl`.

    Raises:
        RunDirectoryError: the file is absent, damaged or of a newer version.
    """
    return [
        parse_event(path, line, number) for number, line in enumerate(_whole_lines(path), start=1)
    ]


def last_event(path: Path) -> dict[str, Any] | None:
    """The last envelope in an `events.jsonl` that is no warning; None where there is none.

    Raises:
        RunDirectoryError: the file is damaged or of a newer version.
    """
    size = _TAIL
    while True:
        header, lines, whole = _tail(path, size)
        for line in reversed([*header, *lines] if whole else lines):
            event = parse_event(path, line, None)
            if event["kind"] != "warning":
                return event
        if whole:
            return None
        size *= 4


def parse_rows(
    path: Path, header: Sequence[str], lines: Sequence[str], first: int | None
) -> Iterator[dict[str, str]]:
    """Cells by column; `first` is the number of the first line, None where it is not known.

    Raises:
        RunDirectoryError: a row has another number of cells than the header.
    """
    try:
        names = next(csv.reader(header), [])
        for number, cells in enumerate(csv.reader(lines)):
            if len(cells) != len(names):
                where = _where(path, None if first is None else first + number)
                raise RunDirectoryError(
                    f"{where}: {len(names)} cells were wanted, got {len(cells)}: restore the file "
                    "from a copy"
                )
            yield {name: cell for name, cell in zip(names, cells, strict=True) if cell}
    except csv.Error as error:
        raise RunDirectoryError(f"{path}: {error}: restore the file from a copy") from None


def parse_logged(path: Path, row: Mapping[str, str], number: int | None) -> Logged:
    """Place, loss and time of a row; `number` is that of its line, where it is known.

    Raises:
        RunDirectoryError: it lacks a place, or a cell is no number.
    """
    try:
        loss, seconds = row.get("loss"), row.get("seconds")
        return Logged(
            int(row["stage"]),
            int(row["step"]),
            None if loss is None else float(loss),
            None if seconds is None else float(seconds),
        )
    except KeyError as error:
        what = f"a cell in the column {error} was wanted"
    except ValueError as error:
        what = f"a number was wanted: {error}"
    raise RunDirectoryError(f"{_where(path, number)}: {what}: restore the file from a copy")


def parse_event(path: Path, line: str, number: int | None) -> dict[str, Any]:
    """The envelope in a line; `number` is that of the line, where it is known.

    Raises:
        RunDirectoryError: it is none, or of a newer version.
    """
    try:
        event: Any = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    version = event.get("v") if isinstance(event, dict) else None
    if type(version) is int and version > VERSION:
        raise RunDirectoryError(
            f"{path}: event version {version} is newer than {VERSION}: install a newer vynapse"
        )
    if type(version) is int and _is_envelope(event):
        found: dict[str, Any] = event
        return found
    raise RunDirectoryError(f"{_where(path, number)} is no event: restore the file from a copy")


def _is_envelope(event: Mapping[str, Any]) -> bool:
    places = [event.get("stage", ""), event.get("step", "")]
    return (
        isinstance(event.get("kind"), str)
        and isinstance(event.get("data"), dict)
        and all(place is None or type(place) is int for place in places)
    )


def _where(path: Path, number: int | None) -> str:
    return f"{path}: {'a line near the end' if number is None else f'line {number}'}"


def _whole_lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror}") from None
    return _split(content)


def _tail(path: Path, size: int) -> tuple[list[str], list[str], bool]:
    """The first line, whole lines among the last `size` bytes, and whether these are all others."""
    try:
        with path.open("rb") as file:
            header = file.readline()
            begin = len(header)
            end = file.seek(0, 2)
            start = max(begin, end - size)
            file.seek(start)
            content = file.read()
    except FileNotFoundError:
        return [], [], True
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror}") from None
    whole = start == begin
    if not whole:  # the first line may have lost its beginning
        content = content[content.find(b"\n") + 1 :]
    return _split(header), _split(content), whole


def _split(content: bytes) -> list[str]:
    return content[: content.rfind(b"\n") + 1].decode(errors="replace").split("\n")[:-1]
