# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whole episodes of many deciders in many tasks at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np

from vynapse.core.control import Legal
from vynapse.esper.simic.gym import acting
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import World
from vynapse.kernels.reference.growth import WITHIN
from vynapse.seeding import I64


@runtime_checkable
class Decider(Protocol):
    """Decides in all environments of a world at once.

    It keeps nothing but by the number of the episode that it is given: those that are over drop out
    of the world.
    """

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """Actions (n, 2), given what is legal (n, …) and the numbers of the episodes (n,)."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What became of episodes (n,).

    Attributes:
        scores: `World.score` at the end.
        epochs: how many there were.
        width: units of the layer at the end.
        bodies: bodies in the function at the end.
        spent: operations over the budget.
    """

    scores: F64
    epochs: I64
    width: I64
    bodies: I64
    spent: F64


def play(
    decide: Decider,
    seed: int,
    which: I64,
    *,
    host: int | None = None,
    threads: int = 1,
) -> Played:
    """The first episode of environments; equal numbers learn the same task.

    Args:
        decide: who decides.
        seed: root of the episodes.
        which: numbers of environments (n,).
        host: width that all networks begin with in place of their tasks'.
        threads: that share an epoch.
    """
    world, count = World(seed, which, threads, host), len(which)
    world.reset(np.arange(count))
    episodes = np.arange(count)
    epochs, width, bodies = np.zeros((3, count), np.int64)
    played = Played(np.zeros(count), epochs, width, bodies, np.zeros(count))
    while len(world):
        acting.act(world, decide(world, acting.masks(world), episodes))
        world.live()
        world.close()
        if 4 * world.over.sum() >= len(world):
            over = world.over
            _keep(played, world, over, episodes)
            world, episodes = world.subset(np.flatnonzero(~over)), episodes[~over]
    return played


def _keep(played: Played, world: World, over: Legal, episodes: I64) -> None:
    to, shape = episodes[over], world.shapes
    played.scores[to] = world.score()[over]
    played.epochs[to] = world.epoch[over]
    played.width[to] = shape["width"][over]
    played.bodies[to] = np.sum(shape["mode"] == WITHIN, axis=1)[over]
    played.spent[to] = (world.spent / world.budget)[over]
