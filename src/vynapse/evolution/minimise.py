# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Minimise a plain Python function of a vector, without gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.evolution.box import Box
from vynapse.evolution.inline import Function, Inline
from vynapse.evolution.named import Plan, Strategy, make_population
from vynapse.evolution.policies import Policy, not_positive, not_whole
from vynapse.evolution.search import Limits, Progress, Result, Search
from vynapse.evolution.workers import WorkerPool

F64 = npt.NDArray[np.float64]


def minimize(
    function: Function,
    x0: npt.ArrayLike,
    *,
    sigma: float,
    strategy: Strategy = "snes",
    evaluations: int | None = None,
    generations: int | None = None,
    seconds: float | None = None,
    target: float | None = None,
    population: int | None = None,
    bounds: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    seed: int = 0,
    workers: int = 1,
    batched: bool = False,
    policy: Policy | None = None,
    callback: Callable[[Progress], object] | None = None,
    state: State | None = None,
) -> Result:
    """Look for the vector at which a plain Python function is lowest.

    Ctrl-C returns the best so far with `stop="interrupted"`. Errors in the arguments are
    ConfigErrors, a `state` of another search is a CheckpointError, and TrainingErrors are as the
    policy says or tell that no value is finite.

    Args:
        function: vector (p,) float64 -> one real number, lower is better.
        x0: where to start, (p,).
        sigma: standard deviation of the first steps, the same for all parameters: about a third
            of the distance to the optimum.
        strategy: name of the strategy; "cma-es" needs the package `cma`.
        evaluations, generations, seconds: limits, of which at least one is needed. Evaluations are
            never exceeded; the others, and the target, are looked at after each generation.
        target: stop when the best value is below it.
        population: genomes of the first generation; None for what suits strategy and dimension.
        bounds: lowest and highest values, numbers or (p,); kept by reflection.
        seed: of all random numbers.
        workers: how many processes evaluate, 1 for this one; with a time-out 1 is a process too.
        batched: the function takes vectors (n, p) and gives their values (n,).
        policy: what becomes of evaluations that give no usable value.
        callback: called after each generation.
        state: of an earlier result, to go on from bit for bit; limits but seconds count it in.
    """
    limits = Limits(evaluations, generations, seconds, target)
    policy = policy or Policy()
    evaluating = _evaluator(function, workers, batched, policy)
    search = _search(strategy, x0, sigma, population, bounds, seed)
    if state is not None:
        search.load(state)
    with evaluating() as evaluator:
        stop = search.run(evaluator, limits, callback)
    return search.result(stop, reproducible=seconds is None and policy.timeout is None)


def _evaluator(
    function: Function, workers: int, batched: bool, policy: Policy
) -> Callable[[], AbstractContextManager[Inline | WorkerPool]]:
    """What makes the evaluator, once everything else is known to be right."""
    problems = not_whole("workers", workers, least=1)
    inline = workers == 1 and policy.timeout is None
    if batched and not inline:
        problems.append(
            "batched: one call takes a whole generation in this process: use workers=1 and no "
            "timeout with it"
        )
    if problems:
        raise ConfigError(problems)
    if inline:
        return lambda: nullcontext(Inline(function, policy, batched))
    return lambda: WorkerPool(function, workers, policy)


def _search(
    strategy: Strategy,
    x0: npt.ArrayLike,
    sigma: float,
    population: int | None,
    bounds: tuple[npt.ArrayLike, npt.ArrayLike] | None,
    seed: int,
) -> Search:
    """A fresh search, and what it was made from."""
    problems = not_positive("sigma", sigma)
    if population is not None:
        problems += not_whole("population", population, least=2)
    if not_whole("seed", seed, least=0) or seed >= 2**64:
        problems.append(f"seed: an integer in [0, 2^64) was wanted, got {seed!r}")
    if problems:
        raise ConfigError(problems)
    start = _vector(x0)
    low, high = bounds or (-math.inf, math.inf)
    box = Box(low, high, start)
    made = {
        "strategy": strategy,
        "x0": start,
        "sigma": float(sigma),
        "population": population,
        "seed": int(seed),
        "low": box.low,
        "high": box.high,
    }
    plan = Plan(start, float(sigma), population, int(seed))
    return Search(make_population(strategy, plan), box, made)


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
