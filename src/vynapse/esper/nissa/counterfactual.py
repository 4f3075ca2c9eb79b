# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a seed is worth: the same examples with other shares of it, in one pass.

Each batch goes through the network once, joined to itself, with one share for each example. The
difference of the two losses of an example has far less variance than either loss has over
examples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from vynapse.errors import TrainingError
from vynapse.esper.leyline.alpha import AlphaOverride, TakesShares
from vynapse.esper.leyline.measurement import Measurement
from vynapse.statistics import student_t95

Loss = Callable[[Tensor, Tensor], Tensor]
"""A task's loss: outputs (batch, ...) and targets (batch, ...) -> their mean over the batch."""

_BLOCK: Final = 16
"""Both halves are filled up to a multiple of it with copies of the last example. So an example has
the same place in the blocks that a matrix product is computed in. Equal rows then get equal bits,
and a seed that changes nothing is worth exactly 0.
"""


def paired(
    network: TakesShares,
    loss_of: Loss,
    batches: Iterable[tuple[Tensor, Tensor]],
    on: Mapping[str, float],
    off: Mapping[str, float],
    *,
    unit: str,
) -> Measurement | None:
    """How much lower the loss is with the shares `on` than with the shares `off`.

    Args:
        network: the growing network, in evaluation mode.
        loss_of: the task's loss; it has to be a mean over examples.
        batches: inputs (batch, ...) and targets (batch, ...) of validation examples.
        on, off: shares in [0, 1] by slot or slot/seed, both of the same.
        unit: the unit of the loss, "nats" for cross-entropy.

    Returns:
        The mean over examples of (loss with `off`) - (loss with `on`), with its 95 % interval
        (Student's t).
        None where the loss of some example is not finite.

    Raises:
        ValueError: `on` and `off` name different seeds or are no shares, the network is in
            training mode, or there is no example.
        TrainingError: the loss is no mean over examples.
    """
    _check(network, on, off)
    found: list[Tensor] = []
    with torch.no_grad():
        for inputs, targets in batches:
            count, size = len(inputs), -(-len(inputs) // _BLOCK) * _BLOCK
            filled = torch.cat([inputs, inputs[-1:].expand(size - count, *inputs.shape[1:])])
            with network.alpha(_shares(on, off, size, inputs)):
                output = network(torch.cat([filled, filled]))
            with_on = per_example(loss_of, output[:count], targets)
            with_off = per_example(loss_of, output[size : size + count], targets)
            found.append(with_off.double() - with_on.double())
    return of_differences(found, unit=unit)


def of_differences(found: Sequence[Tensor], *, unit: str) -> Measurement | None:
    """The mean of differences by example, with its 95 % interval (Student's t).

    Args:
        found: (n,) each.
        unit: their unit.

    Returns:
        None where one of them is not finite.

    Raises:
        ValueError: there is none.
    """
    differences = torch.cat([*found]) if found else torch.empty(0)
    count = len(differences)
    if count == 0:
        raise ValueError("batches: at least one example was wanted, got none")
    value = differences.mean().item()
    if not math.isfinite(value):
        return None
    error = None
    if count > 1:
        error = student_t95(count - 1) * differences.std().item() / math.sqrt(count)
    return Measurement(value, error, count, unit)


def per_example(loss_of: Loss, output: Tensor, target: Tensor) -> Tensor:
    """The loss of each example: (batch,).

    Args:
        loss_of: mean over a batch.
        output, target: (batch, ...).

    Raises:
        TrainingError: `torch.vmap` cannot take the loss apart, or it is no mean over examples.
    """

    def of_one(row: Tensor, wanted: Tensor) -> Tensor:
        return loss_of(row.unsqueeze(0), wanted.unsqueeze(0))

    try:
        losses: Tensor = torch.vmap(of_one)(output, target)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            f"loss: it cannot be computed for one example at a time by torch.vmap ({error}): write "
            "it with operations on tensors alone"
        ) from error
    whole = loss_of(output, target)
    if losses.shape != (len(output),) or whole.dim():
        raise TrainingError(
            "loss: one number for a batch was wanted, got a tensor of shape "
            f"{tuple(whole.shape)}: take the mean over examples and outputs"
        )
    mean, scale = losses.mean().item(), losses.abs().mean().item()
    if math.isfinite(scale) and abs(whole.item() - mean) > 1e-4 * scale:
        raise TrainingError(
            f"loss: a mean over examples was wanted, but a batch scores {whole.item():g} and its "
            f"examples {mean:g} in the mean: divide by the number of examples"
        )
    return losses


def _check(network: TakesShares, on: Mapping[str, float], off: Mapping[str, float]) -> None:
    if not on or on.keys() != off.keys():
        raise ValueError(f"on and off: shares of the same seeds were wanted, got {on} and {off}")
    for share in [*on.values(), *off.values()]:
        if not 0 <= share <= 1:
            raise ValueError(f"on and off: shares in [0, 1] were wanted, got {share}")
    if isinstance(network, nn.Module) and network.training:
        raise ValueError("network: a network in evaluation mode was wanted: call eval() first")


def _shares(
    on: Mapping[str, float], off: Mapping[str, float], size: int, inputs: Tensor
) -> AlphaOverride:
    """One share for each of the `2 size` examples of a pass, those with `on` first."""
    dtype = inputs.dtype if inputs.is_floating_point() else torch.get_default_dtype()
    rows = torch.arange(2 * size, device=inputs.device) < size
    return {name: torch.where(rows, on[name], off[name]).to(dtype) for name in on}
