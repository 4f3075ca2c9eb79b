# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""All rows, by op. An op that is not here can be traced and run, but not differentiated or costed.

aten.tanh.default -> Row(op, flops, reverse, expand, view, constant)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vynapse.graph.ops import (
    backward,
    convolution,
    indexing,
    linear,
    loss,
    normalisation,
    pairwise,
    pointwise,
    pooling,
    reductions,
    shape,
)
from vynapse.graph.ops.row import Row

_FILES = (
    pointwise, pairwise, reductions, shape, linear, convolution, pooling, indexing, normalisation,
    loss, backward,
)  # fmt: skip

ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {row.op: row for file in _FILES for row in file.ROWS}
)
