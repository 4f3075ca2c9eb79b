# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""torch 2.13: the loop of its tutorial "Optimizing Model Parameters", with Adam.

`eager` is `torch.optim.Adam` as it is, `fused` has `fused=True`, `compiled` is the whole step in
`torch.compile`, as the recipe "(beta) Compiling the optimizer with torch.compile" shows.
"""

import torch
from torch import nn

from .problems import XOR_X, XOR_Y, Case

torch.set_num_threads(1)


def train(algorithm: str) -> Case:
    torch.manual_seed(0)
    inputs, targets = torch.from_numpy(XOR_X), torch.from_numpy(XOR_Y).unsqueeze(1)
    network = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid())
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01, fused=algorithm == "fused" or None)
    measure = nn.MSELoss()

    def step() -> None:
        loss = measure(network(inputs), targets)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()

    chosen = torch.compile(step) if algorithm == "compiled" else step

    def run() -> None:
        for _ in range(100):
            chosen()

    return Case(run, 100)
