# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What carries out the steps of mode `sgd`: torch, or for small MLPs a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, Evaluation
from vynapse.networks.state import NetworkState

F64 = npt.NDArray[np.float64]
Memory = dict[str, dict[str, Array]]
"""What an optimiser remembers, in torch's layout: parameter -> entry -> array."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What each step found before it.

    Attributes:
        losses: mean loss of the batch (n,).
        norms: L2 norm of the gradient before clipping (n,).
    """

    losses: F64
    norms: F64

    @property
    def finite(self) -> bool:
        """Whether all steps were made: the last one is not where a figure of its is not finite."""
        return bool(np.isfinite(self.losses[-1]) and np.isfinite(self.norms[-1]))


@runtime_checkable
class Engine(Protocol):
    """Trains one network at a time, from batch to batch.

    Attributes:
        path: its name in the state of a run.
        flops: operations of one example forward.
        many: whether one call may make more than one step.
        waited: wall-clock seconds for which steps have waited for their batches.
    """

    path: str
    flops: int
    many: bool

    @property
    def waited(self) -> float: ...

    def begin(self, network: NetworkState) -> None:
        """Train `network` from here on, with an optimiser that remembers nothing."""

    def update(self, step: int, rates: F64) -> Found:
        """Steps number `step`, `step` + 1, … at the learning rates (n,), each on its own batch.

        After the first whose loss or gradient is not finite, and which is not made, none follows.
        """

    def tensors(self) -> dict[str, Array]:
        """The network in training, as copies."""

    def evaluate(self, network: NetworkState, step: int) -> Evaluation:
        """How `network`, the one in training, does on the validation split after `step` steps."""

    def memory(self) -> Memory:
        """All that the optimiser remembers, as copies."""

    def remember(self, memory: Memory) -> None:
        """The inverse of `memory`."""

    def close(self) -> None:
        """Let go of threads; no step follows."""
