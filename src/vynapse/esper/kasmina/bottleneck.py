# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much of its width a layer uses: near 1 it may hold the network up.

The measure is the effective rank of what a layer gives, over its channels. The rank is exp of the
entropy of the singular values of its centred outputs, each over their sum (Roy and Vetterli 2007,
The effective rank, EUSIPCO). It is taken before the activation, so that a ReLU does not add to it.
A wide layer behind a narrow one has a low rank: it is the narrow one that is to become wider.

On digits after four epochs, eight seeds: the first layer of 64-4-4-10 has 0.72 to 0.91, the second
0.41 to 0.78. Those of 64-64-64-10 have 0.35 to 0.36 and 0.21 to 0.23, the second of 64-4-64-10 has
0.04 to 0.06. The gradient of an absent channel over that of present ones (GradMax) was tried first.
It was 0.5 to 2.4 in the narrow network and 0.3 to 1.5 in the wide one, which does not part them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from vynapse.esper.leyline.measurement import Measurement


def bottlenecks(
    network: nn.Module, layers: Sequence[str], batches: Iterable[Tensor]
) -> dict[str, Measurement]:
    """The share of their width that layers use.

    Args:
        network: it is in evaluation mode, and called once with each batch.
        layers: names of linear layers and convolutions.
        batches: inputs (batch, ...).

    Returns:
        By layer, in (0, 1]; none for a layer that gives all examples the same, that was not called,
        or that has no fewer channels than there were outputs.
    """
    sums = {name: _Spread() for name in layers}
    examples = 0
    with torch.no_grad(), _listening(network, sums):
        for inputs in batches:
            network(inputs)
            examples += len(inputs)
    found = {}
    for name, spread in sums.items():
        share = spread.share()
        if share is not None:
            found[name] = Measurement(share, None, examples, "share")
    return found


class _Spread:
    """Sums over outputs of a layer, for their covariance."""

    def __init__(self) -> None:
        self.count = 0
        self._first, self._second = torch.zeros(0), torch.zeros(0)

    def add(self, rows: Tensor) -> None:
        """Take in outputs (n, channels)."""
        rows = rows.double()
        first, second = rows.sum(0), rows.T @ rows
        self._first = self._first + first if self.count else first
        self._second = self._second + second if self.count else second
        self.count += len(rows)

    def share(self) -> float | None:
        """Effective rank over channels."""
        if self.count <= len(self._first):
            return None
        mean = self._first / self.count
        covariance = self._second / self.count - torch.outer(mean, mean)
        if not bool(covariance.isfinite().all()):
            return None
        values = torch.linalg.eigvalsh(covariance).clamp_min(0)
        # what rounding leaves of a direction without spread is no direction
        values = values[values > 1e-12 * self._second.trace() / self.count].sqrt()
        if not len(values):
            return None
        parts = values / values.sum()
        rank = torch.exp(-(parts * parts.log()).sum())
        return min(1.0, float(rank) / len(self._first))


@contextmanager
def _listening(network: nn.Module, sums: dict[str, _Spread]) -> Iterator[None]:
    handles = [
        network.get_submodule(name).register_forward_hook(_hook(spread))
        for name, spread in sums.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hook(spread: _Spread) -> Any:
    def listen(part: nn.Module, _: tuple[Any, ...], output: Tensor) -> None:
        rows = output if isinstance(part, nn.Linear) else output.movedim(1, -1)
        spread.add(rows.reshape(-1, rows.shape[-1]))

    return listen
