# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Many good genomes that behave differently: MAP-Elites.

Mouret & Clune, "Illuminating search spaces by mapping elites", arXiv:1504.04909 (2015). Behaviour
is described by a few numbers; a grid divides their space into cells, and the archive keeps the
best genome found for each cell. New genomes are variations of elites drawn uniformly, by the
iso+line operator of Vassiliades & Mouret, "Discovering the elite hypervolume by leveraging
interspecies correlation", GECCO 2018, or by its isotropic half alone.

Shapes: `g` genomes, `p` parameters, `d` descriptors, `k` elites.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.errors import ConfigError
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.fitness import Losses, usable
from vynapse.evolution.measured import Descriptors, Measured
from vynapse.evolution.mutation import gaussian
from vynapse.kernels import random
from vynapse.seeding import F32, I64, Streams


@dataclass(frozen=True, slots=True)
class Grid:
    """A box of descriptors, divided evenly.

    Attributes:
        low, high: the box, one number for each descriptor.
        cells: how many parts each side has.

    Raises:
        ConfigError: lengths differ, a side is empty or has no cell.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    cells: tuple[int, ...]

    def __post_init__(self) -> None:
        sides = list(zip(self.low, self.high, self.cells, strict=False))
        same = len(self.low) == len(self.high) == len(self.cells) >= 1
        if not same or not all(
            math.isfinite(high - low) and low < high and cells >= 1 for low, high, cells in sides
        ):
            raise ConfigError(
                "grid: for every descriptor, finite low < high and cells >= 1 were wanted, got "
                f"low={self.low}, high={self.high}, cells={self.cells}"
            )

    @property
    def size(self) -> int:
        """Number of cells."""
        return math.prod(self.cells)

    def locate(self, descriptors: Descriptors) -> I64:
        """The cell of each row of finite descriptors, (g,); what is outside goes to the edge."""
        low, high, cells = (np.array(side) for side in (self.low, self.high, self.cells))
        share = (np.clip(descriptors, low, high) - low) / (high - low)
        place = np.minimum((share * cells).astype(np.int64), cells - 1)
        found: I64 = np.ravel_multi_index(tuple(place.T), self.cells).astype(np.int64)
        return found


@dataclass(frozen=True, slots=True)
class IsoLine:
    """How a child comes from an elite: x + iso * N(0, I) + line * N(0, 1) * (another elite - x).

    Attributes:
        iso: standard deviation of every parameter.
        line: standard deviation along the line to the other elite; 0 is plain Gaussian mutation.
    """

    iso: float
    line: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("iso", self.iso), ("line", self.line)):
            if not 0 <= value < math.inf:
                raise ConfigError(f"{name}: a number >= 0 was wanted, got {value}")

    def children(self, parents: Genomes, others: Genomes, normal: F32) -> Genomes:
        """Children (n, p) of parents and others (n, p); `normal` is (n, p + 1)."""
        along = np.float32(self.line) * normal[:, -1:] * (others - parents)
        iso = np.full(len(parents), np.float32(self.iso))
        return gaussian(parents + along, iso, normal[:, :-1])


@final
class MapElites:
    """The archive and its batches, by ask and tell.

    The first batch is the centre itself and normal variations of it.

    Args:
        centre: genome to start from, (p,).
        grid: what the archive is kept over.
        streams: random numbers; keyed by (generation, individual).
        variation: how children are made.
        initial_sigma: standard deviation of the first batch.
        batch: genomes asked for at a time.

    Raises:
        ConfigError: an argument is out of range.
    """

    def __init__(
        self,
        centre: Genome,
        grid: Grid,
        streams: Streams,
        *,
        variation: IsoLine,
        initial_sigma: float,
        batch: int = 100,
    ) -> None:
        if batch < 1:
            raise ConfigError(f"batch: a number >= 1 was wanted, got {batch}")
        if not 0 <= initial_sigma < math.inf:
            raise ConfigError(f"initial_sigma: a number >= 0 was wanted, got {initial_sigma}")
        self._centre, self._grid = centre.copy(), grid
        self._variation, self._initial_sigma, self._batch = variation, initial_sigma, batch
        self._uniform = streams.stream("map_elites.uniform")
        self._normal = streams.stream("map_elites.normal")
        self._generation = self._invalid = 0
        # sorted by cell, one row for each cell that has an elite
        self._cells: I64 = np.empty(0, np.int64)
        self._genomes: Genomes = np.empty((0, len(centre)), np.float32)
        self._losses: Losses = np.empty(0)
        self._descriptors: Descriptors = np.empty((0, len(grid.cells)))
        self._asked: Genomes | None = None

    def ask(self) -> Genomes:
        """Genomes to be measured, (g, p); the same until `tell`."""
        if self._asked is None:
            make = self._vary if len(self._cells) else self._begin
            self._asked = make(np.arange(self._batch))
        return self._asked.copy()

    def tell(self, genomes: Genomes, measured: Measured) -> None:
        """Keep what is the first in its cell or better than its elite.

        Of equals, the elite and then the lower index is kept. A genome whose loss or descriptors
        are not finite is not kept. The genomes may differ from those asked for where learning is
        inherited.

        Args:
            genomes: (g, p).
            measured: losses and descriptors of them.

        Raises:
            ConfigError: the arrays do not fit what was asked.
            TrainingError: not one genome has a finite loss and finite descriptors.
        """
        place = self._checked(genomes, measured)
        losses = np.where(np.isfinite(place).all(axis=1), measured.losses, np.nan)
        losses, self._invalid = usable(losses)
        self._keep(genomes, losses, place)
        self._asked = None
        self._generation += 1

    def emigrants(self, count: int) -> tuple[Genomes, Measured]:
        """At most `count` of the elites, lowest loss first."""
        best = np.argsort(self._losses, kind="stable")[:count]
        measured = Measured(self._losses[best], descriptors=self._descriptors[best])
        return self._genomes[best], measured

    def receive(self, genomes: Genomes, measured: Measured) -> None:
        """Keep what is the first in its cell or better than its elite."""
        if self._asked is not None:
            raise ValueError("receive is called between tell and ask")
        if measured.descriptors is not None:
            self._keep(genomes, measured.losses, measured.descriptors)

    def _keep(self, genomes: Genomes, losses: Losses, place: Descriptors) -> None:
        """Into the archive with what has a finite loss and the best one of its cell."""
        valid = np.flatnonzero(np.isfinite(losses))
        cells = np.concatenate([self._cells, self._grid.locate(place[valid])])
        losses = np.concatenate([self._losses, losses[valid]])
        # elites come first, so that a stable order keeps them among equals
        order = np.lexsort((losses, cells))
        kept = order[np.flatnonzero(np.diff(cells[order], prepend=-1))]
        self._genomes = np.concatenate([self._genomes, genomes[valid]])[kept]
        self._descriptors = np.concatenate([self._descriptors, place[valid]])[kept]
        self._cells, self._losses = cells[kept], losses[kept]

    def elites(self) -> tuple[I64, Genomes, Losses, Descriptors]:
        """Cells in rising order (k,), genomes (k, p), losses (k,) and descriptors (k, d).

        `numpy.unravel_index(cells, grid.cells)` are the places in the grid.
        """
        return (
            self._cells.copy(),
            self._genomes.copy(),
            self._losses.copy(),
            self._descriptors.copy(),
        )

    def coverage(self) -> float:
        """The share of cells that have an elite."""
        return len(self._cells) / self._grid.size

    def qd_score(self, worst: float) -> float:
        """The sum over all elites of how much their loss is below `worst`; above it adds 0."""
        return float(np.maximum(worst - self._losses, 0).sum())

    def metrics(self) -> Mapping[str, float]:
        """Coverage, lowest loss (once there is one), genomes of the last batch not finite."""
        best = {"best": float(self._losses.min())} if len(self._losses) else {}
        return {"coverage": self.coverage(), **best, "invalid": float(self._invalid)}

    def state(self) -> State:
        """Archive and counters, as copies; random numbers have no state."""
        cells, genomes, losses, descriptors = self.elites()
        return {
            MADE: self._made(),
            "generation": self._generation,
            "invalid": self._invalid,
            "cells": cells,
            "genomes": genomes,
            "losses": losses,
            "descriptors": descriptors,
        }

    def load(self, state: State) -> None:
        """Become the archive whose `state` this was.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("MAP-Elites", self._made(), state)
        rows = ("cells", "genomes", "losses", "descriptors")
        refuse_misfit("MAP-Elites", self.state(), state, rows=rows)
        self._generation, self._invalid = state["generation"], state["invalid"]
        self._cells, self._genomes = state["cells"].copy(), state["genomes"].copy()
        self._losses, self._descriptors = state["losses"].copy(), state["descriptors"].copy()
        self._asked = None

    def _made(self) -> dict[str, Any]:
        return {
            "kind": "map-elites",
            "parameters": len(self._centre),
            "grid": dataclasses.asdict(self._grid),
            "batch": self._batch,
            "variation": repr(self._variation),
            "initial_sigma": self._initial_sigma,
            "seed": self._uniform.seed,
        }

    def _begin(self, individuals: I64) -> Genomes:
        """The centre and variations of it."""
        normal = random.normal(self._normal, len(self._centre), 0, individuals)
        sigma = np.full(len(individuals), np.float32(self._initial_sigma))
        genomes = gaussian(np.broadcast_to(self._centre, normal.shape), sigma, normal)
        # itself: adding zero would turn -0 into 0
        return np.where(individuals[:, None] == 0, self._centre, genomes)

    def _vary(self, individuals: I64) -> Genomes:
        """Children of elites drawn with replacement."""
        uniform = random.uniform(self._uniform, 2, self._generation, individuals)
        # in float64: a float32 just below 1 times k may round up to k
        drawn = (uniform * np.float64(len(self._cells))).astype(np.int64)
        normal = random.normal(self._normal, len(self._centre) + 1, self._generation, individuals)
        return self._variation.children(
            self._genomes[drawn[:, 0]], self._genomes[drawn[:, 1]], normal
        )

    def _checked(self, genomes: Genomes, measured: Measured) -> Descriptors:
        """The descriptors, once everything fits."""
        if self._asked is None or genomes.shape != self._asked.shape:
            raise ConfigError(
                f"genomes: those that ask gave last were wanted, got shape {genomes.shape}: call "
                "ask once before each tell"
            )
        losses, descriptors = measured.losses, measured.descriptors
        if descriptors is None:
            raise ConfigError("descriptors: MAP-Elites wants them, and only losses were measured")
        wanted = {"losses": (len(genomes),), "descriptors": (len(genomes), len(self._grid.cells))}
        problems = [
            f"{name}: shape {wanted[name]} was wanted, got {array.shape}"
            for name, array in (("losses", losses), ("descriptors", descriptors))
            if array.shape != wanted[name]
        ]
        if problems:
            raise ConfigError(problems)
        return descriptors
