# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Input columns that tell the target alone: often the target in other words, not known beforehand.

For classes, a column tells the target when each of its values stands in rows of one class only, and
labels in random order would hardly give that. With g values and k classes at most k^g of the n! /
(n_1! ... n_k!) orders do. A number tells it also when each class has an interval of its own; at
most k! orders do. For a number to predict, what the column leaves unexplained is less than 1e-4 of
its variance.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from vynapse.core import Array, Split
from vynapse.data.cells import F64
from vynapse.data.encoded import NumericColumn
from vynapse.data.preprocessing import Preprocessing
from vynapse.seeding import I64

_CHANCE: Final = 1e-3
_UNEXPLAINED: Final = 1e-4
_FEWEST_ROWS: Final = 20
_SAMPLE: Final = 5_000


def lone_predictors(preprocessing: Preprocessing, examples: Split) -> dict[str, list[str]]:
    """Target -> names of the input columns that tell it of all training examples alone.

    Args:
        preprocessing: what made the examples.
        examples: the training rows, preprocessed.
    """
    count = len(examples.inputs)
    if count < _FEWEST_ROWS or len(preprocessing.columns) < 2:
        return {}
    sample = np.arange(0, count, max(1, count // _SAMPLE))
    found: dict[str, list[str]] = {}
    targets = target_columns(preprocessing, examples.targets)
    begin = 0
    for column in preprocessing.columns:
        width = 1 if isinstance(column, NumericColumn) else len(column.categories)
        features = examples.inputs[:, begin : begin + width]
        begin += width
        numeric = isinstance(column, NumericColumn)
        for name, values in targets.items():
            if _tells(features[sample], values[sample], numeric, preprocessing) and (
                len(sample) == count or _tells(features, values, numeric, preprocessing)
            ):
                found.setdefault(name, []).append(column.name)
    return found


def target_columns(preprocessing: Preprocessing, targets: Array) -> dict[str, Array]:
    """Target column -> (n,) its classes as int64, labels too, or its numbers as float64."""
    names = preprocessing.target_names
    if preprocessing.target.kind == "classification":
        return {names[0]: targets}
    dtype = np.int64 if preprocessing.target.kind == "multi-label" else np.float64
    return {name: targets[:, place].astype(dtype) for place, name in enumerate(names)}


def _tells(features: Array, targets: Array, numeric: bool, preprocessing: Preprocessing) -> bool:
    if targets.dtype.kind == "f":
        wide = targets
        if numeric:
            return _follows(features[:, 0].astype(np.float64), wide)
        return _groups_follow(features.argmax(axis=1), wide)
    if numeric:
        values, groups = np.unique(features[:, 0], return_inverse=True)
        return _separates(groups, len(values), targets, len(preprocessing.columns), ordered=True)
    groups = features.argmax(axis=1)
    return _separates(groups, features.shape[1], targets, len(preprocessing.columns), ordered=False)


def _separates(groups: I64, count: int, classes: I64, columns: int, *, ordered: bool) -> bool:
    """Whether each group lies in one class, and that is no chance among so many columns."""
    owner = np.full(count, -1, dtype=np.int64)
    owner[groups] = classes
    if not bool((owner[groups] == classes).all()):
        return False
    owner = owner[owner >= 0]
    sizes = np.bincount(classes)
    present = int((sizes > 0).sum())
    if present < 2:
        return False
    log_ways = len(owner) * math.log(present)
    if ordered and 1 + int((owner[1:] != owner[:-1]).sum()) == present:
        log_ways = min(log_ways, math.lgamma(present + 1))
    log_orders = math.lgamma(len(classes) + 1) - sum(math.lgamma(n + 1) for n in sizes.tolist())
    return log_ways - log_orders < math.log(_CHANCE / columns)


def _follows(values: F64, target: F64) -> bool:
    """Whether a straight line through (values, target) leaves next to nothing unexplained."""
    x, y = values - values.mean(), target - target.mean()
    squares = float(x @ x) * float(y @ y)
    return squares > 0 and 1 - float(x @ y) ** 2 / squares < _UNEXPLAINED


def _groups_follow(groups: I64, target: F64) -> bool:
    """Whether the means of the groups leave next to nothing of the target unexplained."""
    sizes = np.bincount(groups)
    if int((sizes > 0).sum()) * 2 > len(target):
        return False
    means = np.bincount(groups, weights=target) / np.maximum(sizes, 1)
    rest, whole = target - means[groups], target - target.mean()
    return float(whole @ whole) > 0 and float(rest @ rest) < _UNEXPLAINED * float(whole @ whole)
