# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where champions come from: parents, operator, generation and loss of all who led to them.

Genomes have ids: generation times population, plus row. Kept are the genomes of the last
generations, and of the others those from which a champion or a living genome descends in the line
of its fitter parents.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import WHOLE, Numbers, refuse_misfit
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.fitness import Losses
from vynapse.kernels.reference.neat_law import Operator
from vynapse.seeding import I64

_GENERATIONS = 32
"""After so many generations of new records those that are not needed are dropped."""
_COLUMNS = ("id", "first", "second", "operator", "loss")


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One genome of a chain.

    Attributes:
        id: the genome's id.
        generation: when it was born.
        first: id of its parent, of two the fitter; None in the first generation.
        second: id of the other parent, or None.
        operators: what made it, e.g. ("crossover", "add_node"); none for an unchanged copy.
        loss: the genome's loss; NaN before it was told.
    """

    id: int
    generation: int
    first: int | None
    second: int | None
    operators: tuple[str, ...]
    loss: float


@functools.cache
def _names(bits: int) -> tuple[str, ...]:
    """Operators by their bits."""
    return tuple(str(bit.name).lower() for bit in Operator if bit & bits)


@final
class Ancestry:
    """Records of births.

    Args:
        population: genomes of a generation.

    Attributes:
        champions: id of the best genome of each generation told, in their order.
    """

    def __init__(self, population: int) -> None:
        self._population = population
        nobody = np.zeros(0, np.int64)
        self._kept: dict[str, np.ndarray] = {
            **dict.fromkeys(("id", "first", "second"), nobody),
            "operator": np.zeros(0, np.uint8),
            "loss": np.zeros(0),
        }
        self._recent: list[dict[str, np.ndarray]] = []
        self._limit = population * _GENERATIONS
        self.champions: list[int] = []

    def born(self, generation: int, first: I64, second: I64, operator: np.ndarray) -> None:
        """A generation, with ids of parents or -1."""
        begin = generation * self._population
        self._recent.append(
            {
                "id": np.arange(begin, begin + self._population, dtype=np.int64),
                "first": first,
                "second": second,
                "operator": operator,
                "loss": np.full(self._population, np.nan),
            }
        )

    def told(self, losses: Losses) -> None:
        """Losses of the last generation born."""
        last = self._recent[-1]
        last["loss"] = losses.astype(np.float64)
        self.champions.append(last["id"].item(0) + int(losses.argmin()))
        if len(self._recent) * self._population > self._limit:
            self._prune()

    def chain(self, identity: int) -> list[Ancestor]:
        """A genome, its fitter parent, that one's, and so on to the first generation.

        Raises:
            ConfigError: nothing is known of the genome.
        """
        return list(self.lineage(identity))

    def lineage(self, identity: int) -> Iterator[Ancestor]:
        """The same as `chain`, one after the other."""
        wanted = identity
        while wanted >= 0:
            found = self._find(wanted)
            if found is None:
                raise ConfigError(
                    f"ancestry: the id of a champion or of a genome that lives was wanted, got "
                    f"{identity}: the best of the run is "
                    f"{self.champions[-1] if self.champions else 'not known yet'}"
                )
            ancestor = self._ancestor(*found)
            yield ancestor
            wanted = -1 if ancestor.first is None else ancestor.first

    def replaced(self, generation: int, place: int) -> None:
        """A genome of the generation born last came from elsewhere."""
        last = self._recent[-1]
        row = generation * self._population + place - int(last["id"][0])
        last["first"][row], last["second"][row], last["operator"][row] = -1, -1, 0

    def strangers(self) -> list[int]:
        """Ids of those of the generation born last, after the first, who came from elsewhere."""
        last = self._recent[-1]
        if last["id"].item(0) < self._population:
            return []
        found: list[int] = last["id"][last["first"] < 0].tolist()
        return found

    def _find(self, identity: int) -> tuple[dict[str, np.ndarray], int] | None:
        """Where a genome is recorded: the table and the row."""
        part, row = self._kept, 0
        if self._recent and identity >= self._recent[0]["id"].item(0):
            place = identity - self._recent[0]["id"].item(0)
            generation, row = divmod(place, self._population)
            if generation >= len(self._recent):
                return None
            part = self._recent[generation]
        else:
            row = int(np.searchsorted(part["id"], identity))
        if row >= len(part["id"]) or part["id"].item(row) != identity:
            return None
        return part, row

    def _ancestor(self, part: dict[str, np.ndarray], row: int) -> Ancestor:
        identity, first, second, bits, loss = (part[name].item(row) for name in _COLUMNS)
        return Ancestor(
            identity,
            identity // self._population,
            first if first >= 0 else None,
            second if second >= 0 else None,
            _names(bits),
            loss,
        )

    def _table(self) -> dict[str, np.ndarray]:
        parts = [self._kept, *self._recent]
        return {name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS}

    def _prune(self) -> None:
        """Drop who is in no line that leads to a champion or to a living genome."""
        *older, last = self._recent
        parents, parts = last["first"], [last]
        for part in reversed(older):
            begin = part["id"].item(0)
            needed = np.zeros(self._population, bool)
            needed[parents[parents >= 0] - begin] = True
            needed[self.champions[begin // self._population] - begin] = True
            kept = {name: column[needed] for name, column in part.items()}
            parents = kept["first"]
            parts.append(kept)
        parts.append(self._lines_kept(parents))
        parts = parts[:0:-1]
        self._kept = {name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS}
        self._recent = [last]

    def _lines_kept(self, parents: I64) -> dict[str, np.ndarray]:
        """What is needed of the older records, when of those behind them `parents` are."""
        identities, first = self._kept["id"], self._kept["first"]
        needed = np.zeros(len(identities), bool)
        needed[np.searchsorted(identities, parents[parents >= 0])] = True
        told = self._recent[0]["id"].item(0) // self._population
        champions = np.array(self.champions[:told], np.int64)
        needed[np.searchsorted(identities, champions)] = True
        rows = np.where(first >= 0, np.searchsorted(identities, first), -1).tolist()
        wanted = needed.tolist()
        for row in range(len(wanted) - 1, -1, -1):  # parents stand before their children
            if wanted[row] and rows[row] >= 0:
                wanted[rows[row]] = True
        return {name: column[np.array(wanted, bool)] for name, column in self._kept.items()}

    def state(self) -> State:
        """All that `load` needs."""
        recent = len(self._recent)
        return {
            "recent": recent,
            "champions": np.array(self.champions, np.int64),
            "table": self._table(),
        }

    def refuse(self, state: State) -> None:
        """Refuse what is no state of an ancestry of so many genomes a generation.

        Raises:
            CheckpointError: it is none.
        """
        columns = {name: Numbers(column.dtype, (-1,)) for name, column in self._kept.items()}
        form = {"recent": WHOLE, "champions": Numbers(np.int64, (-1,)), "table": columns}
        refuse_misfit("ancestry", form, state)
        refuse_misfit("ancestry", columns, state["table"], even=columns)
        most = len(state["table"]["id"]) // self._population
        if not 0 <= state["recent"] <= most:
            raise CheckpointError(
                f"ancestry: the state does not fit: recent: a number of generations from 0 to "
                f"{most} was wanted, got {state['recent']}"
            )

    def load(self, state: State) -> None:
        """Become the ancestry whose `state` this was."""
        table, count = state["table"], state["recent"] * self._population
        cut = len(table["id"]) - count
        self._kept = {name: column[:cut].copy() for name, column in table.items()}
        self._recent = [
            {
                name: column[begin : begin + self._population].copy()
                for name, column in table.items()
            }
            for begin in range(cut, len(table["id"]), self._population)
        ]
        self.champions = state["champions"].tolist()
