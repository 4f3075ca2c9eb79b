# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Batches of genomes: how large they are, and what becomes of one whose worker failed.

A batch takes about a tenth of a second, by what genomes took so far, so that sending it weighs
little. Towards the end of a generation batches get smaller, so that no worker waits long for
another. Where a generation is cut changes no bit of what is measured.

A batch whose worker died is under suspicion. It is measured once more with nothing beside it. If
that worker dies too the batch is taken apart, and each genome travels alone. So a genome that kills
is found whatever the size of the batch it was in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, final

TARGET: Final = 0.1
"""Seconds that a batch should take."""
_NEW: Final = 0.3
"""The weight of the newest measurement of what a genome takes."""
_FEWEST: Final = 2
"""Batches for each worker that what is left of a generation is cut into, at least."""


@final
@dataclass(slots=True, eq=False)
class Batch:
    """Some genomes in a row.

    Attributes:
        begin, end: which.
        tries: how many workers failed with it.
        alone: nothing may wait behind it at the same worker.
        failed_at: the worker that failed with it last.
    """

    begin: int
    end: int
    tries: int = 0
    alone: bool = False
    failed_at: str | None = None

    def __len__(self) -> int:
        return self.end - self.begin


@final
class Pace:
    """What a genome takes, as measured.

    Attributes:
        seconds: the time of one genome; None before the first was measured.
    """

    def __init__(self) -> None:
        self.seconds: float | None = None

    def learn(self, genomes: int, seconds: float) -> None:
        """A batch took so long."""
        each = max(seconds, 1e-7) / genomes
        self.seconds = each if self.seconds is None else self.seconds + _NEW * (each - self.seconds)

    def size(self, left: int, workers: int) -> int:
        """How many of the genomes that are left the next batch should have."""
        most = -(-left // (_FEWEST * max(1, workers)))
        if self.seconds is None:
            return max(1, most // 2)
        return max(1, min(most, int(TARGET / self.seconds)))


@final
class Batches:
    """The batches of one generation.

    Args:
        count: genomes.
        together: a batch should have as many, as fewer take as long.
        most: a batch has at most so many; None for any number.
        whole: one batch for all.
        alone: each genome by itself, and nothing behind it.
    """

    def __init__(
        self,
        count: int,
        together: int = 1,
        most: int | None = None,
        *,
        whole: bool = False,
        alone: bool = False,
    ) -> None:
        self._count, self._next = count, 0
        self._least = count if whole else together
        self._most = count if most is None or whole else most
        self._alone = alone
        self._back: deque[Batch] = deque()

    def __len__(self) -> int:
        """Genomes that wait."""
        return self._count - self._next + sum(map(len, self._back))

    def take(
        self, worker: str, pace: Pace, workers: int, *, idle: bool, only: bool
    ) -> Batch | None:
        """The next batch for a worker; None where there is none that it may have now.

        Args:
            worker: its name.
            pace: what a genome takes.
            workers: how many work, or will.
            idle: it has nothing to do.
            only: no other one can work now.
        """
        for batch in self._back:
            # another one may be luckier with it, if there is another
            elsewhere = not only and batch.failed_at == worker
            if not elsewhere and (idle or not batch.alone):
                self._back.remove(batch)
                return batch
        left = self._count - self._next
        if left == 0 or (self._alone and not idle):
            return None
        size = 1 if self._alone else max(self._least, pace.size(left, workers))
        size = min(size, self._most)
        begin, self._next = self._next, min(self._count, self._next + size)
        return Batch(begin, self._next, alone=self._alone)

    def back(self, batch: Batch, worker: str) -> None:
        """A batch whose worker failed for no fault of the batch: it is measured again."""
        batch.failed_at = worker
        self._back.append(batch)

    def suspect(self, batch: Batch, worker: str) -> None:
        """A batch that may have been the fault: alone next time, and then in single genomes."""
        batch.tries, batch.alone, batch.failed_at = batch.tries + 1, True, worker
        if batch.tries < 2 or len(batch) == 1:
            self._back.append(batch)
            return
        for row in range(batch.begin, batch.end):
            self._back.append(Batch(row, row + 1, alone=True, failed_at=worker))
