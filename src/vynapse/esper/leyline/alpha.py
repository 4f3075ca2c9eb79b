# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a caller asks a growing network what it would be with other shares of its seeds.

    network(x)                                    as it is
    network(x, alpha={"stage1": 0.0})             with the newest seed of slot stage1 off
    network(x, alpha={"stage1": per_sample})      per_sample: (batch,), each in [0, 1]
    network(x, alpha={"stage1/s0": 0.0})          with one seed of the slot, live or fossil, off

The override holds for this call, in every stage of the seed and for every blending operator; 0
gives the host's own tensor, 1 the seed fully in.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

Alpha = float | Tensor
"""A share in [0, 1]: a number, or a tensor (batch,) with one for each example."""

AlphaOverride = Mapping[str, Alpha]
"""Shares by slot, or by slot/seed."""
