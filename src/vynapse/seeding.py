# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One root seed, named counter-based streams; no global generator is read or written.

The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011). A number is a pure function of its address

    (seed, stream, generation, individual, index)

so results do not depend on the order of draws, on threads, workers or chunks, and a resumed run
needs no generator state. The layout is final; the kernels use the same one:

    key     = seed, low 32 bits · seed, high 32 bits
    counter = index // 4 · individual · generation · stream          (one 32-bit word each)

and `index % 4` picks one of the four words that a block yields.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
Word = int | npt.NDArray[np.unsignedinteger[Any]]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox(
    counter: tuple[Word, Word, Word, Word], key: tuple[int, int]
) -> tuple[U32, U32, U32, U32]:
    """Philox4x32 with 10 rounds.

    Args:
        counter: four words (or arrays of words that broadcast together), each < 2^32.
        key: two words, each < 2^32.

    Returns:
        Four arrays of 32-bit words of the common shape, (1,) where all words are numbers.
    """
    words = np.broadcast_arrays(*(np.atleast_1d(word) for word in counter))
    a, b, c, d = (word.astype(np.uint64) for word in words)
    first, second = np.empty_like(a), np.empty_like(a)
    k0, k1 = key
    for _ in range(10):
        np.multiply(a, _MULTIPLIERS[0], out=first)
        np.multiply(c, _MULTIPLIERS[1], out=second)
        np.right_shift(second, _HALF, out=a)
        a ^= b
        a ^= np.uint64(k0)
        np.bitwise_and(second, _LOW, out=b)
        np.right_shift(first, _HALF, out=c)
        c ^= d
        c ^= np.uint64(k1)
        np.bitwise_and(first, _LOW, out=d)
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return (
        a.astype(np.uint32),
        b.astype(np.uint32),
        c.astype(np.uint32),
        d.astype(np.uint32),
    )


def name_to_word(name: str) -> int:
    """The 32-bit word a stream name stands for: the first four bytes of its SHA-256."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")


@dataclass(frozen=True, slots=True)
class Streams:
    """A root seed from which named streams and child seeds are taken.

    Args:
        seed: any integer in [0, 2^64).
    """

    seed: int

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be in [0, 2^64), got {self.seed}")

    def stream(self, name: str) -> Stream:
        """The stream called `name`; the same name is always the same stream."""
        return Stream(self.seed, name_to_word(name))

    def child(self, name: str) -> Streams:
        """An independent family of streams, e.g. one per stage or per island."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return Streams(int.from_bytes(digest[:8], "little"))


