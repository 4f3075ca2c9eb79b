# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Small policies for evolution: few features, few tanh units, three outputs.

A policy is a network of all features and all choices whose other weights are 0. So it runs wherever
one of mode policy does; `mlp` gives its layers.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.esper.simic.features import FEATURES, names
from vynapse.esper.simic.gym.acting import DEEPEN, FOSSILIZE, WIDEN
from vynapse.esper.simic.gym.features import encode
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import World
from vynapse.esper.simic.schema import CHOICES, FACTORS, SLOT_KINDS
from vynapse.kernels.reference.growth import SLOTS
from vynapse.seeding import F32, I64

SEEN: Final = (
    "progress",
    "epochs left",
    "validation loss over chance",
    "validation loss over the lowest",
    "slope of the training loss, 6 epochs",
    "slope of the validation loss, 3 epochs",
    "slope of the validation loss, 6 epochs",
    "gap",
    "parameters over the first",
    "epochs since a change",
    "layer 0: channels",
    "layer 0: bottleneck",
    "layer 0: certainty of the contribution",
    *(f"slot {slot}: certainty of the contribution" for slot in range(SLOTS)),
)
"""The features that a policy sees."""

OUTPUTS: Final = ("widen", "deepen", "size")
"""What a policy answers: how much it wants to widen and to deepen, and how large."""
_START: Final = (-0.5, -2.0, 0.0)
"""Biases where a search begins: to wait."""

_AT: Final = tuple(1 + len(SLOT_KINDS) * slot for slot in range(SLOTS))
_SURE: Final = 12.0
"""What has entered is kept at the next look; other choices are never taken."""


WIDENER: Final = len(SEEN) + 2
"""Numbers of a linear policy that never deepens."""
WIDENER_START: Final = np.concatenate([np.zeros(len(SEEN)), [-0.5, 0.0]])
"""The one that a search begins with: it waits."""


def size(hidden: int) -> int:
    """Numbers of a policy with so many tanh units; 0 is a linear one."""
    if not hidden:
        return (1 + len(SEEN)) * len(OUTPUTS)
    return (1 + len(SEEN)) * hidden + (1 + hidden) * len(OUTPUTS)


def start(hidden: int) -> F64:
    """The policy that a search begins with: it waits."""
    genome = np.zeros(size(hidden))
    genome[-len(OUTPUTS) :] = _START
    return genome


def seen(world: World) -> F32:
    """The features that a policy sees (n, SEEN)."""
    return seen_of(encode(world))


def seen_of(features: F32) -> F32:
    """Those that a policy sees (…, SEEN) of all features (…, FEATURES)."""
    return features[..., _SEEN]


@final
class Compact:
    """Policies side by side.

    Args:
        genomes: (p, size(hidden)).
        hidden: tanh units.
        policy: which of them decides in each episode (n,).
    """

    def __init__(self, genomes: Array, hidden: int, policy: I64) -> None:
        self._layers = [np.asarray(layer, np.float32) for layer in _taken(genomes, hidden)]
        self._policy = policy

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """The legal choices with the highest outputs."""
        values, own = seen(world), self._policy[episodes]
        for number, layer in enumerate(self._layers):
            values = np.tanh(values) if number else values
            whole = layer[own]
            values = np.einsum("ni,nio->no", values, whole[:, :-1]) + whole[:, -1]
        outputs = np.where(legal, values @ _SPREAD.T + _BIASES, -np.inf)
        parts = np.split(outputs, [CHOICES], axis=1)
        return np.stack([part.argmax(axis=1) for part in parts], axis=1)


@final
@dataclass(frozen=True, slots=True)
class Family:
    """Policies of so many tanh units, for `searching.search`."""

    hidden: int

    def __call__(self, genomes: Array, policy: I64) -> Compact:
        """Those of genomes; `policy` says which decides in each episode."""
        return Compact(genomes, self.hidden, policy)


def wideners(genomes: Array, policy: I64) -> Compact:
    """Linear policies that never deepen, and whose widenings are all of one size.

    Args:
        genomes: (p, WIDENER): weights of the features for the will to widen, and both biases.
        policy: which of them decides in each episode (n,).
    """
    return Compact(linear(genomes), 0, policy)


def linear(wideners: Array) -> F64:
    """Genomes (p, size(0)) of policies that never deepen; see `wideners`."""
    given = np.asarray(wideners, np.float64)
    whole = np.zeros((len(given), 1 + len(SEEN), len(OUTPUTS)))
    whole[:, :-1, 0] = given[:, :-2]
    whole[:, -1, 0], whole[:, -1, 1], whole[:, -1, 2] = given[:, -2], -_SURE, given[:, -1]
    return whole.reshape(len(given), -1)


def mlp(genome: Array, hidden: int) -> list[tuple[F32, F32]]:
    """Weights (o, i) and biases (o,) of the network of all features and choices."""
    layers = [layer[0].T for layer in _taken(np.asarray(genome)[None], hidden)]
    result = [
        (layer[:, :-1].astype(np.float32), layer[:, -1].astype(np.float32)) for layer in layers
    ]
    first, bias = result[0]
    whole = np.zeros((len(first), FEATURES), np.float32)
    whole[:, _SEEN] = first
    result[0] = whole, bias
    last, bias = result[-1]
    result[-1] = _SPREAD @ last, _SPREAD @ bias + _BIASES
    return result


_PLACES: Final = {name: place for place, name in enumerate(names())}
_SEEN: Final = np.array([_PLACES[name] for name in SEEN])


def _spread() -> tuple[F32, F32]:
    """From outputs to choices: weights (choices, OUTPUTS) and biases."""
    weights = np.zeros((sum(FACTORS), len(OUTPUTS)), np.float32)
    biases = np.full(sum(FACTORS), -_SURE, np.float32)
    biases[0] = 0.0
    weights[WIDEN, 0], biases[WIDEN] = 1.0, 0.0
    biases[WIDEN + 1] = _SURE
    for slot, at in enumerate(_AT):
        weights[at + DEEPEN, 1], biases[at + DEEPEN] = 1.0, -0.01 * slot
        biases[at + FOSSILIZE] = _SURE
    weights[CHOICES:, 2], biases[CHOICES:] = (-1.0, 0.0, 1.0), (-0.5, 0.0, -0.5)
    return weights, biases


_SPREAD, _BIASES = _spread()


def _taken(genomes: Array, hidden: int) -> list[Array]:
    """Layers (p, 1 + i, o) of genomes, biases last."""
    count, given = len(genomes), np.asarray(genomes)
    sizes = (len(SEEN), hidden, len(OUTPUTS)) if hidden else (len(SEEN), len(OUTPUTS))
    layers, at = [], 0
    for i, o in itertools.pairwise(sizes):
        layers.append(given[:, at : at + (1 + i) * o].reshape(count, 1 + i, o))
        at += (1 + i) * o
    return layers
