# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Weight evolution of small MLPs: one generation of (mu + lambda) or (mu, lambda), stated exactly.

It is the law of `vynapse.evolution.strategies.EvolutionStrategy` with tournaments, uniform
crossover and Gaussian mutation, and a loss in an arithmetic that C repeats bit for bit: float32,
elementwise, every sum in a stated order.

Shapes: `p` parameters, `m` parents (mu), `n` networks, `b` examples, `i` inputs and `o` outputs of
a layer. Individuals are the last axis here; callers see rows.
"""

from __future__ import annotations

import time
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.chance import Decisions, Draws
from vynapse.kernels.reference.functions import ACTIVATIONS, exp, log
from vynapse.kernels.reference.law import (
    F64,
    I32,
    LANES,
    EvolutionState,
    EvolvedGenerations,
    GenerationRule,
    Problem,
    Stop,
)
from vynapse.seeding import F32

_VALUES: Final = 1 << 18
"""Activations held at once; they are elementwise, so this changes no bit."""


@final
class ReferenceEvolution:
    """The law on a problem, in NumPy.

    Args:
        problem: what is evolved.
        law: how.
    """

    def __init__(self, problem: Problem, law: GenerationRule) -> None:
        self._problem, self._law = problem, law

    def measure(self, genomes: F32) -> F32:
        """Losses (n,) of genomes (n, p); +inf where a loss is not finite."""
        return measure(self._problem, np.ascontiguousarray(genomes.T))

    def run(
        self, standing: EvolutionState, generations: int, target: float, step_sizes: F32 | None
    ) -> EvolvedGenerations:
        """Up to `generations` generations.

        Args:
            standing: where to start.
            generations: how many, at least 1.
            target: stop once a child's loss is below it; -inf for never.
            step_sizes: one step size for each generation where "scheduled".
        """
        problem, law, clock = self._problem, self._law, time.perf_counter_ns
        parents, losses, sigmas = standing.genomes.T, standing.losses, standing.sigmas
        reference, waited = standing.reference, standing.waited
        champion, champion_loss = np.zeros(problem.parameters, np.float32), np.float32(np.inf)
        measured: list[F32] = []
        chosen: list[F32] = []
        variation = evaluation = selection = 0
        stop: Stop = ""
        draws = Draws(law, problem.parameters, standing.generation, generations)
        while len(measured) < generations and not stop:
            began = clock()
            scheduled = None if step_sizes is None else step_sizes[len(measured)]
            decisions = draws.decisions(len(measured))
            with np.errstate(over="ignore", invalid="ignore"):
                children, steps = vary(law, parents, sigmas, decisions, scheduled)
            varied = clock()
            child_losses = measure(problem, children)
            known = clock()
            measured.append(child_losses)
            lowest = int(child_losses.argmin())
            if child_losses[lowest] < champion_loss:
                champion, champion_loss = children[:, lowest].copy(), child_losses[lowest]
            if child_losses[lowest] == np.inf:
                stop = "invalid"
                break
            pool = np.concatenate([losses[: law.kept], child_losses])
            best = pool.argsort(kind="stable")[: law.mu]
            parents = np.concatenate([parents[:, : law.kept], children], axis=1)[:, best]
            sigmas = np.concatenate([sigmas[: law.kept], steps])[best]
            losses = pool[best]
            chosen.append(sigmas)
            reference, waited = stagnation(law, float(losses[0]), reference, waited)
            if law.patience is not None and waited >= law.patience:
                stop = "stagnant"
            if child_losses[lowest] < target:
                stop = "target"
            variation += varied - began
            evaluation += known - varied
            selection += clock() - known
        rows = np.ascontiguousarray(parents.T)
        generation = standing.generation + len(chosen)
        after = EvolutionState(rows, losses, sigmas, generation, reference, waited)
        columns = _statistics(law, measured, chosen)
        ticks = (variation, evaluation, selection)
        return EvolvedGenerations(after, stop, champion, float(champion_loss), *columns, ticks)


def stagnation(
    law: GenerationRule, loss: float, reference: float | None, waited: int
) -> tuple[float, int]:
    """The loss that counted as improvement last, and the generations since."""
    if reference is None or loss < reference - law.min_delta * abs(reference):
        return loss, 0
    return reference, waited + 1


def _statistics(
    law: GenerationRule, measured: list[F32], chosen: list[F32]
) -> tuple[F32, F64, F64, I32]:
    """`best`, `mean`, `sigma` and `invalid`, from the losses and step sizes of each generation."""
    losses = np.stack(measured)
    finite = losses < np.float32(np.inf)
    usable = np.count_nonzero(finite, axis=1)
    mean, sigma = np.full(len(losses), np.nan), np.full(len(losses), np.nan)
    sums = ordered_sum(np.where(finite, losses, np.float32(0)))
    np.divide(sums, usable, out=mean, where=usable > 0)
    if chosen:
        sigma[: len(chosen)] = ordered_sum(np.stack(chosen)) / law.mu
    invalid = (law.offspring - usable).astype(np.int32)
    return losses.min(axis=1), mean, sigma, invalid


def vary(
    law: GenerationRule, parents: F32, sigmas: F32, chance: Decisions, scheduled: np.float32 | None
) -> tuple[F32, F32]:
    """The children (p, n) of parents (p, m) and their step sizes (n,).

    Args:
        law: the law.
        parents: best first.
        sigmas: theirs (m,).
        chance: the decisions of this generation.
        scheduled: its step size, where there is a schedule.
    """
    children, steps = parents[:, chance.first], sigmas[chance.first]
    if chance.second is not None and chance.foreign is not None and chance.crossed is not None:
        children = np.where(chance.foreign, parents[:, chance.second], children)
        mean = (steps + sigmas[chance.second]) * np.float32(0.5)
        steps = np.where(chance.crossed, mean, steps)
    if chance.factor is not None:
        steps = np.maximum(steps * chance.factor, np.float32(law.sigma_min))
    elif scheduled is not None:
        steps = np.full_like(steps, scheduled)
    mutants = steps * chance.normal
    mutants += children
    if chance.hit is not None:
        mutants = np.where(chance.hit, mutants, children)
    if law.mask is not None:
        mutants = np.where(law.mask[:, None], mutants, children)
    return mutants, steps


def measure(problem: Problem, networks: F32) -> F32:
    """Losses (n,) of networks (p, n); +inf where a loss is not finite."""
    total = np.zeros(networks.shape[1], np.float32)
    widest = max(problem.sizes[1:])
    rows = max(1, _VALUES // (networks.shape[1] * widest))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for begin in range(0, len(problem.inputs), rows):
            examples = slice(begin, begin + rows)
            outputs = _forward(problem, networks, problem.inputs[examples])
            for loss in _losses(problem, outputs, problem.targets[examples]):
                total += loss
        terms = len(problem.inputs) * (problem.sizes[-1] if problem.loss == "mse" else 1)
        total /= np.float32(terms)
    total[~np.isfinite(total)] = np.inf
    return total


def _forward(problem: Problem, networks: F32, inputs: F32) -> F32:
    """Outputs (b, o, n); a sum begins with the bias and takes its terms in the order of inputs."""
    hidden, begin = inputs[:, :, None], 0
    for layer, (i, o) in enumerate(zip(problem.sizes, problem.sizes[1:], strict=False)):
        weights = networks[begin : begin + i * o].reshape(o, i, -1)
        begin += i * o
        sums = np.empty((len(inputs), o, networks.shape[1]), np.float32)
        sums[:] = networks[begin : begin + o] if problem.bias else np.float32(0)
        begin += o * problem.bias
        for k in range(i):
            sums += weights[:, k] * hidden[:, k, None]
        last = layer == len(problem.sizes) - 2
        hidden = ACTIVATIONS[problem.output if last else problem.hidden](sums)
    return hidden


def _losses(problem: Problem, outputs: F32, targets: npt.NDArray[Any]) -> F32:
    """Terms of the loss in the order in which they are added: (terms, n)."""
    if problem.loss == "mse":
        gap = outputs - targets[:, :, None]
        squares: F32 = (gap * gap).reshape(-1, outputs.shape[2])
        return squares
    highest = outputs[:, 0]
    for k in range(1, outputs.shape[1]):
        highest = np.where(outputs[:, k] > highest, outputs[:, k], highest)
    sums = np.zeros_like(highest)
    for k in range(outputs.shape[1]):
        sums += exp(outputs[:, k] - highest)
    own = outputs[np.arange(len(targets)), targets]
    # the last term is 0, or NaN where a sum is not finite, of which the logarithm knows nothing
    result: F32 = log(sums) - (own - highest) + (sums - sums)
    return result


def ordered_sum(values: F32) -> F64:
    """Sums of (..., n) in float64: LANES partial sums, value k in number k % LANES, then halved."""
    blocks = -(-values.shape[-1] // LANES)
    padded = np.zeros((*values.shape[:-1], blocks * LANES))
    padded[..., : values.shape[-1]] = values
    sums = np.add.accumulate(padded.reshape(*values.shape[:-1], blocks, LANES), axis=-2)[..., -1, :]
    half = LANES // 2
    while half:
        sums = sums[..., :half] + sums[..., half:]
        half //= 2
    total: F64 = sums[..., 0]
    return total
