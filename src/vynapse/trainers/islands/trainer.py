# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trainer of islands: it steps all of them, moves genomes, and knows whose winner is best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any, final

import numpy as np

from vynapse.core import Report, State, Trainer
from vynapse.core.compatible import (
    MADE,
    WHOLE,
    Kind,
    Listed,
    Named,
    Numbers,
    refuse_misfit,
    refuse_other,
)
from vynapse.errors import CheckpointError
from vynapse.evolution.neat.retold import ancestors, retold
from vynapse.networks.state import NetworkState
from vynapse.seeding import Stream
from vynapse.telemetry.parts import clocked
from vynapse.trainers.islands.hosts import Hosts
from vynapse.trainers.islands.island import Departure, Stepped
from vynapse.trainers.islands.keys import IslandsSettings
from vynapse.trainers.islands.merged import merged
from vynapse.trainers.islands.routes import routes
from vynapse.trainers.islands.telling import named

Event = tuple[str, Mapping[str, Any]]


@final
class IslandsTrainer(Trainer):
    """The winner is the best of the winners of all islands.

    A step is one generation of every island. After each `interval` of them genomes move: first all
    islands say who leaves, then all take in who comes, so no genome moves twice.

    Args:
        settings: keys of the islands.
        hosts: the islands, fresh.
        stream: routes are drawn from it.
    """

    def __init__(self, settings: IslandsSettings, hosts: Hosts, stream: Stream) -> None:
        self._settings, self._hosts, self._stream = settings, hosts, stream
        self._step, self._leader, self._score = 0, 0, math.inf
        self._origins: dict[str, str] = {}
        self._seconds = {"migration": 0.0}

    @property
    def hosts(self) -> Hosts:
        """Where the islands live."""
        return self._hosts

    def step(self) -> Report:
        """One generation of every island.

        Raises:
            TrainingError: not one genome of a generation of an island has a finite loss, or an
                island was lost again and again.
        """
        each: list[Stepped] = self._hosts.all("step")
        self._step += 1
        scores = [one.score for one in each]
        leader = int(np.argmin(scores))
        renewed = scores[leader] < self._score
        if renewed:
            self._leader, self._score = leader, scores[leader]
        events = self._told(each, renewed)
        moved, due = 0, self._step % self._settings.interval == 0
        if due:
            with clocked(self._seconds, "migration"):
                migration = self._migrate()
                moved = sum(len(move["losses"]) for move in migration["moves"])
                self._hosts.keep()
            events.append(("islands.migration", migration))
        return Report(
            self._step,
            each[self._leader].report.loss,
            reduce(add, (one.report.cost for one in each)),
            renewed,
            merged([one.report.metrics for one in each], moved),
            events=tuple(events),
        )

    def _told(self, each: list[Stepped], renewed: bool) -> list[Event]:
        """Events of all islands; of winners, that of the run alone."""
        told: list[Event] = []
        for island, one in enumerate(each):
            for kind, data in one.report.events:
                if kind.endswith(".winner") and not (renewed and island == self._leader):
                    continue
                told.append((kind, retold(data, island, self._origins)))
        return told

    def _migrate(self) -> dict[str, Any]:
        """Genomes move; what there is to tell of it."""
        settings, count = self._settings, self._settings.count
        leaving: list[Departure] = self._hosts.all("depart", [(self._step,)] * count)
        lines = [ancestors(one.lines, island, self._origins) for island, one in enumerate(leaving)]
        coming = routes(settings.topology, count, self._step, self._stream)
        arriving = []
        for island, sources in enumerate(coming):
            known = leaving[island].best if settings.replace == "better" else math.inf
            arriving.append([leaving[source].below(known) for source in sources])
        some = [[one for one in own if len(one.losses)] for own in arriving]
        ids = self._hosts.all("arrive", [(own,) for own in some])
        moves: list[dict[str, Any]] = []
        for target, (sources, all_of, found) in enumerate(zip(coming, arriving, ids, strict=True)):
            answers = iter(found)
            for source, one in zip(sources, all_of, strict=True):
                if len(one.losses):
                    moves.append(self._move(source, target, one, next(answers)))
        told = [row for rows in lines for row in rows]
        bests = [one.best if math.isfinite(one.best) else None for one in leaving]
        return {"bests": bests, "moves": moves, **({"ancestors": told} if told else {})}

    def _move(self, source: int, target: int, one: Departure, ids: Any) -> dict[str, Any]:
        """What there is to tell of one route; who came from where is kept."""
        move: dict[str, Any] = {"source": source, "target": target, "losses": one.losses.tolist()}
        if len(one.ids):
            old = [named(source, identity) for identity in one.ids.tolist()]
            new = [None if i < 0 else named(target, i) for i in ids.tolist()]
            move |= {"ids": old, "became": new}
            pairs = zip(new, old, strict=True)
            self._origins |= {arrived: left for arrived, left in pairs if arrived is not None}
        return move

    def choices(self) -> Mapping[str, str]:
        """How genomes are measured, by all islands."""
        each: list[Mapping[str, str]] = self._hosts.all("choices")
        names = dict.fromkeys(name for own in each for name in own)
        return {
            name: " ".join(dict.fromkeys(own[name] for own in each if name in own))
            for name in names
        }

    def timings(self) -> Mapping[str, float]:
        """Seconds by kind of work, of all islands together."""
        each: list[Mapping[str, float]] = self._hosts.all("timings")
        names = dict.fromkeys(name for own in each for name in own)
        spent = {name: sum(own.get(name, 0.0) for own in each) for name in names}
        return {**spent, **self._seconds}

    def winner(self) -> NetworkState:
        """That of the leading island."""
        best: NetworkState = self._hosts.one(self._leader, "winner")
        return best

    def close(self) -> None:
        """Let go of the islands; the trainer makes no further step."""
        self._hosts.close()

    def state(self) -> State:
        """The states of all islands, who leads, and who came from where."""
        return {
            MADE: {"kind": "islands", **self._settings.model_dump(mode="json")},
            "step": self._step,
            "leader": self._leader,
            "score": np.array([self._score]),
            "origins": dict(self._origins),
            "islands": self._hosts.all("state"),
        }

    def load(self, state: State) -> None:
        """Go on from `state`, wherever the islands lived.

        Raises:
            CheckpointError: it is the state of other islands.
        """
        made = {"kind": "islands", **self._settings.model_dump(mode="json")}
        refuse_other("islands", made, state)
        form = {
            MADE: made,
            "step": WHOLE,
            "leader": WHOLE,
            "score": Numbers(np.float64, (1,)),
            "origins": Named(Kind("a text", (str,))),
            "islands": Listed(Kind("names and values", (dict,))),
        }
        refuse_misfit("islands", form, state)
        count = self._settings.count
        if len(state["islands"]) != count or not 0 <= state["leader"] < count:
            raise CheckpointError(
                f"islands: the state does not fit: {count} islands were wanted, got "
                f"{len(state['islands'])} of which number {state['leader']} leads"
            )
        self._hosts.load(state["islands"])
        self._step, self._leader = state["step"], state["leader"]
        self._score, self._origins = float(state["score"][0]), dict(state["origins"])
