# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Small policies for evolution: few features, few tanh units, few choices.

A policy is a network of all features and all choices whose other weights are 0. So it runs wherever
one of mode policy does; `mlp` gives its layers.
"""

from __future__ import annotations

import itertools
from typing import Final, final

import numpy as np

from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.esper.simic.features import FEATURES, names
from vynapse.esper.simic.gym.acting import CULL, DEEPEN, FOSSILIZE, WIDEN
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

_AT: Final = tuple(1 + len(SLOT_KINDS) * slot for slot in range(SLOTS))
CHOSEN: Final = (
    0,
    WIDEN,
    WIDEN + 1,
    WIDEN + 2,
    *(at + kind for at in _AT for kind in (DEEPEN, FOSSILIZE, CULL)),
    *range(CHOICES, sum(FACTORS)),
)
"""The choices that it has, of both factors."""
_START: Final = {0: 1.0, WIDEN + 1: 2.0, **{at + FOSSILIZE: 2.0 for at in _AT}}
"""Biases where a search begins: to wait, and to keep what has entered."""
_NEVER: Final = -20.0


def size(hidden: int) -> int:
    """Numbers of a policy with so many tanh units; 0 is a linear one."""
    if not hidden:
        return (1 + len(SEEN)) * len(CHOSEN)
    return (1 + len(SEEN)) * hidden + (1 + hidden) * len(CHOSEN)


def start(hidden: int) -> F64:
    """The policy that a search begins with: it waits."""
    genome = np.zeros(size(hidden))
    genome[-len(CHOSEN) :] = [_START.get(choice, 0.0) for choice in CHOSEN]
    return genome


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
        values, own = encode(world)[:, _SEEN], self._policy[episodes]
        for number, layer in enumerate(self._layers):
            values = np.tanh(values) if number else values
            whole = layer[own]
            values = np.einsum("ni,nio->no", values, whole[:, :-1]) + whole[:, -1]
        outputs = np.where(legal[:, _CHOSEN], values, -np.inf)
        what = _CHOSEN[outputs[:, :_WHAT].argmax(axis=1)]
        return np.stack([what, outputs[:, _WHAT:].argmax(axis=1)], axis=1)


def mlp(genome: Array, hidden: int) -> list[tuple[F32, F32]]:
    """Weights (o, i) and biases (o,) of the network of all features and choices."""
    layers = [layer[0].T for layer in _taken(np.asarray(genome)[None], hidden)]
    result = [
        (layer[:, :-1].astype(np.float32), layer[:, -1].astype(np.float32)) for layer in layers
    ]
    first, bias = result[0]
    seen = np.zeros((len(first), FEATURES), np.float32)
    seen[:, _SEEN] = first
    result[0] = seen, bias
    last, bias = result[-1]
    chosen = np.zeros((sum(FACTORS), last.shape[1]), np.float32)
    biases = np.full(sum(FACTORS), _NEVER, np.float32)
    chosen[_CHOSEN], biases[_CHOSEN] = last, bias
    result[-1] = chosen, biases
    return result


_PLACES: Final = {name: place for place, name in enumerate(names())}
_SEEN: Final = np.array([_PLACES[name] for name in SEEN])
_CHOSEN: Final = np.array(CHOSEN)
_WHAT: Final = len(CHOSEN) - FACTORS[1]


def _taken(genomes: Array, hidden: int) -> list[Array]:
    """Layers (p, 1 + i, o) of genomes, biases last."""
    count, given = len(genomes), np.asarray(genomes)
    sizes = (len(SEEN), hidden, len(CHOSEN)) if hidden else (len(SEEN), len(CHOSEN))
    layers, at = [], 0
    for i, o in itertools.pairwise(sizes):
        layers.append(given[:, at : at + (1 + i) * o].reshape(count, 1 + i, o))
        at += (1 + i) * o
    return layers
