# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One island: the trainer of one population, whose genomes may leave and arrive."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Report, State
from vynapse.evolution.fitness import Losses
from vynapse.evolution.travellers import Travellers, arrive, depart
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import I64, Stream, Streams
from vynapse.trainers.islands.keys import IslandKeys, IslandsSettings, keys_of
from vynapse.trainers.mode import Stage
from vynapse.trainers.population import PopulationTrainer

Build = Callable[[Stage, Any], PopulationTrainer[Any]]

SHARED: Final = frozenset({"evolution.examples", "evolution.episodes"})
"""Streams of what genomes are measured by, so that losses of two islands compare."""


@dataclass(frozen=True, slots=True)
class IslandStreams(Streams):
    """Streams of one island.

    Attributes:
        common: those of all; what genomes are measured by is drawn from them.
    """

    common: Streams

    def stream(self, name: str) -> Stream:
        """The stream of this island, or the common one."""
        return self.common.stream(name) if name in SHARED else Streams.stream(self, name)


class Stepped(NamedTuple):
    """What a step came to: its report, and what the winner of the island is compared by."""

    report: Report
    score: float


class Departure(NamedTuple):
    """Who leaves an island.

    Attributes:
        packed: the genomes as data, as their encoding packs them; None for nobody.
        rows: which of the packed genomes these are (g,).
        losses, ids, markings: what is known of them, see `Travellers`.
        best: the lowest loss that the population knows of; +inf for none.
        lines: ancestors of the travellers that no event before has named, for the chronicle.
    """

    packed: Any
    rows: I64
    losses: Losses
    ids: I64
    markings: Mapping[str, Any]
    best: float
    lines: list[Any]

    def below(self, loss: float) -> Departure:
        """The same without genomes whose loss is not below this one; +inf keeps all of them."""
        if np.isinf(loss):
            return self
        rows = np.flatnonzero(self.losses < loss)
        ids = self.ids[rows] if len(self.ids) else self.ids
        return self._replace(rows=rows, losses=self.losses[rows], ids=ids)


@runtime_checkable
class Told(Protocol):
    """A chronicle that can also name ancestors of genomes other than champions."""

    def lines(self, ids: Sequence[int]) -> list[Any]:
        """A row for each ancestor of these genomes that no event before has named."""


@final
class Island:
    """The trainer of one population.

    Args:
        build: what makes the trainer.
        stage: the stage of all islands.
        keys: the settings of all islands.
        number: the number of this one, from 0.
    """

    def __init__(self, build: Build, stage: Stage, keys: IslandKeys, number: int) -> None:
        streams = IslandStreams(stage.streams.child(f"island.{number}").seed, stage.streams)
        network = stage.network
        if number and stage.fresh:
            network = initial_state(network.structure, streams, 0)
        own = dataclasses.replace(stage, streams=streams, network=network)
        self._trainer = build(own, keys_of(keys, number))
        self._settings, self._choice = keys.islands or IslandsSettings(), streams.stream("leave")

    def step(self) -> Stepped:
        """One generation."""
        report = self._trainer.step()
        return Stepped(report, self._trainer.score)

    def depart(self, generation: int) -> Departure:
        """Copies of those that leave after a generation."""
        settings, population = self._settings, self._trainer.population
        known = depart(population, settings.migrants if settings.select == "best" else 2**31 - 1)
        best, rows = float(known.losses[0]) if len(known.losses) else np.inf, len(known.losses)
        chosen = np.arange(min(rows, settings.migrants))
        if settings.select == "random" and rows:
            chosen = np.sort(self._choice.permutation(rows, generation)[: settings.migrants])
        ids = known.ids[chosen] if len(known.ids) else known.ids
        chronicle: object = self._trainer.chronicle
        lines: list[Any] = chronicle.lines(ids.tolist()) if isinstance(chronicle, Told) else []
        encoding = self._trainer.encoding
        packed = encoding.pack(encoding.select(known.genomes, chosen)) if rows else None
        losses, among = known.losses[chosen], np.arange(len(chosen))
        return Departure(packed, among, losses, ids, dict(known.markings), best, lines)

    def arrive(self, arriving: Sequence[Departure]) -> list[I64]:
        """Take in whoever comes, island by island; their ids here."""
        population, encoding, found = self._trainer.population, self._trainer.encoding, []
        for one in arriving:
            genomes = encoding.select(encoding.unpack(one.packed), one.rows)
            some = Travellers(genomes, one.losses, one.ids, one.markings)
            found.append(arrive(population, some, self._settings.replace == "worst"))
        return found

    def winner(self) -> NetworkState:
        """The best network of the island."""
        return self._trainer.winner()

    def choices(self) -> Mapping[str, str]:
        """How genomes are measured."""
        return self._trainer.choices()

    def timings(self) -> Mapping[str, float]:
        """Seconds by kind of work."""
        return self._trainer.timings()

    def state(self) -> State:
        """All that `load` needs."""
        return self._trainer.state()

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self._trainer.load(state)

    def close(self) -> None:
        """Let go of what is held beside memory."""
        self._trainer.close()
