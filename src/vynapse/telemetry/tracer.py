# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measures what a run does as spans: run > stage > epochs > steps > parts of a step.

Only clocks are read while a trainer works; nobody's library is called. Steps are gathered to blocks
of at least a tenth of a second and a hundredth of what their stage has lasted. So a run has ten
blocks a second at most, and fewer as it goes on. A block has a child for each part that its trainer
measures (training, validation, …): what that part took in all steps of the block together. These
children follow one another, wherever in the block the work was done.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, final

from vynapse.telemetry.parts import USED
from vynapse.telemetry.span import CPU, OF_STEPS, Span

SHORTEST: Final = 100_000_000
"""Nanoseconds that a block of steps, or of epochs, lasts at least."""
SHARE: Final = 100
"""A block of steps lasts at least one part in so many of its stage."""

Attribute = str | int | float
Timings = Callable[[], Mapping[str, float]]


class Tracing(Protocol):
    """What a run tells of where it stands."""

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[None]:
        """What stands inside is a span below the present one; no block of steps goes on."""
        yield

    @contextmanager
    def steps(self, done: int, timings: Timings, per_epoch: int | None) -> Iterator[None]:
        """The steps of a stage are made inside.

        Args:
            done: steps made before.
            timings: seconds by part of a step, as `Trainer.timings`.
            per_epoch: steps of an epoch; None where there are none.
        """
        yield

    def stepped(self, done: int) -> None:
        """A step has ended; `done` have been made."""


@final
class NoTracer:
    """Nobody wants spans."""

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[None]:
        """Nothing is measured."""
        yield

    @contextmanager
    def steps(self, done: int, timings: Timings, per_epoch: int | None) -> Iterator[None]:
        """Nothing is measured."""
        yield

    def stepped(self, done: int) -> None:
        """Nothing is measured."""


@dataclass(slots=True)
class _Open:
    """A span that has not ended."""

    id: str
    began: int
    used: int


@dataclass(slots=True)
class _Steps:
    """The steps of a stage: where the present block of steps began, and that of epochs."""

    timings: Timings
    per_epoch: int | None
    stage_began: int
    began: int
    used: int
    first: int
    done: int
    parts: Mapping[str, float]
    parts_used: dict[str, int]
    epochs_first: int
    epochs: _Open | None = None


@final
class Tracer:
    """Measures spans and hands them on as they end.

    Args:
        emit: takes finished spans.
    """

    def __init__(self, emit: Callable[[Span], None]) -> None:
        self._emit = emit
        self._trace = secrets.token_hex(16)
        self._offset = time.time_ns() - time.perf_counter_ns()
        self._around: list[_Open] = []
        self._steps: _Steps | None = None

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[None]:
        """See `Tracing`."""
        if self._steps is not None:
            self._end_steps(self._steps)
        here = _Open(secrets.token_hex(8), *_now())
        self._around.append(here)
        try:
            yield
        except BaseException as error:
            attributes = {**attributes, "error": type(error).__name__}
            raise
        finally:
            self._around.remove(here)
            self._write(here, name, attributes)
            if self._steps is not None:
                self._begin_steps(self._steps)

    @contextmanager
    def steps(self, done: int, timings: Timings, per_epoch: int | None) -> Iterator[None]:
        """See `Tracing`."""
        now, used = _now()
        cpu: dict[str, int] = {}
        here = _Steps(timings, per_epoch, now, now, used, done, done, timings(), cpu, done)
        self._steps, token = here, USED.set(cpu)
        try:
            yield
        finally:
            USED.reset(token)
            self._end_epochs(here) if per_epoch else self._end_steps(here)
            self._steps = None

    def stepped(self, done: int) -> None:
        """See `Tracing`."""
        here = self._steps
        if here is None:
            return
        before, here.done = here.done, done
        now, each = time.perf_counter_ns(), here.per_epoch
        began = here.began if here.epochs is None else here.epochs.began
        if each and done // each > before // each and now - began >= SHORTEST:
            self._end_epochs(here)
        elif now - here.began >= max(SHORTEST, (now - here.stage_began) // SHARE):
            self._end_steps(here)
        else:
            return
        self._begin_steps(here)

    def _begin_steps(self, here: _Steps) -> None:
        here.began, here.used = _now()
        here.first, here.parts = here.done, here.timings()
        here.parts_used.clear()

    def _end_steps(self, here: _Steps) -> None:
        """End the block of steps, if there is one; where there are epochs it is a part of them."""
        count = here.done - here.first
        if not count:
            return
        if here.per_epoch and here.epochs is None:
            here.epochs = _Open(secrets.token_hex(8), here.began, here.used)
            self._around.append(here.epochs)
        block = _Open(secrets.token_hex(8), here.began, here.used)
        self._write_parts(here, block)
        self._write(block, "steps", {"first_step": here.first + 1, "steps": count})
        here.first = here.done

    def _end_epochs(self, here: _Steps) -> None:
        """End the block of epochs; one with a single block of steps stands for that too."""
        first, steps = here.epochs_first, here.done - here.epochs_first
        here.epochs_first = here.done
        if not steps or not here.per_epoch:
            return
        if here.epochs is None:
            block = _Open(secrets.token_hex(8), here.began, here.used)
            self._write_parts(here, block)
            here.first = here.done
        else:
            self._end_steps(here)
            block, here.epochs = here.epochs, None
            self._around.remove(block)
        about = {"first_step": first + 1, "steps": steps, "epochs": steps / here.per_epoch}
        self._write(block, "epochs", about)

    def _write_parts(self, here: _Steps, block: _Open) -> None:
        """What the parts of the steps of a block took, one after the other."""
        at, end = block.began, time.perf_counter_ns()
        for name, seconds in here.timings().items():
            spent = round(1e9 * (seconds - here.parts.get(name, 0.0)))
            if spent > 0:
                until, used = min(at + spent, end), here.parts_used.get(name)
                cpu = {} if used is None else {CPU: used / 1e9}
                about = {OF_STEPS: here.done - here.first, **cpu}
                self._hand_on(secrets.token_hex(8), block.id, name, (at, until), about)
                at = until

    def _write(self, span: _Open, name: str, attributes: Mapping[str, Attribute]) -> None:
        """Hand on a span that ends now, below the one that is around it."""
        end, used = _now()
        parent = self._around[-1].id if self._around else None
        about = {**attributes, CPU: (used - span.used) / 1e9}
        self._hand_on(span.id, parent, name, (span.began, end), about)

    def _hand_on(
        self,
        span_id: str,
        parent: str | None,
        name: str,
        lasted: tuple[int, int],
        attributes: Mapping[str, Attribute],
    ) -> None:
        start, end = (moment + self._offset for moment in lasted)
        self._emit(Span(self._trace, span_id, parent, name, start, end, attributes))


def _now() -> tuple[int, int]:
    """Wall-clock and CPU time in nanoseconds."""
    return time.perf_counter_ns(), time.process_time_ns()
