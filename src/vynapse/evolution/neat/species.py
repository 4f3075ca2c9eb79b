# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Species: who belongs together, and how many children each has.

Stanley & Miikkulainen (2002), section 3.3. A genome joins the first species whose representative,
a random member of the generation before, is near enough. Members share their fitness, so that a
species has offspring in proportion to the mean fitness of its members.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.core.compatible import Numbers, refuse_misfit
from vynapse.errors import CheckpointError
from vynapse.evolution.fitness import Losses
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import neat, neat_plan
from vynapse.kernels.neat_plan import Sharing
from vynapse.kernels.reference.law import I32
from vynapse.kernels.reference.neat_distance import Measure
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.kernels.reference.neat_law import Plan
from vynapse.seeding import I64, Streams

Counts = npt.NDArray[np.int64]
_LOWEST_THRESHOLD = 0.3


@final
class Species:
    """The species of the current generation, the oldest first.

    Args:
        settings: the settings of the search.
        streams: "neat.representatives" is drawn from.

    Attributes:
        of: the species of each genome (p,), a place in the arrays below.
        number: the number of each species, in the order of their founding, never used twice (s,).
        founded: the generation (s,).
        best: lowest loss of its champions so far (s,).
        improved: the generation of that champion (s,).
        threshold: the threshold of the compatibility distance.
    """

    def __init__(self, settings: NeatSettings, streams: Streams) -> None:
        self._settings = settings
        self._sharing = Sharing(
            settings.survival_threshold,
            settings.champion_size,
            settings.stagnation,
            settings.protected_species,
            settings.refocus_species,
            streams.stream("neat.representatives"),
        )
        self._measure = Measure(
            settings.excess,
            settings.disjoint,
            settings.weight_difference,
            settings.small_genome,
        )
        self.threshold = settings.compatibility_threshold
        self.of: I32 = np.zeros(0, np.int32)
        self.number: I64 = np.zeros(0, np.int64)
        self.founded, self.improved = self.number.copy(), self.number.copy()
        self.best: Losses = np.zeros(0)
        self._next = 0
        self._desk = neat.Desk()

    def __len__(self) -> int:
        return len(self.number)

    def sizes(self) -> Counts:
        """Members of each species (s,)."""
        return np.bincount(self.of, minlength=len(self)).astype(np.int64)

    def assign(
        self,
        genomes: Genomes,
        representatives: Genomes | None,
        generation: int,
        rows: I64 | None = None,
    ) -> None:
        """Sort a new generation into species; empty ones are gone.

        Args:
            genomes: the generation.
            representatives: one of each species that there is, None for no species.
            generation: its number.
            rows: which of `representatives` these are; None for all.
        """
        self.of, founders = neat.speciate(
            self._measure, self.threshold, genomes, representatives, desk=self._desk, rows=rows
        )
        self._found(len(founders), generation)
        alive = self.sizes() > 0
        if not alive.all():
            self._keep(alive)
            self.of = (np.cumsum(alive) - 1).astype(np.int32)[self.of]

    def join(self, genomes: Genomes, place: int, generation: int) -> None:
        """Sort one genome anew: another one has taken its place, which was not its species' last.

        A species is represented by its first other member, since the members that represented it
        before are gone. A genome that fits nowhere founds a species.
        """
        others = np.delete(np.arange(len(genomes)), place)
        _, first = np.unique(self.of[others], return_index=True)
        guest = genomes.take(np.array([place]))
        found, founders = neat.speciate(
            self._measure, self.threshold, guest, genomes, rows=others[first].astype(np.int64)
        )
        self._found(len(founders), generation)
        self.of = self.of.copy()
        self.of[place] = found[0]

    def _found(self, fresh: int, generation: int) -> None:
        """So many new species, the youngest of all."""
        if not fresh:
            return
        numbers = np.arange(self._next, self._next + fresh, dtype=np.int64)
        self.number = np.concatenate((self.number, numbers))
        self.founded = np.concatenate((self.founded, np.full(fresh, generation)))
        self.improved = np.concatenate((self.improved, np.full(fresh, generation)))
        self.best = np.concatenate((self.best, np.full(fresh, np.inf)))
        self._next += fresh

    def _keep(self, which: Any) -> None:
        self.number, self.founded = self.number[which], self.founded[which]
        self.improved, self.best = self.improved[which], self.best[which]

    def plan(
        self, losses: Losses, generation: int, refocus: bool, ranks: Losses | None = None
    ) -> tuple[Plan, I64]:
        """Parents and copies of the next generation; species without offspring die out.

        Args:
            losses: the losses of the current generation (p,), +inf where invalid.
            generation: its number.
            refocus: the best species alone have offspring, and count as improved.
            ranks: what is shared in place of the losses (p,); a species improves by its losses.

        Returns:
            The plan, and a random member of each species that goes on, to represent it.
        """
        shared, best = losses, self.best
        if ranks is not None:
            lowest = np.full(len(self), np.inf)
            np.minimum.at(lowest, self.of, losses)
            # any rank is below the best of a species that has improved, none below that of others
            shared, best = ranks, np.where(lowest < self.best, np.inf, -np.inf)
            self.best = np.minimum(self.best, lowest)
        found = neat_plan.plan(
            self._sharing, shared, self.of, best, self.improved, generation, refocus
        )
        if len(found.kept) < len(self):
            self._keep(found.kept)
        self._move_threshold(len(self))
        return found.plan, found.chosen

    def _move_threshold(self, species: int) -> None:
        target, step = self._settings.target_species, self._settings.threshold_step
        if target is not None and species != target:
            moved = self.threshold + (step if species > target else -step)
            self.threshold = max(_LOWEST_THRESHOLD, moved)

    def state(self) -> State:
        """All that `load` needs."""
        return {
            "of": self.of.copy(),
            "number": self.number.copy(),
            "founded": self.founded.copy(),
            "improved": self.improved.copy(),
            "best": self.best.copy(),
            "threshold": np.array([self.threshold]),
            "next": self._next,
        }

    def refuse(self, state: State, genomes: int) -> None:
        """Refuse what is no state of the species of so many genomes.

        Raises:
            CheckpointError: it is none.
        """
        rows = ("number", "founded", "improved", "best")
        form = {**self.state(), "of": Numbers(np.int32, (genomes,))}
        refuse_misfit("species", form, state, rows=rows)
        of, count = state["of"], len(state["number"])
        if not ((of >= 0) & (of < count)).all():
            raise CheckpointError(
                f"species: the state does not fit: of: numbers from 0 to {count - 1} were wanted, "
                f"got {of}"
            )

    def load(self, state: State) -> None:
        """Become the species whose `state` this was."""
        self.of, self.number = state["of"].copy(), state["number"].copy()
        self.founded, self.improved = state["founded"].copy(), state["improved"].copy()
        self.best, self._next = state["best"].copy(), state["next"]
        self.threshold = float(state["threshold"][0])
