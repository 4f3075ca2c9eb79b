# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weight evolution of small MLPs, K generations a call: in C, or where it is absent in NumPy.

`reference.evolve` says what is computed; which of the two computes it changes no bit.
"""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_float, c_int32, c_int64, c_uint64, c_void_p
from typing import Any, Final, Protocol, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.kernels import native
from vynapse.kernels.reference.chance import step_rate
from vynapse.kernels.reference.evolve import ReferenceEvolution
from vynapse.kernels.reference.functions import ACTIVATIONS
from vynapse.kernels.reference.law import (
    LANES,
    EvolutionState,
    EvolvedGenerations,
    GenerationRule,
    Problem,
    Stop,
)
from vynapse.seeding import F32

_SHARED: Final = 10_000_000
"""Multiply-adds of a generation from which on threads share it."""
_TILE: Final = 4
_LOSSES: Final = ("mse", "cross_entropy")
_ADAPTATIONS: Final = ("inherited", "scheduled", "self")
_STOPS: Final[tuple[Stop, ...]] = ("", "target", "stagnant", "invalid")


@runtime_checkable
class Evolution(Protocol):
    """A law on a problem."""

    def measure(self, genomes: F32) -> F32:
        """Losses (n,) of genomes (n, p); +inf where a loss is not finite."""

    def run(
        self, standing: EvolutionState, generations: int, target: float, step_sizes: F32 | None
    ) -> EvolvedGenerations:
        """Up to `generations` generations, as `ReferenceEvolution.run`."""


def evolution(problem: Problem, law: GenerationRule, threads: int = 1) -> Evolution:
    """The fastest there is: `native.status()` says which.

    Args:
        problem: what is evolved.
        law: how.
        threads: that may share the children of a generation; they change no bit, and do so only
            where a generation takes about a millisecond: a round of threads costs a third of it.
    """
    library = native.status().library
    if library is None:
        return ReferenceEvolution(problem, law)
    work = law.offspring * len(problem.inputs) * problem.parameters
    return NativeEvolution(problem, law, library, threads if work >= _SHARED else 1)


class _Problem(ctypes.Structure):
    _fields_ = (
        ("sizes", c_void_p),
        ("inputs", c_void_p),
        ("targets", c_void_p),
        ("labels", c_void_p),
        *((name, c_int32) for name in ("layers", "bias", "hidden", "output", "loss")),
        ("examples", c_int32),
        ("parameters", c_int32),
    )


class _Law(ctypes.Structure):
    _fields_ = (
        ("mask", c_void_p),
        ("step_sizes", c_void_p),
        ("target", c_double),
        ("min_delta", c_double),
        ("patience", c_int64),
        ("uniform", native.Address),
        ("normal", native.Address),
        *((name, c_int32) for name in ("mu", "offspring", "kept", "tournament", "adaptation")),
        *((name, c_float) for name in ("crossover_rate", "mutation_rate", "sigma_min", "tau")),
    )


class _State(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("parents", "losses")),
        *((name, c_void_p) for name in ("children", "child_losses", "child_sigmas")),
        *((name, c_void_p) for name in ("order", "spare_order", "champion")),
        ("reference", c_double),
        ("waited", c_int64),
        ("generation", c_int64),
        ("ticks", c_uint64 * 3),
        ("champion_loss", c_float),
        ("referenced", c_int32),
        ("stop", c_int32),
    )


class _History(ctypes.Structure):
    _fields_ = tuple((name, c_void_p) for name in ("best", "mean", "sigma", "invalid"))


@final
class NativeEvolution:
    """The law on a problem, in C.

    Args:
        problem: what is evolved.
        law: how.
        library: the kernels.
        threads: that share the children of a generation.
    """

    def __init__(
        self, problem: Problem, law: GenerationRule, library: native.Library, threads: int = 1
    ) -> None:
        self._parameters = problem.parameters
        self._chunks = -(-law.offspring // LANES)
        self._threads = min(threads, self._chunks)
        width = max(problem.sizes[1:])
        self._work = np.empty((self._threads, 2 * width * _TILE * LANES), np.float32)
        p, m, c = self._parameters, law.mu, self._chunks
        self._arrays: dict[str, np.ndarray[Any, Any]] = {
            # weights, the step size, and zeros up to a multiple of four
            "parents": np.zeros((m, p // 4 * 4 + 4), np.float32),
            "losses": np.empty(m, np.float32),
            "children": np.empty((c, p, LANES), np.float32),
            **{name: np.empty(c * LANES, np.float32) for name in ("child_losses", "child_sigmas")},
            **{name: np.empty(law.offspring, np.uint64) for name in ("order", "spare_order")},
            "champion": np.empty(p, np.float32),
        }
        self._problem, self._held = _native_problem(problem)
        self._mask = None if law.mask is None else np.ascontiguousarray(law.mask, np.uint8)
        self._law = _native_law(law, self._mask, p)
        pointers, numbers = c_void_p, c_int64
        self._evolve = library.function("evolve", c_int64, *[pointers] * 5, numbers)
        self._measure = library.function("measure", None, *[pointers] * 4, numbers, numbers)
        self._vary = library.function("vary", None, *[pointers] * 3, c_float, numbers, numbers)
        self._select = library.function("select", None, *[pointers] * 4, numbers)

    def measure(self, genomes: F32) -> F32:
        """Losses (n,) of genomes (n, p); +inf where a loss is not finite."""
        chunks = -(-len(genomes) // LANES)
        padded = np.zeros((chunks * LANES, self._parameters), np.float32)
        padded[: len(genomes)] = genomes
        lanes = np.ascontiguousarray(padded.reshape(chunks, LANES, -1).transpose(0, 2, 1))
        losses = np.empty(chunks * LANES, np.float32)
        self._measure(
            ctypes.byref(self._problem),
            native.pointer(lanes),
            native.pointer(losses),
            native.pointer(self._work),
            0,
            chunks,
        )
        return losses[: len(genomes)].copy()

    def run(
        self, standing: EvolutionState, generations: int, target: float, step_sizes: F32 | None
    ) -> EvolvedGenerations:
        """Up to `generations` generations, as `ReferenceEvolution.run`."""
        state = self._state(standing)
        rows: dict[str, np.ndarray[Any, Any]] = {
            "best": np.empty(generations, np.float32),
            "mean": np.full(generations, np.nan),
            "sigma": np.full(generations, np.nan),
            "invalid": np.empty(generations, np.int32),
        }
        history = _History(**{name: native.pointer(array) for name, array in rows.items()})
        self._law.target, self._law.step_sizes = target, native.pointer(step_sizes)
        if self._threads == 1:
            made = self._evolve(
                ctypes.byref(self._problem),
                ctypes.byref(self._law),
                ctypes.byref(state),
                ctypes.byref(history),
                native.pointer(self._work),
                generations,
            )
        else:
            made = self._run_in_threads(state, history, generations, step_sizes)
        p, parents = self._parameters, self._arrays["parents"]
        after = EvolutionState(
            parents[:, :p].copy(),
            self._arrays["losses"].copy(),
            parents[:, p].copy(),
            state.generation,
            state.reference if state.referenced else None,
            state.waited,
        )
        best, mean, sigma, invalid = (array[:made].copy() for array in rows.values())
        champion = self._arrays["champion"].copy()
        variation, evaluation, selection = state.ticks
        ticks = (variation, evaluation, selection)
        stop = _STOPS[state.stop]
        return EvolvedGenerations(
            after, stop, champion, state.champion_loss, best, mean, sigma, invalid, ticks
        )

    def _run_in_threads(
        self, state: _State, history: _History, generations: int, step_sizes: F32 | None
    ) -> int:
        """Chunks of children are shared; selection is one thread's work."""
        from concurrent.futures import ThreadPoolExecutor

        problem, law = ctypes.byref(self._problem), ctypes.byref(self._law)
        own, rows = ctypes.byref(state), ctypes.byref(history)
        bounds = [self._chunks * t // self._threads for t in range(self._threads + 1)]
        children, losses = self._arrays["children"], self._arrays["child_losses"]

        def share(thread: int, scheduled: float) -> None:
            chunks = bounds[thread], bounds[thread + 1]
            self._vary(problem, law, own, scheduled, *chunks)
            work = native.pointer(self._work[thread])
            self._measure(problem, native.pointer(children), native.pointer(losses), work, *chunks)

        made = 0
        with ThreadPoolExecutor(self._threads) as pool:
            while made < generations and state.stop == 0:
                scheduled = 0.0 if step_sizes is None else float(step_sizes[made])
                list(pool.map(share, range(self._threads), [scheduled] * self._threads))
                self._select(problem, law, own, rows, made)
                made += 1
        return made

    def _state(self, standing: EvolutionState) -> _State:
        arrays = self._arrays
        p, parents = self._parameters, arrays["parents"]
        parents[:, :p], parents[:, p] = standing.genomes, standing.sigmas
        arrays["losses"][:] = standing.losses
        arrays["champion"][:] = 0
        return _State(
            **{name: native.pointer(array) for name, array in arrays.items()},
            reference=standing.reference or 0.0,
            referenced=standing.reference is not None,
            waited=standing.waited,
            generation=standing.generation,
            champion_loss=float("inf"),
        )


def _native_problem(problem: Problem) -> tuple[_Problem, list[npt.NDArray[Any]]]:
    """The structure, and the arrays that must live as long as it."""
    sizes = np.array(problem.sizes, np.int32)
    inputs = np.ascontiguousarray(problem.inputs, np.float32)
    squares = problem.loss == "mse"
    targets = np.ascontiguousarray(problem.targets, np.float32 if squares else np.int32)
    names = list(ACTIVATIONS)
    structure = _Problem(
        sizes=native.pointer(sizes),
        inputs=native.pointer(inputs),
        targets=native.pointer(targets) if squares else None,
        labels=None if squares else native.pointer(targets),
        layers=len(sizes) - 1,
        bias=problem.bias,
        hidden=names.index(problem.hidden),
        output=names.index(problem.output),
        loss=_LOSSES.index(problem.loss),
        examples=len(inputs),
        parameters=problem.parameters,
    )
    return structure, [sizes, inputs, targets]


def _native_law(law: GenerationRule, mask: npt.NDArray[Any] | None, parameters: int) -> _Law:
    return _Law(
        mask=native.pointer(mask),
        min_delta=law.min_delta,
        patience=law.patience or 0,
        uniform=native.address(law.uniform),
        normal=native.address(law.normal),
        mu=law.mu,
        offspring=law.offspring,
        kept=law.kept,
        tournament=law.tournament,
        adaptation=_ADAPTATIONS.index(law.adaptation),
        crossover_rate=law.crossover_rate,
        mutation_rate=law.mutation_rate,
        sigma_min=law.sigma_min,
        tau=float(step_rate(parameters)),
    )
