# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes as everybody but their encoding sees them: some of them, in order.

`G` is the type of several genomes: an array (g, p) of weights, a list of graphs. All that may be
asked of them is their number, and one of them by its index; what else can be done with genomes is a
method of their encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.core import Array
from vynapse.errors import CheckpointError


@runtime_checkable
class Several(Protocol):
    """Some genomes, in order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any: ...


G = TypeVar("G", bound=Several)
"""Some genomes of one encoding."""


class ArrayGenomes:
    """What an encoding does with genomes that are rows of one array (g, p)."""

    together: int = 1

    def select(self, genomes: Array, rows: npt.NDArray[np.int64]) -> Array:
        """Some rows, as a copy."""
        chosen: Array = genomes[rows]
        return chosen

    def join(self, genomes: Sequence[Array]) -> Array:
        """Genomes (p,) as one array (g, p), a copy."""
        return np.stack(genomes)

    def taught(self, genomes: Array, rows: npt.NDArray[np.int64], weights: Array) -> Array:
        """A copy in which some rows are others."""
        changed: Array = genomes.copy()
        changed[rows] = weights
        return changed

    def pack(self, genomes: Array) -> Any:
        """A copy of the array: it is data already."""
        return genomes.copy()

    def unpack(self, packed: Any) -> Array:
        """The array again; one genome alone (p,) is an array of one row.

        Raises:
            CheckpointError: it is no array of numbers.
        """
        real = isinstance(packed, np.ndarray) and packed.dtype.kind == "f"
        if not real or packed.ndim not in (1, 2):
            came = f"{packed.dtype} {packed.shape}" if isinstance(packed, np.ndarray) else packed
            raise CheckpointError(f"genomes: an array (genomes, numbers) was wanted, got {came!r}")
        array: Array = np.atleast_2d(packed).copy()
        return array
