# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Many runs of growth side by side: their networks, what is known of them, and an epoch of all.

An epoch is a pass over the training examples, a validation, and a validation for each part on
trial. All of it is paid for in operations. The last epoch has as many batches as the budget leaves.
The learning rate falls in a straight line to 0 at the end of the budget. Tests are not paid for,
and nobody sees them: they are what a run is judged by.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, final

import numpy as np

from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.simic.gym.tasks import F64, Tasks, draw, initial, room
from vynapse.kernels import growth
from vynapse.kernels.reference.growth import (
    ABSENT,
    APART,
    FOUND,
    INPUTS,
    PARTS,
    RATES,
    SHAPE,
    SLOTS,
    TRAINED,
    VALIDATED,
    WEIGHTS,
    WIDTH,
    WITHIN,
)
from vynapse.kernels.reference.law import LANES
from vynapse.seeding import I64, Streams
from vynapse.statistics import student_t95

PHASES: Final = tuple(SeedPhase)
"""A phase is known by its number here."""
DORMANT, GERMINATED, TRAINING, BLENDING, FOSSILIZED, CULLED, EMBARGOED = range(7)
LAYER: Final = SLOTS
"""The number of the layer among the parts; those before it are slots."""

INNER: Final = (2, 4, 8)
"""Units inside the bodies that a slot offers."""
MOST_EPOCHS: Final = 250
"""No run is longer: a budget is at most 240 epochs of the first network."""

_RATE: Final = 0.02
_BLENDING: Final = 2
"""Epochs in which alpha rises to 1."""
_EMBARGO: Final = 2
_FLOOR: Final = 1e-6
_LEAST: Final = 1e-12
_ROUNDING: Final = 1e-5
"""Singular values below this share of their sum are no directions."""
_T95: Final = student_t95(VALIDATED - 1)


