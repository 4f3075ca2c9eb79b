# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Selection by several objectives for any population, and the archive of trade-offs.

Ranks are those of NSGA-II (`evolution.nsga2`): non-domination first, then crowding distance.
"""

from __future__ import annotations

from typing import Final, Generic, final

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.core.compatible import Numbers, refuse_misfit, unloadable
from vynapse.errors import CheckpointError
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.fitness import Losses
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured, Objectives
from vynapse.evolution.nsga2 import crowded_losses, crowding, nondominated

LIMIT: Final = 100
"""Genomes that an archive holds at most."""


def ranks(measured: Measured) -> Losses:
    """What genomes are compared by within a generation (g,), lower is better.

    The losses where there is one objective, else the place in the crowded comparison.
    """
    return measured.losses if measured.objectives is None else crowded_losses(measured.objectives)


def better(new: Measured, old: Measured) -> npt.NDArray[np.bool_]:
    """Which rows are better than before (g,): by their loss, or they dominate their old ones."""
    if new.objectives is None or old.objectives is None:
        return new.losses < old.losses
    no_worse = np.all(new.objectives <= old.objectives, axis=1)
    dominates: npt.NDArray[np.bool_] = np.logical_and(
        no_worse, np.any(new.objectives < old.objectives, axis=1)
    )
    return dominates


@final
class Archive(Generic[G]):
    """What nothing measured so far dominates, over all generations; at most `limit` genomes.

    While there are more, the one with the least crowding distance goes. Of genomes alike in all
    objectives the first stays.

    Args:
        encoding: what genomes mean.
        names: the names of the objectives.
        limit: genomes that are kept at most; two or more.

    Attributes:
        names: the names of the m objectives.
        genomes: what is kept, ordered by the first objective; None before the first was added.
        objectives: theirs (k, m).
    """

    def __init__(self, encoding: Encoding[G], names: tuple[str, ...], limit: int = LIMIT) -> None:
        self._encoding, self._limit, self.names = encoding, limit, names
        self.genomes: G | None = None
        self.objectives: Objectives = np.empty((0, len(names)))

    def __len__(self) -> int:
        return len(self.objectives)

    def add(self, genomes: G, measured: Measured) -> None:
        """Keep what nothing dominates; genomes with an objective that is not finite do not count.

        Raises:
            ValueError: they were measured by one objective alone.
        """
        if measured.objectives is None:
            raise ValueError("several objectives were wanted, got losses alone")
        fresh = np.flatnonzero(np.isfinite(measured.objectives).all(axis=1))
        both = np.concatenate([self.objectives, measured.objectives[fresh]])
        rows = nondominated(both)
        while len(rows) > self._limit:
            rows = np.delete(rows, crowding(both[rows]).argmin())
        old, new = rows[rows < len(self)], fresh[rows[rows >= len(self)] - len(self)]
        if len(old) == len(self) and not len(new):
            return
        select, parts = self._encoding.select, []
        if self.genomes is not None and len(old):
            parts.append(select(self.genomes, old))
        if len(new):
            parts.append(select(genomes, new))
        # the old ones come first there, each sort in the order of `rows`
        places = np.argsort(rows >= len(self), kind="stable").argsort()
        self.genomes, self.objectives = select(self._encoding.join(parts), places), both[rows]

    def state(self) -> State:
        """All that `load` needs, as copies."""
        packed = {} if self.genomes is None else {"packed": self._encoding.pack(self.genomes)}
        return {"objectives": self.objectives.copy(), "genomes": packed}

    def load(self, state: State) -> None:
        """Become the archive whose `state` this was.

        Raises:
            CheckpointError: it is the state of something else; nothing was loaded.
        """
        form = {"objectives": Numbers(np.float64, (-1, self.objectives.shape[1])), "genomes": {}}
        refuse_misfit("front", form, state, free=("genomes",))
        genomes = None
        if state["genomes"]:
            with unloadable("front: genomes"):
                genomes = self._encoding.unpack(state["genomes"]["packed"])
        count = 0 if genomes is None else len(genomes)
        if count != len(state["objectives"]):
            raise CheckpointError(
                f"front: the state does not fit: {len(state['objectives'])} genomes were wanted, "
                f"got {count}"
            )
        self.genomes, self.objectives = genomes, state["objectives"].copy()
