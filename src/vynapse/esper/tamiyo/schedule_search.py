# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Search for a schedule: clocks first, then some at random, then changes of the best one.

The changes are those of a (1+1) evolution strategy (Rechenberg 1973) with a fixed step size: each
run costs seconds, so there are too few of them to adapt it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from vynapse.esper.tamiyo.schedule import Entry, Schedule
from vynapse.seeding import Stream

CLOCKS: Final = (0.0, 0.1, 0.2, 0.35)
"""When a clock begins: shares of the budget."""
_EVERY: Final = 0.05
"""The time of a clock from one seed to the next: share of the budget."""
_LATEST: Final = 0.7
"""Seeds that would enter later do not enter at all: share of the budget."""
_RANDOM: Final = 0.25
"""Candidates drawn at random, as a share of all."""
_STEP: Final = 0.08
"""Standard deviation of a change of time: share of the budget."""
_TOUCHED: Final = 0.5
"""Chance that a site is changed at all."""
_SWITCH: Final = 0.15
"""Chance that a change turns a seed on or off, or takes another blueprint."""

_ATTEMPTS: Final = 20
"""How often a candidate is drawn that was there already."""


@dataclass(frozen=True, slots=True)
class Site:
    """A slot and what may germinate there, or a layer and how wide it may become.

    Attributes:
        where: its name.
        choices: blueprints or numbers of channels, the largest first.
    """

    where: str
    choices: tuple[str, ...] | tuple[int, ...]

    def entry(self, at: float, which: int) -> Entry:
        """The entry of a schedule for one of the choices."""
        chosen, time = self.choices[which], round(at, 4)
        if isinstance(chosen, int):
            return Entry(at=time, where=self.where, channels=chosen)
        return Entry(at=time, where=self.where, blueprint=chosen)


Gene = tuple[float, int]
"""When something enters a site, and the number of its choice; later than the latest: never."""


@final
class ScheduleSearch:
    """Proposes schedules, one at a time, and learns what each was worth.

    Args:
        sites: where something may germinate, in the order in which data flow.
        candidates: how many schedules will be proposed.
        stream: random numbers; those of candidate n are those of generation n.

    Attributes:
        best: the best schedule so far, None before the first.
        best_loss: its loss.
        clock_loss: that of the best clock so far.
    """

    def __init__(self, sites: Sequence[Site], candidates: int, stream: Stream) -> None:
        self._sites, self._stream = tuple(sites), stream
        self._random_until = len(CLOCKS) + round(_RANDOM * candidates)
        self._count = 0
        self._seen: list[Schedule] = []
        self._genes: tuple[Gene, ...] = ()
        self._best_genes: tuple[Gene, ...] = ()
        self.best: Schedule | None = None
        self.best_loss = self.clock_loss = math.inf

    def propose(self) -> Schedule:
        """The next candidate; `learn` its loss before the next one is asked for.

        One that was proposed before is drawn anew, a few times.
        """
        for attempt in range(_ATTEMPTS):
            self._genes = self._candidate(attempt)
            schedule = self._schedule()
            if schedule not in self._seen:
                break
        self._seen.append(schedule)
        self._count += 1
        return schedule

    def _candidate(self, attempt: int) -> tuple[Gene, ...]:
        if self._count < len(CLOCKS):
            begin = CLOCKS[self._count]
            return tuple((begin + _EVERY * i, 0) for i in range(len(self._sites)))
        numbers = self._stream.uniform(5 * len(self._sites), self._count, attempt)
        at_random = self._count < self._random_until
        make = self._drawn if at_random or not self._best_genes else self._changed
        return tuple(make(i, draw) for i, draw in enumerate(numbers.reshape(-1, 5).tolist()))

    def learn(self, loss: float) -> None:
        """What the schedule that was proposed last has come to."""
        if self._count <= len(CLOCKS):
            self.clock_loss = min(self.clock_loss, loss)
        if loss < self.best_loss:
            self.best, self.best_loss, self._best_genes = self._schedule(), loss, self._genes

    def _schedule(self) -> Schedule:
        entries = [
            site.entry(at, which)
            for site, (at, which) in zip(self._sites, self._genes, strict=True)
            if at <= _LATEST
        ]
        return Schedule(entries=tuple(sorted(entries, key=lambda entry: entry.at)))

    def _drawn(self, index: int, draw: Sequence[float]) -> Gene:
        return draw[0], int(draw[1] * len(self._sites[index].choices))

    def _changed(self, index: int, draw: Sequence[float]) -> Gene:
        """A gene of the best schedule with another time, and now and then another blueprint."""
        at, which = self._best_genes[index]
        if draw[4] > _TOUCHED:
            return at, which
        normal = math.sqrt(-2 * math.log(1 - draw[0])) * math.cos(2 * math.pi * draw[1])
        at = min(1.0, max(0.0, at + _STEP * normal))
        if draw[2] < _SWITCH:
            at = 1.0 if at <= _LATEST else draw[2] / _SWITCH * _LATEST
        if draw[3] < _SWITCH:
            which = int(draw[3] / _SWITCH * len(self._sites[index].choices))
        return at, which
