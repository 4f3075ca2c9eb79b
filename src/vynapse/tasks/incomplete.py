# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows with missing values: refused, or left out with what that costs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vynapse.data.csv import Table
from vynapse.data.encoded import Missing
from vynapse.data.notations import shown
from vynapse.errors import DataError
from vynapse.seeding import I64


def complete_rows(
    table: Table, targets: tuple[str, ...], names: tuple[str, ...], missing: Missing
) -> Table:
    """The rows that take part under the policy for missing values.

    Args:
        table: all rows.
        targets: columns whose values are never filled in.
        names: the input columns.
        missing: the policy.

    Raises:
        DataError: values are missing and nothing was chosen for them, or no row is left.
    """
    incomplete = np.zeros(len(table), np.bool_)
    for name in targets:
        incomplete = incomplete | table.column(name).missing
    if missing in ("refuse", "drop"):
        for name in names:
            incomplete = incomplete | table.column(name).missing
    else:
        for name in names:
            table.column(name)
    if not incomplete.any():
        return table
    if missing != "drop":
        _refuse_missing(table, (*targets, *names), missing)
    rest = table.rows(np.flatnonzero(~incomplete))
    if not len(rest):
        empty = [name for name in (*targets, *names) if table.column(name).missing.all()]
        cause = f": column {empty[0]!r} has none at all" if empty else ""
        raise DataError(f"{table.path}: every row misses a value, so none is left{cause}")
    return rest


def refuse_lost_classes(whole: Table, rest: Table, target: str) -> None:
    """Leaving out rows must not take a class with it.

    Raises:
        DataError: no row of a class is left, or rows that read NA may well be a class.
    """
    if len(rest) == len(whole):
        return
    before, after = _class_sizes(whole, target), _class_sizes(rest, target)
    lost = sorted(set(before) - set(after))
    if lost:
        raise DataError(
            f"{whole.path}: missing: drop leaves no row of class {shown(lost[0])} of "
            f"{target!r}, which has {before[lost[0]]} of {len(whole)}: fill in the values, or "
            "leave out the columns that miss them"
        )
    column = whole.column(target)
    absent = int(column.missing.sum())
    for text, count in column.spelled.items():
        if count == absent >= min(before.values()):
            raise DataError(
                f"{whole.path}: the target {target!r} reads {text!r} in {count} of {len(whole)} "
                f"rows, which missing: drop leaves out: if {text!r} is a class, write it in "
                "another way; if not, leave the cells empty"
            )


def _class_sizes(table: Table, target: str) -> dict[str, int]:
    column = table.column(target)
    if column.codes is None:
        return {}
    kept: I64 = np.flatnonzero(column.codes >= 0)
    positions, labels = column.rows(kept).labels()
    return dict(zip(labels, np.bincount(positions, minlength=len(labels)).tolist(), strict=True))


def _refuse_missing(table: Table, names: Iterable[str], missing: Missing) -> None:
    for name in names:
        column = table.column(name)
        rows = np.flatnonzero(column.missing)
        if len(rows) == len(table):
            raise DataError(
                f"{table.path}: column {name!r} has no value in any row: fill it in or leave it out"
            )
        if len(rows):
            advice = (
                "set missing to drop, mean, median or most_frequent"
                if missing == "refuse"
                else "a target is never filled in: set missing to drop"
            )
            if column.words.any() and column.spelled:
                text = next(iter(column.spelled))
                advice += f", or write {text!r} in another way if it is a value"
            raise DataError(
                f"{table.path}: column {name!r} misses {len(rows)} of {len(table)} values, the "
                f"first on line {table.line(int(rows[0]))}: {advice}"
            )
