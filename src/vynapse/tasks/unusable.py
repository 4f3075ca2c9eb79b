# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples that no network can learn from: values that are not finite, complex or no numbers.

Raw examples are looked at when they are first read; what `prepare` and `augment` make of them,
where a loss is not finite, so that no setting is blamed for it.
"""

from __future__ import annotations

import numpy as np

from vynapse.core import Array, Split, SupervisedTask
from vynapse.errors import DataError

_LARGEST = float(np.finfo(np.float32).max)
_CHUNK = 1024


def refuse_unusable(where: str, part: Split, *, as_they_are: bool) -> None:
    """Refuse raw examples with values that would spoil every loss.

    Args:
        where: the split, for the sentence.
        part: raw examples.
        as_they_are: whether the inputs reach the network as they are, as float32.

    Raises:
        DataError: there are such values; with the first example that has one.
    """
    _refuse(f"{where}: inputs", part.inputs, float32=as_they_are)
    _refuse(f"{where}: targets", part.targets, float32=False)


def refuse_unusable_inputs(task: SupervisedTask) -> None:
    """Refuse a task whose prepared inputs hold values that are not finite.

    Args:
        task: its training and validation splits are read, and augmented as in the first epoch.

    Raises:
        DataError: they do; with the first example that has such a value.
    """
    for name in ("train", "validation"):
        source = task.split(name)
        for begin in range(0, len(source), _CHUNK):
            rows = slice(begin, min(begin + _CHUNK, len(source)))
            raw = source.take(rows).inputs
            where = f"task {task.name!r}: {name} split: what prepare gives"
            _refuse(where, task.prepare(raw), float32=True, first=begin)
            if name == "train" and task.augment is not None:
                changed = task.augment(raw, np.arange(rows.start, rows.stop), 0, 0)
                where = f"task {task.name!r}: what augment gives"
                _refuse(where, task.prepare(changed), float32=True, first=begin)


def _refuse(what: str, values: Array, *, float32: bool, first: int = 0) -> None:
    if values.dtype.kind == "c":
        raise DataError(f"{what}: real numbers were wanted, got {values.dtype}: take the parts")
    if float32 and values.dtype.kind not in "biuf":
        raise DataError(f"{what}: numbers were wanted, got an array of type {values.dtype}")
    if values.dtype.kind != "f" or not values.size:
        return
    lowest, highest = float(values.min()), float(values.max())
    limit = _LARGEST if float32 else float(np.finfo(values.dtype).max)
    if -limit <= lowest and highest <= limit:
        return
    rows = values.reshape(len(values), -1)
    bad = ~(np.abs(rows) <= limit)
    row = int(np.flatnonzero(bad.any(axis=1))[0])
    value = rows[row][bad[row]][0]
    raise DataError(
        f"{what}: finite numbers of 32 bits were wanted, got {value:g} in example {first + row} "
        f"(counted from 0): {int(bad.any(axis=1).sum())} of {len(values)} examples have such values"
    )
