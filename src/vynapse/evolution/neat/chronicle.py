# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a run of NEAT keeps of its search: champions with their ancestors, species, the solution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import refuse_misfit
from vynapse.evolution.chronicle import Entry
from vynapse.evolution.neat.population import Neat
from vynapse.networks.state import NetworkState

EVENTS: Final[Mapping[str, str]] = {
    "neat.champion": "the best genome of a generation; data: id, loss, hidden, connections, and "
    "ancestors that no event before has named: id, generation, parents, operators, loss",
    "neat.species": "species came or went; data: founded and died (their numbers), alive",
    "neat.winner": "another network is the winner; data: id of its genome",
    "neat.solved": "all outputs of the winner are on the right side of 0.5; data: generation",
}
"""Kinds of events, and what their data hold."""


@final
class NeatChronicle:
    """Looks at a search after each generation.

    Args:
        search: whose generations are told.
        solved: whether a network solves the task; None where there is no such criterion.

    Attributes:
        solved_step: the first step whose winner solves the task; 0 before.
    """

    def __init__(self, search: Neat, solved: Callable[[NetworkState], bool] | None = None) -> None:
        self._search, self._solved = search, solved
        self._known: set[int] = set()
        self._alive: set[int] = set()
        self.solved_step = 0

    def tell(self, step: int, winner: NetworkState | None, found: int) -> Entry:
        """The champion of the generation just told, species, winner, solution."""
        events = [self._champion()]
        alive = set(self._search.alive())
        if alive != self._alive:
            founded, died = sorted(alive - self._alive), sorted(self._alive - alive)
            about = {"founded": founded, "died": died, "alive": len(alive)}
            events.append(("neat.species", about))
            self._alive = alive
        if winner is not None:
            if found:
                events.append(("neat.winner", {"id": self._search.champions()[found - 1]}))
            if not self.solved_step and self._solved is not None and self._solved(winner):
                self.solved_step = step
                events.append(("neat.solved", {"generation": step}))
        metrics = {"solved_step": float(self.solved_step)} if self.solved_step else {}
        return Entry(metrics, tuple(events))

    def _champion(self) -> tuple[str, Mapping[str, Any]]:
        metrics, identity = self._search.metrics(), self._search.last_champion
        return "neat.champion", {
            "id": identity,
            "loss": metrics["best_loss"],
            "hidden": int(metrics["best_hidden"]),
            "connections": int(metrics["best_connections"]),
            "ancestors": self.lines([identity]),
        }

    def lines(self, ids: Sequence[int]) -> list[Any]:
        """A row for each of these genomes and of their ancestors that no event has named yet.

        It holds id, generation, parents, operators and loss.
        """
        rows: list[Any] = []
        for identity in ids:
            for ancestor in self._search.lineage(identity):
                if ancestor.id in self._known:
                    break
                self._known.add(ancestor.id)
                parents = [one for one in (ancestor.first, ancestor.second) if one is not None]
                made = list(ancestor.operators)
                rows.append([ancestor.id, ancestor.generation, parents, made, ancestor.loss])
        return rows

    def state(self) -> State:
        """All that `load` needs."""
        known, alive = sorted(self._known), sorted(self._alive)
        return {
            "known": np.array(known, np.int64),
            "alive": np.array(alive, np.int64),
            "solved_step": self.solved_step,
        }

    def load(self, state: State) -> None:
        """Go on from `state`.

        Raises:
            CheckpointError: it is the state of something else.
        """
        refuse_misfit("chronicle", self.state(), state, rows=("known", "alive"), even=())
        self._known, self._alive = set(state["known"].tolist()), set(state["alive"].tolist())
        self.solved_step = state["solved_step"]
