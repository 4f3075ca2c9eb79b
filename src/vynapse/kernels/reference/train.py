# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradient descent of a small MLP, stated exactly: float32, elementwise, sums in a known order.

Sums over examples: example e of a batch goes to lane e % width, where the width is 4, 8 or 16: the
least that the batch fits in, else 16. A lane takes its examples in rising order; then lanes are
added by halves (lane l takes lane l + width / 2, then l + width / 4, ...). Places that the batch
does not fill hold copies of its last example that count for nothing. All other sums run in rising
order: over the inputs of a unit from its bias on, over outputs from 0 on; the norm of the gradient
takes parameters in 16 lanes.

Update rules are those of `torch.optim`: SGD with momentum (Polyak 1964) or Nesterov's form of it,
Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019).

Shapes: `p` parameters, padded with zeros to a multiple of 16; `n` steps; `b` examples of a batch,
`s` places for them; `i` inputs and `o` outputs of a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.functions import exp, log
from vynapse.kernels.reference.law import F64, LANES, Problem
from vynapse.kernels.reference.slopes import activated, over_examples
from vynapse.seeding import F32

I32 = npt.NDArray[np.int32]

EPSILON: Final = 1e-8
"""The epsilon of Adam and AdamW."""
_LEAST_NORM: Final = np.float32(1e-6)
"""Added to the norm that a gradient is divided by, as torch does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How parameters follow their gradient.

    Attributes:
        name: "sgd", "adam" or "adamw".
        momentum, nesterov: the momentum of sgd, and whether it is Nesterov's.
        betas: decay of the two moments of adam and adamw.
        weight_decay: times the parameter, added to the gradient; adamw shrinks the parameter by
            it times the rate instead.
        clip_norm: largest L2 norm of the gradient, None for no limit.
    """

    name: Literal["sgd", "adam", "adamw"]
    momentum: float = 0.0
    nesterov: bool = False
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    clip_norm: float | None = None


