# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""MLPs in NumPy: one network or a whole population, without loading torch.

Shapes: `g` genomes (population), `b` examples, `i` inputs and `o` outputs of a layer. A genome is
the concatenation of `0.weight`, `0.bias`, `2.weight`, … in the order of the module's state dict.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Final, Protocol, runtime_checkable

import numpy as np
from threadpoolctl import ThreadpoolController

from vynapse.core import Array, Predict
from vynapse.seeding import F32, Stream

_SHARED: Final = 2**13
"""Multiply-adds of a product below which no library shares it among threads."""


@runtime_checkable
class Layers(Protocol):
    """Fully connected layers as data: what is computed here, and what the kernels know."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Widths, inputs first, outputs last."""
        ...

    @property
    def hidden(self) -> str:
        """Name of the activation after each hidden layer."""
        ...

    @property
    def output(self) -> str | None:
        """Name of the activation after the last layer; None is the identity."""
        ...

    @property
    def bias(self) -> bool:
        """Whether layers have biases."""
        ...


def layout(structure: Layers) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors, in genome order."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (i, o) in enumerate(zip(structure.sizes, structure.sizes[1:], strict=False)):
        position = layer * (1 if structure.hidden == "identity" else 2)
        shapes[f"{position}.weight"] = (o, i)
        if structure.bias:
            shapes[f"{position}.bias"] = (o,)
    return shapes


def initial(structure: Layers, stream: Stream, attempt: int) -> dict[str, Array]:
    """Uniform in +-1/sqrt(i) for weights and biases."""
    tensors: dict[str, Array] = {}
    bound = np.float32(1)
    for index, (name, shape) in enumerate(layout(structure).items()):
        if len(shape) == 2:
            bound = np.float32(1 / np.sqrt(shape[1]))
        uniform = stream.uniform(int(np.prod(shape)), attempt, index)
        tensors[name] = ((np.float32(2) * uniform - np.float32(1)) * bound).reshape(shape)
    return tensors


def flatten(tensors: Mapping[str, Array]) -> F32:
    """Tensors in their order -> one genome."""
    return np.concatenate([tensor.ravel() for tensor in tensors.values()]).astype(np.float32)


def unflatten(structure: Layers, genome: F32) -> dict[str, Array]:
    """The inverse of `flatten`; the tensors own their memory."""
    return {name: part[0].copy() for name, part in _parts(structure, genome[None]).items()}


def forward(structure: Layers, genomes_gp: F32, inputs_bi: F32, stack: int = 1) -> F32:
    """Every genome on every example: (population, parameters), (batch, …) -> (g, b, o).

    Args:
        structure: the structure of all of them.
        genomes_gp: the population.
        inputs_bi: the examples.
        stack: genomes whose first layers are one matrix product; a divisor of the population.
    """
    parts = _parts(structure, genomes_gp)
    weights = [part for part in parts.values() if part.ndim == 3]
    biases: list[Array | None] = [part for part in parts.values() if part.ndim == 2]
    biases = biases or [None] * len(weights)
    hidden = inputs_bi.reshape(len(inputs_bi), -1)
    for index, (weight_goi, bias_go) in enumerate(zip(weights, biases, strict=True)):
        if index == 0 and stack > 1:
            hidden = _stacked(hidden, weight_goi, stack)
        else:
            hidden = np.matmul(hidden, weight_goi.transpose(0, 2, 1))
        if bias_go is not None:
            hidden += bias_go[:, None, :]
        last = index == len(weights) - 1
        hidden = _ACTIVATIONS[(structure.output or "identity") if last else structure.hidden](
            hidden
        )
    return hidden


def _stacked(inputs_bi: F32, weight_goi: F32, stack: int) -> F32:
    """The first layers of `stack` genomes side by side: all read the same examples."""
    g, o, i = weight_goi.shape
    sums_gbo = np.empty((g, len(inputs_bi), o), np.float32)
    for low in range(0, g, stack):
        rows = np.ascontiguousarray(weight_goi[low : low + stack]).reshape(-1, i)
        sums = np.matmul(inputs_bi, rows.T).reshape(-1, stack, o)
        sums_gbo[low : low + stack] = sums.transpose(1, 0, 2)
    return sums_gbo


def predictor(structure: Layers, tensors: Mapping[str, Array]) -> Predict:
    """One network as a function (batch, …) -> (batch, o).

    Its products are made by one thread: a library that shares a product among threads splits sums
    by their number, so that the last digits of an output would depend on it.
    """
    genome = flatten({name: tensors[name] for name in layout(structure)})[None]
    widest = max(i * o for i, o in zip(structure.sizes, structure.sizes[1:], strict=False))

    def predict(inputs: Array) -> Array:
        shared = len(inputs) * widest >= _SHARED
        with _libraries().limit(limits=1, user_api="blas") if shared else nullcontext():
            outputs: Array = forward(structure, genome, inputs)[0]
        return outputs

    return predict


@functools.cache
def _libraries() -> ThreadpoolController:
    """The libraries of matrix products; NumPy has loaded its own."""
    return ThreadpoolController()


def forward_flops(structure: Layers) -> int:
    """Floating-point operations of one example: 2 per multiply-add, 1 per activation."""
    pairs = list(zip(structure.sizes, structure.sizes[1:], strict=False))
    products = sum(2 * i * o for i, o in pairs)
    names = [structure.hidden] * (len(pairs) - 1) + [structure.output or "identity"]
    return products + sum(
        o for (_, o), name in zip(pairs, names, strict=True) if name != "identity"
    )


def _parts(structure: Layers, genomes_gp: F32) -> dict[str, Array]:
    parts, begin = {}, 0
    for name, shape in layout(structure).items():
        end = begin + int(np.prod(shape))
        parts[name] = genomes_gp[:, begin:end].reshape(-1, *shape)
        begin = end
    return parts


def _sigmoid(x: F32) -> F32:
    curve: F32 = np.tanh(np.float32(0.5) * x)
    return np.float32(0.5) * curve + np.float32(0.5)


def _relu(x: F32) -> F32:
    result: F32 = np.maximum(x, np.float32(0))
    return result


def _gelu(x: F32) -> F32:
    """The tanh form (Hendrycks and Gimpel 2016, eq. 2)."""
    inner = np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)
    curve: F32 = np.tanh(inner)
    return np.float32(0.5) * x * (np.float32(1) + curve)


def _identity(x: F32) -> F32:
    return x


_ACTIVATIONS: dict[str, Callable[[F32], F32]] = {
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "gelu": _gelu,
    "identity": _identity,
}
