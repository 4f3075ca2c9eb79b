# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which weights may change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vynapse.errors import ConfigError
from vynapse.evolution.masks import weight_mask

LAYOUT = {"0.weight": (2, 2), "0.bias": (2,), "2.weight": (1, 2), "2.bias": (1,)}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ({"0.*": 0}, [0, 0, 0, 0, 0, 0, 1, 1, 1]),
        ({"*": 0, "*.bias": 1}, [0, 0, 0, 0, 1, 1, 0, 0, 1]),
        ({"0.weight": [[1, 0], [0, 1]]}, [1, 0, 0, 1, 1, 1, 1, 1, 1]),
        ({"0.weight": 0, "0.w*": 1.0}, [1] * 9),
    ],
)
def test_later_patterns_override_and_unnamed_weights_may_change(
    patterns: dict[str, Any], expected: list[int]
) -> None:
    mask = weight_mask(patterns, LAYOUT)
    assert mask is not None
    assert mask.dtype == np.bool_
    assert mask.astype(int).tolist() == expected


def test_no_pattern_is_no_mask() -> None:
    assert weight_mask({}, LAYOUT) is None


def test_every_problem_is_reported_with_its_name() -> None:
    patterns: dict[str, Any] = {
        "0.wieght": 0,
        "0.weight": [1, 0, 1],
        "0.bias": 0.5,
        "2.bias": [[1], [1, 2]],
    }
    with pytest.raises(ConfigError) as caught:
        weight_mask(patterns, LAYOUT)
    first, *others = caught.value.problems
    assert first == "mask: no parameter matches '0.wieght': did you mean '0.weight'?"
    assert [problem.split(":")[0] for problem in others] == [
        "mask.0.weight", "mask.0.bias", "mask.2.bias",
    ]  # fmt: skip
    assert "shape (2, 2)" in others[0]
