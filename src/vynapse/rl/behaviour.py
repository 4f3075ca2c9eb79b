# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Those who play so that others may learn from it, and the log of their episodes.

Whatever acts is a `Behaviour`: blind choices, a network that explores a little, or what a task
offers by name under `behaviours`, such as rules written by hand. These may look at more of the
environments than a network sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array, ControlTask, Network
from vynapse.core.control import Environments, Legal, legal_now
from vynapse.errors import ConfigError, suggestion
from vynapse.rl.log import Log, choices_of, joined
from vynapse.seeding import Stream

RANDOM: Final = "random"
Choose = Callable[[Array, Legal | None], Array]
"""Observations (n, *shape) and what is legal (n, sum of factors) -> actions, as environments take
them: (n,), or (n, factors)."""


@runtime_checkable
class Behaviour(Protocol):
    """Whatever acts."""

    def begin(self, environments: Environments, count: int, seed: int) -> Choose:
        """Begin episodes, one in each of `count` environments, which have been reset.

        Args:
            environments: those that are acted in; they may be looked at, not stepped.
            count: how many.
            seed: root of all random choices.
        """
        ...


@runtime_checkable
class Offering(Protocol):
    """A task that knows how one may act in it."""

    @property
    def behaviours(self) -> Mapping[str, Behaviour]:
        """Those who act, by name."""
        ...


@final
@dataclass(frozen=True, slots=True)
class RandomBehaviour:
    """Every legal choice is equally likely, in each factor by itself.

    Attributes:
        task: what is acted in.
    """

    task: ControlTask

    def begin(self, environments: Environments, count: int, seed: int) -> Choose:
        """Draws of a generator of its own."""
        generator = np.random.default_rng(seed)

        def choose(seen: Array, legal: Legal | None) -> Array:
            blind = generator.random((len(seen), self.task.outputs), np.float32)
            return self.task.act(blind, legal)

        return choose


@final
@dataclass(frozen=True, slots=True)
class EpsilonGreedy:
    """The actions of a network, and with some probability blind ones.

    Attributes:
        task: what is acted in.
        network: takes observations as they are.
        epsilon: probability of a blind action, in [0, 1].
    """

    task: ControlTask
    network: Network
    epsilon: float

    def begin(self, environments: Environments, count: int, seed: int) -> Choose:
        """A policy with a state begins with a fresh one."""
        coins = np.random.default_rng((seed, 1))
        blind = RandomBehaviour(self.task).begin(environments, count, seed)
        policy = self.network.policy()
        state = policy.start(count)

        def choose(seen: Array, legal: Legal | None) -> Array:
            nonlocal state
            outputs, state = policy(seen, state)
            own, other = self.task.act(outputs, legal), blind(seen, legal)
            away = coins.random(count) < self.epsilon
            mixed: Array = np.where(away.reshape(-1, *(1,) * (own.ndim - 1)), other, own)
            return mixed

        return choose


def offered(task: ControlTask) -> dict[str, Behaviour]:
    """Those who act in a task, by name: blind choices, and what the task offers."""
    own = dict(task.behaviours) if isinstance(task, Offering) else {}
    return {RANDOM: RandomBehaviour(task), **own}


def behaviour_named(name: str, task: ControlTask, where: str) -> Behaviour:
    """The one of a name.

    Raises:
        ConfigError: the task knows none.
    """
    known = offered(task)
    if name not in known:
        raise ConfigError(
            f"{where}: one of {', '.join(known)}, or run:PATH was wanted, got "
            f"{name!r}{suggestion(name, known)}"
        )
    return known[name]


def collected(
    behaviour: Mapping[str, Behaviour],
    task: ControlTask,
    episodes: int,
    stream: Stream,
    together: int = 16,
) -> Log:
    """Episodes of several who act, in equal parts; the first ones have one more if it must be.

    Args:
        behaviour: those who act, by name.
        task: what they act in.
        episodes: how many in all; at least one for each.
        stream: source of seeds.
        together: how many are played side by side, at most: an environment may be large.

    Raises:
        ConfigError: actions are vectors, or there are fewer episodes than those who act.
    """
    choices_of(task)
    if episodes < len(behaviour):
        raise ConfigError(
            f"data.episodes: at least one for each of {len(behaviour)} behaviours was wanted, got "
            f"{episodes}"
        )
    parts = []
    for index, (name, one) in enumerate(behaviour.items()):
        left = episodes // len(behaviour) + (index < episodes % len(behaviour))
        for part in range(0, left, together):
            count = min(together, left - part)
            seeds = stream.seed_for(index, 2 * part), stream.seed_for(index, 2 * part + 1)
            parts.append(_played(name, one, task, count, seeds))
    return joined(parts)


def _played(
    name: str, behaviour: Behaviour, task: ControlTask, count: int, seeds: tuple[int, int]
) -> Log:
    """One episode in each of `count` environments side by side."""
    environments = task.environments(count, seeds[0])
    seen = environments.reset()
    choose = behaviour.begin(environments, count, seeds[1])
    rows: list[list[tuple[Array, ...]]] = [[] for _ in range(count)]
    last: list[Array] = [seen[row] for row in range(count)]
    going, masked = np.ones(count, bool), False
    while going.any():
        legal = legal_now(task, environments)
        masked = legal is not None
        actions = choose(seen, legal)
        after, rewards, ended, cut = environments.step(actions)
        shown = np.ones((count, 1), bool) if legal is None else legal
        for row in np.flatnonzero(going).tolist():
            own = (seen, actions, rewards, ended, cut, shown)
            rows[row].append(tuple(np.array(part[row]) for part in own))
            last[row] = np.array(after[row])
        going &= ~(ended | cut)
        seen = after
    return _log_of(name, task, rows, last, masked=masked)


def _log_of(
    name: str,
    task: ControlTask,
    rows: Sequence[Sequence[tuple[Array, ...]]],
    last: Sequence[Array],
    *,
    masked: bool,
) -> Log:
    steps = [step for episode in rows for step in episode]
    _, actions, rewards, ended, cut, legal = (np.stack(part) for part in zip(*steps, strict=True))
    seen = [
        part.reshape(-1)
        for episode, end in zip(rows, last, strict=True)
        for part in (*(step[0] for step in episode), end)
    ]
    choices, lengths = choices_of(task), [len(episode) for episode in rows]
    return Log(
        task.name,
        choices,
        (name,),
        np.stack(seen).astype(np.float32),
        actions.reshape(len(steps), len(choices)).astype(np.int64),
        rewards.astype(np.float32),
        ended.astype(bool),
        cut.astype(bool),
        np.cumsum([0, *lengths[:-1]]).astype(np.int64),
        np.zeros(len(rows), np.int64),
        legal.astype(bool) if masked else None,
    )
