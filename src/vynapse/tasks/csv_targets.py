# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the target columns of a CSV task are: classes, numbers or labels; and weights of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from vynapse.data.csv import Table
from vynapse.data.encoded import ClassTarget, NumberTarget
from vynapse.data.notations import shown
from vynapse.data.preprocessing import fit_number_target, labels_in
from vynapse.data.targets import LabelsTarget, NumbersTarget
from vynapse.errors import ConfigError, DataError, suggestion
from vynapse.seeding import I64
from vynapse.tasks.columns import target_kind

CsvTargetKind = Literal["classification", "regression", "multi-label"]


def _weights_given(value: Any) -> Any:
    if value is None or value == "balanced":
        return value
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"balanced, or a weight for each class by name, was wanted, got {value!r}")
    for name, weight in value.items():
        if (
            isinstance(weight, bool)
            or not isinstance(weight, (int, float))
            or not 0 < weight < 1e30
        ):
            raise ValueError(f"a number above 0 was wanted for class {name!r}, got {weight!r}")
    return {str(name): float(weight) for name, weight in value.items()}


ClassWeights = Annotated[Literal["balanced"] | Mapping[str, float], BeforeValidator(_weights_given)]


def several_names(value: Any) -> Any:
    """The key `target`: a name, or several; a list of one is that one.

    Raises:
        ValueError: the list is empty, or has a name twice.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, (list, tuple)):
        return value
    names = [str(name) if isinstance(name, int) else name for name in value]
    if not names:
        raise ValueError("one or more columns were wanted, got none")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"different columns were wanted, got {twice[0]!r} twice")
    return names[0] if len(names) == 1 else tuple(names)


def kind_of(table: Table, names: tuple[str, ...], kind: CsvTargetKind | None) -> CsvTargetKind:
    """What the targets are: as the user says, else as their values say.

    Several columns of 0 and 1 are labels, other numbers are predicted together.

    Raises:
        ConfigError: several columns were called classes.
        DataError: the values do not fit, or do not say it.
    """
    if kind == "classification" and len(names) > 1:
        raise ConfigError(
            f"task.kind: the classes of one column were wanted, got {len(names)} targets: choose "
            "regression or multi-label, or one target"
        )
    if kind == "multi-label":
        for name in names:
            labels_in(table, name)
        return kind
    if kind is not None:
        return kind
    if len(names) == 1:
        return target_kind(table, names[0])
    values = [_numbers_in(table, name) for name in names]
    binary = all(bool(((own == 0) | (own == 1)).all()) for own in values)
    return "multi-label" if binary else "regression"


def fitted_target(
    names: tuple[str, ...],
    kind: CsvTargetKind,
    train: Table,
    classes: tuple[str, ...] | None,
    weights: tuple[float, ...] | None,
) -> ClassTarget | NumberTarget | NumbersTarget | LabelsTarget:
    """The target as it is kept beside a winner; means and scales are those of the training rows.

    Args:
        names: the target columns.
        kind: what they are.
        train: the training rows.
        classes: names of the classes; None where there are none.
        weights: weights of the classes; None for none.
    """
    if classes is not None:
        return ClassTarget(name=names[0], classes=classes, weights=weights)
    if kind == "multi-label":
        return LabelsTarget(names=names)
    each = [fit_number_target(name, train) for name in names]
    if len(each) == 1:
        return each[0]
    means, scales = tuple(one.mean for one in each), tuple(one.scale for one in each)
    return NumbersTarget(names=names, means=means, scales=scales)


def weights_of(
    given: ClassWeights | None, classes: tuple[str, ...] | None, labels: I64
) -> tuple[float, ...] | None:
    """The weight of each class; None where none were given.

    "balanced" is examples / (classes * examples of the class), so that the mean weight of an
    example is 1. A class that is not named has the weight 1.

    Args:
        given: the key `class_weights`.
        classes: names of the classes; None where the target has none.
        labels: (n,) the class of each training row.

    Raises:
        ConfigError: the target has no classes, or a name is none of them.
        DataError: "balanced" was wanted, and a class has no training row.
    """
    if given is None:
        return None
    if classes is None:
        raise ConfigError(
            "task.class_weights: they belong to classes, and the target has none: leave them out"
        )
    if given == "balanced":
        counts = np.bincount(labels, minlength=len(classes))
        if not counts.all():
            name = classes[int(np.flatnonzero(counts == 0)[0])]
            raise DataError(
                f"task.class_weights: class {shown(name)} has no training row to balance by: name "
                "weights, or leave the class out"
            )
        return tuple((len(labels) / (len(classes) * counts)).tolist())
    for name in given:
        if name not in classes:
            raise ConfigError(
                f"task.class_weights: there is no class {shown(name)}: the classes are "
                f"{', '.join(classes[:8])}{' …' if len(classes) > 8 else ''}"
                f"{suggestion(name, classes)}"
            )
    return tuple(float(given.get(name, 1.0)) for name in classes)


def _numbers_in(table: Table, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The values that are there of one of several targets."""
    column = table.column(name)
    words = np.flatnonzero(column.words)
    if len(words):
        row = int(words[0])
        raise DataError(
            f"{table.path}: line {table.line(row)}: the target {name!r} holds "
            f"{shown(column.text(row))}: several targets have to be numbers, or labels of 0 and 1"
        )
    return column.numbers[~np.isnan(column.numbers)]
