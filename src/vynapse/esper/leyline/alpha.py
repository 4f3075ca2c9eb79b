# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a caller asks a growing network what it would be with other shares of its seeds.

    network(x)                                     as it is
    with network.alpha({"stage1": 0.0}):           with the newest seed of slot stage1 off
        network(x)
    with network.alpha({"stage1": per_sample}):    per_sample: (batch,), each in [0, 1]
        network(x)
    with network.alpha({"stage1/s0": 0.0}):        with one seed of the slot, live or fossil, off
        network(x)

The override holds inside the block, in every phase of the seed and for every blending operator. At
0 the slot returns the host's own tensor, at 1 the seed is fully in.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

Alpha = float | Tensor
"""A share in [0, 1]: a number, or a tensor (batch,) with one for each example."""

AlphaOverride = Mapping[str, Alpha]
"""Shares by slot, or by slot/seed."""


@runtime_checkable
class TakesShares(Protocol):
    """A network whose seeds can be given other shares for a while."""

    def alpha(self, shares: AlphaOverride) -> AbstractContextManager[None]:
        """Inside, the seeds have these shares."""

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """The output."""
