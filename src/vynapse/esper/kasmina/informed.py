# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which new channels lower the loss fastest, by the gradients of one batch.

Many fresh channels are tried at once, none of which is read. The gradient of what would read a
channel says how fast the loss falls once it is read. Those are kept whose gradients are large and
point in different directions (Wu et al. 2020, Firefly neural architecture descent, NeurIPS). Where
one linear layer makes the channels and one reads them, the first candidates are the top singular
vectors, of both signs, of the matrix sum(dL/dz x^T), with z what the reader gives and x what the
layer is given. For a linear unit these are the best there can be (Evci et al. 2022, GradMax:
growing neural networks using gradient information, ICLR, eq. 11; Verbockhaven et al. 2024, Growing
tiny networks, TMLR). GradMax puts the vectors behind a channel that is zero, where the gradient of
a ReLU is zero too. Here they stand before it, so that activations keep their gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.tied import Tied, owner_of
from vynapse.networks.modules import evaluation_mode, isolated_generators

Loss = Callable[[], Tensor]
"""The loss of the network on one batch: calls the network, gives a scalar."""

CANDIDATES: Final = 8
"""Channels that are tried for each that is wanted."""


def directions(network: nn.Module, tied: Tied, loss: Loss, count: int) -> dict[str, Tensor]:
    """Rows for the layer that makes channels; none where it is not one linear layer before one.

    Returns:
        (at most 2 count, inputs) by the name of the weight; each as long as those there are.
    """
    writers = [m for m in tied.members if not m.reads and m.tensor.endswith("weight")]
    readers = [m for m in tied.members if m.reads]
    if len(writers) != 1 or len(readers) != 1 or readers[0].places != 1:
        return {}
    layer = network.get_submodule(owner_of(writers[0].tensor)[0])
    reader = network.get_submodule(owner_of(readers[0].tensor)[0])
    if not isinstance(layer, nn.Linear) or not isinstance(reader, nn.Linear):
        return {}
    matrix = bypass_gradient(layer, reader, network, loss)
    if matrix is None or not bool(matrix.isfinite().all()) or not bool(matrix.any()):
        return {}
    vectors = torch.linalg.svd(matrix.double().cpu(), full_matrices=False)[2][:count]
    length = layer.weight.detach().double().norm(dim=1).mean().cpu()
    rows = torch.stack([vectors, -vectors], 1).flatten(0, 1) * length
    return {writers[0].tensor: rows}


def bypass_gradient(
    layer: nn.Linear, reader: nn.Linear, network: nn.Module, loss: Loss
) -> Tensor | None:
    """The gradient of a linear map of zeros from what a layer is given to what its reader gives.

    Returns:
        (outputs of the reader, inputs of the layer); None where the two are not called once each on
        tensors of the same leading axes.
    """
    weight = layer.weight
    bypass = torch.zeros(reader.out_features, layer.in_features).to(weight).requires_grad_()
    given: list[Tensor] = []

    def listen(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        given.append(inputs[0].detach())

    def add(_: nn.Module, __: tuple[Any, ...], output: Tensor) -> Tensor:
        if len(given) != 1 or given[0].shape[:-1] != output.shape[:-1]:
            return output
        return output + given[0] @ bypass.T

    handles = [layer.register_forward_pre_hook(listen), reader.register_forward_hook(add)]
    try:
        (found,) = _gradients(network, loss, [bypass])
    finally:
        for handle in handles:
            handle.remove()
    return found


def best(network: nn.Module, tied: Tied, loss: Loss, count: int) -> list[int]:
    """Of the channels that were added last, the numbers of those to keep, ascending.

    Args:
        network: with candidates that nothing reads.
        tied: the channels before there were candidates.
        loss: of the network on one batch.
        count: how many to keep.
    """
    columns = gradients_of_readers(network, tied, loss)[tied.channels :]
    left, kept = columns.clone(), list[int]()
    for _ in range(min(count, len(columns))):
        lengths = left.norm(dim=1)
        lengths[kept] = -1.0
        pick = int(lengths.argmax())
        kept.append(pick)
        unit = left[pick] / left[pick].norm().clamp_min(1e-300)
        left -= (left @ unit)[:, None] * unit
    return sorted(kept)


def norms_of_readers(network: nn.Module, tied: Sequence[Tied], loss: Loss) -> list[Tensor]:
    """Norms of what `gradients_of_readers` gives, for several layers in one pass."""
    return [rows.norm(dim=1) for rows in _of_readers(network, tied, loss)]


def gradients_of_readers(network: nn.Module, tied: Tied, loss: Loss) -> Tensor:
    """For each channel the gradient of all weights that read it: (channels, weights) float64."""
    return _of_readers(network, [tied], loss)[0]


def _of_readers(network: nn.Module, tied: Sequence[Tied], loss: Loss) -> list[Tensor]:
    held = dict(network.named_parameters())
    readers = [[member for member in one.members if member.reads] for one in tied]
    names = list(dict.fromkeys(member.tensor for own in readers for member in own))
    gradients = _gradients(network, loss, [held[name] for name in names])
    known = dict(zip(names, gradients, strict=True))
    found = []
    for own in readers:
        rows = []
        for member in own:
            gradient = known[member.tensor]
            values = torch.zeros_like(held[member.tensor]) if gradient is None else gradient
            channels = values.shape[member.axis] // member.places
            values = values.double().cpu().movedim(member.axis, 0)
            rows.append(values.reshape(channels, -1))
        found.append(torch.cat(rows, 1))
    return found


def _gradients(network: nn.Module, loss: Loss, wanted: list[Any]) -> tuple[Tensor | None, ...]:
    """Gradients of some tensors; a parameter that is held constant has one for the time being."""
    held = [tensor for tensor in wanted if not tensor.requires_grad]
    for tensor in held:
        tensor.requires_grad_()
    try:
        with evaluation_mode(network), isolated_generators(0), torch.enable_grad():
            return torch.autograd.grad(loss(), wanted, allow_unused=True)
    finally:
        for tensor in held:
            tensor.requires_grad_(False)
