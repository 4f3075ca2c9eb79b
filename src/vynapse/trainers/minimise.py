# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Minimise a plain Python function of a vector, without gradients.

The function is a task, the vector a network, and the loop is the one of every mode.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Budget, Report, State, run
from vynapse.errors import UNREADABLE, CheckpointError, ConfigError, TrainingError, first_line
from vynapse.evolution.box import F64, Bounds, limits_of
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.evaluators.kind import EVALUATORS, Streaming
from vynapse.evolution.evaluators.processes import Processes
from vynapse.evolution.function import Function
from vynapse.evolution.function_task import FunctionTask
from vynapse.evolution.named import make_population
from vynapse.evolution.policies import Policy, Trouble, is_finite, not_positive, not_whole
from vynapse.evolution.search import SearchStepper
from vynapse.evolution.workers import refuse_unimportable
from vynapse.trainers.population import PopulationTrainer

Stop = Literal["target", "evaluations", "generations", "seconds", "interrupted", "nothing finite"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where a search stands after a generation.

    Attributes:
        x, fun: best vector so far (p,) and its value.
        evaluations, generations: so far.
        seconds: the time of this call.
        metrics: the metrics of the population, e.g. its step size.
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
        stop: why it ended: "target", the limit that was reached, "interrupted", or "nothing
            finite" where no value of a generation was.
        penalised: evaluations without a usable value: trouble -> how many.
        history: one row for each generation: evaluations and best value so far (generations, 2).
        seconds: the time of this call.
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


def minimize(
    function: Function,
    x0: npt.ArrayLike,
    *,
    sigma: float,
    strategy: str | Mapping[str, Any] = "snes",
    evaluations: int | None = None,
    generations: int | None = None,
    seconds: float | None = None,
    target: float | None = None,
    population: int | None = None,
    bounds: Bounds | None = None,
    seed: int = 0,
    workers: int = 1,
    batched: bool = False,
    policy: Policy | None = None,
    callback: Callable[[Standing], object] | None = None,
    state: State | None = None,
    evaluator: str | Mapping[str, Any] | None = None,
) -> Result:
    """Look for the vector at which a plain Python function is lowest.

    Ctrl-C returns the best so far with `stop="interrupted"`. Wrong arguments are ConfigErrors, a
    `state` of another search is a CheckpointError, no finite value or as policy: TrainingErrors.

    Args:
        function: vector (p,) float64 -> one real number, lower is better.
        x0: where to start, (p,).
        sigma: standard deviation of all first steps: about a third of the way to the optimum.
        strategy: name of the strategy, or a mapping of its `kind` and keys of it.
        evaluations, generations, seconds: limits, at least one. Evaluations are never exceeded;
            the others, and the target, are looked at after each generation.
        target: stop when the best value is below it.
        population: genomes of the first generation; None for what suits strategy and dimension.
        bounds: two limits, numbers or (p,); or p pairs (lowest, highest). Reflection keeps them.
        seed: the seed of all random numbers.
        workers: how many processes evaluate, 1 for this one; with a time-out 1 is a process too.
        batched: the function takes vectors (n, p) and gives their values (n,).
        policy: what becomes of evaluations that give no usable value.
        callback: called after each generation.
        state: the state of a result, to go on from bit for bit; limits but seconds count it in.
        evaluator: what measures in place of `workers`: a kind, or a mapping of `kind` and keys.
    """
    limits = Limits(evaluations, generations, seconds, target)
    policy = policy or Policy()
    evaluating = _evaluator(function, workers, batched, policy, evaluator)
    _check(sigma, population, seed, strategy, callback)
    start = _vector(x0)
    limited = limits_of(bounds, start)
    task = FunctionTask(function, start, *limited, policy=policy, batched=batched)
    size = None if population is None else int(population)
    found = make_population(strategy, task.start, sigma=float(sigma), size=size, seed=int(seed))
    with evaluating as measuring:
        stepper = SearchStepper(found, measuring, task.encoding(), task.objective(), evaluations)
        made = {"strategy": strategy, "population": population, "seed": int(seed)}
        search = _Search(task, stepper, limits, {**made, "sigma": float(sigma)}, callback)
        if state is not None:
            search.load(state)
        stop = search.run()
    return search.result(stop, reproducible=seconds is None and policy.timeout is None)


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
        if self.target is not None and not is_finite(self.target):
            problems.append(f"target: a finite number was wanted, got {self.target!r}")
        if self.evaluations is self.generations is self.seconds is None:
            problems.append(
                "minimize: a limit was wanted, since a target alone may never be reached: give "
                "evaluations, generations or seconds"
            )
        if problems:
            raise ConfigError(problems)

    def reached(self, stepper: SearchStepper, seconds: float) -> Stop | None:
        """The first limit that is reached, the target first."""
        loop = stepper.loop
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
class _Search:
    """One call of `minimize`: the trainer in the loop, and what is told of it."""

    def __init__(
        self,
        task: FunctionTask,
        stepper: SearchStepper,
        limits: Limits,
        made: State,
        callback: Callable[[Standing], object] | None,
    ) -> None:
        self._stepper, self._limits = stepper, limits
        self._made = {**made, "x0": task.start, "low": task.box.low, "high": task.box.high}
        self._callback, self._told = callback, 0
        self._trainer = PopulationTrainer(task.encoding(), stepper, task.start)
        self._begin = time.monotonic()

    def run(self) -> Stop:
        """Step until a limit is reached, and say which."""
        self._told = self._stepper.generation
        with self._stepper.interrupts:
            try:
                if self._reached() is None:
                    progress = run(
                        self._trainer,
                        Budget(),
                        observers=[self._tell],
                        interrupted=lambda: self._reached() is not None,
                    )
                    if progress.stop == "nothing finite":
                        return "nothing finite"
            except KeyboardInterrupt:
                if self._stepper.loop.best is None:
                    raise
                return "interrupted"
        return self._reached() or "interrupted"

    def load(self, state: Any) -> None:
        made = state.get("made") if isinstance(state, Mapping) else None
        if not isinstance(made, Mapping) or made.keys() != self._made.keys():
            raise CheckpointError("state: the state of a result of minimize was wanted")
        for name, value in self._made.items():
            if not np.array_equal(made[name], value):
                raise CheckpointError(
                    f"state: it is that of a search with {name}={made[name]!r}, here it is "
                    f"{value!r}: call minimize as it was called then"
                )
        try:
            self._stepper.load(state)
        except UNREADABLE as error:
            raise CheckpointError(f"state: it was changed ({first_line(error)})") from None
        best, start = self._stepper.loop.best, self._made["x0"]
        if best is not None and best.genome.shape != start.shape:
            raise CheckpointError(
                f"state: it was changed: a best vector of shape {start.shape} was wanted, got "
                f"{best.genome.shape}"
            )

    def result(self, stop: Stop, *, reproducible: bool) -> Result:
        stepper, (x, fun) = self._stepper, self._best()
        known: Any = dict(stepper.penalised)
        return Result(
            x=x,
            fun=fun,
            evaluations=stepper.loop.evaluations,
            generations=stepper.loop.generations,
            stop=stop,
            penalised=known,
            history=np.array(stepper.history, np.float64).reshape(-1, 2),
            seconds=self._seconds(),
            reproducible=reproducible,
            state={"made": dict(self._made), **stepper.state()},
        )

    def _tell(self, report: Report) -> None:
        """Call the user back after a generation; Ctrl-C ends that call too."""
        if self._callback is None or report.step == self._told:
            return
        self._told = report.step
        (x, fun), loop = self._best(), self._stepper.loop
        standing = Standing(
            x, fun, loop.evaluations, loop.generations, self._seconds(), dict(report.metrics)
        )
        with self._stepper.interrupts.heard():
            self._callback(standing)

    def _best(self) -> tuple[F64, float]:
        best = self._stepper.best()
        if best is None:
            raise TrainingError(
                f"not one of {self._stepper.loop.evaluations} evaluations gave a finite value: "
                "start elsewhere, make sigma smaller, or let the policy raise to see the reason"
            )
        return best

    def _reached(self) -> Stop | None:
        return self._limits.reached(self._stepper, self._seconds())

    def _seconds(self) -> float:
        return time.monotonic() - self._begin


def _evaluator(
    function: Function,
    workers: int,
    batched: bool,
    policy: Policy,
    named: str | Mapping[str, Any] | None,
) -> AbstractContextManager[Streaming]:
    problems = not_whole("workers", workers, least=1)
    inline = workers == 1 and policy.timeout is None
    if named is not None and workers != 1:
        problems.append("workers: the evaluator has its own count: use workers=1 with it")
    if batched and named is None and not inline:
        problems.append(
            "batched: one call takes a whole generation in this process: use workers=1 and no "
            "timeout with it"
        )
    if problems:
        raise ConfigError(problems)
    if named is not None:
        found: AbstractContextManager[Streaming] = EVALUATORS.choose(named, "evaluator").build()
        return found
    if inline:
        return Inline()
    refuse_unimportable(function)
    return Processes(workers)


def _check(sigma: float, population: int | None, seed: int, strategy: Any, callback: Any) -> None:
    problems = not_positive("sigma", sigma)
    if not isinstance(strategy, str | Mapping):
        problems.append(
            f"strategy: a name, or a mapping of its kind and keys was wanted, got {strategy!r}"
        )
    if callback is not None and not callable(callback):
        problems.append(f"callback: a function of a Standing was wanted, got {callback!r}")
    if population is not None:
        problems += not_whole("population", population, least=2)
    if not_whole("seed", seed, least=0) or seed >= 2**64:
        problems.append(f"seed: an integer in [0, 2^64) was wanted, got {seed!r}")
    if problems:
        raise ConfigError(problems)


def _vector(x0: npt.ArrayLike) -> F64:
    start = np.asarray(x0)
    if start.ndim != 1 or start.size == 0 or start.dtype.kind not in "fiu":
        raise ConfigError(
            f"x0: a vector of at least one real number was wanted, got {start.dtype} of shape "
            f"{start.shape}"
        )
    if not np.isfinite(start).all():
        raise ConfigError(f"x0: finite numbers were wanted, got {start}")
    return start.astype(np.float64)
