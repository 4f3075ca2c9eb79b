# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A CSV file as the data commands see it: columns, target, warnings, and splits as files."""

from __future__ import annotations

import contextlib
import csv
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from vynapse.data.cells import Column
from vynapse.data.csv import Table, read_table
from vynapse.data.csv_format import BROKEN, CsvFormat, files_of, open_text
from vynapse.data.encoded import NumericColumn
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import DataError, StorageError, VynapseError, storage_errors
from vynapse.settings import validate
from vynapse.tasks.csv_settings import CsvSettings
from vynapse.tasks.dataset import Dataset
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.leaks import names_rows, numbers_rows, tells_nearly_all, told_alone
from vynapse.tasks.lone_predictors import target_columns
from vynapse.tasks.tabular import csv_task, cut_rows

_PREVIEW: Final = 5
_MOST: Final = 5
_CLASSES: Final = 50
"""Classes whose counts are listed."""
_NAMES: Final = ("train", "validation", "test")


class CsvDataset(Dataset):
    """A CSV file; with a target also what a run would make of it.

    Args:
        keys: keys of the task csv; `target` may be absent.

    Raises:
        ConfigError: a key is wrong.
    """

    def __init__(self, keys: Mapping[str, Any]) -> None:
        named = {"target": "\0", **keys}  # a target that no file has, where none was named
        self._settings = validate(CsvSettings, named, "task")
        self._aimed = "target" in keys
        self.path = Path(self._settings.path)
        self.name = str(self.path)

    def info(self) -> dict[str, Any]:
        table = read_table(
            self.path, dict.fromkeys(self._targets(), math.inf), self._settings.form()
        )
        for name in self._targets():
            table.column(name)
        roles = dict.fromkeys(self._targets(), "target")
        columns = [about(name, table.column(name), roles.get(name)) for name in table.columns]
        found: dict[str, Any] = {
            "data": self.name,
            "bytes": sum(path.stat().st_size for path in self.files()),
            "rows": len(table),
            "columns": columns,
            "preview": _preview(self.path, self._settings.form()),
            "warnings": list(_identifiers(table)),
        }
        if self._aimed:
            found |= self._aim(found["warnings"])
        return found

    def files(self) -> list[Path]:
        return files_of(self.path)

    def options(self) -> dict[str, Any]:
        if not self._aimed:
            return {}
        held = self._settings.model_dump(mode="json")
        del held["path"]
        return held

    def examples(self) -> str | None:
        return csv_task(self._settings).fingerprint() if self._aimed else None

    def write_splits(self, folder: Path) -> dict[str, int]:
        if not self._aimed:
            raise DataError(
                f"{self.name}: a target was wanted, to split its classes alike: --target"
            )
        cut = cut_rows(self._settings)
        keep = np.arange(len(cut.whole)) if cut.table.keep is None else cut.table.keep
        part = np.full(len(cut.whole), -1, np.int64)
        for number, rows in enumerate(cut.rows):
            part[keep[rows]] = number
        names = [name for name, rows in zip(_NAMES, cut.rows, strict=True) if len(rows)]
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StorageError(f"{folder} holds something already: name another folder with --out")
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        counts = dict.fromkeys(names, 0)
        with contextlib.ExitStack() as stack:
            files = {}
            for name in names:
                path = folder / f"{name}.csv"
                with storage_errors(path):
                    files[name] = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._copy(part.tolist(), names, files, counts)
        return counts

    def _copy(
        self, part: list[int], names: list[str], files: Mapping[str, TextIO], counts: dict[str, int]
    ) -> None:
        """The text of each row into the file of its part, as it stands."""
        rows = text_rows(self.path, self._settings.form())
        header = next(rows)
        for file in files.values():
            file.write(header)
        for number, text in zip(part, rows, strict=True):
            if number >= 0:
                files[names[number]].write(text)
                counts[names[number]] += 1

    def _targets(self) -> tuple[str, ...]:
        return self._settings.targets if self._aimed else ()

    def _aim(self, warnings: list[str]) -> dict[str, Any]:
        """The target, the splits, and what a run would warn of, or be refused with."""
        try:
            task = csv_task(self._settings)
        except VynapseError as error:
            return {"refused": str(error)}
        own = [text.removeprefix(f"{self.name}: ") for text in task.warnings]
        warnings += [text for text in own if text not in warnings]
        warnings += _nearly(task)
        cut = cut_rows(self._settings)
        counts = [len(rows) for rows in cut.rows]
        classes = cut.classes is not None
        target = {"kind": cut.kind, **_distribution(cut.table, self._targets(), classes)}
        return {"target": target, "splits": dict(zip(_NAMES, counts, strict=True))}


def open_csv(keys: Mapping[str, Any]) -> CsvDataset:
    """The data set of these keys."""
    return CsvDataset(keys)


