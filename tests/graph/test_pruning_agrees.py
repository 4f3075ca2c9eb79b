# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth prunes modules, the rewrite prunes graphs: they take the same channels out of the same
tensors, wherever growth prunes at all.
"""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from vynapse.esper.kasmina.pruning import narrow, prunable
from vynapse.graph.rewrite.prune import pruned
from vynapse.graph.trace import trace
from vynapse.networks.modules import isolated_generators

NETWORKS = {
    "mlp": (
        lambda: [nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)],
        (4,),
    ),
    "norm": (lambda: [nn.Linear(4, 6), nn.BatchNorm1d(6), nn.GELU(), nn.Linear(6, 2)], (4,)),
    "cnn": (
        lambda: [
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3),
        ],
        (1, 8, 8),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_both_take_out_the_same(name: str) -> None:
    make, shape = NETWORKS[name]
    with isolated_generators(0):
        module = nn.Sequential(*make()).eval()
    graph = trace(module, torch.zeros(2, *shape))
    layers = prunable(module)
    assert layers
    for layer in layers:
        keep = tuple(range(0, layer.channels, 2))
        smaller = copy.deepcopy(module)
        narrow(smaller, layer.layer, keep)
        tensors = pruned(graph, f"{layer.layer}.weight", 0, keep).tensors
        state = smaller.state_dict()
        for key, tensor in tensors.items():
            if key in state:
                assert torch.equal(tensor, state[key]), (layer.layer, key)
