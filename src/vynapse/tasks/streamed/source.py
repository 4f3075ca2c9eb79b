# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples made of the rows of a cached table when they are asked for."""

from __future__ import annotations

from typing import Final, final

import numpy as np

from vynapse.core import Array, Digest, Rows, Split
from vynapse.data.cells import F64
from vynapse.data.csv_table import CachedTable
from vynapse.data.encoded import ClassTarget, NumberTarget, NumericColumn
from vynapse.data.preprocessing import Preprocessing
from vynapse.seeding import I64
from vynapse.tasks.streamed.columns import labels_of

_PIECE: Final = 1 << 14
_BLOCK_BYTES: Final = 1 << 20


@final
class Encoder:
    """From rows of a cached table to examples, bit for bit as `Preprocessing` makes them.

    Args:
        table: whose rows.
        preprocessing: fitted to its training rows.
    """

    def __init__(self, table: CachedTable, preprocessing: Preprocessing) -> None:
        self._table, self._target = table, preprocessing.target
        self._size = preprocessing.input_size
        numeric, outputs, begin = [], [], 0
        self._categories: list[tuple[int, str, int, I64]] = []
        for column in preprocessing.columns:
            if isinstance(column, NumericColumn):
                numeric.append(column)
                outputs.append(begin)
                begin += 1
                continue
            lookup = _lookup(table, column.name, column.categories, column.fill)
            place = table.places[column.name]
            self._categories.append((place, column.name, begin, lookup))
            begin += len(column.categories)
        self._places = np.array([table.places[one.name] for one in numeric], np.int64)
        self._coded = [
            (at, one.name) for at, one in enumerate(numeric) if len(table.texts[one.name].texts)
        ]
        self._outputs = np.array(outputs, np.int64)
        self._mean = np.array([one.mean for one in numeric])
        self._scale = np.array([one.scale for one in numeric])
        fills = [np.nan if one.fill is None else one.fill for one in numeric]
        self._fill = np.array(fills) if not np.isnan(fills).all() else None
        self._classes = (
            _lookup(table, self._target.name, self._target.classes, None)
            if isinstance(self._target, ClassTarget)
            else None
        )

    def split(self, values: F64) -> Split:
        """(n, columns in use) rows of the cache as examples."""
        return Split(self._inputs(values), self._targets(values))

    def _inputs(self, values: F64) -> Array:
        result = np.zeros((len(values), self._size), np.float32)
        if len(self._places):
            numbers = values[:, self._places]
            for at, name in self._coded:
                numbers[:, at] = self._table.texts[name].column(numbers[:, at]).numbers
            if self._fill is not None:
                numbers = np.where(np.isnan(numbers), self._fill, numbers)
            with np.errstate(over="ignore"):
                numbers -= self._mean
                numbers /= self._scale
                result[:, self._outputs] = numbers
        rows = np.arange(len(values))
        for place, name, begin, lookup in self._categories:
            own = self._table.texts[name].places(values[:, place])
            result[rows, begin + lookup[own]] = 1
        return result

    def _targets(self, values: F64) -> Array:
        column = self._table.texts[self._target.name]
        own = values[:, self._table.places[self._target.name]]
        if isinstance(self._target, ClassTarget):
            if self._classes is None:
                raise TypeError("classes without names")
            return self._classes[column.places(own)]
        if not isinstance(self._target, NumberTarget):
            raise TypeError(f"one number to predict was wanted, got {self._target.kind}")
        numbers = column.column(own).numbers
        return ((numbers - self._target.mean) / self._target.scale).astype(np.float32)[:, None]


def _lookup(table: CachedTable, name: str, known: tuple[str, ...], fill: str | None) -> I64:
    """(texts + 1,) place of each text among the known labels; the last is that of a gap."""
    labels, places = labels_of(table.texts[name])
    order = {text: place for place, text in enumerate(known)}
    wanted = np.array([*(order.get(text, 0) for text in labels), 0], np.int64)
    found: I64 = wanted[places]
    found[-1] = 0 if fill is None else order[fill]
    return found


@final
class StreamedSplit:
    """A split of a cached table, a `Source`.

    Args:
        table: the table.
        rows: its rows that are in the split, rising.
        encoder: makes examples of them.
        identity: what stands for the examples in a hash.
    """

    def __init__(self, table: CachedTable, rows: I64, encoder: Encoder, identity: str) -> None:
        self._table, self._rows, self._encoder = table, rows, encoder
        self._identity = identity
        self.block = max(64, _BLOCK_BYTES // (8 * max(1, len(table.places))))
        """Examples that lie side by side and are best read together."""

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, rows: Rows) -> Split:
        """Some examples; of many, a piece at a time is in memory as float64."""
        places = self._rows[rows]
        if len(places) <= _PIECE:
            return self._encoder.split(self._table.take(places))
        pieces = (places[at : at + _PIECE] for at in range(0, len(places), _PIECE))
        first = self._encoder.split(self._table.take(next(pieces)))
        whole = Split(
            np.empty((len(places), *first.inputs.shape[1:]), np.float32),
            np.empty((len(places), *first.targets.shape[1:]), first.targets.dtype),
        )
        at = _put(whole, first, 0)
        for piece in pieces:
            at = _put(whole, self._encoder.split(self._table.take(piece)), at)
        return whole

    def identify(self, name: str, digest: Digest) -> None:
        """Identify the examples by the content of the files, the options and the split."""
        digest.update(f"{name}:streamed:{len(self)}:{self._identity};".encode())


def _put(whole: Split, part: Split, at: int) -> int:
    whole.inputs[at : at + len(part)] = part.inputs
    whole.targets[at : at + len(part)] = part.targets
    return at + len(part)
