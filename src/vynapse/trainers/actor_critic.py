# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The mode `actor-critic`: a population of actors and an off-policy learner share one replay.

Evolutionary reinforcement learning (Khadka & Tumer, "Evolution-Guided Policy Gradient in
Reinforcement Learning", NeurIPS 2018, algorithm 1). A step is a generation: all actors play, and
the population learns from their returns; the learner explores, learns from the steps of all, and
its actor may take a place in the population. The population is any of the strategies. As genomes
and the learner's actor are weights of one structure, nothing is translated.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from vynapse.core import Array, Cost, Report, State, Trainer
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.episodes import TrainingEpisodes
from vynapse.evolution.fitness import usable
from vynapse.evolution.measured import Measured
from vynapse.evolution.observations import ObservationStatistics
from vynapse.networks.normalized import Seen, taken_apart
from vynapse.networks.state import NetworkState
from vynapse.trainers.actor_critic_parts import (
    check,
    evolved,
    flat,
    learner_of,
    refuse_unfit,
)
from vynapse.trainers.actor_critic_presets import NETWORKS, POPULATION, PRESETS
from vynapse.trainers.actor_critic_settings import ActorCriticSettings
from vynapse.trainers.actor_critic_story import EVENTS, STORY
from vynapse.trainers.best_of_looks import BestOfLooks
from vynapse.trainers.episodes import EpisodeValidation, control_of
from vynapse.trainers.learnt import refuse_infinite, tensors_of
from vynapse.trainers.mode import Mode, Stage

if TYPE_CHECKING:
    from vynapse.core.control import Episodes
    from vynapse.rl.transitions import Player, Transitions

COLUMNS: Final = (
    "population_best",
    "population_return",
    "learner_return",
    "explored_return",
    "injected",
    "updates",
    "critic_loss",
    "sigma",
    "restarts",
    "return",
    "validation_loss",
)
_OF_LEARNER: Final = "the learner's actor"
_OF_POPULATION: Final = "one of the population"


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """An actor that may be the best.

    Attributes:
        network: the actor.
        loss: minus its mean return in this generation.
        of: whose it is.
    """

    network: NetworkState
    loss: float
    of: str


@final
class ActorCriticTrainer(Trainer):
    """A population and a learner from `stage.network`.

    Args:
        stage: where to start; a network that normalises its observations is taken apart.
        settings: how to learn.

    Raises:
        ConfigError: the network keeps a state, cannot be evolved, or keys contradict each other.
        MissingExtra: what learns is not installed.
    """

    def __init__(self, stage: Stage, settings: ActorCriticSettings) -> None:
        check(settings, stage)
        self._stage, self._settings = stage, settings
        self._task = control_of(stage)
        inside, start = taken_apart(stage.network)
        refuse_unfit(inside)
        self._inside = inside
        self._encoding = choose_encoding(inside, self._task.observations, stage.device)
        self._population = evolved(stage, settings, self._encoding, inside)
        self._learner = learner_of(stage, settings, inside)
        episodes = TrainingEpisodes(
            self._task, settings.episodes, True, stage.streams.stream("actors.observations")
        )
        running = settings.normalize_observations
        self._statistics = ObservationStatistics(self._task, episodes, start, running=running)
        self._whole = running or start is not None
        self._beginnings = stage.streams.stream("actors.episodes")
        validation = EpisodeValidation(self._task, whole=False, every=settings.evaluate_every)
        self._flops = inside.structure.flops(self._task.observations)
        self._generation = self._played = 0
        self._cost = Cost(forwards=0, backwards=0, flops=0, env_steps=0)
        self._best = BestOfLooks(stage.network, validation, self._flops)
        self._seconds = {"episodes": 0.0, "updates": 0.0}
        self._transitions: list[Transitions] = []

    def step(self) -> Report:
        """One generation with its updates.

        Raises:
            TrainingError: a weight of the learner is not finite any more, or no return is.
        """
        settings, seen = self._settings, self._statistics.seen()
        looks = self._generation % settings.evaluate_every == 0
        figures: dict[str, float] = {}
        self._transitions, before = [], self._played
        candidates = [*self._evolve(seen, figures)]
        if settings.learns:
            candidates += self._learn(seen, figures, before, looks)
        if settings.normalize_observations:
            for transitions in self._transitions:
                self._statistics.add(transitions.seen)
        self._generation += 1
        events, best = [], self._best.loss
        if looks:
            for candidate in candidates:
                events += self._look(candidate, figures)
        renewed = self._best.loss < best
        return Report(
            self._generation,
            self._best.loss,
            self._cost,
            renewed,
            {name: value for name, value in figures.items() if math.isfinite(value)},
            events=tuple(events[-1:]),
        )

    def winner(self) -> NetworkState:
        """The best actor of all looks; before the first, the start."""
        return self._best.network

    def choices(self) -> Mapping[str, str]:
        """What learns."""
        return {"path": "stable-baselines3"}

    def timings(self) -> Mapping[str, float]:
        """Seconds of episodes, updates and validation."""
        return {**self._seconds, "validation": self._best.seconds}

    def state(self) -> State:
        """Counters, population, learner with replay, statistics and the winner, as copies."""
        return {
            MADE: self._made(),
            "generation": self._generation,
            "played": self._played,
            "cost": self._cost.counted(),
            "population": {} if self._population is None else self._population.state(),
            "learner": self._learner.state() if self._settings.learns else {},
            "statistics": self._statistics.state(),
            "encoding": self._encoding.state(),
            **self._best.state(),
        }

    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was.

        Raises:
            CheckpointError: it was made from something else, or does not fit.
        """
        refuse_other("trainer actor-critic", self._made(), state)
        free = ("population", "learner", "winner", "tensors", "cost")
        refuse_misfit("trainer actor-critic", self.state(), state, free=free)
        self._best.load(state)
        self._encoding.load(state["encoding"])
        if self._settings.learns:
            self._learner.load(state["learner"])
        if self._population is not None:
            self._population.load(state["population"])
        self._statistics.load(state["statistics"])
        self._generation, self._played = state["generation"], state["played"]
        self._cost = Cost(**state["cost"])

    def _evolve(self, seen: Seen, figures: dict[str, float]) -> list[_Candidate]:
        """Let the population play and learn from its returns; its best actor."""
        if self._population is None:
            return []
        genomes = self._population.ask()
        losses = np.empty(len(genomes), np.float64)
        for row in range(len(genomes)):
            network = self._encoding.decode(genomes[row])
            losses[row] = -self._play(self._acting(network, seen), 0).returns.mean()
        losses, _ = usable(losses)
        self._population.tell(genomes, Measured(losses))
        figures.update(self._population.metrics())
        best = int(losses.argmin())
        figures["population_best"] = -float(losses[best])
        figures["population_return"] = -float(losses[np.isfinite(losses)].mean())
        network = self._encoding.decode(genomes[best])
        return [_Candidate(network, float(losses[best]), _OF_POPULATION)]

    def _learn(
        self, seen: Seen, figures: dict[str, float], before: int, looks: bool
    ) -> list[_Candidate]:
        """Explore, learn from all that was played, and inject; the learner's actor, if it played.

        Args:
            seen: how observations are seen.
            figures: what was measured; more is added.
            before: steps that had been played before this generation.
            looks: whether candidates are looked at.
        """
        settings, see = self._settings, self._see(seen)
        blind = before < settings.warmup
        explorer = self._learner.player(self._generation, see, blind=blind)
        explored = self._play(explorer, 1)
        figures["explored_return"] = float(explored.returns.mean())
        for transitions in self._transitions:
            self._learner.remember(transitions)
        updates = self._updated(before, see, figures)
        injects = updates > 0 and (self._generation + 1) % settings.inject_every == 0
        if not (injects and self._population is not None) and not looks:
            return []
        remembered = len(self._transitions)
        network = NetworkState(self._inside.structure, tensors_of(self._learner.module))
        loss = -float(self._play(self._learner.greedy(see), 0).returns.mean())
        for transitions in self._transitions[remembered:]:
            self._learner.remember(transitions)
        figures["learner_return"] = -loss
        if injects and self._population is not None:
            genome = self._encoding.encode(None, network)
            self._population.receive(genome[None], Measured(np.array([loss])))
            figures["injected"] = 1.0
        return [_Candidate(network, loss, _OF_LEARNER)]

    def _updated(self, before: int, see: Any, figures: dict[str, float]) -> int:
        """Make the updates of this generation; how many."""
        settings = self._settings
        updates = int((self._played - before) * settings.updates_per_step)
        if self._played < settings.warmup or not updates:
            return 0
        began = time.perf_counter()
        figures.update(self._learner.learn(self._generation, updates, see))
        refuse_infinite(
            self._learner.module,
            f"generation {self._generation + 1}",
            "the learner's actor",
            "lower learning_rate",
        )
        self._cost += self._learner.cost(updates, self._flops)
        self._seconds["updates"] += time.perf_counter() - began
        figures["updates"] = float(updates)
        return updates

    def _play(self, player: Player, whose: int) -> Episodes:
        """Episodes of this generation: those of the population, or (1) of exploring."""
        from vynapse.rl.transitions import recorded

        settings, began = self._settings, time.perf_counter()
        count = settings.explore_episodes if whose else settings.episodes
        count = 1 if self._task.fixed_start and not whose else count
        seed = self._beginnings.seed_for(self._generation, whose)
        take = self._learner.actions.taken
        played, transitions = recorded(player, take, self._task, count, seed)
        self._transitions.append(transitions)
        steps = len(transitions)
        self._played += steps
        self._cost += Cost(steps, 0, steps * self._flops, steps)
        self._seconds["episodes"] += time.perf_counter() - began
        return played

    def _acting(self, network: NetworkState, seen: Seen) -> Player:
        """A genome's network as a player."""
        policy, see, task = network.policy(), self._see(seen), self._task

        def choose(raw: Array) -> Array:
            outputs, _ = policy(see(raw).reshape(len(raw), *task.observations), None)
            return task.act(outputs) if task.actions else 2 * outputs - 1

        return choose

    def _look(self, candidate: _Candidate, figures: dict[str, float]) -> list[Any]:
        """Score an actor on the validation episodes, if it may be the best; what is to be told.

        It may be if it was at least as good in its own episodes as the winner in those of
        validation; so an actor that is worse costs no validation.
        """
        if candidate.loss > self._best.loss:
            return []
        network = candidate.network
        if self._whole:
            network = self._statistics.network(network, self._statistics.seen())
        better, cost = self._best.look(network, figures)
        self._cost += cost
        if not better:
            return []
        told = {"generation": self._generation, "of": candidate.of, "return": -self._best.loss}
        return [("actors.winner", told)]

    def _see(self, seen: Seen) -> Any:
        return (lambda raw: flat(seen(raw))) if self._whole else flat

    def _made(self) -> Mapping[str, Any]:
        stage = self._stage
        return {
            "mode": "actor-critic",
            "network": stage.network.structure.as_key(),
            "seed": stage.streams.seed,
            "task": self._task.name,
            "settings": self._settings.model_dump(mode="json"),
        }


MODE = Mode(
    name="actor-critic",
    summary="a population of actors and an off-policy learner (DQN or TD3) share one replay",
    settings=ActorCriticSettings,
    build=ActorCriticTrainer,
    accepts=("episodes",),
    counts=("forwards", "backwards", "flops", "env_steps"),
    columns=COLUMNS,
    events=EVENTS,
    story=STORY,
    check=check,
    fallback={"budget": {"steps": 50}, "strategy": POPULATION},
    presets=PRESETS,
    networks=NETWORKS,
)
