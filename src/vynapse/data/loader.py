# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reading ahead: threads read examples before a step asks for them.

A source that is slow to read, such as a folder of pictures, says so by an attribute `loader`. What
a batch holds is a function of its number alone. So the number of threads, and how far they are
ahead, change no bit of it. Threads pay where reading leaves the interpreter's lock, as decoding
and reading from a disk do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, Generic, TypeVar

import numpy as np
from pydantic import Field

from vynapse.core import Source, Split
from vynapse.settings import Settings

T = TypeVar("T")

_PIECE: Final = 64
"""Examples that a thread reads at once where a split is read from its first to its last."""


class LoaderSettings(Settings):
    """How examples are read: it changes no result."""

    threads: int = Field(
        2, ge=0, le=64, description="threads that read; 0: a step reads its own batch"
    )
    ahead: int = Field(
        4, ge=1, le=1024, description="batches that are read before they are wanted, at most"
    )


IN_STEP: Final = LoaderSettings(threads=0)
"""Nothing is read ahead: for examples in memory."""


def loader_of(source: Source) -> LoaderSettings:
    """How a source wants to be read: its attribute `loader`, by default within the step."""
    found = getattr(source, "loader", None)
    return found if isinstance(found, LoaderSettings) else IN_STEP


class Ahead(Generic[T]):
    """Items by number, made by threads before they are asked for.

    They are asked for in ascending order, the last one perhaps again. Any other number makes the
    threads begin anew there, and what they had made is thrown away. Every item has memory of its
    own: one that somebody keeps never changes.

    Args:
        job: number -> what makes the item, or None after the last; called by the thread that asks,
            in ascending order from the number that was asked for.
        loader: how many threads there are, and how far they are ahead.

    Attributes:
        waited: wall-clock seconds for which items were waited for.
    """

    def __init__(
        self, job: Callable[[int], Callable[[], T] | None], loader: LoaderSettings
    ) -> None:
        self._job, self._loader = job, loader
        self._pool: ThreadPoolExecutor | None = None
        self._made: dict[int, Future[T]] = {}
        self._next = 0
        self._last: tuple[int, T] | None = None
        self.waited = 0.0

    def get(self, number: int) -> T:
        """Item `number`.

        Raises:
            IndexError: there is none.
            Exception: whatever making it raised; asked again, it is made again.
        """
        began = time.perf_counter()
        try:
            return self._get(number)
        finally:
            self.waited += time.perf_counter() - began

    def close(self) -> None:
        """End the threads. What they have begun is finished first."""
        self._forget()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _get(self, number: int) -> T:
        if not self._loader.threads:
            job = self._job(number)
            if job is None:
                raise IndexError(number)
            return job()
        if self._last is not None and self._last[0] == number:
            return self._last[1]
        if number not in self._made:
            self._forget()
            self._next = number
        self._begin_until(number + self._loader.ahead)
        if number not in self._made:
            raise IndexError(number)
        future = self._made.pop(number)
        for passed in [earlier for earlier in self._made if earlier < number]:
            self._made.pop(passed).cancel()
        self._last = number, future.result()
        return self._last[1]

    def _begin_until(self, last: int) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._loader.threads, "vynapse-loader")
        while self._next <= last and (job := self._job(self._next)) is not None:
            self._made[self._next] = self._pool.submit(job)
            self._next += 1

    def _forget(self) -> None:
        for future in self._made.values():
            future.cancel()
        self._made.clear()
        self._last = None


def in_order(source: Source, size: int) -> Iterator[Split]:
    """All examples in their own order, `size` at a time; threads read the next ones meanwhile.

    Args:
        source: whose examples; at least one.
        size: examples of every part but the last.
    """
    loader, count = loader_of(source), len(source)
    whole = [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]
    if not loader.threads:
        yield from (source.take(rows) for rows in whole)
        return
    parts = [_pieces(rows) for rows in whole]
    pieces = [piece for part in parts for piece in part]

    def job(number: int) -> Callable[[], Split] | None:
        return partial(source.take, pieces[number]) if number < len(pieces) else None

    most = min(max(len(parts[0]), loader.ahead), 1024)
    ahead = Ahead(job, loader.model_copy(update={"ahead": most}))
    try:
        number = 0
        for part in parts:
            found = [ahead.get(number + place) for place in range(len(part))]
            number += len(part)
            yield _joined(found)
    finally:
        ahead.close()


def read_all(source: Source) -> Split:
    """All examples of a source, in memory; threads of its loader read them together."""
    if not loader_of(source).threads:
        return source.take(slice(None))
    return _joined(list(in_order(source, _PIECE)))


def _pieces(rows: slice) -> list[slice]:
    return [
        slice(begin, min(begin + _PIECE, rows.stop))
        for begin in range(rows.start, rows.stop, _PIECE)
    ]


def _joined(parts: list[Split]) -> Split:
    if len(parts) == 1:
        return parts[0]
    return Split(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.targets for part in parts]),
    )
