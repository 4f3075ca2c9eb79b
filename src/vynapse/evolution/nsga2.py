# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Several objectives at once: NSGA-II.

Deb, Pratap, Agarwal & Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II",
IEEE Transactions on Evolutionary Computation 6 (2002). One point dominates another when it is
nowhere worse and somewhere better. Points are ordered by the front they are in (section III-A), and
within a front by how far apart their neighbours are (III-B). Here this order is a loss, so that
selection goes on as with a single objective.

Shapes: `g` points, `m` objectives, `p` parameters. Every objective is better when it is lower.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.core.compatible import MADE, Numbers, digest_of, refuse_misfit, refuse_other
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.bounded import polynomial, simulated_binary
from vynapse.evolution.encoding import Genomes
from vynapse.evolution.fitness import Losses
from vynapse.evolution.measured import Measured, Objectives
from vynapse.evolution.selection import truncation
from vynapse.kernels import random
from vynapse.seeding import F32, I64, Streams


def usable_objectives(objectives: npt.NDArray[Any]) -> tuple[Objectives, int]:
    """Rows as float64, and how many were not finite: these are made +inf, and all others dominate.

    Raises:
        TrainingError: not one row is finite.
    """
    wide = objectives.astype(np.float64)
    finite = np.isfinite(wide).all(axis=1)
    invalid = len(wide) - int(np.count_nonzero(finite))
    if invalid == len(wide):
        raise TrainingError(
            f"none of the {len(wide)} genomes of a generation has finite objectives: narrow the "
            "box of the genomes, or check the data"
        )
    wide[~finite] = np.inf
    return wide, invalid


def fronts(objectives: Objectives) -> I64:
    """The front of each point (g,): 0 for those nothing dominates, 1 when these are gone, …"""
    no_worse = np.ones((len(objectives),) * 2, np.bool_)
    for column in objectives.T:
        no_worse &= column[:, None] <= column
    dominates = no_worse & ~no_worse.T
    front = np.zeros(len(objectives), np.int64)
    dominators = dominates.sum(axis=0)
    current, number = np.flatnonzero(dominators == 0), 0
    while len(current):
        front[current] = number
        dominators[current] = -1
        dominators -= dominates[current].sum(axis=0)
        current, number = np.flatnonzero(dominators == 0), number + 1
    return front


def nondominated(objectives: Objectives) -> I64:
    """Rows that nothing dominates, by their first objective; of rows alike, the first."""
    rows = np.flatnonzero((fronts(objectives) == 0) & (duplicates(objectives) == 0))
    return rows[by_objective(objectives[rows], 0)]


def crowding(objectives: Objectives) -> Losses:
    """Crowding distance of the points of one front, (g,): larger is lonelier.

    For each objective, the gap between the neighbours as a fraction of the front's range, added up;
    +inf at the ends. Points alike in one objective are ordered by the next ones. Of points alike in
    all objectives, the first stands for them and the others have 0. So distances do not depend on
    the order of points. Points that are not finite have 0.
    """
    distances = np.zeros(len(objectives))
    distinct = np.flatnonzero(duplicates(objectives) == 0)
    # halved, so that the difference of two extreme values does not overflow
    points = objectives[distinct] / 2
    if not np.isfinite(points).all():
        return distances
    summed = np.zeros(len(points))
    for objective in range(points.shape[1]):
        order = by_objective(points, objective)
        values = points[order, objective]
        reach = values[-1] - values[0]
        if reach > 0:
            summed[order[1:-1]] += (values[2:] - values[:-2]) / reach
            summed[order[[0, -1]]] = np.inf
    distances[distinct] = summed if len(points) > 1 else np.inf
    return distances


