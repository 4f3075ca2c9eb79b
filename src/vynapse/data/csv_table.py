# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A cache of CSV files, read in place: blocks and single rows; what was read is let go again."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from vynapse.data.cells import F64
from vynapse.data.csv_texts import Texts, lines_at
from vynapse.errors import DataError, suggestion
from vynapse.seeding import I64

BLOCK: Final = 1 << 16
"""Rows at a time where all are read."""
_KEEP: Final = 1 << 26
"""Bytes of the matrix after which its pages are given back."""


@final
class CachedTable:
    """What `vynapse.data.csv_cache` keeps in a folder.

    Args:
        folder: where it is.
        path: the file or folder that it was made of, for the sentences of errors.

    Attributes:
        sha256: the hash of the content of the files.
        identity: the hash of the content and the options.
        header: names of all columns of the files.
        texts: what is known of each column in use.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        self.folder, self.path = folder, path
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_bytes())
        self.sha256 = str(meta["sha256"])
        self.identity = folder.name
        self.header = tuple(meta["header"])
        self._count = int(meta["rows"])
        self._files = list(zip(meta["begins"], meta["files"], strict=False))
        with np.load(folder / "texts.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        self._breaks: I64 = arrays["breaks"]
        codes, texts = (np.cumsum(arrays[f"{name} each"])[:-1] for name in ("codes", "texts"))
        parts = zip(
            meta["columns"],
            *(np.split(arrays[name], codes) for name in ("codes", "own")),
            *(np.split(arrays[name], texts) for name in ("numbers", "counts", "firsts")),
            strict=True,
        )
        self.texts = {
            column["name"]: Texts(
                code,
                own,
                tuple(column["texts"]),
                numbers,
                counts,
                firsts,
                int(column["missing"]),
                int(column["first_missing"]),
                column["spelled"],
            )
            for column, code, own, numbers, counts, firsts in parts
        }
        self.places = {name: place for place, name in enumerate(self.texts)}
        with (folder / "values.f64").open("rb") as file:
            # shared and read only: its pages belong to the file, not to this process
            self._map = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ)
        shape = (self._count, len(self.places))
        self._values: F64 = np.frombuffer(self._map, np.float64).reshape(shape)
        self._read = 0

    def __len__(self) -> int:
        return self._count

    def column(self, name: str) -> Texts:
        """What is known of a column.

        Raises:
            DataError: there is no such column; the nearest name is suggested.
        """
        if name not in self.texts:
            raise DataError(
                f"{self.path}: there is no column {name!r}{suggestion(name, self.header)}"
            )
        return self.texts[name]

    def take(self, rows: slice | I64) -> F64:
        """(n, columns in use) a copy of rows, as `CsvRows` has them."""
        found = np.array(self._values[rows])
        # a row that stands alone brings a whole page into memory
        self._read += found.nbytes if isinstance(rows, slice) else 4096 * len(found)
        if self._read > _KEEP:
            self._read = 0
            self._map.madvise(mmap.MADV_DONTNEED)
        return found

    def blocks(self) -> Iterator[tuple[int, F64]]:
        """All rows in order: the first row of a block, and the block."""
        size = max(256, min(BLOCK, (1 << 21) // max(1, len(self.places))))
        for begin in range(0, self._count, size):
            yield begin, self.take(slice(begin, min(begin + size, self._count)))

    def line(self, row: int) -> int | str:
        """The line, from 1, that a row ends on; `7 of b.csv` in a folder."""
        line = int(lines_at(self._breaks, np.array([row]))[0])
        names = [name for begin, name in self._files if begin <= row]
        return f"{line} of {names[-1]}" if names else line
