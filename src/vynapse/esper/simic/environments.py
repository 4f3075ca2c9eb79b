# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs of growth side by side: one loop drives all of them, wherever they live."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array, State
from vynapse.core.compatible import Kind, Named, refuse_misfit
from vynapse.core.control import Legal
from vynapse.errors import CheckpointError, VynapseError
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic import schema
from vynapse.esper.simic.episode import Seen
from vynapse.esper.simic.features import FEATURES
from vynapse.esper.simic.hosts import Act, Begin, Host, Leave, Look, Order, Place, Rest
from vynapse.esper.simic.remembered import from_data
from vynapse.seeding import I64, Streams

_OWNERS: Final = itertools.count()


@runtime_checkable
class Ledger(Protocol):
    """Where the operations of growth itself are counted: the task."""

    own_flops: int


@final
class GrowthEnvironments:
    """Episodes of growth; the k-th of the r-th is a function of the seed, r and k.

    Args:
        hosts: where the episodes live; the r-th in that of number r modulo their number.
        devices: where networks are trained, over which the episodes are spread alike.
        history: looks that are seen at once.
        count: how many.
        seed: root of the episodes.
        ledger: their operations are counted there.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        devices: Sequence[str],
        history: int,
        count: int,
        seed: int,
        ledger: Ledger,
    ) -> None:
        self._hosts, self._devices, self._ledger = hosts, devices, ledger
        self._stream, self._owner = Streams(seed).stream("growth.episodes"), next(_OWNERS)
        self._episode = np.zeros(count, np.int64)
        self._over = np.ones(count, np.bool_)
        self._seen = np.zeros((count, history * FEATURES), np.float32)
        self._legal = np.ones((count, sum(schema.FACTORS)), np.bool_)
        weakref.finalize(self, _leave, hosts, self._owner).atexit = False

    def reset(self, rows: I64 | None = None) -> Array:
        """Begin new episodes."""
        chosen = range(len(self._over)) if rows is None else rows.tolist()
        orders: dict[int, Order] = {row: self._begin(row) for row in chosen}
        for row, seen in self._asked(orders).items():
            self._episode[row] += 1
            self._over[row] = False
            self._look(row, seen)
        return self._seen.copy()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        """One step of those that have not ended: an epoch, and what was decided before it."""
        count = len(self._over)
        rewards = np.zeros(count)
        terminated, truncated = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        orders: dict[int, Order] = {
            row: Act(Place(self._owner, row), np.asarray(actions[row], np.int64))
            for row in np.flatnonzero(~self._over).tolist()
        }
        for row, seen in self._asked(orders).items():
            rewards[row], terminated[row] = seen.reward, seen.terminated
            truncated[row] = seen.truncated
            self._look(row, seen)
        self._over |= terminated | truncated
        return self._seen.copy(), rewards, terminated, truncated

    def masks(self) -> Legal:
        """Which choices are legal now (n, sum of factors)."""
        return self._legal.copy()

    def observations(self) -> dict[int, Observation]:
        """The present looks of the episodes that have not ended, by row, whole.

        Controllers decide by them; a policy sees numbers alone.
        """
        going = np.flatnonzero(~self._over).tolist()
        orders: dict[int, Order] = {row: Look(Place(self._owner, row)) for row in going}
        return {row: from_data(data) for row, data in self._asked(orders).items()}

    def state(self) -> State:
        """Everything of the episodes in progress, and the numbers of all."""
        going = np.flatnonzero((self._episode > 0) & ~self._over).tolist()
        orders: dict[int, Order] = {row: Rest(Place(self._owner, row)) for row in going}
        return {
            "episode": self._episode.copy(),
            "over": self._over.copy(),
            "seen": self._seen.copy(),
            "legal": self._legal.copy(),
            "episodes": {str(row): state for row, state in self._asked(orders).items()},
        }

    def load(self, state: State) -> None:
        """Go on from `state`.

        Raises:
            CheckpointError: it does not fit.
        """
        own = {**self.state(), "episodes": Named(Kind("names and values", (dict,)))}
        refuse_misfit("environments", own, state)
        going = np.flatnonzero((state["episode"] > 0) & ~state["over"]).tolist()
        if sorted(state["episodes"]) != sorted(map(str, going)):
            raise CheckpointError(
                f"environments: the states of episodes {going} were wanted, got those of "
                f"{sorted(state['episodes'])}"
            )
        self._episode, self._over = state["episode"].copy(), state["over"].copy()
        self._seen, self._legal = state["seen"].copy(), state["legal"].copy()
        self._asked({row: self._begin(row, state["episodes"][str(row)], back=1) for row in going})

    def _begin(self, row: int, state: State | None = None, back: int = 0) -> Begin:
        seed = self._stream.seed_for(int(self._episode[row]) - back, row)
        device = self._devices[row % len(self._devices)]
        return Begin(Place(self._owner, row), seed, device, state)

    def _look(self, row: int, seen: Seen) -> None:
        self._seen[row], self._legal[row] = seen.vector, seen.legal
        self._ledger.own_flops += seen.flops

    def _asked(self, orders: Mapping[int, Order]) -> dict[int, Any]:
        """What came of orders, by row; hosts are asked all before any is to answer."""
        for row, order in orders.items():
            self._host(row).ask(order)
        found, errors = {}, []
        for row in orders:
            try:
                found[row] = self._host(row).answer()
            except VynapseError as error:  # the others have to be heard first
                errors.append(error)
        if errors:
            raise errors[0]
        return found

    def _host(self, row: int) -> Host:
        return self._hosts[row % len(self._hosts)]


def _leave(hosts: Sequence[Host], owner: int) -> None:
    """Have the episodes of environments that are no more forgotten."""
    for host in hosts:
        host.ask(Leave(owner))
