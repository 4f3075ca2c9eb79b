# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What tiny networks learn: random teachers of graded width, depth and nonlinearity.

A teacher is a network of the gym with fixed random weights. Its outputs are scaled to mean 0 and
standard deviation 1. Training and validation targets have noise on them, test targets have none.
How large teacher, noise, training set and budget are differs from task to task, each drawn on its
own. So some tasks need no growth, some need width, some depth, and some end before growth pays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, final

import numpy as np
import numpy.typing as npt

from vynapse.kernels import growth, random
from vynapse.kernels.reference.growth import (
    ABSENT,
    EXAMPLES,
    INNER,
    INPUTS,
    OUTPUTS,
    RATES,
    SHAPE,
    SLOTS,
    TESTED,
    WEIGHTS,
    WIDTH,
    WITHIN,
    Records,
)
from vynapse.seeding import F32, I64, Stream, Streams

F64 = npt.NDArray[np.float64]

_INPUTS: Final = (2, 3, 4, 6, 8)
_OUTPUTS: Final = (2, 3, 4)
_HOSTS: Final = (2, 4, 6, 8)
_TRAINED: Final = (128, 256, 512)
_WIDTHS: Final = (1, 2, 4, 8, 16, 32)
_BODIES: Final = (0, 0, 1, 2)
_INNER: Final = (4, 8, 16)
_GAINS: Final = (0.4, 3.0)
_NOISES: Final = (0.01, 0.6)
_QUIET: Final = 0.25
EPOCHS: Final = (8.0, 240.0)
"""The least and the largest budget, in epochs of the network that growth begins with."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Tasks:
    """Tasks beside each other (n,).

    Attributes:
        inputs: (n, EXAMPLES, INPUTS).
        targets: (n, EXAMPLES, OUTPUTS).
        ins, outs: how many inputs and outputs each has.
        host: width of the network that growth begins with.
        examples: how many training examples there are.
        epochs: the budget, in epochs of the network that growth begins with.
        noise: standard deviation of the noise of targets, in those of the targets.
        chance: the validation loss of the best constant output.
        teacher: width of the teacher's layer.
        bodies: how many residual bodies the teacher has.
        gain: how far its units are driven beyond their linear range.
    """

    inputs: F32
    targets: F32
    ins: I64
    outs: I64
    host: I64
    examples: I64
    epochs: F64
    noise: F64
    chance: F64
    teacher: I64
    bodies: I64
    gain: F64

    def take(self, rows: I64) -> Tasks:
        """Some of them, in another order or more than once."""
        return Tasks(*(getattr(self, field.name)[rows] for field in fields(self)))


def room(count: int) -> Tasks:
    """Place for so many tasks, all zeros."""
    inputs = np.zeros((count, EXAMPLES, INPUTS), np.float32)
    targets = np.zeros((count, EXAMPLES, OUTPUTS), np.float32)
    ins, outs, host, examples, teacher, bodies = np.zeros((6, count), np.int64)
    epochs, noise, chance, gain = np.zeros((4, count))
    return Tasks(
        inputs, targets, ins, outs, host, examples, epochs, noise, chance, teacher, bodies, gain
    )


def draw(seed: int, which: I64, episode: int = 0) -> Tasks:
    """Tasks made from a seed.

    Args:
        seed: root; the splits of a task of control have different ones.
        which: numbers of the environments (n,).
        episode: the number of the episode in them.
    """
    different, back = np.unique(which, return_inverse=True)
    if len(different) < len(which):
        return draw(seed, different, episode).take(back)
    streams = Streams(seed)
    u = streams.stream("gym.kind").uniform(16, episode, which).astype(np.float64)

    def of(choices: tuple[int, ...], column: int) -> I64:
        return np.array(choices, np.int64)[(u[:, column] * len(choices)).astype(np.int64)]

    def between(bounds: tuple[float, float], column: int) -> F64:
        low, high = bounds
        return np.asarray(low * (high / low) ** u[:, column])

    ins, outs, width, bodies = of(_INPUTS, 0), of(_OUTPUTS, 1), of(_WIDTHS, 4), of(_BODIES, 5)
    gain, inner = between(_GAINS, 7), of(_INNER, 6)
    noise = np.where(u[:, 9] < _QUIET, 0.0, between(_NOISES, 8))
    inputs = _normal(streams.stream("gym.inputs"), EXAMPLES * INPUTS, episode, which)
    inputs = inputs.reshape(-1, EXAMPLES, INPUTS)
    teachers = _teachers(streams, which, episode, ins, width, inner, gain)
    shapes, rates = np.zeros(len(which), SHAPE), np.zeros(len(which), RATES)
    shapes["inputs"], shapes["outputs"] = ins, outs
    shapes["width"] = shapes["kept"] = width
    shapes["inner"] = inner[:, None]
    shapes["mode"] = np.where(np.arange(SLOTS) < bodies[:, None], WITHIN, ABSENT)
    rates["alpha"] = 1
    clean = growth.outputs(shapes, rates, teachers, inputs).astype(np.float64)
    spread = clean.std(axis=1, keepdims=True)
    clean = (clean - clean.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
    drawn = _normal(streams.stream("gym.noise"), EXAMPLES * OUTPUTS, episode, which)
    drawn = drawn.reshape(-1, EXAMPLES, OUTPUTS) * noise[:, None, None]
    drawn[:, -TESTED:] = 0
    targets = np.where(np.arange(OUTPUTS) < outs[:, None, None], clean + drawn, 0)
    examples = of(_TRAINED, 3)
    return Tasks(
        inputs=inputs,
        targets=targets.astype(np.float32),
        ins=ins,
        outs=outs,
        host=of(_HOSTS, 2),
        examples=examples,
        epochs=between(EPOCHS, 10),
        noise=noise,
        chance=1 + noise**2,
        teacher=width,
        bodies=bodies,
        gain=gain,
    )


def _teachers(
    streams: Streams,
    which: I64,
    episode: int,
    ins: I64,
    width: I64,
    inner: I64,
    gain: F64,
) -> Records:
    """Weights of the teachers; only the first of three is filled."""
    weights = np.zeros((len(which), 3), WEIGHTS)
    numbers = WEIGHTS.itemsize // 4
    drawn = _normal(streams.stream("gym.teacher"), numbers, episode, which)
    weights[:, 0] = drawn.view(WEIGHTS)[:, 0]
    first, up, down = weights["in"][:, 0], weights["up"][:, 0], weights["down"][:, 0]
    first[..., 1:] *= (gain / np.sqrt(ins))[:, None, None].astype(np.float32)
    first[..., 0] *= (0.5 * gain)[:, None].astype(np.float32)
    up[..., 1:] *= (1.5 * gain / np.sqrt(width))[:, None, None, None].astype(np.float32)
    down *= (1.5 / np.sqrt(inner))[:, None, None, None].astype(np.float32)
    return weights


def _normal(stream: Stream, count: int, generation: int, which: I64) -> F32:
    return random.normal(stream, count, generation, which)


def initial(seed: int, tasks: Tasks, which: I64, episode: int) -> Records:
    """Weights of the networks that growth begins with: those of a unit have variance 1 / inputs."""
    weights = np.zeros((len(which), 3), WEIGHTS)
    stream = Streams(seed).stream("gym.host")
    drawn = _normal(stream, WIDTH * 16 + OUTPUTS * 48, episode, which)
    first = drawn[:, : WIDTH * 16].reshape(-1, WIDTH, 16)
    last = drawn[:, WIDTH * 16 :].reshape(-1, OUTPUTS, 48)
    present = np.arange(WIDTH) < tasks.host[:, None]
    read = np.arange(16) <= tasks.ins[:, None]
    scale = (1 / np.sqrt(tasks.ins))[:, None, None].astype(np.float32)
    weights["in"][:, 0] = first * scale * present[..., None] * read[:, None]
    said = np.arange(OUTPUTS) < tasks.outs[:, None]
    weights["out"][:, 0, :, 1 : 1 + WIDTH] = (
        last[..., 1 : 1 + WIDTH]
        * (0.5 / np.sqrt(tasks.host))[:, None, None].astype(np.float32)
        * present[:, None]
        * said[..., None]
    )
    return weights


__all__ = ["EPOCHS", "INNER", "Tasks", "draw", "initial"]
