# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The loop of a search: ask, measure, tell, until a limit is reached."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.errors import CheckpointError, ConfigError, TrainingError
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.bookkeeping import Candidates
from vynapse.evolution.box import Box
from vynapse.evolution.inline import Inline
from vynapse.evolution.policies import Trouble, not_positive, not_whole
from vynapse.evolution.population import Population
from vynapse.evolution.workers import WorkerPool

F64 = npt.NDArray[np.float64]
Stop = Literal["target", "evaluations", "generations", "seconds", "interrupted"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """Where a search stands after a generation.

    Attributes:
        x, fun: best vector so far (p,) and its value.
        evaluations, generations: so far.
        seconds: of this call.
        metrics: of the population, e.g. its step size.
    """

    x: F64
    fun: float
    evaluations: int
    generations: int
    seconds: float
    metrics: Mapping[str, float]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a search found.

    Attributes:
        x: best vector (p,).
        fun: its value.
        evaluations: values the function gave or failed to give.
        generations: completed.
        stop: why it ended: "target", the limit that was reached, or "interrupted".
        penalised: evaluations without a usable value: trouble -> how many.
        history: one row for each generation: evaluations and best value so far (generations, 2).
        seconds: of this call.
        reproducible: the same call gives the same result; False where a limit or a time-out in
            seconds had a say.
        state: what `minimize(..., state=...)` needs to go on from here, bit for bit.
    """

    x: F64
    fun: float
    evaluations: int
    generations: int
    stop: Stop
    penalised: Mapping[Trouble, int]
    history: F64 = field(repr=False)
    seconds: float
    reproducible: bool
    state: State = field(repr=False)


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop."""

    evaluations: int | None
    generations: int | None
    seconds: float | None
    target: float | None

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name in ("evaluations", "generations"):
            if getattr(self, name) is not None:
                problems += not_whole(name, getattr(self, name), least=1)
        if self.seconds is not None:
            problems += not_positive("seconds", self.seconds)
        if self.evaluations is self.generations is self.seconds is None:
            problems.append(
                "minimize: a limit was wanted, since a target alone may never be reached: give "
                "evaluations, generations or seconds"
            )
        if problems:
            raise ConfigError(problems)

    def reached(self, loop: AskTell, seconds: float) -> Stop | None:
        if self.target is not None and loop.best is not None and loop.best.loss < self.target:
            return "target"
        if self.evaluations is not None and loop.evaluations >= self.evaluations:
            return "evaluations"
        if self.generations is not None and loop.generations >= self.generations:
            return "generations"
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        return None


@final
class Search:
    """The loop: ask, measure, tell, until a limit is reached.

    Args:
        population: fresh.
        box: where vectors have to lie.
        made: what the population was made from, to be compared on loading.
    """

    def __init__(self, population: Population, box: Box, made: State) -> None:
        self._population, self._box, self._made = population, box, made
        self._loop = AskTell(population)
        self._penalised: dict[Trouble, int] = {}
        self._history: list[tuple[int, float]] = []
        self._begin = time.monotonic()
        self._interrupts = Interrupts()

    def run(
        self,
        evaluator: Inline | WorkerPool,
        limits: Limits,
        callback: Callable[[Progress], object] | None,
    ) -> Stop:
        loop = self._loop
        with self._interrupts as interrupts:
            while (stop := limits.reached(loop, self._seconds())) is None:
                before = loop.generations
                try:
                    self._measure(evaluator, limits.evaluations)
                    if callback is not None and loop.generations > before:
                        with interrupts.heard():
                            callback(self._progress())
                except KeyboardInterrupt:
                    if loop.best is None:
                        raise
                    return "interrupted"
        return stop

    def _measure(self, evaluator: Inline | WorkerPool, limit: int | None) -> None:
        """Measure what is pending, or the next generation, as far as the limit allows; tell it."""
        loop = self._loop
        left = None if limit is None else limit - loop.evaluations
        candidates = loop.pending()
        if len(candidates) == 0:
            candidates = loop.ask(left)
        candidates = Candidates(candidates.ids[:left], candidates.genomes[:left])
        losses = np.full(len(candidates), np.nan)
        vectors = self._box.inside(candidates.genomes.astype(np.float64))
        measurements = evaluator.measure(vectors, candidates.ids)
        try:
            with self._interrupts.heard(), closing(measurements):
                for row, measurement in measurements:
                    losses[row] = measurement.loss
                    if measurement.trouble is not None:
                        count = self._penalised.get(measurement.trouble, 0)
                        self._penalised[measurement.trouble] = count + 1
        finally:
            known, before = ~np.isnan(losses), loop.generations
            loop.tell(candidates.ids[known], losses[known])
            if loop.generations > before:
                self._history.append((loop.evaluations, self._best()[1]))

    def result(self, stop: Stop, reproducible: bool) -> Result:
        x, fun = self._best()
        return Result(
            x=x,
            fun=fun,
            evaluations=self._loop.evaluations,
            generations=self._loop.generations,
            stop=stop,
            penalised=dict(self._penalised),
            history=np.array(self._history, np.float64).reshape(-1, 2),
            seconds=self._seconds(),
            reproducible=reproducible,
            state=self.state(),
        )

    def state(self) -> State:
        return {
            "made": dict(self._made),
            "loop": self._loop.state(),
            "penalised": dict(self._penalised),
            "history": np.array(self._history, np.float64).reshape(-1, 2),
        }

    def load(self, state: State) -> None:
        for name, value in self._made.items():
            if not np.array_equal(state["made"][name], value):
                raise CheckpointError(
                    f"state: it is that of a search with {name}={state['made'][name]!r}, here it "
                    f"is {value!r}: call minimize as it was called then"
                )
        self._loop.load(state["loop"])
        self._penalised = dict(state["penalised"])
        self._history = [(int(count), fun) for count, fun in state["history"].tolist()]

    def _best(self) -> tuple[F64, float]:
        best = self._loop.best
        if best is None:
            raise TrainingError(
                f"not one of {self._loop.evaluations} evaluations gave a finite value: start "
                "elsewhere, make sigma smaller, or let the policy raise to see the reason"
            )
        return self._box.inside(best.genome.astype(np.float64)), best.loss

    def _progress(self) -> Progress:
        loop, (x, fun) = self._loop, self._best()
        metrics = self._population.metrics()
        return Progress(x, fun, loop.evaluations, loop.generations, self._seconds(), metrics)

    def _seconds(self) -> float:
        return time.monotonic() - self._begin


@final
class Interrupts(AbstractContextManager["Interrupts"]):
    """Ctrl-C ends the user's function at once, but never the bookkeeping in between.

    Where somebody else handles Ctrl-C, and outside the main thread, nothing is changed.
    """

    def __init__(self) -> None:
        self._requested = self._hearing = False
        self._mine = False

    def __enter__(self) -> Interrupts:
        main = threading.current_thread() is threading.main_thread()
        self._mine = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._mine:
            signal.signal(signal.SIGINT, self._notice)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside, an interrupt is raised at once, also one that came before."""
        self._hearing = True
        try:
            if self._requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._hearing = False

    def _notice(self, _number: int, _frame: FrameType | None) -> None:
        self._requested = True
        if self._hearing:
            raise KeyboardInterrupt
