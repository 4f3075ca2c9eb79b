# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures of each class, label or output as a table, and why a figure is not there."""

from __future__ import annotations

from collections.abc import Mapping

from vynapse.cli.output import number, table

_MOST = 20


def figures_by_name(found: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    """A table with a row for each class, label or output; the first 20 of them."""
    columns = list(dict.fromkeys(name for figures in found.values() for name in figures))
    what = "class" if "recall" in columns else "output"
    rows = [
        [name, *(number(figures.get(column)) for column in columns)]
        for name, figures in list(found.items())[:_MOST]
    ]
    more = len(found) - len(rows)
    return table([what, *columns], rows) + ([f"… and {more} more"] if more else [])


def unknown(reasons: Mapping[str, str]) -> list[str]:
    """One line for each figure over all examples that is not defined."""
    return [f"no {name}: {why}" for name, why in reasons.items() if " of " not in name]
