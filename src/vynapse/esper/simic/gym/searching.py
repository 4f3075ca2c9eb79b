# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolution of deciders in the gym: a whole generation plays the same fresh tasks at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from vynapse.core import Array
from vynapse.esper.simic.gym.playing import Decider, play
from vynapse.esper.simic.gym.tasks import F64
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.named import make_population
from vynapse.seeding import I64, Streams

Family = Callable[[Array, I64], Decider]
"""Genomes (p, d), and which of them decides in each episode (n,) -> the decider."""

VALIDATION: Final = Streams(0).stream("gym.search.validation").seed_for()
"""Seed of the tasks by which the winner of a search is chosen."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        genome: the centre of the generation with the highest validation score.
        score: that score.
        generations: how many there were.
        seconds: processor time of all, looks at validation included.
        episodes: how many were played.
        story: generation, seconds and validation score at each look.
    """

    genome: F64
    score: float
    generations: int
    seconds: float
    episodes: int
    story: tuple[tuple[int, float, float], ...]


def search(
    family: Family,
    start: F64,
    *,
    strategy: str,
    sigma: float,
    size: int,
    tasks: int,
    seconds: float,
    seed: int = 0,
    look_every: int = 10,
    validation: int = 512,
    processes: int = 1,
    tell: Callable[[Found], None] = lambda _: None,
) -> Found:
    """Evolve genomes until the time is up.

    Args:
        family: deciders of genomes.
        start: where to begin (d,).
        strategy: a strategy of `vynapse.evolution`: snes, cma-es, ….
        sigma: standard deviation of the first steps.
        size: genomes of a generation.
        tasks: that each genome plays in a generation, fresh ones every time.
        seconds: processor time.
        seed: seed of all random numbers.
        look_every: generations between two looks at the validation tasks.
        validation: how many validation tasks there are.
        processes: that share the genomes; the result is the same. Their time counts too.
        tell: hears after each look what was found so far.
    """
    loop = AskTell(make_population(strategy, start, sigma=sigma, size=size, seed=seed))
    seeds = Streams(seed).stream("gym.search.training")
    best, episodes, story = (start, -np.inf), 0, []
    generation, spent = 0, 0.0
    with _Crew(family, processes) as crew:
        while True:
            begun = time.process_time()
            candidates = loop.ask()
            genomes = np.asarray(candidates.genomes, np.float64)
            if generation % look_every == 0:
                centre = genomes.mean(axis=0)
                score = float(crew.scores(centre[None], VALIDATION, validation).mean())
                episodes += validation
                time_so_far = spent + crew.spent
                story.append((generation, time_so_far, score))
                best = max(best, (centre, score), key=lambda found: found[1])
                found = Found(best[0], best[1], generation, time_so_far, episodes, tuple(story))
                tell(found)
                if time_so_far >= seconds:
                    return found
            reached = crew.scores(genomes, seeds.seed_for(generation), tasks)
            episodes += reached.size
            loop.tell(candidates.ids, -reached.mean(axis=1))
            generation += 1
            spent += time.process_time() - begun


class _Crew:
    """Processes that play, or this one alone."""

    def __init__(self, family: Family, processes: int) -> None:
        self._family, self._count, self.spent = family, processes, 0.0
        self._pool = None if processes == 1 else ProcessPoolExecutor(processes)

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def scores(self, genomes: Array, seed: int, tasks: int) -> F64:
        """What each genome reaches in each task (p, tasks); episodes are split evenly."""
        if self._pool is None:
            return scores(self._family, genomes, seed, np.arange(tasks))
        split = np.array_split(np.arange(tasks), self._count)
        given = [(self._family, genomes, seed, which) for which in split]
        found = list(self._pool.map(_timed, given))
        self.spent += sum(seconds for _, seconds in found)
        return np.concatenate([reached for reached, _ in found], axis=1)


def _timed(given: tuple[Family, Array, int, I64]) -> tuple[F64, float]:
    begun = time.process_time()
    return scores(*given), time.process_time() - begun


def scores(family: Family, genomes: Array, seed: int, tasks: I64) -> F64:
    """What each genome reaches in each task (p, tasks)."""
    which = np.tile(tasks, len(genomes))
    own = np.repeat(np.arange(len(genomes)), len(tasks))
    played = play(family(genomes, own), seed, which)
    return played.scores.reshape(len(genomes), len(tasks))
