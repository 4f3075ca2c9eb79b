# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolve a network, fine-tune it with plain PyTorch, write it back as a genome, evolve it on.

Then the same as a recipe of two stages, neat and sgd, whose winner is exported to ONNX.
"""

import warnings
from pathlib import Path

import torch

from vynapse import NetworkState, Session, evolve, load_recipe
from vynapse.graph.formats.onnx import save_onnx
from vynapse.graph.trace import trace

inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def fitness(module: torch.nn.Module) -> float:
    with torch.no_grad():
        return -torch.mean((module(inputs) - targets) ** 2).item()


# 1. topology and weights by evolution: the winner is an ordinary module
found = evolve(fitness, 2, 1, generations=60, target=-0.1, population=100, seed=2)
module = found.module()
print(f"evolved: {found.generations} generations, loss {-found.fitness:.4f}")

# 2. plain PyTorch
optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
for _ in range(200):
    optimizer.zero_grad()
    loss = torch.mean((module(inputs) - targets) ** 2)
    loss.backward()
    optimizer.step()
print(f"fine-tuned: loss {-fitness(module):.6f}")
assert fitness(module) > found.fitness

# 3. back: the topology is data, the trained weights are its only tensor
tensors = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
trained = NetworkState(found.network.structure, tensors)

# 4. and evolved on: the trained network is the first genome of the new search
later = evolve(fitness, 2, 1, generations=5, population=50, start=trained, seed=3)
print(f"evolved on: loss {-later.fitness:.6f}")
assert later.fitness >= fitness(module)

# the same as a recipe, and the winner for other programs
recipe = load_recipe(
    "xor",
    network={"neat": {}},
    stages=[
        {"mode": "neat", "budget": {"steps": 300, "target": 0.1}},
        {
            "mode": "sgd",
            "budget": {"steps": 400},
            "optimizer": "adam",
            "learning_rate": 0.05,
            "batch_size": None,
        },
    ],
)
session = Session.create(recipe, Path("neat-then-sgd"))
print("recipe: loss of each stage", [stage["loss"] for stage in session.run()["stages"]])
winner = NetworkState.read(session.directory / "best.safetensors").module()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the exporter itself
    save_onnx(trace(winner, inputs, dynamic_batch=True), Path("winner.onnx"))
print("winner.onnx computes what the module computes")
