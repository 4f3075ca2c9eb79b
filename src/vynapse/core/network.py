# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays, states, and a network as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy.typing as npt

if TYPE_CHECKING:
    from torch import nn

Array = npt.NDArray[Any]
State = dict[str, Any]
"""A tree: dictionaries with string keys whose leaves are NumPy arrays or JSON values."""

Predict = Callable[[Array], Array]
"""A network as a function: prepared inputs (batch, *input_shape) -> outputs (batch, out)."""


@runtime_checkable
class Winner(Protocol):
    """A network at rest: structure and weights as data (`vynapse.networks.state.NetworkState`)."""

    def sha256(self) -> str:
        """`network_sha256`."""
        ...

    def module(self) -> nn.Module:
        """A fresh module in evaluation mode."""
        ...

    def predictor(self) -> Predict:
        """The network as a NumPy function."""
        ...