@dataclass(frozen=True, slots=True)
class Stream:
    """Numbers addressed by (generation, individual, index) under one seed and one stream word.

    Every method takes a `generation` and an `individual`. Each may be an array, whose axes then
    lead the result: (*generations, *individuals, count).
    """

    seed: int
    word: int

    def words(
        self, count: int, generation: int | I64 = 0, individual: int | I64 = 0, start: int = 0
    ) -> U32:
        """`count` raw 32-bit words from index `start` on, a multiple of 4."""
        if start % 4:
            raise ValueError(f"start: a multiple of 4 was wanted, got {start}")
        blocks = np.arange(start // 4, (start + count + 3) // 4, dtype=np.uint64)
        who = np.asarray(individual, dtype=np.uint64)[..., None]
        when = np.asarray(generation, dtype=np.uint64)
        when = when.reshape(*when.shape, *(1,) * who.ndim)
        key = (self.seed & 0xFFFFFFFF, self.seed >> 32)
        lanes = philox((blocks, who, when, self.word), key)
        shape = (*when.shape[: when.ndim - who.ndim], *who.shape[:-1], 4 * len(blocks))
        flat: U32 = np.stack(lanes, axis=-1).reshape(shape)
        return flat[..., :count]

    def uniform(self, count: int, generation: int | I64 = 0, individual: int | I64 = 0) -> F32:
        """Uniform in the open interval (0, 1), float32, on the grid (k + 1/2) / 2^23."""
        return unit(self.words(count, generation, individual))

    def normal(
        self, count: int, generation: int | I64 = 0, individual: int | I64 = 0, start: int = 0
    ) -> F32:
        """Standard normal, float32: Box and Muller (1958) on pairs of words.

        Index 2k and 2k + 1 come from words 2k and 2k + 1. Built from + - * / sqrt and comparisons
        alone, so that the kernels reproduce it bit for bit; the largest |value| is 5.77.
        """
        words = self.words(count + (count & 1), generation, individual, start)
        pairs = words.reshape(*words.shape[:-1], words.shape[-1] // 2, 2)
        normals: F32 = np.stack(box_muller(pairs[..., 0], pairs[..., 1]), axis=-1)
        return normals.reshape(words.shape)[..., :count]

    def integers(
        self, bound: int, count: int, generation: int | I64 = 0, individual: int | I64 = 0
    ) -> I64:
        """Integers in [0, bound): word * bound >> 32, whose bias is below bound / 2^32."""
        if not 1 <= bound <= 2**32:
            raise ValueError(f"bound must be in [1, 2^32], got {bound}")
        words = self.words(count, generation, individual).astype(np.uint64)
        result: I64 = ((words * np.uint64(bound)) >> _HALF).astype(np.int64)
        return result

    def permutation(self, count: int, generation: int = 0, individual: int = 0) -> I64:
        """A permutation of range(count): the stable order of `count` random words."""
        order: I64 = np.argsort(self.words(count, generation, individual), kind="stable")
        return order

    def seed_for(self, generation: int = 0, individual: int = 0) -> int:
        """A 64-bit seed for somebody else's generator, e.g. torch's while it is forked."""
        low, high = self.words(2, generation, individual).tolist()
        return int(low | high << 32)


def unit(words: U32) -> F32:
    """Words as uniform numbers in the open interval (0, 1), on the grid (k + 1/2) / 2^23."""
    grid = (words >> np.uint32(9)).astype(np.float32)
    grid += np.float32(0.5)
    grid *= np.float32(2.0**-23)
    return grid


def box_muller(first: U32, second: U32) -> tuple[F32, F32]:
    """Two standard normals from two words."""
    radius = log(unit(first))
    radius *= np.float32(-2.0)
    np.sqrt(radius, out=radius)
    cosine, sine = _circle(second)
    cosine *= radius
    sine *= radius
    return cosine, sine


def log(x: F32) -> F32:
    """Natural logarithm of normal positive float32 numbers, error below 2 units in the last place.

    Cephes `logf` (Moshier): x = 2^e * m with m in [sqrt(1/2), sqrt(2)), a polynomial in m - 1.
    """
    bits = np.ascontiguousarray(x).view(np.uint32).reshape(x.shape)
    exponent = (bits >> np.uint32(23)).astype(np.float32)
    exponent -= np.float32(126)
    t = ((bits & np.uint32(0x7FFFFF)) | np.uint32(0x3F000000)).view(np.float32)
    low = (t < np.float32(0.70710678)).astype(np.float32)
    exponent -= low
    low += np.float32(1)
    t *= low  # doubled where it is low
    t -= np.float32(1)
    square = t * t
    p = t * _LOG[0]
    p += _LOG[1]
    for coefficient in _LOG[2:]:
        p *= t
        p += coefficient
    p *= t
    p *= square
    square *= np.float32(0.5)
    p -= square
    t += p
    exponent *= np.float32(0.6931471805599453)
    t += exponent
    return t


_LOG = tuple(
    np.float32(coefficient)
    for coefficient in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)


def _circle(word: U32) -> tuple[F32, F32]:
    """A point on the unit circle at an angle uniform over the full turn: (cosine, sine).

    The word, read as a signed fraction of pi, is the angle; minimax polynomials (Cephes `sinf` and
    `cosf`) on a quarter of it, in [-pi/4, pi/4), then the double-angle formulae twice.
    """
    quarter = (word.view(np.int32) >> np.int32(8)).astype(np.float32)
    quarter += np.float32(0.5)
    quarter *= np.float32(2.0**-23)
    quarter *= np.float32(0.7853981633974483)
    y = quarter * quarter
    sine = np.float32(-1.9515295891e-4) * y
    sine += np.float32(8.3321608736e-3)
    sine *= y
    sine -= np.float32(1.6666654611e-1)
    sine *= y
    sine *= quarter
    sine += quarter
    cosine = np.float32(2.443315711809948e-5) * y
    cosine -= np.float32(1.388731625493765e-3)
    cosine *= y
    cosine += np.float32(4.166664568298827e-2)
    cosine *= y
    cosine *= y
    y *= np.float32(0.5)
    cosine -= y
    cosine += np.float32(1)
    for _ in range(2):
        square = sine * sine
        sine *= np.float32(2)
        sine *= cosine
        cosine *= cosine
        cosine -= square
    return cosine, sine
