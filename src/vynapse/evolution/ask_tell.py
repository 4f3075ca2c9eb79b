# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ask for genomes, tell their losses: some at a time, in any order, from anywhere.

Every genome has an id, counted from 0 over the whole search. A generation is applied once all its
losses are there, in the order of the ids, so the order in which they were told changes no bit.
Where waiting for the slowest evaluation costs too much, a steady-state population can be changed by
each tell at once; the order then matters, and is part of the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, State
from vynapse.core.compatible import WHOLE, Kind, Numbers, refuse_misfit
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.bookkeeping import Asynchronous, Candidates, OneByOne, WholeGenerations
from vynapse.evolution.fitness import Losses
from vynapse.evolution.policies import Policy
from vynapse.evolution.population import Population
from vynapse.seeding import I64

_NONE: Final = type(None)
_BEST: Final = {"id": WHOLE, "genome": Numbers(None, (-1,)), "loss": Numbers(np.float64, (1,))}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The lowest loss told so far; of equals, the lowest id.

    Attributes:
        id: the genome's id.
        genome: (p,), a copy.
        loss: finite.
    """

    id: int
    genome: Array
    loss: float


@final
class AskTell:
    """Candidates with ids from any population, and losses for them in any order.

    Args:
        population: fresh, or in between two generations. It belongs to the AskTell from now on.
        policy: `on_nonfinite` says what becomes of losses that are NaN or infinite. The other
            fields are for those who evaluate: tell NaN where there is no loss.
        asynchronous: every tell changes the population at once, so that nothing waits for a slow
            evaluation; the result then depends on the order of asks and tells. The population has
            to be `Asynchronous`.

    Attributes:
        best: the best genome told so far, None before a finite loss was told.
        evaluations: losses told.
        penalised: how many of them were not finite.

    Raises:
        ConfigError: the population cannot be asynchronous.
    """

    def __init__(
        self,
        population: Population[Any],
        policy: Policy | None = None,
        *,
        asynchronous: bool = False,
    ) -> None:
        self._policy = policy or Policy()
        self._book: WholeGenerations | OneByOne
        if not asynchronous:
            self._book = WholeGenerations(population)
        elif isinstance(population, Asynchronous):
            self._book = OneByOne(population)
        else:
            raise ConfigError(
                f"asynchronous: a population with ask_one and tell_one was wanted, such as "
                f"SteadyState, got {type(population).__name__}: leave asynchronous out"
            )
        self.best: Best | None = None
        self.evaluations = self.penalised = 0

    @property
    def generations(self) -> int:
        """Generations applied so far; losses applied, where they are taken one at a time."""
        return self._book.applied

    def ask(self, count: int | None = None) -> Candidates:
        """Candidates that were never given before.

        Args:
            count: the most genomes to give. None gives all that the generation has left, or one
                where losses are taken one at a time.

        Returns:
            At most `count`. None of them means that the whole generation was given and losses are
            missing: those of `pending()`.

        Raises:
            ConfigError: `count` is below 1.
        """
        if count is not None and count < 1:
            raise ConfigError(f"ask: a count of at least 1 was wanted, got {count}")
        return self._book.give(count)

    def pending(self) -> Candidates:
        """Candidates that were given but not told, e.g. because the machine they were on died."""
        return self._book.pending()

    def tell(self, ids: npt.ArrayLike, losses: npt.ArrayLike) -> None:
        """Losses of some pending candidates, in any order. An error changes nothing.

        Args:
            ids: (n,) integers.
            losses: (n,) real numbers, lower is better; NaN or infinite where there is none.

        Raises:
            ConfigError: ids and losses do not belong together, or an id is unknown or told already.
            TrainingError: a loss is not finite and the policy is to raise, or not one loss of a
                complete generation is finite.
        """
        identities, values = _integers(ids), _reals(losses)
        if identities.shape != values.shape:
            raise ConfigError(
                f"tell: one loss for each id was wanted, got {len(identities)} ids and "
                f"{len(values)} losses"
            )
        self._check_pending(identities)
        finite = np.isfinite(values)
        if self._policy.on_nonfinite == "raise" and not finite.all():
            first = int(np.argmin(finite))
            self._policy.settle(
                int(identities[first]),
                self._book.genomes(identities[first : first + 1])[0],
                float(values[first]),
            )
        values[~finite] = np.inf
        best = self._best_with(identities, values)
        self._book.tell(identities, values)
        self.best = best
        self.evaluations += len(values)
        self.penalised += len(values) - int(np.count_nonzero(finite))

    def state(self) -> State:
        """All that `load` needs, as copies; at any moment, also in the middle of a generation."""
        best = self.best
        return {
            "evaluations": self.evaluations,
            "penalised": self.penalised,
            "best": None
            if best is None
            else {"id": best.id, "genome": best.genome.copy(), "loss": np.array([best.loss])},
            "book": self._book.state(),
        }

    def load(self, state: State) -> None:
        """Go on from `state`, with a fresh population made like the one it came from.

        What was pending then is pending now. Losses that were taken one at a time are replayed in
        the order in which they were told.

        Raises:
            CheckpointError: the state is that of another kind of population.
        """
        parts = dict.fromkeys(("best", "book"), Kind("names and values, or nothing", (dict, _NONE)))
        refuse_misfit("ask and tell", {**self.state(), **parts}, state)
        if (held := state["best"]) is not None:
            refuse_misfit("ask and tell: best", _BEST, held)
        kind = state["book"].get("kind") if isinstance(state["book"], dict) else None
        if not isinstance(kind, str) or kind != self._book.kind:
            raise CheckpointError(
                f"the state is that of a population told {kind}, this one is told "
                f"{self._book.kind}: load it into the strategy that it came from"
            )
        self._book.load(state["book"])
        self.evaluations, self.penalised = state["evaluations"], state["penalised"]
        self.best = held and Best(held["id"], held["genome"].copy(), float(held["loss"][0]))

    def _check_pending(self, ids: I64) -> None:
        """Every id waits for a loss, and stands here once."""
        waiting = self._book.waiting(ids)
        if not waiting.all():
            wrong = int(ids[np.argmin(waiting)])
            given = self._book.given
            known = f"ids 0 to {given - 1} were" if given else "no id was"
            raise ConfigError(
                f"tell: id {wrong} was told already: tell each id once"
                if 0 <= wrong < given
                else f"tell: id {wrong} is unknown: {known} given by ask so far"
            )
        unique, counts = np.unique(ids, return_counts=True)
        if len(unique) < len(ids):
            twice = int(unique[np.argmax(counts)])
            raise ConfigError(f"tell: id {twice} stands {counts.max()} times in one tell")

    def _best_with(self, ids: I64, losses: Losses) -> Best | None:
        """The best so far and of these."""
        best = self.best
        if len(losses) == 0 or not np.isfinite(losses).any():
            return best
        index = int(np.lexsort((ids, losses))[0])
        mine = (float(losses[index]), int(ids[index]))
        if best is not None and (best.loss, best.id) <= mine:
            return best
        genome = self._book.genomes(ids[index : index + 1])[0].copy()
        return Best(mine[1], genome, mine[0])


def _integers(ids: npt.ArrayLike) -> I64:
    array = _flat(ids, "ids")
    if array.dtype.kind not in "iu" and array.size:
        raise ConfigError(f"tell: ids must be integers, got {array.dtype}")
    return array.astype(np.int64)


def _reals(losses: npt.ArrayLike) -> Losses:
    array = _flat(losses, "losses")
    if array.dtype.kind not in "fiu":
        raise ConfigError(f"tell: losses must be real numbers, got {array.dtype}")
    return array.astype(np.float64)


def _flat(values: Any, name: str) -> Array:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ConfigError(f"tell: {name} of shape (n,) were wanted, got shape {array.shape}")
    return array
