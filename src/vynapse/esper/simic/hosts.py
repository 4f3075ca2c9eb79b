# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where episodes of growth live: in this process, or in worker processes, pinned to one each.

A host is asked something about an episode, and answers later, in the order in which it was asked.
So one loop asks all hosts and then gathers, and worker processes work at the same time. What an
episode does depends on its seed alone, not on its host.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
import weakref
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol, final, runtime_checkable

from vynapse.core import Array, State
from vynapse.core.parent import end_with_parent
from vynapse.errors import TrainingError, VynapseError
from vynapse.esper.simic.episode import Episode, Seen
from vynapse.esper.simic.remembered import as_data
from vynapse.evolution.workers import deaf_to_interrupts

_SPAWN: Final = multiprocessing.get_context("spawn")
_PATIENCE: Final = 5.0
"""Seconds that an idle process has to end by itself."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """An episode: whose it is, and which of them.

    Attributes:
        owner: number of the environments.
        row: its number among them.
    """

    owner: int
    row: int


@final
@dataclass(frozen=True, slots=True, eq=False)
class Begin:
    """Begin an episode, or become one that was put to rest."""

    place: Place
    seed: int
    device: str
    state: State | None = None


@final
@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """Take a step of an episode."""

    place: Place
    action: Array


@final
@dataclass(frozen=True, slots=True)
class Rest:
    """Tell the state of an episode."""

    place: Place


@final
@dataclass(frozen=True, slots=True)
class Leave:
    """Forget all episodes of an owner; there is no answer."""

    owner: int


@final
@dataclass(frozen=True, slots=True)
class Look:
    """Tell the present look of an episode, as `remembered.as_data` does."""

    place: Place


Order = Begin | Act | Rest | Look


@runtime_checkable
class Begins(Protocol):
    """What makes episodes: task `growth`."""

    def episode(self, seed: int, device: str) -> Episode:
        """The episode of a seed, before its first step."""
        ...


@runtime_checkable
class Host(Protocol):
    """Where episodes live."""

    def ask(self, order: Order | Leave) -> None:
        """Give an order."""
        ...

    def answer(self) -> Any:
        """What came of the oldest order that was not answered for yet; raises what it raised."""
        ...


@final
class Here:
    """Episodes in this process, one after the other.

    Args:
        task: makes them.
    """

    def __init__(self, task: Begins) -> None:
        self._task = task
        self._episodes: dict[Place, Episode] = {}
        self._orders: deque[Order] = deque()

    def ask(self, order: Order | Leave) -> None:
        """Remember the order; it is carried out when its answer is wanted."""
        if isinstance(order, Leave):
            for place in [place for place in self._episodes if place.owner == order.owner]:
                del self._episodes[place]
            return
        self._orders.append(order)

    def answer(self) -> Seen | State:
        """What came of the oldest order."""
        return self._carry_out(self._orders.popleft())

    def _carry_out(self, order: Order) -> Seen | State:
        if isinstance(order, Begin):
            episode = self._task.episode(order.seed, order.device)
            if order.state is not None:
                episode.load(order.state)
            self._episodes[order.place] = episode
            return episode.seen()
        episode = self._episodes[order.place]
        if isinstance(order, Look):
            return as_data(episode.observation)
        return episode.step(order.action) if isinstance(order, Act) else episode.state()


@final
class Elsewhere:
    """Episodes in a worker process; it ends with this object, or when this process is no more.

    Args:
        task: makes them; it travels as its name and keys.
        threads: that torch may use there: as here, for the same bits.
    """

    def __init__(self, task: Begins, threads: int) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(task, threads, theirs), daemon=True)
        with deaf_to_interrupts():
            process.start()
        theirs.close()
        self.process_id = process.pid
        self.close = weakref.finalize(self, _end, self._pipe, process)

    def ask(self, order: Order | Leave) -> None:
        """Send the order; the process begins at once."""
        with suppress(OSError):  # if it is no more, the answer says so
            self._pipe.send(order)

    def answer(self) -> Any:
        """What came of the oldest order.

        Raises:
            TrainingError: the process has ended, or an error that is none of a user's.
        """
        try:
            found = self._pipe.recv()
        except (EOFError, OSError):
            raise TrainingError(
                "a worker process of task growth has ended: look for too little memory, then "
                "resume the run"
            ) from None
        if isinstance(found, _Failed):
            raise found.error
        return found


@final
@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


def _end(pipe: Connection, process: Any) -> None:
    """End a process and leave nothing of it behind."""
    pipe.close()
    process.join(_PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()


def _work(task: Begins, threads: int, pipe: Connection) -> None:
    """What a worker does: carry orders out until the pipe is closed."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent's to handle
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    import torch

    torch.set_num_threads(threads)
    here = Here(task)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            order = pipe.recv()
            here.ask(order)
            if isinstance(order, Leave):
                continue
            try:
                answer: Any = here.answer()
            except VynapseError as error:
                answer = _Failed(error)
            except Exception as error:  # noqa: BLE001 - whatever a user's module raises
                trace = "".join(traceback.format_exception(error))
                answer = _Failed(TrainingError(f"a worker process raised {error!r}:\n{trace}"))
            pipe.send(answer)
