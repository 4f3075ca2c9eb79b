# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples: where they come from, and some of them in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from vynapse.core.network import Array
from vynapse.seeding import I64

Rows = slice | I64
"""Which examples are wanted: a slice with a step of 1, or their positions (n,) in any order."""


@runtime_checkable
class Digest(Protocol):
    """A hash that is being computed, as `hashlib.sha256()`."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in more bytes."""
        ...


@runtime_checkable
class Source(Protocol):
    """The raw examples of a split, wherever they lie: in memory, in a file, in many files.

    Training reads batch after batch by `take`, so that the examples need not fit into memory.
    """

    def __len__(self) -> int:
        """Number of examples."""
        ...

    def take(self, rows: Rows) -> Split:
        """Some examples, in the order of `rows`; the caller changes none of them."""
        ...

    def identify(self, name: str, digest: Digest) -> None:
        """Feed what identifies the examples into a hash.

        Args:
            name: the name of the split.
            digest: the hash; equal bytes stand for equal examples.
        """
        ...


@dataclass(frozen=True, slots=True)
class Split:
    """Examples in memory, a `Source`: inputs (n, *shape), and a target of each, (n,) or (n, out).

    A task's loss says what targets are: int64 (n,) for cross-entropy, float32 (n, out) for the
    mean squared error.
    """

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: Rows) -> Split:
        """Some of them; a slice copies nothing."""
        return Split(self.inputs[rows], self.targets[rows])

    def identify(self, name: str, digest: Digest) -> None:
        """Identify the examples by type, shape and every value."""
        for array in (self.inputs, self.targets):
            digest.update(f"{name}:{array.dtype.name}:{array.shape};".encode())
            digest.update(np.ascontiguousarray(array).data)


def block_of(source: Source) -> int:
    """How many examples lie side by side and are best read together; 0 where that is no matter.

    A source says so by an attribute `block`.
    """
    return int(getattr(source, "block", 0))
