# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer of every evolutionary mode: a step is what a stepper makes in one call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Generic, final

import numpy as np

from vynapse.core import AMOUNTS, Budget, Cost, Report, State, SupervisedTask, Trainer
from vynapse.core.compatible import refuse_misfit, unloadable
from vynapse.errors import CheckpointError
from vynapse.evolution.chronicle import Chronicle, Entry
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import Evaluator
from vynapse.evolution.genomes import G
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.population import Population
from vynapse.evolution.stepper import AskTellStepper, Generations, Stepper
from vynapse.networks.normalized import Seen, packed, unpacked
from vynapse.networks.state import NetworkState
from vynapse.telemetry.parts import clocked
from vynapse.trainers.candidates import Candidates, Seeing, Validation

__all__ = ["COLUMNS", "Candidates", "PopulationTrainer", "Seeing", "Validation"]

COLUMNS = ("train_best", "train_mean", "invalid")
"""Metrics of every population: lowest and mean finite training loss of the genomes measured in a
generation, and how many losses were not finite (they count as the worst)."""


@final
class PopulationTrainer(Trainer, Generic[G]):
    """The winner is the best genome so far.

    Args:
        encoding: what a genome means.
        stepper: makes generations.
        start: a genome; what the winner is until something better is found.
        validation: scores candidates; None where a measured loss is final.
        budget: when the stage will stop, so that no call goes beyond it.
        front: all genomes worth keeping, as data; None where there is one winner alone.
        chronicle: what the search has to tell beside its losses.
        seeing: how networks see, where that is not as the task shows it.
        close: lets go of what lives as long as the trainer, such as processes of an evaluator.
    """

    def __init__(
        self,
        encoding: Encoding[G],
        stepper: Stepper[G],
        start: Any,
        validation: Candidates | None = None,
        *,
        budget: Budget | None = None,
        front: Callable[[], State] | None = None,
        chronicle: Chronicle | None = None,
        seeing: Seeing | None = None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._encoding, self._stepper, self._validation = encoding, stepper, validation
        self._budget, self._front = budget or Budget(), front
        self._cost = Cost(**dict.fromkeys(stepper.counts, 0))
        self._renewed = False  # in the step that is being made
        self._scored: NetworkState | None = None  # the winner, where it was scored in this step
        self._champion, self._champion_loss = encoding.join([start]), math.inf
        self._champion_score = math.inf  # what winners are compared by
        self._candidate, self._candidate_loss = self._champion, math.inf
        self._seeing, self._seen = seeing, None if seeing is None else seeing.seen()
        self._champion_seen = self._candidate_seen = self._seen
        self._seconds = {"validation": 0.0}
        self._chronicle, self._close = chronicle, close
        self._candidate_step = self._found = 0  # when candidate and champion were measured

    @classmethod
    def on_examples(
        cls,
        task: SupervisedTask,
        start: Any,
        encoding: Encoding[G],
        population: Population[G],
        evaluator: Evaluator,
        examples: TrainingExamples,
        evaluate_every: int = 10,
    ) -> PopulationTrainer[G]:
        """One generation at a time, measured on the training examples of a task.

        Args:
            task: what the networks are for.
            start: what the winner is until something better is found.
            encoding: what a genome means.
            population: where genomes come from.
            evaluator: where they are measured.
            examples: what they are measured on.
            evaluate_every: generations between two candidates.
        """
        stepper = AskTellStepper(population, evaluator, encoding, examples)
        return cls(encoding, stepper, start, Validation(task, examples.whole, evaluate_every))

    @property
    def encoding(self) -> Encoding[G]:
        """What a genome means."""
        return self._encoding

    @property
    def population(self) -> Population[G]:
        """Where genomes come from."""
        return self._stepper.population

    @property
    def score(self) -> float:
        """What the winner is compared by; +inf before something was scored."""
        return self._champion_score

    @property
    def chronicle(self) -> Chronicle | None:
        """What the search has to tell beside its losses."""
        return self._chronicle

    def step(self) -> Report:
        """One generation, or as many as one call of the stepper makes.

        Raises:
            TrainingError: not one genome of a generation has a finite loss.
        """
        self._renewed, self._scored = False, None
        before = self._champion_loss
        if self._stepper.generation == 0 and self._validation is not None:
            self._score(self._champion, self._seen, self._validation)
            before = self._champion_loss
        made = self._stepper.advance(self._due(), self._target())
        history = self._history(made, before)
        last = {name: amounts[-1].item() for name, amounts in made.costs.items()}
        self._cost += Cost(**last)
        self._consider(made)
        self._look(made)
        metrics = {name: float(values[-1]) for name, values in made.columns.items()}
        metrics = {name: value for name, value in metrics.items() if not math.isnan(value)}
        step, loss = self._stepper.generation, self._champion_loss
        told = self._tell(step)
        metrics |= told.metrics
        return Report(step, loss, self._cost, self._renewed, metrics, history, told.events)

    def _look(self, made: Generations[G]) -> None:
        """Let the next generation see by what this one has seen."""
        if self._seeing is not None:
            flops = self._encoding.flops(made.best)
            best = self._network(made.best, self._seen)
            self._cost += self._seeing.look(best, self._stepper.generation - 1, flops)
            self._seen = self._seeing.seen()

    def _network(self, genome: G, seen: Seen | None) -> NetworkState:
        """The network of a genome, alone among `G`, that was measured seeing so."""
        network = self._encoding.decode(genome[0])
        if self._seeing is None or seen is None:
            return network
        return self._seeing.network(network, seen)

    def _tell(self, step: int) -> Entry:
        if self._chronicle is None:
            return Entry()
        winner = (self._scored or self.winner()) if self._renewed else None
        return self._chronicle.tell(step, winner, self._found)

    def choices(self) -> Mapping[str, str]:
        """How genomes are measured."""
        return {"path": self._stepper.path()}

    def timings(self) -> Mapping[str, float]:
        """Seconds of variation, evaluation, selection and validation."""
        return {**self._stepper.seconds, **self._seconds}

    def winner(self) -> NetworkState:
        """The winner; before the first step, the network the run starts from."""
        return self._network(self._champion, self._champion_seen)

    def front(self) -> State | None:
        """All genomes worth keeping and what is known of them, as arrays; None without a front."""
        return None if self._front is None else self._front()

    def close(self) -> None:
        """Let go of what is held beside memory; the trainer makes no further step."""
        self._close()

    def state(self) -> State:
        """The winner, the candidate, the cost, and the states of the parts."""
        told: State = {}
        if self._chronicle is not None:
            steps = [self._candidate_step, self._found]
            told = {"chronicle": self._chronicle.state(), "found": steps}
        if self._seeing is not None:
            told["seeing"] = {
                **self._seeing.state(),
                "champion": packed(self._champion_seen),
                "candidate": packed(self._candidate_seen),
            }
        return {
            **told,
            **self._stepper.state(),
            **self._cost.counted(),
            "champion": self._encoding.pack(self._champion),
            "champion_loss": np.array([self._champion_loss], np.float64),
            "champion_score": np.array([self._champion_score], np.float64),
            "candidate": self._encoding.pack(self._candidate),
            "candidate_loss": np.array([self._candidate_loss], np.float64),
            "path": self._stepper.path(),
            "encoding": self._encoding.state(),
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state` this was.

        Raises:
            CheckpointError: the way the genomes were measured is not available here, or the state
                is that of a trainer that was made differently.
        """
        # encoding, population and chronicle compare what is theirs
        told = () if self._chronicle is None else ("chronicle",)
        parts = ("population", "archive", "champion", "candidate", *told)
        own, counts = self.state(), self._stepper.counts
        optional = (*counts, *AMOUNTS, "champion_score")
        refuse_misfit("trainer", own, state, free=parts, optional=optional)
        champion, candidate = (self._genome(state, name) for name in ("champion", "candidate"))
        path, before = self._stepper.path(), state["path"]
        if (before == "fused") != (path == "fused"):
            raise CheckpointError(
                f"the run evaluated its networks by {before!r}, here it would be "
                f"{path!r}: resume it with the version of Vynapse it was started with"
            )
        self._encoding.load(state["encoding"])
        self._stepper.load(state)
        # files of versions before 0.2 leave out an amount that is always 0
        self._cost = Cost(**{name: state.get(name, 0) for name in self._stepper.counts})
        self._champion = champion
        self._champion_loss = float(state["champion_loss"][0])
        # files of versions before 0.2 know the loss alone
        self._champion_score = float(state.get("champion_score", [self._champion_loss])[0])
        self._candidate = candidate
        self._candidate_loss = float(state["candidate_loss"][0])
        if self._chronicle is not None:
            self._chronicle.load(state["chronicle"])
            self._candidate_step, self._found = state["found"]
        if self._seeing is not None:
            self._seeing.load(state["seeing"])
            self._seen = self._seeing.seen()
            self._champion_seen = unpacked(state["seeing"]["champion"])
            self._candidate_seen = unpacked(state["seeing"]["candidate"])

    def _genome(self, state: State, name: str) -> G:
        """A genome of a state, of as many numbers as those here."""
        with unloadable(f"trainer: {name}"):
            found = self._encoding.unpack(state[name])
        own = self._champion
        if isinstance(found, np.ndarray) and isinstance(own, np.ndarray):
            if found.shape != own.shape:
                raise CheckpointError(
                    f"trainer: the state does not fit: {name}: shape {own.shape} was wanted, got "
                    f"{found.shape}"
                )
        elif len(found) != 1:
            raise CheckpointError(
                f"trainer: the state does not fit: {name}: one genome was wanted, got {len(found)}"
            )
        return found

    def _target(self) -> float:
        """The loss below which a call of the stepper ends, where a measured loss is final."""
        conclusive = self._validation is None or self._validation.each_improvement
        target = self._budget.target if conclusive else None
        return -math.inf if target is None else target

    def _due(self) -> int:
        """How many generations the next call makes: up to the next multiple of those of a call,
        the next candidate, or the end of the budget.
        """
        done, each = self._stepper.generation, self._stepper.per_call
        if each == 1:
            return 1
        end = (done // each + 1) * each
        validation, limits = self._validation, self._budget.limits()
        if validation is not None and not validation.each_improvement:
            # the first generation, and every `every` after it, ends with a candidate
            end = min(end, -(-done // validation.every) * validation.every + 1)
        spent = {"steps": done, **self._cost.counted()}
        dearest = {"steps": 1, **self._stepper.dearest().counted()}
        for name in limits.keys() & dearest.keys():
            if dearest[name]:
                left = -((spent[name] - limits[name]) // dearest[name])
                end = min(end, done + max(1, int(left)))
        return end - done

    def _history(self, made: Generations[G], before: float) -> Mapping[str, Any]:
        """What is known of each of several generations."""
        if len(made) == 1:
            return {}
        spent = self._cost.counted()
        amounts = {name: spent[name] + sums for name, sums in made.costs.items() if sums.any()}
        return {"loss": np.full(len(made), before), **amounts, **made.columns}

    def _consider(self, made: Generations[G]) -> None:
        """Remember the best genome since the last candidate, and score it when it is time."""
        validation = self._validation
        better = made.best_loss < self._candidate_loss
        if better or (validation is not None and not validation.whole):
            self._candidate, self._candidate_loss = made.best, made.best_loss
            self._candidate_seen = self._seen
            self._candidate_step = self._stepper.generation
        if validation is None:
            if better:
                self._crown(made.best, self._seen, made.best_loss, made.best_loss)
        elif validation.each_improvement:
            if better:
                self._score(self._candidate, self._candidate_seen, validation)
        elif (self._stepper.generation - 1) % validation.every == 0:
            self._score(self._candidate, self._candidate_seen, validation)
            self._candidate_loss = math.inf

    def _score(self, genome: G, seen: Seen | None, validation: Candidates) -> None:
        """Make `genome` the winner if it is better on the validation split."""
        with clocked(self._seconds, "validation"):
            flops = self._encoding.flops(genome)
            network = self._network(genome, seen)
            loss, score, cost = validation.score(network, flops)
        self._cost += cost
        if score < self._champion_score:
            self._crown(genome, seen, loss, score)
            self._scored = network

    def _crown(self, genome: G, seen: Seen | None, loss: float, score: float) -> None:
        self._champion, self._champion_loss, self._champion_score = genome, loss, score
        self._champion_seen = seen
        self._renewed, self._found = True, self._candidate_step
