# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer of every evolutionary mode: step() = ask, evaluate, tell."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from vynapse.core import Cost, Report, State, SupervisedTask, Trainer
from vynapse.evolution.encoding import Encoding, Genome, Genomes
from vynapse.evolution.evaluator import Evaluator, TrainingExamples
from vynapse.evolution.fitness import Losses, usable
from vynapse.evolution.strategies import Population
from vynapse.networks.state import NetworkState

COLUMNS = ("train_best", "train_mean", "invalid")
"""Metrics of every population: lowest and mean finite training loss of the networks measured in a
generation, and how many losses were not finite (they count as the worst)."""


@final
class PopulationTrainer(Trainer):
    """A step is a generation. The champion is the best network so far on the validation split.

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
    ) -> None:
        self._task, self._encoding, self._population = task, encoding, population
        self._evaluator, self._examples = evaluator, examples
        self._evaluate_every = evaluate_every
        self._every_improvement = task.validation_is_train and examples.whole
        self._validation_size = len(task.split("validation"))
        self._generation = 0
        self._cost = Cost()
        self._champion, self._champion_loss = start, np.inf
        self._candidate, self._candidate_loss = start, np.inf

    def step(self) -> Report:
        """One generation.

        Raises:
            TrainingError: not one network of the generation has a finite loss.
        """
        # overflow in a wild network is counted as invalid, not warned about
        with np.errstate(over="ignore", invalid="ignore"):
            if self._generation == 0:
                self._score(self._champion)
            objective = self._examples.objective(self._generation)
            genomes = self._population.ask()
            measured = self._evaluator(objective, self._encoding, genomes)
            self._count(len(objective.inputs), genomes)
            losses, invalid = usable(measured)
            self._consider(genomes, losses)
        self._population.tell(genomes, losses)
        self._generation += 1
        metrics = {
            "train_best": float(losses.min()),
            "train_mean": float(losses[np.isfinite(losses)].mean()),
            "invalid": float(invalid),
            **self._population.metrics(),
        }
        return Report(self._generation, self._champion_loss, self._cost, metrics)

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
            "encoding": self._encoding.state(),
            "population": self._population.state(),
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state` this was.

        Raises:
            CheckpointError: the way the networks were evaluated is not available here.
        """
        self._encoding.load(state["encoding"])
        self._population.load(state["population"])
        self._generation = state["generation"]
        self._cost = Cost(forwards=state["forwards"], flops=state["flops"])
        self._champion, self._champion_loss = _pair(state, "champion")
        self._candidate, self._candidate_loss = _pair(state, "candidate")

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
        network = self._encoding.decode(genome)
        loss = self._task.evaluate(network.predictor(), "validation").loss
        self._count(self._validation_size, genome[None])
        if loss < self._champion_loss:
            self._champion, self._champion_loss = genome.copy(), float(loss)

    def _count(self, examples: int, genomes: Genomes) -> None:
        flops = examples * self._encoding.flops(genomes)
        self._cost += Cost(forwards=examples * len(genomes), flops=flops)


def _pair(state: State, name: str) -> tuple[Any, float]:
    return state[name].copy(), float(state[f"{name}_loss"][0])
