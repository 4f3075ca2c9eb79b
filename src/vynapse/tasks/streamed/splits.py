# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The splits of a table that is larger than memory, as files of row numbers.

The rows of a label are taken in groups of 65,536, in the order of the file. Within a group
`vynapse.data.splits.split_rows` is followed: a random order decides, and a split takes its
fraction, rounded. A table in which no label has more rows is split as it would be in memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from vynapse.data.cells import Bools
from vynapse.seeding import I64, Streams

GROUP: Final = 1 << 16
NAMES: Final = ("train", "validation", "test")


class Splitter:
    """Says of rows, in their order, which split they are in.

    Args:
        totals: (labels,) how many rows of each label there are.
        validation, test, seed: those of `split_rows`.
    """

    def __init__(self, totals: I64, validation: float, test: float, seed: int) -> None:
        self._stream = Streams(seed).stream("data.split")
        self._totals, self._shares = totals, (validation, test)
        self._seen = np.zeros_like(totals)
        self._groups: dict[int, tuple[int, I64]] = {}

    def parts(self, labels: I64) -> I64:
        """(n,) 0 to train, 1 to validate, 2 to test: of the next rows, with these labels."""
        result = np.empty(len(labels), np.int64)
        for name in np.unique(labels).tolist():
            members = np.flatnonzero(labels == name)
            ranks = int(self._seen[name]) + np.arange(len(members))
            self._seen[name] += len(members)
            for group in range(int(ranks[0]) // GROUP, int(ranks[-1]) // GROUP + 1):
                own = ranks // GROUP == group
                result[members[own]] = self._group(name, group)[ranks[own] % GROUP]
        return result

    def _group(self, name: int, group: int) -> I64:
        """The splits of a group of rows of one label."""
        if self._groups.get(name, (-1,))[0] != group:
            present = np.flatnonzero(self._totals)
            size = min(GROUP, int(self._totals[name]) - group * GROUP)
            number = int(np.searchsorted(present, name)) + group * len(present)
            order = self._stream.permutation(size, generation=number)
            validation, test = (math.floor(size * share + 0.5) for share in self._shares)
            test = min(test, size - 1)
            parts = np.zeros(size, np.int64)
            parts[order[:test]] = 2
            parts[order[test : test + min(validation, size - 1 - test)]] = 1
            self._groups[name] = group, parts
        return self._groups[name][1]


def write_splits(
    labelled: Iterator[tuple[int, I64, Bools]], splitter: Splitter, folder: Path
) -> dict[str, int]:
    """Write the row numbers of each split, and say how many there are.

    Args:
        labelled: first row of a block, labels of its rows, and which of them take part.
        splitter: decides.
        folder: where the files `train.i64`, … go.
    """
    files: list[BinaryIO] = [(folder / f"{name}.i64").open("wb") for name in NAMES]
    try:
        counts = [0, 0, 0]
        for begin, labels, taken in labelled:
            rows = begin + np.flatnonzero(taken)
            parts = splitter.parts(labels[taken])
            for place, file in enumerate(files):
                own = rows[parts == place]
                counts[place] += len(own)
                file.write(own.astype(np.int64).tobytes())
    finally:
        for file in files:
            file.close()
    return dict(zip(NAMES, counts, strict=True))


def rows_in(folder: Path, name: str) -> I64:
    """The row numbers of a split, on the disk."""
    path = folder / f"{name}.i64"
    if not path.stat().st_size:
        return np.empty(0, np.int64)
    rows: I64 = np.asarray(np.memmap(path, np.int64, "r"))
    return rows
