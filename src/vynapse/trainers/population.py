# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer of every evolutionary mode: step() = ask, evaluate, tell; or many at once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, final

import numpy as np

from vynapse.core import Budget, Cost, Report, State, SupervisedTask, Trainer
from vynapse.errors import CheckpointError
from vynapse.evolution.encoding import Encoding, Genome, Genomes
from vynapse.evolution.evaluator import Evaluator, TrainingExamples
from vynapse.evolution.fitness import Losses, usable
from vynapse.evolution.fused import FusedEvolution, Stretch
from vynapse.evolution.population import Population
from vynapse.networks.state import NetworkState

COLUMNS = ("train_best", "train_mean", "invalid")
"""Metrics of every population: lowest and mean finite training loss of the networks measured in a
generation, and how many losses were not finite (they count as the worst)."""


@final
class PopulationTrainer(Trainer):
    """A step is a generation, and one call makes one; or, in a kernel, many.

    The champion is the best network so far on the validation split.

    Candidates are chosen on training examples: where validation and training are the same and a
    generation sees them whole, each network that beats all before it; elsewhere, every
    `evaluate_every` generations the best of those since (of the last one with mini-batches). A
    candidate's loss is that of the very predictor which the winner will have, whatever arithmetic
    the population was evaluated in.

    Args:
        task: what the networks are for.
        start: what the winner is until something better is found.
        encoding: what a genome means.
        population: where genomes come from.
        evaluator: how they are measured.
        examples: what they are measured on.
        evaluate_every: generations between two candidates.
        fused: makes many generations of `population` in one call; None for one at a time.
        per_call: generations of such a call, fewer where a candidate is due or the budget ends.
        budget: when the stage will stop, so that no call goes beyond it.
    """

    def __init__(
        self,
        task: SupervisedTask,
        start: Genome,
        encoding: Encoding,
        population: Population,
        evaluator: Evaluator,
        examples: TrainingExamples,
        evaluate_every: int = 10,
        *,
        fused: FusedEvolution | None = None,
        per_call: int = 100,
        budget: Budget | None = None,
    ) -> None:
        self._task, self._encoding, self._population = task, encoding, population
        self._fused, self._per_call, self._budget = fused, per_call, budget or Budget()
        self._evaluator, self._examples = evaluator, examples
        self._evaluate_every = evaluate_every
        self._every_improvement = task.validation_is_train and examples.whole
        self._validation_size = len(task.split("validation"))
        self._generation = 0
        self._cost = Cost(forwards=0, backwards=0, flops=0)
        self._renewed = False  # in the step that is being made
        self._champion, self._champion_loss = start, np.inf
        self._candidate, self._candidate_loss = start, np.inf
        self._seconds = {"variation": 0.0, "evaluation": 0.0, "selection": 0.0, "validation": 0.0}

    def step(self) -> Report:
        """One generation, or as many as one call of the kernel makes.

        Raises:
            TrainingError: not one network of a generation has a finite loss.
        """
        self._renewed = False
        # overflow in a wild network is counted as invalid, not warned about
        with np.errstate(over="ignore", invalid="ignore"):
            if self._generation == 0:
                self._score(self._champion)
            return self._one() if self._fused is None else self._many(self._fused)

    def choices(self) -> Mapping[str, str]:
        """How networks are evaluated."""
        return {"path": self._path}

    def timings(self) -> Mapping[str, float]:
        """Seconds of variation, evaluation, selection and validation."""
        fused = self._fused.seconds if self._fused else {}
        return {name: own + fused.get(name, 0.0) for name, own in self._seconds.items()}

    @property
    def _path(self) -> str:
        return self._encoding.path if self._fused is None else "fused"

    def _one(self) -> Report:
        """A generation by ask, evaluate and tell."""
        objective = self._examples.objective(self._generation)
        with self._clocked("variation"):
            genomes = self._population.ask()
        with self._clocked("evaluation"):
            measured = self._evaluator(objective, self._encoding, genomes)
        self._count(len(objective.inputs), genomes)
        losses, invalid = usable(measured)
        self._consider(genomes, losses)
        with self._clocked("selection"):
            self._population.tell(genomes, losses)
        self._generation += 1
        metrics = {
            "train_best": float(losses.min()),
            "train_mean": float(losses[np.isfinite(losses)].mean()),
            "invalid": float(invalid),
            **self._population.metrics(),
        }
        return Report(self._generation, self._champion_loss, self._cost, self._renewed, metrics)

    def _many(self, fused: FusedEvolution) -> Report:
        """The generations up to the next multiple of `per_call`, candidate or end of the budget."""
        examples = len(self._examples.objective(0).inputs)
        per_network = self._encoding.flops(self._champion[None])
        target = self._budget.target if self._every_improvement else None
        due = self._due(fused, examples, per_network)
        stretch = fused.advance(due, -math.inf if target is None else target)
        networks = self._cost.forwards + np.cumsum(stretch.measured) * examples
        flops = self._cost.flops + np.cumsum(stretch.measured) * examples * per_network
        columns = {
            "loss": np.full(len(networks), self._champion_loss),
            "forwards": networks,
            "flops": flops,
            **stretch.columns,
        }
        self._cost = _passes(int(networks[-1]), int(flops[-1]))
        self._generation += len(networks)
        self._consider_best(stretch)
        metrics = {name: float(values[-1]) for name, values in stretch.columns.items()}
        metrics = {name: value for name, value in metrics.items() if not math.isnan(value)}
        return Report(
            self._generation, self._champion_loss, self._cost, self._renewed, metrics, columns
        )

    def _due(self, fused: FusedEvolution, examples: int, per_network: int) -> int:
        """How many generations the next call of the kernel makes."""
        done, budget, end = self._generation, self._budget, self._per_call
        end = (done // end + 1) * end
        if not self._every_improvement:
            # the first generation, and every `evaluate_every` after it, ends with a candidate
            end = min(end, -(-done // self._evaluate_every) * self._evaluate_every + 1)
        limits = [(budget.steps, done, 1)]
        each = fused.largest * examples
        limits.append((budget.forwards, self._cost.forwards or 0, each))
        limits.append((budget.flops, self._cost.flops or 0, each * per_network))
        for limit, spent, one in limits:
            if limit is not None:
                end = min(end, done + max(1, -(-(limit - spent) // one)))
        return end - done

    def winner(self) -> NetworkState:
        """The champion; before the first step, the network the run starts from."""
        return self._encoding.decode(self._champion)

    def state(self) -> State:
        """Champion, candidate, cost, and the states of the parts."""
        return {
            "generation": self._generation,
            "forwards": self._cost.forwards,
            "flops": self._cost.flops,
            "champion": self._champion.copy(),
            "champion_loss": np.float64(self._champion_loss).reshape(1),
            "candidate": self._candidate.copy(),
            "candidate_loss": np.float64(self._candidate_loss).reshape(1),
            "path": self._path,
            "encoding": self._encoding.state(),
            "population": self._population.state(),
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state` this was.

        Raises:
            CheckpointError: the way the networks were evaluated is not available here.
        """
        if (state["path"] == "fused") != (self._path == "fused"):
            raise CheckpointError(
                f"the run evaluated its networks by {state['path']!r}, here it would be "
                f"{self._path!r}: resume it with the version of Vynapse it was started with"
            )
        self._encoding.load(state["encoding"])
        self._population.load(state["population"])
        self._generation = state["generation"]
        self._cost = _passes(state["forwards"], state["flops"])
        self._champion, self._champion_loss = _pair(state, "champion")
        self._candidate, self._candidate_loss = _pair(state, "candidate")

    def _consider_best(self, stretch: Stretch) -> None:
        """Remember the best network of the last generations, and score it when it is time."""
        better = stretch.champion_loss < self._candidate_loss
        if better:
            self._candidate, self._candidate_loss = stretch.champion, stretch.champion_loss
        if self._every_improvement:
            if better:
                self._score(self._candidate)
        elif (self._generation - 1) % self._evaluate_every == 0:
            self._score(self._candidate)
            self._candidate_loss = np.inf

    def _consider(self, genomes: Genomes, losses: Losses) -> None:
        """Remember the generation's best, and score the candidate when it is time."""
        index = int(losses.argmin())
        better = bool(losses[index] < self._candidate_loss)
        if better or not self._examples.whole:
            self._candidate, self._candidate_loss = genomes[index].copy(), float(losses[index])
        if self._every_improvement:
            if better:
                self._score(self._candidate)
        elif self._generation % self._evaluate_every == 0:
            self._score(self._candidate)
            self._candidate_loss = np.inf

    def _score(self, genome: Genome) -> None:
        """Make `genome` the champion if it is better on the validation split."""
        with self._clocked("validation"):
            network = self._encoding.decode(genome)
            loss = self._task.evaluate(network.predictor(), "validation").loss
        self._count(self._validation_size, genome[None])
        if loss < self._champion_loss:
            self._champion, self._champion_loss = genome.copy(), float(loss)
            self._renewed = True

    @contextmanager
    def _clocked(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._seconds[name] += time.perf_counter() - began

    def _count(self, examples: int, genomes: Genomes) -> None:
        flops = examples * self._encoding.flops(genomes)
        self._cost += _passes(examples * len(genomes), flops)


def _pair(state: State, name: str) -> tuple[Any, float]:
    return state[name].copy(), float(state[f"{name}_loss"][0])


def _passes(forwards: int, flops: int) -> Cost:
    """The cost of passes forward alone."""
    return Cost(forwards=forwards, backwards=0, flops=flops)
