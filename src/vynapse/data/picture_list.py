# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which pictures there are, and what class each belongs to: from folders or from a table.

    flowers/rose/1.jpg                a folder for each class; folders within it belong to it
    flowers/train/rose/1.jpg          the same below train, validation (or val, valid) and test
    flowers.csv: path,label           a table; paths are below its folder, or from the root

Pictures are ordered by class and path in folders, by line in a table. Names that begin with a dot
are passed over.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vynapse.data.picture_store import PictureFile
from vynapse.data.pictures import SUFFIXES
from vynapse.errors import DataError, suggestion

SPLITS: Final[Mapping[str, str]] = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "test": "test",
}  # fmt: skip
"""Names of given splits -> the split."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns of a table: of paths, of classes and, where there is one, of splits."""

    path: str = "path"
    label: str = "label"
    split: str | None = None


def list_pictures(root: Path, columns: Columns) -> tuple[list[PictureFile], list[str]]:
    """All pictures, and sentences about what was passed over.

    Args:
        root: a folder, or a table.
        columns: those of the table; folders have none.

    Raises:
        DataError: it is absent, or not laid out as in the docstring of the module.
    """
    if root.is_dir():
        return _from_folder(root)
    return _from_table(root, columns), []


def pictures_in(place: Path) -> list[Path]:
    """A picture, or all pictures in a folder and those within it, by name; others are passed over.

    Raises:
        DataError: there is none.
    """
    if not place.is_dir():
        refuse_no_file(place, str(place))
        return [place]
    paths = sorted(_pictures(place, [], ()))
    if not paths:
        raise DataError(f"{place}: a picture or more were wanted, the folder holds none")
    return paths


def _from_folder(root: Path) -> tuple[list[PictureFile], list[str]]:
    other: list[Path] = []
    names = _folders(root, other)
    given = {name: SPLITS[name.lower()] for name in names if name.lower() in SPLITS}
    files: list[PictureFile] = []
    if given and len(given) == len(names) and "train" in given.values():
        if len(set(given.values())) < len(given):
            raise DataError(f"{root}: one folder for each split was wanted, got {', '.join(names)}")
        for name, split in given.items():
            files += _of_classes(root, root / name, other, split)
    else:
        files = _of_classes(root, root, other, None)
    if not other:
        return files, []
    left_out = set(other)
    shown = ", ".join(sorted({path.suffix or path.name for path in left_out})[:5])
    return files, [
        f"{root}: {len(left_out):,} files have no name of a picture and are left out: {shown}"
    ]


def _of_classes(
    root: Path, folder: Path, other: list[Path], split: str | None
) -> list[PictureFile]:
    """The pictures in the folders of the classes in `folder`, which is in `root`."""
    files: list[PictureFile] = []
    for label in _folders(folder, other):
        paths = sorted(_pictures(folder / label, other, ()))
        if not paths:
            raise DataError(
                f"{folder / label}: a picture or more were wanted, the folder of this class holds "
                f"none ({', '.join(sorted(SUFFIXES))}): add some, or remove it"
            )
        for path in paths:
            name = path.relative_to(root).as_posix()
            files.append(PictureFile(path, name, str(path), label, split))
    if not files:
        raise DataError(f"{folder}: a folder for each class was wanted, it holds no folders")
    return files


def _folders(folder: Path, other: list[Path]) -> list[str]:
    """Names of the folders in a folder, sorted; a picture beside them is refused."""
    names = []
    for entry in _entries(folder):
        if entry.is_dir():
            names.append(entry.name)
        elif entry.suffix.lower() in SUFFIXES:
            raise DataError(
                f"{entry}: a picture lies beside the folders of the classes: move it into one"
            )
        else:
            other.append(entry)
    return names


def _pictures(
    folder: Path, other: list[Path], above: tuple[tuple[int, int], ...]
) -> Iterator[Path]:
    """Pictures in a folder and those within it; links are followed."""
    here = folder.stat()
    identity = here.st_dev, here.st_ino
    if identity in above:
        raise DataError(f"{folder}: the link leads back to a folder around it: remove it")
    for entry in _entries(folder):
        if entry.is_dir():
            yield from _pictures(entry, other, (*above, identity))
        elif entry.suffix.lower() not in SUFFIXES:
            other.append(entry)
        else:
            refuse_no_file(entry, str(entry))
            yield entry


def _entries(folder: Path) -> list[Path]:
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror}") from None
    return [folder / name for name in names]


def refuse_no_file(path: Path, where: str) -> None:
    """Refuse what is no regular file, so that reading it cannot wait for ever.

    Raises:
        DataError: it is absent, or a folder, a pipe, …, or a link that leads nowhere.
    """
    try:
        found = path.stat()
    except OSError as error:
        link = "a link, " if path.is_symlink() else ""
        raise DataError(
            f"{where}: {link}cannot be read: {error.strerror}: put the picture there"
        ) from None
    except ValueError:
        raise DataError(f"{where}: a path was wanted, it holds a NUL character") from None
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{where}: the file of a picture was wanted, it is none: remove it")


def _from_table(table: Path, columns: Columns) -> list[PictureFile]:
    rows = _rows(table)
    header = next(rows, (1, []))[1]
    wanted = [columns.path, columns.label, *([columns.split] if columns.split else [])]
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise DataError(f"{table}: line 1: the column {twice!r} stands there twice")
    for name in wanted:
        if name not in header:
            raise DataError(f"{table}: line 1: no column {name!r}{suggestion(name, header)}")
    places = [header.index(name) for name in wanted]
    files: list[PictureFile] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        where = f"{table}: line {line}"
        if len(row) != len(header):
            raise DataError(f"{where}: {len(header)} cells were wanted, got {len(row)}")
        file = _named(table, where, wanted, [row[place].strip() for place in places])
        path = os.path.realpath(file.path)
        if path in seen:
            raise DataError(f"{where}: {file.name} stands in line {seen[path]} already: remove one")
        seen[path] = line
        files.append(file)
    if not files:
        raise DataError(f"{table}: a line for each picture was wanted, it holds none")
    return files


def _named(table: Path, where: str, columns: list[str], cells: list[str]) -> PictureFile:
    """The picture of a line."""
    for column, cell in zip(columns, cells, strict=True):
        if not cell:
            raise DataError(f"{where}: column {column!r}: a value was wanted, the cell is empty")
    name, label = cells[:2]
    split = None
    if len(cells) == 3:
        split = SPLITS.get(cells[2].lower())
        if split is None:
            raise DataError(
                f"{where}: column {columns[2]!r}: train, validation or test was wanted, got "
                f"{cells[2]!r}"
            )
    path = table.parent / name
    refuse_no_file(path, f"{where}: {name}")
    return PictureFile(path, name, f"{where}: {name}", label, split)


def _rows(table: Path) -> Iterator[tuple[int, list[str]]]:
    """Lines of a CSV file with their numbers; empty ones are passed over."""
    if table.suffix.lower() in SUFFIXES:
        raise DataError(f"{table}: a folder of pictures or a table was wanted, got a picture")
    try:
        text = table.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            f"{table}: cannot be read: {error.strerror}: name a folder of pictures, or a table"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{table}: line {line}: UTF-8 was wanted: save it as UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"{table}: line {reader.line_num}: {error}") from None
