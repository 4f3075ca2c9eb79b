# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A module, a loss and a DataLoader of one's own."""

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import vynapse


def huber(output: Tensor, target: Tensor) -> Tensor:
    """Large errors count by their size, not by its square."""
    return nn.functional.huber_loss(output, target, delta=0.5)


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.linspace(-3, 3, 240)[:, None]
    noise = 0.05 * torch.randn(240, 1, generator=generator)
    noise[::20] += 3  # outliers
    loader = DataLoader(TensorDataset(x, x.sin() + noise), batch_size=32)

    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
    run = vynapse.run(loader, mode="sgd", network=module, loss=huber, learning_rate=0.02)
    print(run.summary)
    print(run.metrics["validation_loss"][-1], run.module())
    found = torch.tensor(run.predict(x).values)
    assert (found - x.sin()).abs().mean() < 0.1  # the outliers alone would move a mean by 0.15


if __name__ == "__main__":
    main()