def crowded_losses(objectives: Objectives) -> Losses:
    """The crowded comparison as a loss (g,): lower front first, then larger crowding distance.

    Of finite points alike in all objectives, the first is ordered so, and the second comes behind
    all firsts, the third behind all seconds. The paper leaves them in their front, where with an
    objective of few values, such as a count, copies of one point soon fill the population (Fortin &
    Parizeau, "Revisiting the NSGA-II crowding-distance computation", GECCO 2013). Points that are
    not finite come last. Equal for points that this does not tell apart.
    """
    front, copy = fronts(objectives), duplicates(objectives)
    lonely = np.empty(len(objectives))
    for number in range(front.max(initial=-1) + 1):
        members = np.flatnonzero(front == number)
        lonely[members] = crowding(objectives[members])
    layer = np.where(np.isfinite(objectives).all(axis=1), copy, len(objectives))
    keys = np.stack([-lonely, front, layer])
    order = np.lexsort(keys)
    changes = (keys[:, order[1:]] != keys[:, order[:-1]]).any(axis=0)
    losses = np.zeros(len(objectives))
    losses[order[1:]] = np.cumsum(changes)
    return losses


def crowded_tournament(losses: Losses, entrants: I64) -> I64:
    """The better of each pair of entrants (n, 2), indices (n,); of equals, the first."""
    first, second = entrants[:, 0], entrants[:, 1]
    winners: I64 = np.where(losses[second] < losses[first], second, first)
    return winners


