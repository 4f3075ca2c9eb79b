# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Many generations in one call of a kernel, for small MLPs on the examples of a task.

The law is that of `EvolutionStrategy`; only the arithmetic of the losses is the kernel's own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.errors import ConfigError
from vynapse.evolution.evaluator import Objective
from vynapse.evolution.fitness import usable
from vynapse.evolution.strategies import EvolutionStrategy
from vynapse.kernels.evolve import evolution
from vynapse.kernels.reference.law import Problem
from vynapse.networks.arrays import Layers
from vynapse.seeding import F32

PARAMETERS: Final = 3000
"""Networks with more weights are left to matrix products, which read a weight less often: here they
catch up with AVX2 (benchmarks/results/fused.md)."""

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What k generations did.

    Attributes:
        champion: the best network measured (p,).
        champion_loss: its loss in the kernel's arithmetic.
        measured: how many networks were measured in each generation (k,).
        columns: name -> measurement of each generation (k,), NaN where there is none.
    """

    champion: F32
    champion_loss: float
    measured: Column
    columns: dict[str, Column]


@final
class FusedEvolution:
    """An evolution strategy and the kernel that carries it out.

    Args:
        strategy: one that is `fusable`.
        structure: of the networks, at most `PARAMETERS` weights.
        objective: what they are measured on.
        threads: that share the work of a generation; they change no bit.

    Attributes:
        seconds: spent so far, by kind of work.
    """

    def __init__(
        self, strategy: EvolutionStrategy, structure: Layers, objective: Objective, threads: int = 1
    ) -> None:
        self._strategy = strategy
        self._kernel = evolution(_problem(structure, objective), strategy.law(), threads)
        self.seconds = {"variation": 0.0, "evaluation": 0.0, "selection": 0.0}

    @property
    def largest(self) -> int:
        """Most networks that a generation measures: the first after a (re)start."""
        return max(self._strategy.mu, self._strategy.offspring)

    def advance(self, generations: int, target: float) -> Stretch:
        """Up to `generations` generations; fewer only when a loss falls below `target`.

        Raises:
            TrainingError: not one network of a generation has a finite loss.
        """
        parts: list[Stretch] = []
        left = generations
        while left and (not parts or parts[-1].champion_loss >= target):
            begun = self._strategy.begun
            parts.append(self._evolve(left, target) if begun else self._begin())
            left -= len(parts[-1].measured)
        return _joined(parts)

    def _begin(self) -> Stretch:
        """The first generation, or the first after a restart."""
        moments = [time.perf_counter()]
        genomes = self._strategy.ask()
        moments.append(time.perf_counter())
        losses, invalid = usable(self._kernel.measure(genomes))
        moments.append(time.perf_counter())
        self._strategy.tell(genomes, losses)
        moments.append(time.perf_counter())
        self._spend(np.diff(moments).tolist())
        best = int(losses.argmin())
        values = {
            "train_best": losses[best],
            "train_mean": losses[np.isfinite(losses)].mean(),
            "invalid": float(invalid),
            "sigma": np.nan,
            **self._strategy.metrics(),
        }
        columns = {name: np.array([value], np.float64) for name, value in values.items()}
        return Stretch(genomes[best].copy(), losses[best], np.array([len(genomes)]), columns)

    def _evolve(self, generations: int, target: float) -> Stretch:
        """Generations up to the next restart."""
        began = time.perf_counter()
        restarts = self._strategy.restarts
        done = self._strategy.evolve(self._kernel, generations, target)
        seconds = time.perf_counter() - began
        ticks = sum(done.ticks)
        # a machine without a clock that the kernel can read: one word for all of it
        shares = [t / ticks for t in done.ticks] if ticks else [0, 1, 0]
        self._spend([seconds * share for share in shares])
        count = len(done.best)
        columns = {
            "train_best": done.best.astype(np.float64),
            "train_mean": done.mean,
            "invalid": done.invalid.astype(np.float64),
            "sigma": done.sigma,
            "restarts": np.full(count, float(restarts)),
        }
        columns["restarts"][-1] = self._strategy.restarts
        measured = np.full(count, self._strategy.offspring)
        return Stretch(done.champion, done.champion_loss, measured, columns)

    def _spend(self, seconds: Sequence[float]) -> None:
        for name, spent in zip(self.seconds, seconds, strict=True):
            self.seconds[name] += spent


def _joined(parts: Sequence[Stretch]) -> Stretch:
    best = min(parts, key=lambda part: part.champion_loss)
    columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    measured = np.concatenate([part.measured for part in parts])
    return Stretch(best.champion, best.champion_loss, measured, columns)


def _problem(structure: Layers, objective: Objective) -> Problem:
    inputs = np.ascontiguousarray(objective.inputs.reshape(len(objective.inputs), -1))
    if (loss := objective.task.loss.kernel) is None:
        raise ConfigError(f"the kernel does not know the loss {objective.task.loss.name!r}")
    return Problem(
        sizes=structure.sizes,
        hidden=structure.hidden,
        output=structure.output or "identity",
        bias=structure.bias,
        loss=loss,
        inputs=inputs,
        targets=objective.targets,
    )
