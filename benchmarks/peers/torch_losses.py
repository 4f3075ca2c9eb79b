# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The losses of a whole population, for the peers that are built on torch.

XOR is written element by element, which is faster here than stacks of 2 x 2 products; `matmul`
makes one product of the rows with all first layers.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from .problems import B1, CLASSES, HIDDEN, INPUTS, W1, W2, XOR_X, XOR_Y, mlp_rows

X, Y = torch.from_numpy(XOR_X), torch.from_numpy(XOR_Y)


def xor_losses(genomes: Tensor) -> Tensor:
    """(population, 9) -> (population,)."""
    g = genomes.unsqueeze(1)
    hidden = torch.tanh(X[:, :1] * g[..., 0:2] + X[:, 1:] * g[..., 2:4] + g[..., 4:6])
    out = torch.sigmoid((hidden * g[..., 6:8]).sum(-1) + g[..., 8])
    return ((out - Y) ** 2).mean(1)


class MlpLosses:
    """(population, 25450) -> (population,)."""

    def __init__(self) -> None:
        rows, labels = mlp_rows()
        self.rows, self.labels = torch.from_numpy(rows), torch.from_numpy(labels)

    def __call__(self, genomes: Tensor) -> Tensor:
        size = len(genomes)
        first = genomes[:, :W1].reshape(size, INPUTS, HIDDEN)
        second = genomes[:, B1:W2].reshape(size, HIDDEN, CLASSES)
        hidden = torch.tanh(self.rows @ first + genomes[:, W1:B1].unsqueeze(1))
        logits = hidden @ second + genomes[:, W2:].unsqueeze(1)
        labels = self.labels.expand(size, -1)
        return cross_entropy(logits.transpose(1, 2), labels, reduction="none").mean(1)