@final
class World:
    """Runs of growth side by side (n,).

    Args:
        seed: root of tasks and networks.
        which: the number of each environment (n,); equal ones have equal episodes.
        threads: that share an epoch.
        host: width that all networks begin with in place of their tasks'; the budgets stay.

    Attributes:
        tasks: what each learns.
        shapes, rates, weights, found: the arrays of the kernel (`kernels.growth`).
        phase, age: phases of the parts, and epochs since they were entered (n, PARTS).
        body: which of the offers the newest seed of a slot is (n, SLOTS).
        born: how many seeds a part has had (n, PARTS).
        epoch: epochs done (n,).
        spent, budget: operations (n,).
        training, validation: losses of all epochs (n, epochs); the latter has one more.
        over: the budget is spent (n,).
    """

    def __init__(self, seed: int, which: I64, threads: int = 1, host: int | None = None) -> None:
        self._host = host
        self.seed, self.which, self._threads = seed, which, threads
        n = len(which)
        self.tasks = room(n)
        self.shapes, self.rates = np.zeros(n, SHAPE), np.zeros(n, RATES)
        self.weights, self.found = np.zeros((n, 3), WEIGHTS), np.zeros(n, FOUND)
        self.phase, self.age = np.zeros((n, PARTS), np.int8), np.zeros((n, PARTS), np.int64)
        self.body = np.zeros((n, SLOTS), np.int64)
        self.born = np.zeros((n, PARTS), np.int64)
        self.epoch, self.episode = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.spent, self.budget = np.zeros(n), np.ones(n)
        self.training = np.zeros((n, MOST_EPOCHS))
        self.validation = np.zeros((n, MOST_EPOCHS + 1))
        self.first = np.zeros((n, 2), np.int64)  # parameters and operations at the beginning
        self.spread = np.zeros((n, INPUTS, INPUTS))
        self.untrained = np.ones(n)
        self.healthy = np.full((n, SLOTS), np.nan)
        self.over = np.ones(n, bool)

    def __len__(self) -> int:
        return len(self.which)

    def reset(self, rows: I64) -> None:
        """Begin new episodes."""
        for number in np.unique(self.episode[rows]).tolist():
            some = rows[self.episode[rows] == number]
            self._begin(some, number)
        self.episode[rows] += 1
        self._measure(rows)
        self.validation[rows, 0] = self.found["validation"][rows]
        self.untrained[rows] = self.found["test"][rows]

    def _begin(self, rows: I64, number: int) -> None:
        drawn = draw(self.seed, self.which[rows], number)
        given = drawn.host
        if self._host is not None:
            drawn = replace(drawn, host=np.full(len(rows), self._host))
        for name in Tasks.__slots__:
            getattr(self.tasks, name)[rows] = getattr(drawn, name)
        self.shapes[rows] = np.zeros((), SHAPE)
        for name, values in (("inputs", drawn.ins), ("outputs", drawn.outs)):
            self.shapes[name][rows] = values
        self.shapes["width"][rows] = self.shapes["kept"][rows] = drawn.host
        self.shapes["examples"][rows] = drawn.examples
        self.weights[rows] = initial(self.seed, drawn, self.which[rows], number)
        self.rates[rows] = np.zeros((), RATES)
        self.found[rows] = np.zeros((), FOUND)
        self.found["best"][rows] = np.inf
        for array in (self.phase, self.age, self.body, self.born, self.epoch, self.spent):
            array[rows] = 0
        self.training[rows], self.validation[rows] = 0, 0
        self.healthy[rows], self.over[rows] = np.nan, False
        self.first[rows, 0] = self.parameters()[rows]
        self.first[rows, 1] = self.flops()[rows]
        self.spread[rows] = _root(drawn)
        # a width is a factor of what an epoch costs
        self.budget[rows] = drawn.epochs * self.epoch_cost()[rows] * given / drawn.host

    def flops(self, live: bool = False) -> I64:
        """Operations of an example forward (n,), without live seeds or with all there is."""
        shape = self.shapes
        width = (shape["width"] if live else shape["kept"]).astype(np.int64)
        cost = 2 * width * (shape["inputs"] + shape["outputs"])
        within = (shape["mode"] != ABSENT) & (live | (shape["live"] == 0))
        bodies: I64 = (4 * width[:, None] * shape["inner"] * within).sum(axis=1)
        return np.asarray(cost + bodies, np.int64)

    def parameters(self) -> I64:
        """Parameters (n,) without live seeds."""
        shape = self.shapes
        width = shape["kept"].astype(np.int64)
        count = width * (1 + shape["inputs"] + shape["outputs"]) + shape["outputs"]
        fossils = (shape["mode"] != ABSENT) & (shape["live"] == 0)
        body = (2 * width[:, None] + 1) * shape["inner"]
        return np.asarray(count + (body * fossils).sum(axis=1), np.int64)

    def epoch_cost(self) -> F64:
        """Operations of an epoch of the network without live seeds (n,)."""
        return self.flops() * (3.0 * self.shapes["examples"] + VALIDATED)

    def score(self) -> F64:
        """What a run is judged by (n,): how many powers of ten the test loss has fallen by.

        The network is the one with the lowest validation loss. Losses below 1e-6 count as that.
        """
        fallen = np.maximum(self.untrained, _FLOOR) / np.maximum(self.found["test"], _FLOOR)
        return np.asarray(np.log10(fallen))

    def live(self) -> None:
        """An epoch of those that can afford it; the others are over."""
        self.close()
        going = np.flatnonzero(~self.over)
        blending = (self.phase == BLENDING)[:, :SLOTS] & (self.rates["alpha"] < 1)
        risen = np.minimum(1, (self.age[:, :SLOTS] + 1) / _BLENDING)
        self.rates["alpha"] = np.where(blending, risen, self.rates["alpha"])
        steps, batch = self._afforded()
        self.shapes["steps"] = np.where(self.over, 0, steps)
        left = 1 - self.spent / self.budget
        self.rates["rate"], self.rates["fall"] = _RATE * left, _RATE * batch / self.budget
        self._order(going)
        self._measure(going)
        self.spent[going] += (steps * batch + self._looks())[going]
        self._age(going)
        self.training[going, self.epoch[going]] = self.found["training"][going]
        self.epoch[going] += 1
        self.validation[going, self.epoch[going]] = self.found["validation"][going]
        trained = (self.shapes["mode"] != ABSENT) & (self.shapes["live"] == 1)
        share = self.found["usable"] / np.maximum(1, steps)[:, None]
        self.healthy = np.where(trained, share, np.nan)

    def close(self) -> None:
        """Those that cannot afford another batch are over."""
        self.over |= (self._afforded()[0] < 1) | (self.epoch >= MOST_EPOCHS)

    def bottleneck(self) -> F64:
        """Share of its width that each layer uses (n,): see `kasmina.bottleneck`."""
        first = self.weights["in"][:, 0, :, 1 : 1 + INPUTS].astype(np.float64)
        used = np.arange(WIDTH) < self.shapes["width"][:, None]
        sent = (first * used[..., None]) @ self.spread
        values = np.sqrt(np.maximum(0, np.linalg.eigvalsh(np.swapaxes(sent, 1, 2) @ sent)))
        parts = values / np.maximum(values.sum(axis=1, keepdims=True), _LEAST)
        there = parts > _ROUNDING
        entropy = -np.where(there, parts * np.log(np.where(there, parts, 1)), 0).sum(axis=1)
        return np.asarray(np.minimum(1, np.exp(entropy) / self.shapes["width"]))

    def measured(self) -> tuple[F64, F64]:
        """What each part on trial is worth, and the half of its 95 % interval (n, PARTS)."""
        mean = self.found["differences"] / VALIDATED
        rest = self.found["squares"] - VALIDATED * mean * mean
        deviation = np.sqrt(np.maximum(0, rest) / (VALIDATED - 1))
        return mean, _T95 * deviation / np.sqrt(VALIDATED)

    def subset(self, rows: I64) -> World:
        """A world of some of them, as copies."""
        some = World(self.seed, self.which[rows], self._threads, self._host)
        some.load({name: values[rows] for name, values in self.state().items()})
        return some

    def state(self) -> dict[str, Any]:
        """Everything, as copies."""
        names = [*_ARRAYS, *(f"tasks.{name}" for name in Tasks.__slots__)]
        return {name: self._array(name).copy() for name in names}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state of as many."""
        for name, values in state.items():
            self._array(name)[...] = values

    def _array(self, name: str) -> Any:
        owner = self.tasks if name.startswith("tasks.") else self
        return getattr(owner, name.removeprefix("tasks."))

    def _afforded(self) -> tuple[I64, F64]:
        """Batches of the next epoch, and what one costs (n,)."""
        shape, whole = self.shapes, self.flops(live=True)
        apart = (shape["mode"] == APART).any(axis=1)
        batch = (3.0 + 3.0 * apart) * LANES * whole
        most = shape["examples"] // LANES
        left = self.budget - self.spent - self._looks()
        return np.clip(np.floor(left / batch), 0, most).astype(np.int64), batch

    def _looks(self) -> F64:
        """Operations of a validation and of what it measures (n,)."""
        on_trial = self.shapes["live"].sum(axis=1) + (self.shapes["kept"] < self.shapes["width"])
        return np.asarray((1.0 + on_trial) * VALIDATED * self.flops(live=True))

    def _order(self, rows: I64) -> None:
        """Another order of the training examples: a stride and an offset."""
        stream = Streams(self.seed).stream("gym.order")
        half = np.zeros((len(rows), 2), np.int64)
        when = self.episode[rows] * (MOST_EPOCHS + 1) + self.epoch[rows]
        for number in np.unique(when).tolist():
            some = when == number
            half[some] = stream.integers(256, 2, number, self.which[rows[some]])
        self.shapes["stride"][rows] = 2 * half[:, 0] + 1
        self.shapes["offset"][rows] = 2 * half[:, 1]

    def _measure(self, rows: I64) -> None:
        self.shapes["active"] = 0
        self.shapes["active"][rows] = 1
        targets, inputs = self.tasks.targets, self.tasks.inputs
        held = (self.shapes, self.rates, self.weights, inputs, targets, self.found)
        growth.epoch(*held, threads=self._threads)

    def _age(self, rows: I64) -> None:
        """An epoch has passed; what was culled is embargoed, and what was embargoed reopens."""
        self.age[rows] += 1
        phase, age = self.phase[rows], self.age[rows]
        reopened = (phase == EMBARGOED) & (age >= _EMBARGO)
        cleaned = phase == CULLED
        phase = np.where(reopened, DORMANT, np.where(cleaned, EMBARGOED, phase))
        self.phase[rows] = phase
        self.age[rows] = np.where(reopened | cleaned, 0, age)


def _root(tasks: Tasks) -> F64:
    """A root of the covariance of the validation inputs (n, INPUTS, INPUTS)."""
    x = tasks.inputs[:, TRAINED : TRAINED + VALIDATED].astype(np.float64)
    x = (x - x.mean(axis=1, keepdims=True)) * (np.arange(INPUTS) < tasks.ins[:, None])[:, None]
    covariance = np.swapaxes(x, 1, 2) @ x / VALIDATED
    return np.asarray(np.linalg.cholesky(covariance + _LEAST * np.eye(INPUTS)))


_ARRAYS: Final = (
    "shapes",
    "rates",
    "weights",
    "found",
    "phase",
    "age",
    "body",
    "born",
    "epoch",
    "episode",
    "spent",
    "budget",
    "training",
    "validation",
    "first",
    "untrained",
    "spread",
    "healthy",
    "over",
)

__all__ = ["ABSENT", "APART", "LAYER", "PHASES", "WITHIN", "World"]
