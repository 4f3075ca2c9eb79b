# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An epoch of tiny networks that grow, stated exactly: float32, elementwise, sums in known order.

A network has one layer of `width` tanh units and two slots behind it, in a row:

    h0 = tanh(in x);  h1 = h0 + alpha0 d0(h0);  h2 = h1 + alpha1 d1(h1);  y = out h2
    d(h) = down tanh(up h), with `inner` tanh units

Training is gradient descent on the mean squared error of batches of 16 examples, by Adam (Kingma
and Ba 2015, betas 0.9 and 0.99). Its moments begin with the first gradient, in place of a
correction of their bias. Example e of batch b is offset + stride (16 b + e), modulo the number of
examples. A seed that learns apart has a pass of its own, in which it is fully in and the rest is
held constant (isolation `shadow`).

Sums: over the inputs of a unit from its bias on, over units and outputs from 0 on, over the
examples of a batch from 0 on. Sums over losses and squares are those of float64, in rising order.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.functions import tanh
from vynapse.kernels.reference.law import LANES
from vynapse.seeding import F32

INPUTS: Final = 8
WIDTH: Final = 32
INNER: Final = 16
OUTPUTS: Final = 4
SLOTS: Final = 2
PARTS: Final = 3
"""Both slots, and the layer."""
TRAINED: Final = 512
VALIDATED: Final = 128
TESTED: Final = 256
EXAMPLES: Final = TRAINED + VALIDATED + TESTED
"""Rows of a task: training examples first, of which fewer may be used, then the others."""

ABSENT, APART, WITHIN = 0, 1, 2
"""What the body in a slot does: there is none; it learns apart; it is in the function."""

_LONG: Final = 48
WEIGHTS: Final = np.dtype(
    [
        ("in", np.float32, (WIDTH, LANES)),
        ("up", np.float32, (SLOTS, INNER, _LONG)),
        ("down", np.float32, (SLOTS, WIDTH, LANES)),
        ("out", np.float32, (OUTPUTS, _LONG)),
    ]
)
"""Parameters, or moments. Rows begin with the bias, but for those of `down`, which have none."""
SHAPE: Final = np.dtype(
    [
        *((name, np.int32) for name in ("inputs", "outputs", "width", "kept")),
        *((name, np.int32, (SLOTS,)) for name in ("inner", "mode", "live")),
        *((name, np.int32) for name in ("examples", "stride", "offset", "steps")),
        ("active", np.int32),
        ("unused", np.int32),
    ]
)
"""`kept`: units that are not on trial; `live`: the body is a seed, no fossil; `steps`: batches."""
RATES: Final = np.dtype(
    [("alpha", np.float32, (SLOTS,)), ("rate", np.float32), ("fall", np.float32)]
)
"""`rate`: the learning rate of the first batch, which falls by `fall` with each, to 0 at least."""
FOUND: Final = np.dtype(
    [
        ("training", np.float64),
        ("validation", np.float64),
        ("differences", np.float64, (PARTS,)),
        ("squares", np.float64, (PARTS,)),
        ("usable", np.float64, (SLOTS,)),
        ("best", np.float64),
        ("test", np.float64),
    ]
)
"""What an epoch finds.

- training: the mean loss of its batches
- validation: the loss after it
- differences: for each part on trial, the sum over validation examples of the loss without it less
  that with it
- squares: the sums of the squares of these differences
- usable: for each slot, the steps whose gradients were usable
- best: the lowest validation loss so far
- test: the test loss of that network
"""

Records = npt.NDArray[Any]


def epoch(
    shapes: Records, rates: Records, weights: Records, inputs: F32, targets: F32, found: Records
) -> None:
    """Do in NumPy what `vynapse.kernels.growth.epoch` does."""
    for n in np.flatnonzero(shapes["active"]).tolist():
        one = _One(shapes[n], rates[n], weights[n], inputs[n], targets[n])
        one.train(found[n])
        one.measure(found[n])