def text_rows(path: Path, form: CsvFormat) -> Iterator[str]:
    """The header and then each row of a file or folder as text, ends of lines included.

    Raises:
        DataError: a file cannot be read, or is malformed.
    """
    for number, file in enumerate(files_of(path)):
        rows = _text_rows(file, form)
        header = next(rows, None)
        if header is not None and not number:
            yield header
        yield from rows


def _text_rows(path: Path, form: CsvFormat) -> Iterator[str]:
    taken: list[str] = []

    def lines(file: Iterable[str]) -> Iterator[str]:
        for line in file:
            taken.append(line)
            yield line

    try:
        with open_text(path, form) as file:
            for cells in _reader(lines(file), form):
                text = "".join(taken)
                taken.clear()
                if len(cells) > 1 or any(cell.strip() for cell in cells):
                    yield text if text.endswith(("\n", "\r")) else f"{text}\n"
    except (OSError, csv.Error, UnicodeDecodeError, *BROKEN) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def _reader(lines: Iterable[str], form: CsvFormat) -> Iterator[list[str]]:
    if not form.quote:
        return csv.reader(lines, delimiter=form.separator, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=form.separator, quotechar=form.quote, strict=True)


def about(name: str, column: Column, role: str | None) -> dict[str, Any]:
    """Type, missing and different values of a column, and its range or most frequent values."""
    numbers = column.numbers[~np.isnan(column.numbers)]
    words = int(column.words.sum())
    kind = "mixed" if words and len(numbers) else "categorical" if words else "numeric"
    found: dict[str, Any] = {
        "column": name,
        "role": role or "input",
        "type": kind if words or len(numbers) else "empty",
        "missing": int(column.missing.sum()),
    }
    if kind == "numeric" and len(numbers):
        found |= {
            "different": len(np.unique(numbers)),
            "min": float(numbers.min()),
            "mean": float(numbers.mean()),
            "max": float(numbers.max()),
            "std": float(numbers.std()),
        }
    if words and column.codes is not None:
        codes = column.codes[column.codes >= 0]
        used, times = np.unique(codes, return_counts=True)
        first = np.argsort(-times, kind="stable")[:_MOST]
        found["different"] = len(used) + (len(np.unique(numbers)) if kind == "mixed" else 0)
        found["most"] = {column.texts[int(used[at])]: int(times[at]) for at in first}
    return found


def _preview(path: Path, form: CsvFormat) -> list[dict[str, str]]:
    """The first rows as they stand in the file."""
    header, *rows = _reader([*itertools.islice(text_rows(path, form), _PREVIEW + 1)], form)
    names = [name.strip() for name in header]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _distribution(table: Table, names: tuple[str, ...], classes: bool) -> dict[str, Any]:
    """Rows of each class, or five quantiles of each number."""
    if classes:
        codes, labels = table.column(names[0]).labels()
        counts = np.bincount(codes, minlength=len(labels)).tolist()
        pairs = sorted(zip(labels, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return {"classes": len(labels), "counts": dict(pairs[:_CLASSES])}
    points = np.linspace(0, 1, 5)
    return {
        "quantiles": {
            name: np.quantile(table.column(name).numbers, points).tolist() for name in names
        }
    }


def _identifiers(table: Table) -> Iterator[str]:
    for name in table.columns:
        column = table.column(name)
        if numbers_rows(column.numbers):
            yield f"column {name!r} counts the rows: leave it out if it is an identifier"
        elif column.words.all() and names_rows(column.labels()[0]):
            yield (
                f"column {name!r} holds another text in every row: leave it out, as no network "
                "can learn from it"
            )


def _nearly(task: ExampleTask) -> Iterator[str]:
    """Columns that tell a target nearly alone, on the rows that validate."""
    preprocessing = Preprocessing.from_json(task.preprocessing or {})
    if preprocessing.window is not None:
        return
    train, held = (task.split(name).take(slice(None)) for name in ("train", "validation"))
    exact = " ".join(task.warnings)
    wanted, other = (target_columns(preprocessing, part.targets) for part in (train, held))
    begin = 0
    for column in preprocessing.columns:
        width = 1 if isinstance(column, NumericColumn) else len(column.categories)
        values = [part.inputs[:, begin : begin + width] for part in (train, held)]
        begin += width
        single = isinstance(column, NumericColumn)
        own = [v[:, 0].astype(np.float64) if single else v.argmax(axis=1) for v in values]
        for name in wanted:
            share = told_alone(own[0], wanted[name], own[1], other[name])
            if tells_nearly_all(share) and f"{column.name!r} has by itself" not in exact:
                yield (
                    f"column {column.name!r} alone tells {100 * (share or 0):.3g} % of the target "
                    f"{name!r} on the rows that validate: leave it out if it is not known "
                    "beforehand"
                )