@final
class Nsga2:
    """A population that approaches the whole trade-off between objectives, by ask and tell.

    Each generation makes as many children as there are parents. Binary tournaments along random
    permutations choose pairs, so that every parent enters two of them; where the number of parents
    is odd, two enter a third. Simulated binary crossover and polynomial mutation follow. The best
    of parents and children by `crowded_losses` are the next parents. The defaults are the paper's
    settings, but for the index of the crossover, where 15 has become usual. The first generation is
    uniform in the box.

    Args:
        low, high: the box of the genomes, (p,) each; where they are equal, a parameter is fixed.
        streams: random numbers; keyed by (generation, individual).
        population: parents, and children of a generation.
        crossover_rate: probability that a pair is crossed; each of its parameters then is with
            probability 1/2.
        crossover_eta: distribution index of the crossover, larger is nearer to the parents.
        mutation_rate: probability that a parameter is mutated; None for 1 / p.
        mutation_eta: distribution index of the mutation, larger is a smaller step.

    Raises:
        ConfigError: with a sentence for every argument that is out of range.
    """

    def __init__(
        self,
        low: F32,
        high: F32,
        streams: Streams,
        *,
        population: int = 100,
        crossover_rate: float = 0.9,
        crossover_eta: float = 15.0,
        mutation_rate: float | None = None,
        mutation_eta: float = 20.0,
    ) -> None:
        rates = {"crossover_rate": crossover_rate, "mutation_rate": mutation_rate or 0.0}
        indices = {"crossover_eta": crossover_eta, "mutation_eta": mutation_eta}
        _check(low, high, population, rates, indices)
        self._low, self._high = low.copy(), high.copy()
        self._size = population
        self._crossover_rate, self._crossover_eta = crossover_rate, crossover_eta
        self._mutation_rate = 1 / len(low) if mutation_rate is None else mutation_rate
        self._mutation_eta = mutation_eta
        self._start = streams.stream("nsga2.start")
        self._tournaments = streams.stream("nsga2.tournaments")
        self._pairs = streams.stream("nsga2.pairs")
        self._children = streams.stream("nsga2.children")
        self._generation = self._invalid = 0
        # in the order of `crowded_losses` among the parents and children they were chosen from
        self._parents: Genomes = np.empty((0, len(low)), np.float32)
        self._objectives: Objectives = np.empty((0, 0))
        self._losses: Losses = np.empty(0)
        self._asked: Genomes | None = None

    def ask(self) -> Genomes:
        """Genomes to be measured (g, p); the same until `tell`."""
        if self._asked is None:
            pairs = np.arange((self._size + 1) // 2)
            mates = self._mates(len(pairs)) if len(self._parents) else None
            made = self._begin(pairs) if mates is None else self._breed(pairs, mates)
            self._asked = made[: self._size]
        return self._asked.copy()

    def tell(self, genomes: Genomes, measured: Measured) -> None:
        """Take the objectives (g, m) of the genomes last asked for and select the next parents.

        Of equals, parents and lower indices are kept first. The genomes may differ from those asked
        for where learning is inherited, but must be inside the box.

        Raises:
            ConfigError: the arrays do not fit what was asked, or a genome is outside the box.
            TrainingError: not one genome has finite objectives.
        """
        self._check_told(genomes, measured.objectives)
        objectives, self._invalid = usable_objectives(_objectives_of(measured))
        self._select(genomes, objectives)
        self._asked = None
        self._generation += 1

    def emigrants(self, count: int) -> tuple[Genomes, Measured]:
        """At most `count` of the parents, best first by `crowded_losses`."""
        return self._parents[:count].copy(), Measured.by_objectives(self._objectives[:count])

    def receive(self, genomes: Genomes, measured: Measured) -> None:
        """The best of parents and these are the parents; before the first tell nobody is taken."""
        if self._asked is not None:
            raise ValueError("receive is called between tell and ask")
        if len(self._parents) and len(genomes):
            self._select(genomes, usable_objectives(_objectives_of(measured))[0])

    def _select(self, genomes: Genomes, objectives: Objectives) -> None:
        """The best of the parents and of these are the next parents."""
        if len(self._parents):
            genomes = np.concatenate([self._parents, genomes])
            objectives = np.concatenate([self._objectives, objectives])
        losses = crowded_losses(objectives)
        best = truncation(losses, self._size)
        self._parents, self._objectives = genomes[best], objectives[best]
        self._losses = losses[best]

    def front(self) -> tuple[Genomes, Objectives]:
        """The parents that nothing dominates, by their first objective: (k, p) and (k, m).

        Of parents alike in all objectives, one.
        """
        if not len(self._parents):
            return self._parents.copy(), self._objectives.copy()
        members = nondominated(self._objectives)
        return self._parents[members], self._objectives[members]

    def metrics(self) -> Mapping[str, float]:
        """Points of the front, and children of the last generation that were not finite."""
        return {"front": float(len(self.front()[0])), "invalid": float(self._invalid)}

    def state(self) -> State:
        """Parents and counters, as copies; random numbers have no state."""
        return {
            MADE: self._made(),
            "generation": self._generation,
            "invalid": self._invalid,
            "parents": self._parents.copy(),
            "objectives": self._objectives.copy(),
            "losses": self._losses.copy(),
        }

    def load(self, state: State) -> None:
        """Become the population whose `state` this was.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("NSGA-II", self._made(), state)
        form = {**self.state(), "objectives": Numbers(np.float64, (-1, -1))}
        rows = ["parents", "losses"]
        refuse_misfit("NSGA-II", form, state, rows=rows, even=[*rows, "objectives"])
        self._generation, self._invalid = state["generation"], state["invalid"]
        self._parents = state["parents"].copy()
        self._objectives = state["objectives"].copy()
        self._losses = state["losses"].copy()
        self._asked = None

    def _made(self) -> dict[str, Any]:
        return {
            "kind": "nsga2",
            "parameters": len(self._low),
            "box": [digest_of(self._low), digest_of(self._high)],
            "population": self._size,
            "crossover": [self._crossover_rate, self._crossover_eta],
            "mutation": [self._mutation_rate, self._mutation_eta],
            "seed": self._start.seed,
        }

    def _begin(self, pairs: I64) -> Genomes:
        """Uniform in the box."""
        uniform = random.uniform(self._start, len(self._low), 0, _both(pairs))
        return np.clip(self._low + uniform * (self._high - self._low), self._low, self._high)

    def _mates(self, pairs: int) -> I64:
        """The parents of each pair, (pairs, 2): four enter for a pair, from one permutation."""
        rounds = -(-4 * pairs // self._size)
        entrants = np.concatenate(
            [
                self._tournaments.permutation(self._size, self._generation, number)
                for number in range(rounds)
            ]
        )[: 4 * pairs]
        return crowded_tournament(self._losses, entrants.reshape(-1, 2)).reshape(-1, 2)

    def _breed(self, pairs: I64, mates: I64) -> Genomes:
        """The children of some pairs, those of a pair next to each other."""
        parameters = len(self._low)
        first, second = self._parents[mates[:, 0]], self._parents[mates[:, 1]]
        uniform = random.uniform(self._pairs, 1 + 2 * parameters, self._generation, pairs)
        mix, spread = uniform[:, 1 : 1 + parameters], uniform[:, 1 + parameters :]
        near, far = simulated_binary(
            first, second, spread, self._crossover_eta, self._low, self._high
        )
        # of the parameters of a crossed pair one half is crossed, and one half of these exchanged
        crossed = (uniform[:, :1] < np.float32(self._crossover_rate)) & (mix < np.float32(0.5))
        exchanged = mix < np.float32(0.25)
        children = np.stack(
            [
                np.where(crossed, np.where(exchanged, far, near), first),
                np.where(crossed, np.where(exchanged, near, far), second),
            ],
            axis=1,
        ).reshape(-1, parameters)
        uniform = random.uniform(self._children, 2 * parameters, self._generation, _both(pairs))
        hit = uniform[:, :parameters] < np.float32(self._mutation_rate)
        step = uniform[:, parameters:]
        return polynomial(children, step, self._mutation_eta, self._low, self._high, hit)

    def _check_told(self, genomes: Genomes, objectives: Objectives | None) -> None:
        if self._asked is None or genomes.shape != self._asked.shape:
            raise ConfigError(
                f"genomes: those that ask gave last were wanted, got shape {genomes.shape}: call "
                "ask once before each tell"
            )
        columns = self._objectives.shape[1] or "m"
        if objectives is None:
            raise ConfigError("objectives: NSGA-II wants them, and only losses were measured")
        fits = objectives.ndim == 2 and len(objectives) == len(genomes) and objectives.shape[1] > 0
        if not fits or columns not in {"m", objectives.shape[1]}:
            raise ConfigError(
                f"objectives: one row per genome, shape ({len(genomes)}, {columns}), was wanted, "
                f"got shape {objectives.shape}"
            )
        if not ((self._low <= genomes) & (genomes <= self._high)).all():
            raise ConfigError(
                "genomes: numbers between low and high were wanted, got some outside: widen the "
                "box or clip what was learnt"
            )


def _objectives_of(measured: Measured) -> Objectives:
    return measured.losses[:, None] if measured.objectives is None else measured.objectives


def _check(
    low: F32, high: F32, population: int, rates: Mapping[str, float], indices: Mapping[str, float]
) -> None:
    problems = []
    if low.ndim != 1 or low.shape != high.shape or not len(low):
        problems.append(
            f"low, high: one bound each for every parameter was wanted, got shapes {low.shape} "
            f"and {high.shape}"
        )
    elif not (np.isfinite(high - low).all() and (low <= high).all()):
        problems.append("low, high: finite bounds with low <= high were wanted, got others")
    if population < 2:
        problems.append(f"population: a number >= 2 was wanted, got {population}")
    problems += [
        f"{name}: a probability from 0 to 1 was wanted, got {rate}"
        for name, rate in rates.items()
        if not 0 <= rate <= 1
    ]
    problems += [
        f"{name}: a number >= 0 was wanted, got {index}"
        for name, index in indices.items()
        if not 0 <= index < np.inf
    ]
    if problems:
        raise ConfigError(problems)


def _both(pairs: I64) -> I64:
    """The numbers of both children of each pair."""
    children: I64 = (2 * pairs[:, None] + np.arange(2)).ravel()
    return children


def by_objective(points: Objectives, objective: int) -> I64:
    """Indices by one objective, then by the others in their order; of equals, the lower index."""
    columns = [*points.T[objective:], *points.T[:objective]]
    order: I64 = np.lexsort(columns[::-1])
    return order


def duplicates(points: Objectives) -> I64:
    """How many rows that are alike come before each row."""
    order = by_objective(points, 0)
    ordered = points[order]
    fresh = np.ones(len(points), np.bool_)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
    copies = np.empty(len(points), np.int64)
    copies[order] = np.arange(len(points)) - first
    return copies
