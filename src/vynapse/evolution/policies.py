# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What becomes of an evaluation that gives no usable loss.

Four things can happen: the loss is not finite, the function raises, it takes too long, or the
process it runs in dies. Each is either penalised (its loss is +inf, the worst) or ends the search
with one sentence.
"""

from __future__ import annotations

import math
import signal
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, final

import numpy as np
import numpy.typing as npt

from vynapse.errors import ConfigError, NothingFinite, TrainingError
from vynapse.user_code import place_of

Action = Literal["penalise", "raise"]
Trouble = Literal["nonfinite", "exception", "timeout", "death"]


class Late(NamedTuple):
    """An evaluation that was stopped after `seconds`."""

    seconds: float


class Dead(NamedTuple):
    """An evaluation whose worker process ended with `exitcode`, negative for a signal."""

    exitcode: int

    def __str__(self) -> str:
        if self.exitcode >= 0:
            return f"exit code {self.exitcode}"
        return f"signal {-self.exitcode}, {signal.strsignal(-self.exitcode)}"


class WrongAnswer(TypeError):
    """The function returned something else than the real numbers that were wanted."""


Outcome = float | npt.NDArray[np.float64] | Exception | Late | Dead
"""What came of an evaluation: a number or some, or one of the reasons for having none."""


@final
@dataclass(frozen=True, slots=True)
class Policy:
    """What to do with an evaluation that gives no usable loss.

    Attributes:
        on_nonfinite: the loss is NaN or infinite (of either sign).
        on_exception: the function raised an `Exception`, or returned something else than a number.
        on_timeout: the evaluation took longer than `timeout`.
        on_death: the worker process died (killed, out of memory, a crash in C code, `sys.exit`).
        timeout: seconds one evaluation may take; None for any time. The process that exceeds it is
            killed, so it needs worker processes.
        retries: how often an evaluation whose worker died, or that timed out where that raises, is
            tried again in a fresh process before its policy applies.

    Raises:
        ConfigError: a value is none of these.
    """

    on_nonfinite: Action = "penalise"
    on_exception: Action = "raise"
    on_timeout: Action = "penalise"
    on_death: Action = "raise"
    timeout: float | None = None
    retries: int = 2

    def __post_init__(self) -> None:
        problems = [
            f"{name}: 'penalise' or 'raise' was wanted, got {getattr(self, name)!r}"
            for name in ("on_nonfinite", "on_exception", "on_timeout", "on_death")
            if getattr(self, name) not in {"penalise", "raise"}
        ]
        if self.timeout is not None:
            problems += not_positive("timeout", self.timeout)
        problems += not_whole("retries", self.retries, least=0)
        if problems:
            raise ConfigError(problems)

    def tries(self, outcome: object) -> int:
        """How often an evaluation that came out like this is made at most."""
        lost = isinstance(outcome, Dead)
        lost = lost or (isinstance(outcome, Late) and self.on_timeout == "raise")
        return 1 + self.retries * lost

    def settle(self, identity: int, genome: npt.NDArray[Any], outcome: Outcome) -> Measurement:
        """The loss that counts for an outcome.

        Args:
            identity: id of the genome, for the sentence.
            genome: (p,), noted on the error.
            outcome: what came of the last try.

        Raises:
            TrainingError: the policy says so; the function's own exception is its cause.
        """
        if isinstance(outcome, float | np.ndarray) and np.isfinite(outcome).all():
            return Measurement(outcome, None)
        trouble, action, sentence = self._trouble(identity, outcome)
        if action == "penalise":
            return Measurement(math.inf, trouble)
        error = TrainingError(f"{sentence}, or penalise it with Policy(on_{trouble}='penalise')")
        error.add_note(f"genome {identity} is {genome!r}")
        if isinstance(outcome, Exception):
            raise error from outcome
        raise error

    def _trouble(self, identity: int, outcome: Outcome) -> tuple[Trouble, Action, str]:
        """What it is called, what becomes of it, and the beginning of the sentence about it."""
        if isinstance(outcome, Late):
            sentence = (
                f"genome {identity} took longer than {outcome.seconds:g} s "
                f"(tries: {self.tries(outcome)}): allow more seconds by timeout"
            )
            return "timeout", self.on_timeout, sentence
        if isinstance(outcome, Dead):
            sentence = (
                f"genome {identity} ended its worker process by {outcome} "
                f"(tries: {self.tries(outcome)}): look for a crash or too little memory"
            )
            return "death", self.on_death, sentence
        if isinstance(outcome, WrongAnswer):
            return "exception", self.on_exception, f"genome {identity}: {outcome}: correct it"
        if isinstance(outcome, Exception):
            place = place_of(outcome)
            where = f", {place}" if place else ""
            sentence = (
                f"the function raised {type(outcome).__name__} for genome {identity} "
                f"({outcome}{where}): correct it"
            )
            return "exception", self.on_exception, sentence
        sentence = f"the loss of genome {identity} is {outcome}: make the function finite"
        return "nonfinite", self.on_nonfinite, sentence


def not_whole(name: str, value: Any, least: int) -> list[str]:
    """A sentence if `value` is no integer of at least `least`."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return []
    return [f"{name}: an integer of at least {least} was wanted, got {value!r}"]


def is_finite(value: Any) -> bool:
    """Whether it is a real number, neither infinite nor a boolean."""
    number = isinstance(value, float | int | np.floating | np.integer)
    return number and not isinstance(value, bool) and bool(np.isfinite(float(value)))


def not_positive(name: str, value: Any) -> list[str]:
    """A sentence if `value` is no finite number above 0."""
    if is_finite(value) and value > 0:
        return []
    return [f"{name}: a finite number > 0 was wanted, got {value!r}"]


class Measurement(NamedTuple):
    """What counts: a number or some, +inf where they are a penalty, and what it is a penalty for.

    The first number is the loss.
    """

    values: float | npt.NDArray[np.float64]
    trouble: Trouble | None


def refuse_all_penalised(losses: npt.NDArray[np.float64]) -> None:
    """Nothing can be selected where no loss is finite.

    Args:
        losses: (n,), +inf where there is none.

    Raises:
        NothingFinite: not one is finite.
    """
    if not np.isfinite(losses).any():
        raise NothingFinite(
            f"not one of {len(losses)} genomes has a finite loss: start elsewhere, make sigma "
            "smaller, or let the policy raise to see the reason"
        )
