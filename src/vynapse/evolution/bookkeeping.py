# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which genomes were given, which wait for a loss, and when losses reach the population.

Two books with the same methods: `WholeGenerations` for any population, `OneByOne` for those that
take one loss at a time. They trust their arguments; `vynapse.evolution.ask_tell` checks them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, State
from vynapse.core.compatible import refuse_misfit
from vynapse.errors import CheckpointError
from vynapse.evolution.fitness import Losses
from vynapse.evolution.measured import Measured
from vynapse.evolution.policies import refuse_all_penalised
from vynapse.evolution.population import Population
from vynapse.seeding import I64

Bits = npt.NDArray[np.bool_]


@runtime_checkable
class Asynchronous(Population[Any], Protocol):
    """A population that takes one loss at a time, in any order (steady-state).

    What it becomes is a function of the sequence of these calls alone; they are not mixed with
    `ask` and `tell`.
    """

    def ask_one(self, number: int) -> Array:
        """Genome `number` (p,), made from the population as it stands.

        Numbers count up from 0. There is always a further one, however many wait to be told.
        """

    def tell_one(self, number: int, loss: float) -> None:
        """The loss of genome `number`, +inf where there is none; each is told once."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Genomes to be measured.

    Attributes:
        ids: (n,), rising.
        genomes: (n, p), read-only; the dtype is the population's.
    """

    ids: I64
    genomes: Array

    def __len__(self) -> int:
        return len(self.ids)


@final
class WholeGenerations:
    """A generation is applied when its last loss is told."""

    kind = "by generations"

    def __init__(self, population: Population[Any]) -> None:
        self._population = population
        self.applied = 0
        self._first = 0
        self._begin(None)

    def _begin(self, genomes: Array | None) -> None:
        """Forget the generation before; `genomes` are those of this one, once they were asked."""
        self._genomes = genomes
        size = 0 if genomes is None else len(genomes)
        self._given = 0
        self._told: Bits = np.zeros(size, np.bool_)
        self._losses: Losses = np.full(size, np.inf)

    @property
    def given(self) -> int:
        return self._first + self._given

    def give(self, count: int | None) -> Candidates:
        if self._genomes is None:
            self._begin(self._population.ask())
        low, size = self._given, len(self._told)
        self._given = size if count is None else min(low + count, size)
        return self._candidates(np.arange(low, self._given))

    def pending(self) -> Candidates:
        return self._candidates(np.flatnonzero(~self._told[: self._given]))

    def waiting(self, ids: I64) -> Bits:
        rows = ids - self._first
        mine = (rows >= 0) & (rows < self._given)
        mine[mine] &= ~self._told[rows[mine]]
        return mine

    def genomes(self, ids: I64) -> Array:
        return self._candidates(ids - self._first).genomes

    def tell(self, ids: I64, losses: Losses) -> None:
        told, values = self._told.copy(), self._losses.copy()
        told[ids - self._first], values[ids - self._first] = True, losses
        if self._genomes is not None and told.all():
            refuse_all_penalised(values)
            self._population.tell(self._genomes, Measured(values))
            self._first += len(told)
            self.applied += 1
            self._begin(None)
        else:
            self._told, self._losses = told, values

    def state(self) -> State:
        return {
            "kind": self.kind,
            "population": self._population.state(),
            "applied": self.applied,
            "first": self._first,
            "given": self._given,
            "told": self._told.copy(),
            "losses": self._losses.copy(),
        }

    def load(self, state: State) -> None:
        rows = ("told", "losses")
        refuse_misfit("ask and tell", self.state(), state, free=["population"], rows=rows)
        self._population.load(state["population"])
        self.applied, self._first = state["applied"], state["first"]
        asked = len(state["told"])
        self._begin(self._population.ask() if asked else None)
        if len(self._told) != asked:
            raise CheckpointError(
                f"the state is that of a generation of {asked} genomes, here it has "
                f"{len(self._told)}: make the population as it was made then"
            )
        self._given = state["given"]
        self._told, self._losses = state["told"].copy(), state["losses"].copy()

    def _candidates(self, rows: I64) -> Candidates:
        genomes = np.empty((0, 0)) if self._genomes is None else self._genomes[rows]
        genomes.flags.writeable = False
        return Candidates(rows + self._first, genomes)


@final
class OneByOne:
    """Each loss is applied when it is told; the order of all calls is the state."""

    kind = "one by one"

    def __init__(self, population: Asynchronous) -> None:
        self._population = population
        self._origin = population.state()
        self._forget()

    def _forget(self) -> None:
        self.given = 0
        self._waiting: dict[int, Array] = {}
        # id, ids given before it was told, and loss of everything told, in that order
        self._log: list[tuple[int, int, float]] = []

    @property
    def applied(self) -> int:
        return len(self._log)

    def give(self, count: int | None) -> Candidates:
        ids = range(self.given, self.given + (count or 1))
        for number in ids:
            genome = np.array(self._population.ask_one(number))
            genome.flags.writeable = False
            self._waiting[number] = genome
        self.given = ids.stop
        return self._candidates(np.array(ids, np.int64))

    def pending(self) -> Candidates:
        return self._candidates(np.array(sorted(self._waiting), np.int64))

    def waiting(self, ids: I64) -> Bits:
        return np.array([identity in self._waiting for identity in ids.tolist()], np.bool_)

    def genomes(self, ids: I64) -> Array:
        return self._candidates(ids).genomes

    def tell(self, ids: I64, losses: Losses) -> None:
        for number, loss in zip(ids.tolist(), losses.tolist(), strict=True):
            self._population.tell_one(number, loss)
            del self._waiting[number]
            self._log.append((number, self.given, loss))

    def state(self) -> State:
        ids, given, losses = zip(*self._log, strict=True) if self._log else ((), (), ())
        return {
            "kind": self.kind,
            "population": copy.deepcopy(self._origin),
            "given": self.given,
            "log_ids": np.array(ids, np.int64),
            "log_given": np.array(given, np.int64),
            "log_losses": np.array(losses, np.float64),
        }

    def load(self, state: State) -> None:
        rows = ("log_ids", "log_given", "log_losses")
        refuse_misfit("ask and tell", self.state(), state, free=["population"], rows=rows)
        self._population.load(state["population"])
        self._forget()
        columns = (state["log_ids"], state["log_given"], state["log_losses"])
        for number, given, loss in zip(*(column.tolist() for column in columns), strict=True):
            if given > self.given:
                self.give(given - self.given)
            self.tell(np.array([number]), np.array([loss]))
        if state["given"] > self.given:
            self.give(state["given"] - self.given)

    def _candidates(self, ids: I64) -> Candidates:
        genomes = [self._waiting[number] for number in ids.tolist()]
        return Candidates(ids, np.stack(genomes) if genomes else np.empty((0, 0)))
