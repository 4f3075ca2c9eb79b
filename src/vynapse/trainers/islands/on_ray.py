# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Islands in processes of their own: each is an actor of Ray (https://docs.ray.io, 2.x).

An island that is lost is made again: it loads the last state that is kept here, and the calls since
then are made once more. An island is a function of its state and these calls, so it comes back with
the same bytes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, final

from threadpoolctl import threadpool_limits

from vynapse.core import State
from vynapse.errors import TrainingError
from vynapse.evolution.ray_begun import ray_at
from vynapse.trainers.islands.island import Build, Island
from vynapse.trainers.islands.keys import IslandKeys
from vynapse.trainers.mode import Stage

_LOOKS: Final = frozenset({"winner", "choices", "timings", "state"})
"""Methods that change nothing, so they need not be made once more."""
_TRIES: Final = 5
"""An island that is lost so often in one call is lost by what it does."""


class Remote:
    """What an actor is: an island that is called by name.

    Args:
        shared: build, stage and keys, the same for all islands.
        number: the number of this island.
    """

    def __init__(self, shared: tuple[Build, Stage, IslandKeys], number: int) -> None:
        threads = shared[1].threads
        threadpool_limits(limits=threads)
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(threads)
        self._island = Island(*shared, number)

    def call(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """What a method of the island gives."""
        return getattr(self._island, method)(*arguments)

    def process(self) -> int:
        """The number of its process."""
        return os.getpid()


@final
class OnRay:
    """Islands as actors.

    Args:
        build: what makes the trainer of an island.
        stage: the stage; it is put into the object store once.
        keys: the settings of all.
        count: islands.

    Raises:
        MissingExtra: Ray is not installed.
        ConfigError: there is no cluster at the address.
    """

    def __init__(self, build: Build, stage: Stage, keys: IslandKeys, count: int) -> None:
        self._ray, self._began = ray_at(keys.islands_on, count, "islands_on")
        self._actor = self._ray.remote(num_cpus=1, max_restarts=0)(Remote)
        self._shared = self._ray.put((build, stage, keys))
        self._kept: list[State | None] = [None] * count
        self._since: list[list[tuple[str, tuple[Any, ...]]]] = [[] for _ in range(count)]
        self._actors = [self._actor.remote(self._shared, number) for number in range(count)]
        self._last: dict[str, list[Any]] = {}
        self.lost = 0

    def all(self, method: str, arguments: Sequence[tuple[Any, ...]] | None = None) -> list[Any]:
        """All islands at once; after `close` what they said last."""
        if not self._actors:
            return self._last[method]
        given = arguments or [()] * len(self._actors)
        calls = zip(self._actors, given, strict=True)
        answers = [actor.call.remote(method, own) for actor, own in calls]
        return [
            self._answer(number, answer, method, own)
            for number, (answer, own) in enumerate(zip(answers, given, strict=True))
        ]

    def one(self, island: int, method: str) -> Any:
        """What the method gives on one island."""
        if not self._actors:
            return self._last[method][island]
        answer = self._actors[island].call.remote(method, ())
        return self._answer(island, answer, method, ())

    def keep(self) -> None:
        """Hold the states, so that islands that are lost later begin from them."""
        self._hold(self.all("state"))

    def load(self, states: Sequence[State]) -> None:
        """Every island goes on from its state."""
        self.all("load", [(state,) for state in states])
        self._hold(states)

    def processes(self) -> list[int]:
        """The number of the process of each island."""
        found: list[int] = self._ray.get([actor.process.remote() for actor in self._actors])
        return found

    def close(self) -> None:
        """End the actors, and Ray where it was begun here; what they know is still asked for."""
        if self._actors:
            # a search that has failed has nothing to say
            with suppress(TrainingError):
                self._last = {method: self.all(method) for method in sorted(_LOOKS)}
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors = []
        if self._began:
            self._ray.shutdown()
            self._began = False

    def _hold(self, states: Sequence[State]) -> None:
        self._kept, self._since = list(states), [[] for _ in states]

    def _answer(self, island: int, answer: Any, method: str, own: tuple[Any, ...]) -> Any:
        """The answer of an island, from another process if its own is lost."""
        errors = self._ray.exceptions
        for _ in range(_TRIES):
            try:
                result = self._ray.get(answer)
            except errors.RayActorError:
                self.lost += 1
                answer = self._again(island, method, own)
            except errors.RayTaskError as error:
                raise error.cause from None
            else:
                if method not in _LOOKS:
                    self._since[island].append((method, own))
                return result
        raise TrainingError(
            f"islands: the process of island {island} was lost {_TRIES} times in one call: look "
            "for a crash or too little memory"
        )

    def _again(self, island: int, method: str, own: tuple[Any, ...]) -> Any:
        """An actor with the same history, and its answer to come."""
        actor = self._actors[island] = self._actor.remote(self._shared, island)
        if (kept := self._kept[island]) is not None:
            actor.call.remote("load", (kept,))
        for known in self._since[island]:
            actor.call.remote(*known)
        return actor.call.remote(method, own)
