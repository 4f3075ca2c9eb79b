# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Many generations in one call of a kernel, for small MLPs on the examples of a task.

The rule is that of `EvolutionStrategy`; only the arithmetic of the losses is the kernel's own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple, final

import numpy as np

from vynapse.core import Cost, State
from vynapse.errors import ConfigError, NothingFinite
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.fitness import usable
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import ExamplesObjective, TrainingExamples
from vynapse.evolution.stepper import Column, Generations
from vynapse.kernels.evolve import evolution
from vynapse.kernels.reference.law import Problem
from vynapse.networks.arrays import Layers, forward_flops

PARAMETERS: Final = 3000
"""Networks with more weights are left to matrix products, which read a weight less often: here they
catch up with AVX2 (benchmarks/results/fused.md)."""


@final
class FusedStepper:
    """An evolution strategy and the kernel that carries it out.

    Args:
        strategy: one that is `fusable`.
        structure: the structure of the networks, with at most `PARAMETERS` weights.
        objective: what they are measured on.
        per_call: generations of a call.
        threads: that share the work of a generation; they change no bit.
    """

    counts: ClassVar[tuple[str, ...]] = TrainingExamples.counts

    def __init__(
        self,
        strategy: EvolutionStrategy,
        structure: Layers,
        objective: ExamplesObjective,
        per_call: int = 100,
        threads: int = 1,
    ) -> None:
        self.population, self._examples = strategy, len(objective.inputs)
        self._flops = forward_flops(structure)
        self._kernel = evolution(_problem(structure, objective), strategy.law(), threads)
        self.generation, self.per_call = 0, per_call
        self.seconds = {"variation": 0.0, "evaluation": 0.0, "selection": 0.0}

    def path(self) -> str:
        """Everything in one kernel."""
        return "fused"

    def dearest(self) -> Cost:
        """That of the first generation after a (re)start, which measures the most networks."""
        forwards = max(self.population.mu, self.population.offspring) * self._examples
        return Cost(forwards=forwards, backwards=0, flops=forwards * self._flops)

    def advance(self, most: int, target: float) -> Generations[Genomes]:
        """Up to `most` generations; fewer only when a loss falls below `target`.

        Raises:
            TrainingError: not one network of a generation has a finite loss.
        """
        parts: list[_Part] = []
        left = most
        while left and (not parts or parts[-1].best_loss >= target):
            # overflow in a wild network is counted as invalid, not warned about
            with np.errstate(over="ignore", invalid="ignore"):
                part = self._part(left, target, first=not parts)
            if part is None:
                break
            parts.append(part)
            left -= len(part.measured)
        self.generation += most - left
        return self._joined(parts)

    def state(self) -> State:
        """Number of generations and population."""
        return {"generation": self.generation, "population": self.population.state()}

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self.generation = state["generation"]
        self.population.load(state["population"])

    def _part(self, generations: int, target: float, *, first: bool) -> _Part | None:
        """What comes next, of up to so many generations.

        A kernel that meets a generation without a finite loss gives nothing of that call, so the
        stretch before it is looked for with ever fewer generations.

        Args:
            generations: at most.
            target: stop once a loss is below it.
            first: whether this call has made no generation yet.

        Returns:
            None where it is for the next call to say that nothing is finite: what this one has
            made is reported first.
        """
        try:
            if not self.population.begun:
                return self._begin()
            return self._evolve(generations, target)
        except NothingFinite:
            if generations > 1 and self.population.begun:
                return self._part(generations // 2, target, first=first)
            if first:
                raise
            return None

    def _begin(self) -> _Part:
        """The first generation, or the first after a restart."""
        moments = [time.perf_counter()]
        genomes = self.population.ask()
        moments.append(time.perf_counter())
        losses, invalid = usable(self._kernel.measure(genomes))
        moments.append(time.perf_counter())
        self.population.tell(genomes, Measured(losses))
        moments.append(time.perf_counter())
        self._spend(np.diff(moments).tolist())
        best = int(losses.argmin())
        values = {
            "train_best": losses[best],
            "train_mean": losses[np.isfinite(losses)].mean(),
            "invalid": float(invalid),
            "sigma": np.nan,
            **self.population.metrics(),
        }
        columns = {name: np.array([value], np.float64) for name, value in values.items()}
        return _Part(genomes[best].copy(), losses[best], np.array([len(genomes)]), columns)

    def _evolve(self, generations: int, target: float) -> _Part:
        """Generations up to the next restart."""
        began = time.perf_counter()
        restarts = self.population.restarts
        done = self.population.evolve(self._kernel, generations, target)
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
        columns["restarts"][-1] = self.population.restarts
        measured = np.full(count, self.population.offspring)
        return _Part(done.champion, done.champion_loss, measured, columns)

    def _spend(self, seconds: Sequence[float]) -> None:
        for name, spent in zip(self.seconds, seconds, strict=True):
            self.seconds[name] += spent

    def _joined(self, parts: Sequence[_Part]) -> Generations[Genomes]:
        """The parts one after the other."""
        best = min(parts, key=lambda part: part.best_loss)
        networks = np.cumsum(np.concatenate([part.measured for part in parts]))
        forwards = networks * self._examples
        costs = {
            "forwards": forwards,
            "backwards": np.zeros_like(forwards),
            "flops": forwards * self._flops,
        }
        columns = {
            name: np.concatenate([part.columns[name] for part in parts])
            for name in parts[0].columns
        }
        return Generations(best.best[None], float(best.best_loss), costs, columns)


class _Part(NamedTuple):
    """What the generations between two restarts did: the best genome (p,) and its loss, how many
    networks each generation measured (k,), and other measurements of each (k,).
    """

    best: Genome
    best_loss: float
    measured: Column
    columns: dict[str, Column]


def _problem(structure: Layers, objective: ExamplesObjective) -> Problem:
    inputs = np.ascontiguousarray(objective.inputs.reshape(len(objective.inputs), -1))
    if (loss := objective.loss.kernel) is None:
        raise ConfigError(f"the kernel does not know the loss {objective.loss.name!r}")
    return Problem(
        sizes=structure.sizes,
        hidden=structure.hidden,
        output=structure.output or "identity",
        bias=structure.bias,
        loss=loss,
        inputs=inputs,
        targets=objective.targets,
    )