def outputs(shapes: Records, rates: Records, weights: Records, inputs: F32) -> F32:
    """Do in NumPy what `vynapse.kernels.growth.outputs` does."""
    result = np.zeros((len(shapes), EXAMPLES, OUTPUTS), np.float32)
    for n in range(len(shapes)):
        one = _One(shapes[n], rates[n], weights[n], inputs[n], inputs[n])
        count = int(shapes[n]["outputs"])
        result[n, :, :count] = one.forward(np.arange(EXAMPLES), one.shares())[-1].T
    return result


_Shares = list[tuple[int, np.float32]]


class _One:
    """One network of those beside each other."""

    def __init__(
        self, shape: np.void, rates: np.void, weights: Records, inputs: F32, targets: F32
    ) -> None:
        self.shape, self.rates = shape, rates
        self.now, self.first, self.second = (weights[k] for k in range(3))
        self.inputs, self.targets = inputs, targets
        self.width, self.outs = int(shape["width"]), int(shape["outputs"])

    def shares(self, *, apart: bool = False, but: int | None = None) -> _Shares:
        """The slots whose bodies take part in a pass, with their shares."""
        result = []
        for slot, mode in enumerate(self.shape["mode"].tolist()):
            alone = mode == APART
            if (mode == WITHIN or (apart and alone)) and slot != but:
                share = np.float32(1) if alone else self.rates["alpha"][slot]
                result.append((slot, np.float32(share)))
        return result

    def forward(
        self, rows: npt.NDArray[np.int64], shares: _Shares, width: int | None = None
    ) -> list[F32]:
        """The inputs, what each stage gives, the inner units of both slots, and the outputs."""
        width = self.width if width is None else width
        x = self.inputs[rows].T[: int(self.shape["inputs"])]
        h = [tanh(_sums(self.now["in"], 1, x, width))]
        inside = [np.zeros((0, len(rows)), np.float32)] * SLOTS
        by_slot = dict(shares)
        for slot in range(SLOTS):
            after = h[-1]
            if slot in by_slot:
                inner = int(self.shape["inner"][slot])
                inside[slot] = tanh(_sums(self.now["up"][slot], 1, h[-1], inner))
                added = _sums(self.now["down"][slot], 0, inside[slot], width)
                after = h[-1] + by_slot[slot] * added
            h.append(after)
        return [x, *h, *inside, _sums(self.now["out"], 1, h[-1], self.outs)]

    def losses(self, first: int, count: int, shares: _Shares, width: int | None = None) -> F32:
        """Losses of examples."""
        rows = np.arange(first, first + count)
        gap = self.forward(rows, shares, width)[-1] - self.targets[rows].T[: self.outs]
        total = np.zeros(count, np.float32)
        for row in gap:
            total += row * row
        return total / np.float32(self.outs)

    def train(self, found: np.void) -> None:
        """The batches of an epoch."""
        apart, total = APART in self.shape["mode"], 0.0
        found["usable"] = 0
        steps, examples = int(self.shape["steps"]), int(self.shape["examples"])
        for step in range(steps):
            rate = self.rates["rate"] - np.float32(step) * self.rates["fall"]
            rate = max(np.float32(rate), np.float32(0))
            places = np.arange(step * LANES, (step + 1) * LANES)
            rows = (int(self.shape["offset"]) + int(self.shape["stride"]) * places) % examples
            if apart:
                self._learn(rows, rate, found, apart=True)
            total += self._learn(rows, rate, found, apart=False)
        if steps:
            found["training"] = total / steps

    def _learn(
        self, rows: npt.NDArray[np.int64], rate: np.float32, found: np.void, *, apart: bool
    ) -> float:
        """A step; the mean loss before it."""
        shares = self.shares(apart=apart)
        x, *h, inside0, inside1, y = self.forward(rows, shares)
        gap = y - self.targets[rows].T[: self.outs]
        losses = np.zeros(len(rows), np.float32)
        for row in gap:
            losses += row * row
        delta = np.float32(2) / np.float32(self.outs * LANES) * gap
        below = _below(self.now["out"], 1, delta, self.width)
        if not apart:
            self._follow("out", None, 1, delta, h[-1], rate)
        wanted = APART if apart else WITHIN
        for slot, share in reversed(shares):
            inside = (inside0, inside1)[slot]
            added = share * below
            inner = _below(self.now["down"][slot], 0, added, len(inside))
            inner = inner * (np.float32(1) - inside * inside)
            below = below + _below(self.now["up"][slot], 1, inner, self.width)
            if self.shape["mode"][slot] == wanted:
                down = self._follow("down", slot, 0, added, inside, rate)
                up = self._follow("up", slot, 1, inner, h[slot], rate)
                found["usable"][slot] += _usable(down, self.width)
                found["usable"][slot] += _usable(up, len(inside))
        if not apart:
            below = below * (np.float32(1) - h[0] * h[0])
            self._follow("in", None, 1, below, x, rate)
        return _total(losses) / (self.outs * LANES)

    def _follow(
        self, name: str, slot: int | None, bias: int, above: F32, below: F32, rate: np.float32
    ) -> float:
        """Adam on the rows of a layer; the sum of the squares of their gradient."""
        now, first, second = (
            part[name] if slot is None else part[name][slot]
            for part in (self.now, self.first, self.second)
        )
        rows = len(above)
        turned = np.zeros((LANES, now.shape[1]), np.float32)
        turned[:, 0] = bias
        turned[:, bias : bias + len(below)] = below.T
        gradient = np.zeros((rows, now.shape[1]), np.float32)
        for example in range(LANES):
            gradient += above[:, example, None] * turned[example]
        m, v = first[:rows], second[:rows]
        going = v > 0
        squares = gradient * gradient
        m[...] = np.where(going, np.float32(0.9) * m + np.float32(0.1) * gradient, gradient)
        v[...] = np.where(going, np.float32(0.99) * v + np.float32(0.01) * squares, squares)
        now[:rows] -= rate * m / (np.sqrt(v) + np.float32(1e-8))
        lanes = np.zeros(LANES, np.float32)
        for row in squares:
            for chunk in row.reshape(-1, LANES):
                lanes += chunk
        return _total(lanes)

    def measure(self, found: np.void) -> None:
        """The validation loss, and what the parts on trial are worth."""
        as_is = self.losses(TRAINED, VALIDATED, self.shares())
        found["validation"] = _total(as_is) / VALIDATED
        if found["validation"] < found["best"]:
            found["best"] = found["validation"]
            tested = self.losses(TRAINED + VALIDATED, TESTED, self.shares())
            found["test"] = _total(tested) / TESTED
        for part in range(PARTS):
            found["differences"][part] = found["squares"][part] = 0
            if part < SLOTS:
                if not self.shape["live"][part]:
                    continue
                alone = self.shape["mode"][part] == APART
                shares = self.shares(but=part)
                if alone:
                    shares = sorted([*shares, (part, np.float32(1))])
                other = self.losses(TRAINED, VALIDATED, shares)
                gap = _gap(as_is, other) if alone else _gap(other, as_is)
            elif self.shape["kept"] != self.shape["width"]:
                kept = int(self.shape["kept"])
                other = self.losses(TRAINED, VALIDATED, self.shares(), kept)
                gap = _gap(other, as_is)
            else:
                continue
            found["differences"][part] = _total(gap)
            found["squares"][part] = _total(gap * gap)


def _sums(weights: F32, bias: int, below: F32, rows: int) -> F32:
    total = np.zeros((rows, below.shape[1]), np.float32)
    if bias:
        total += weights[:rows, 0, None]
    for i, row in enumerate(below):
        total += weights[:rows, bias + i, None] * row
    return total


def _below(weights: F32, bias: int, above: F32, terms: int) -> F32:
    total = np.zeros((terms, above.shape[1]), np.float32)
    for r, row in enumerate(above):
        total += weights[r, bias : bias + terms, None] * row
    return total


def _gap(off: F32, on: F32) -> npt.NDArray[np.float64]:
    return off.astype(np.float64) - on.astype(np.float64)


def _total(values: npt.NDArray[Any]) -> float:
    return float(np.cumsum(values.astype(np.float64))[-1])


def _usable(squares: float, rows: int) -> float:
    """Half a layer whose gradient neither vanished nor exploded; see `esper.nissa.gradients`."""
    return 0.5 if 1e-12 <= squares / rows <= 100.0 else 0.0
