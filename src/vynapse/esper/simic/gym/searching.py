# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolution of deciders in the gym: a whole generation plays the same fresh tasks at once."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    threads: int = 1,
    tell: Callable[[Found], None] = lambda _: None,
) -> Found:
    """Evolve genomes until the time is up.

    Args:
        family: deciders of genomes.
        start: where to begin (d,).
        strategy: of `vynapse.evolution`: snes, cma-es, ….
        sigma: standard deviation of the first steps.
        size: genomes of a generation.
        tasks: that each genome plays in a generation, fresh ones every time.
        seconds: processor time.
        seed: seed of all random numbers.
        look_every: generations between two looks at the validation tasks.
        validation: how many validation tasks there are.
        threads: that share an epoch of all.
        tell: hears after each look what was found so far.
    """
    begun = time.process_time()
    loop = AskTell(make_population(strategy, start, sigma=sigma, size=size, seed=seed))
    seeds = Streams(seed).stream("gym.search.training")
    best, episodes, story = (start, -np.inf), 0, []
    generation = 0
    while True:
        candidates = loop.ask()
        genomes = np.asarray(candidates.genomes, np.float64)
        if generation % look_every == 0:
            centre = genomes.mean(axis=0)
            score = float(scores(family, centre[None], VALIDATION, validation, threads)[0].mean())
            episodes += validation
            spent = time.process_time() - begun
            story.append((generation, spent, score))
            best = max(best, (centre, score), key=lambda found: found[1])
            found = Found(best[0], best[1], generation, spent, episodes, tuple(story))
            tell(found)
            if spent >= seconds:
                return found
        reached = scores(family, genomes, seeds.seed_for(generation), tasks, threads)
        episodes += reached.size
        loop.tell(candidates.ids, -reached.mean(axis=1))
        generation += 1


def scores(family: Family, genomes: Array, seed: int, tasks: int, threads: int = 1) -> F64:
    """What each genome reaches in each task (p, tasks)."""
    which = np.tile(np.arange(tasks), len(genomes))
    own = np.repeat(np.arange(len(genomes)), tasks)
    played = play(family(genomes, own), seed, which, threads=threads)
    return played.scores.reshape(len(genomes), tasks)
