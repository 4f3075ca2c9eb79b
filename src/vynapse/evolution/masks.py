# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Per-weight masks: which weights of a network evolution may change."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

import numpy as np

from vynapse.errors import ConfigError, suggestion
from vynapse.evolution.mutation import Bits


def weight_mask(
    patterns: Mapping[str, int | float | list[Any]], layout: Mapping[str, tuple[int, ...]]
) -> Bits | None:
    """True for each weight that may change, (p,); None without patterns.

    Args:
        patterns: glob over parameter names -> 0, 1 or a nested list of them in the parameter's
            shape. Parameters that no pattern names may change; a later pattern overrides.
        layout: names and shapes of the parameters, in genome order.

    Raises:
        ConfigError: with a sentence for each pattern that names no parameter or does not fit.
    """
    if not patterns:
        return None
    parts = {name: np.ones(shape, np.bool_) for name, shape in layout.items()}
    problems: list[str] = []
    for pattern, value in patterns.items():
        names = [name for name in layout if fnmatch.fnmatchcase(name, pattern)]
        if not names:
            problems.append(f"mask: no parameter matches {pattern!r}{suggestion(pattern, layout)}")
        for name in names:
            part = _part(value, layout[name])
            if part is None:
                problems.append(
                    f"mask.{pattern}: 0, 1 or a nested list of them in the shape {layout[name]} "
                    f"of parameter {name!r} was wanted, got {value!r}"
                )
            else:
                parts[name] = part
    if problems:
        raise ConfigError(problems)
    return np.concatenate([part.ravel() for part in parts.values()])


def _part(value: int | float | list[Any], shape: tuple[int, ...]) -> Bits | None:
    """`value` as an array of flags, or None when it is not one of this shape."""
    try:
        given = np.asarray(value, dtype=np.float32)
    except (ValueError, TypeError):
        return None
    if given.shape not in {(), shape} or not np.isin(given, (0, 1)).all():
        return None
    return np.broadcast_to(given == 1, shape)