@dataclass(slots=True, eq=False)
class Learner:
    """A network in training; `train` changes it in place.

    Attributes:
        parameters: (p,).
        first: momentum of sgd (zeros without), first moment of adam and adamw, (p,).
        second: second moment of adam and adamw, (p,).
        step: steps made since the moments were zero.
    """

    parameters: F32
    first: F32
    second: F32
    step: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What each step found before it: mean loss and norm of the gradient before clipping, (n,).

    The last step is not made, and none follows it, where one of its figures is not finite.
    """

    losses: F32
    norms: F32


def padded(count: int) -> int:
    """Length of the arrays of a `Learner` of `count` parameters."""
    return -(-count // LANES) * LANES


def fresh(genome: F32) -> Learner:
    """A learner that begins with the parameters `genome`, in the order of `Problem`."""
    parameters, first, second = (np.zeros(padded(len(genome)), np.float32) for _ in range(3))
    parameters[: len(genome)] = genome
    return Learner(parameters, first, second)


def factors(rule: Rule, step: int, rates: F64) -> tuple[F32, F32, F32]:
    """What the steps from number `step`, from 0, multiply by, each (n,): the gradient (or first
    moment), the root of the second moment, and the parameters of adamw.
    """
    shrink = 1 - rates * rule.weight_decay
    scale = np.ones_like(rates)
    if rule.name != "sgd":
        number = np.arange(step + 1, step + 1 + len(rates), dtype=np.float64)
        first, second = rule.betas
        rates = rates / (1 - first**number)
        scale = 1 / np.sqrt(1 - second**number)
    return rates.astype(np.float32), scale.astype(np.float32), shrink.astype(np.float32)


def train(problem: Problem, rule: Rule, learner: Learner, rates: F64, rows: I32 | None) -> Steps:
    """Do in NumPy what `vynapse.kernels.train.train` does."""
    by_step = factors(rule, learner.step, rates)
    losses, norms = np.empty(len(rates), np.float32), np.empty(len(rates), np.float32)
    everything = np.arange(len(problem.inputs))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for n in range(len(rates)):
            batch = everything if rows is None else rows[n]
            losses[n], gradient = differentiate(problem, learner.parameters, batch)
            norms[n] = norm = _norm(gradient)
            if not (np.isfinite(losses[n]) and np.isfinite(norm)):
                return Steps(losses[: n + 1], norms[: n + 1])
            if rule.clip_norm is not None:
                factor = np.float32(rule.clip_norm) / (norm + _LEAST_NORM)
                gradient = gradient * np.minimum(factor, np.float32(1))
            _update(rule, learner, gradient, *(values[n] for values in by_step))
            learner.step += 1
    return Steps(losses, norms)


def differentiate(
    problem: Problem, parameters: F32, batch: npt.NDArray[Any]
) -> tuple[np.float32, F32]:
    """Mean loss over the examples `batch`, and its gradient (p,)."""
    count = len(batch)
    width = next(w for w in (4, 8, LANES) if count <= w or w == LANES)
    places = np.minimum(np.arange(-(-count // width) * width), count - 1)
    rows = batch[places]
    counts = (np.arange(len(places)) < count).astype(np.float32)
    activations, slopes = [np.ascontiguousarray(problem.inputs[rows].T)], []
    for n, (weights, biases) in enumerate(_layers(problem, parameters)):
        last = n == len(problem.sizes) - 2
        sums = np.zeros((len(weights), len(places)), np.float32)
        if biases is not None:
            sums += biases[:, None]
        for i, inputs in enumerate(activations[-1]):
            sums += weights[:, i, None] * inputs
        output, slope = activated(problem.output if last else problem.hidden, sums)
        activations.append(output)
        slopes.append(slope)
    loss_of = _squared_errors if problem.loss == "mse" else _cross_entropies
    losses, delta, terms = loss_of(activations[-1], problem.targets[rows], counts, count)
    loss = over_examples(np.where(counts > 0, losses, np.float32(0)), width) / terms
    gradient = np.zeros_like(parameters)
    layers = list(_layers(problem, parameters))
    into = list(_layers(problem, gradient))
    delta *= slopes[-1]
    for n in reversed(range(len(layers))):
        into[n][0][...] = over_examples(delta[:, None] * activations[n], width)
        biases = into[n][1]
        if biases is not None:
            biases[...] = over_examples(delta, width)
        if n > 0:
            below = np.zeros_like(activations[n])
            for o, above in enumerate(delta):
                below += layers[n][0][o, :, None] * above
            delta = below * slopes[n - 1]
    return np.float32(loss), gradient


def _layers(problem: Problem, flat: F32) -> Iterator[tuple[F32, F32 | None]]:
    """Weights (o, i) and biases (o,) of each layer, as views."""
    begin = 0
    for i, o in zip(problem.sizes, problem.sizes[1:], strict=False):
        weights = flat[begin : begin + i * o].reshape(o, i)
        begin += i * o
        biases = flat[begin : begin + o] if problem.bias else None
        begin += o if problem.bias else 0
        yield weights, biases


def _squared_errors(
    outputs: F32, targets: npt.NDArray[Any], counts: F32, count: int
) -> tuple[F32, F32, np.float32]:
    """Losses (s,), derivatives of the mean loss by the outputs (o, s), terms of the mean."""
    terms = np.float32(count * len(outputs))
    losses = np.zeros_like(counts)
    gap = outputs - targets.T
    for row in gap:
        losses += row * row
    return losses, gap * (np.float32(2) / terms * counts), terms


def _cross_entropies(
    outputs: F32, targets: npt.NDArray[Any], counts: F32, count: int
) -> tuple[F32, F32, np.float32]:
    """Return what `_squared_errors` returns, for cross-entropy."""
    terms = np.float32(count)
    highest = outputs[0]
    for row in outputs:
        highest = np.where(row > highest, row, highest)
    parts = exp(outputs - highest)
    total = np.zeros_like(counts)
    for part in parts:
        total += part
    own = outputs[targets, np.arange(len(targets))]
    # the last term is 0, or NaN where a sum is not finite, of which the logarithm knows nothing
    losses = log(total) - (own - highest) + (total - total)
    hot = (np.arange(len(outputs))[:, None] == targets).astype(np.float32)
    return losses, (parts / total - hot) * (np.float32(1) / terms * counts), terms


def _norm(gradient: F32) -> np.float32:
    return np.float32(np.sqrt(over_examples(gradient * gradient, LANES)))


def _update(
    rule: Rule,
    learner: Learner,
    gradient: F32,
    rate: np.float32,
    scale: np.float32,
    shrink: np.float32,
) -> None:
    x, decay = learner.parameters, np.float32(rule.weight_decay)
    if rule.name != "adamw":
        gradient = gradient + decay * x
    if rule.name == "sgd":
        way, momentum = gradient, np.float32(rule.momentum)
        if momentum != 0:
            learner.first[...] = momentum * learner.first + gradient
            way = gradient + momentum * learner.first if rule.nesterov else learner.first
        x -= rate * way
        return
    if rule.name == "adamw":
        x *= shrink
    first, second = (np.float32(beta) for beta in rule.betas)
    rest_first, rest_second = (np.float32(1 - beta) for beta in rule.betas)
    learner.first[...] = first * learner.first + rest_first * gradient
    learner.second[...] = second * learner.second + rest_second * gradient * gradient
    root = np.sqrt(learner.second) * scale
    x -= rate * learner.first / (root + np.float32(EPSILON))
