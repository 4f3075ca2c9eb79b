# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Historical markings of a run of NEAT, in C or where it is absent in Python: the same numbers."""

from __future__ import annotations

import ctypes
from ctypes import c_int32, c_int64, c_void_p
from typing import Protocol, final, runtime_checkable

import numpy as np

from vynapse.kernels import native, neat_native
from vynapse.kernels.reference.law import I32
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.kernels.reference.neat_registry import Pending, Registry


@runtime_checkable
class Innovations(Protocol):
    """Numbers given so far."""

    @property
    def connections(self) -> I32:
        """Source and target of each innovation (innovations, 2), a copy."""

    @property
    def splits(self) -> I32:
        """Innovation split and ordinal of each hidden node (hidden, 2), a copy."""

    def load(self, connections: I32, splits: I32) -> None:
        """Become the registry with these."""

    def connection(self, source: int, target: int) -> int:
        """The innovation number of a connection, a new one for one never seen."""

    def hidden(self, split: int, ordinal: int) -> int:
        """The id of a hidden node, a new one for a split never seen."""

    def settle(self, genomes: Genomes, pending: Pending) -> None:
        """Give numbers to what is pending, genome by genome, and put it into the genomes."""


def registry(first_hidden: int, library: native.Library | None = None) -> Innovations:
    """A registry without numbers.

    Args:
        first_hidden: the id of the first hidden node.
        library: compiled kernels to use; by default those in use, else Python.
    """
    library = library or native.status().library
    return Registry(first_hidden) if library is None else NativeRegistry(first_hidden, library)


@final
class _Table:
    """Pairs known by their places."""

    def __init__(self, library: native.Library) -> None:
        self._index = library.function("neat_index", None, c_void_p)
        self._number = library.function("neat_number", c_int32, c_void_p, c_int32, c_int32)
        self.load(np.zeros((0, 2), np.int32))

    def load(self, pairs: I32) -> None:
        """Hold these, in this order."""
        self.pairs = np.ascontiguousarray(pairs, np.int32)
        self.numbers = neat_native.Numbers(count=len(pairs))
        self.reference = ctypes.byref(self.numbers)
        self._make_room(2 * len(pairs) + 64)

    def _make_room(self, room: int) -> None:
        pairs = np.zeros((room, 2), np.int32)
        pairs[: self.numbers.count] = self.pairs[: self.numbers.count]
        self.pairs, bits = pairs, (2 * room).bit_length()
        self.table = np.zeros(1 << bits, np.int32)
        self.numbers.pairs, self.numbers.table = map(native.pointer, (self.pairs, self.table))
        self.numbers.bits = bits
        self._index(self.reference)

    def expect(self, more: int) -> None:
        """Have room for so many new pairs."""
        if self.numbers.count + more > len(self.pairs):
            self._make_room(2 * (self.numbers.count + more))

    def number(self, first: int, second: int) -> int:
        """The place of a pair, a new one for one never seen."""
        self.expect(1)
        place: int = self._number(self.reference, first, second)
        return place

    def held(self) -> I32:
        """All pairs, a copy."""
        return self.pairs[: self.numbers.count].copy()


@final
class NativeRegistry:
    """The registry in C; see `Innovations`."""

    def __init__(self, first_hidden: int, library: native.Library) -> None:
        self.first_hidden = first_hidden
        self._connections, self._splits = _Table(library), _Table(library)
        pointers = c_void_p
        self._settle = library.function(
            "neat_settle", None, pointers, pointers, c_int64, c_int32, pointers, pointers
        )

    @property
    def connections(self) -> I32:
        return self._connections.held()

    @property
    def splits(self) -> I32:
        return self._splits.held()

    def load(self, connections: I32, splits: I32) -> None:
        self._connections.load(connections)
        self._splits.load(splits)

    def connection(self, source: int, target: int) -> int:
        return self._connections.number(source, target)

    def hidden(self, split: int, ordinal: int) -> int:
        return self.first_hidden + self._splits.number(split, ordinal)

    def settle(self, genomes: Genomes, pending: Pending) -> None:
        # a split leaves one node and two connections; a genome may have to number all its nodes
        # before it finds one that is not in it, but those have numbers already
        self._connections.expect(3 * len(genomes))
        self._splits.expect(len(genomes))
        self._settle(
            neat_native.genomes(genomes),
            neat_native.pending(pending),
            len(genomes),
            self.first_hidden,
            self._connections.reference,
            self._splits.reference,
        )
