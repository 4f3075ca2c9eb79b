# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""GroMo 0.1.0 on a perceptron: a process of its own, in an environment of its own.

It reads the examples from a file and prints one line of JSON. The way of growing is that of the
package's tutorial of growing containers: statistics over the training split, the best new neurons
for one layer (Verbockhaven et al. 2024), a line search over their scale on the training split.
Layers take turns; Adam begins anew when the layers have changed, the rate follows a cosine.
"""

import argparse
import json
import math
import time
from typing import Any, Final

import numpy as np
import torch
from gromo.containers.growing_mlp import GrowingMLP

SCALES: Final = (0.0, 0.1, 0.5, 1.0)


def flops(model: Any) -> int:
    """Operations of one example forward: a multiply-add counts 2."""
    return sum(2 * p.numel() for name, p in model.named_parameters() if name.endswith("weight"))


def batches(x: Any, y: Any, size: int, order: Any) -> Any:
    return [(x[rows], y[rows]) for rows in order.split(size)]


def grow(model: Any, data: Any, layer: int, most: int) -> int:
    """New neurons before a layer; operations that it took."""
    model.eval()
    model.set_growing_layers(index=layer)
    model.init_computation()
    loss_of, examples = torch.nn.CrossEntropyLoss(reduction="sum"), sum(len(y) for _, y in data)
    spent = 3 * examples * flops(model)
    for x, y in data:
        model.zero_grad()
        loss_of(model(x), y).backward()
        model.update_computation()
    model.compute_optimal_updates(maximum_added_neurons=most)
    model.reset_computation()
    model.dummy_select_update()
    losses = {}
    for scale in SCALES:
        model.set_scaling_factor(scale)
        with torch.no_grad():
            losses[scale] = sum(float(loss_of(model.extended_forward(x), y)) for x, y in data)
    model.set_scaling_factor(min(losses, key=lambda scale: losses[scale]))
    model.apply_change()
    return spent + len(SCALES) * examples * flops(model)


def accuracy(model: Any, x: Any, y: Any) -> float:
    model.eval()
    with torch.no_grad():
        return float((model(x).argmax(1) == y).float().mean())


def trained(data: Any, given: Any) -> dict[str, Any]:
    """What GroMo reaches in so many epochs."""
    torch.manual_seed(given.seed)
    model = GrowingMLP(64, 10, hidden_size=4, number_hidden_layers=2, activation=torch.nn.ReLU())
    split = {k: torch.from_numpy(data[k]) for k in data}
    x, y, spent, best, step = split["train_x"], split["train_y"], 0, (0.0, 0), 0
    total = given.epochs * math.ceil(len(x) / given.batch)
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(given.epochs):
        model.train()
        for inputs, targets in batches(x, y, given.batch, torch.randperm(len(x))):
            rate = given.rate * 0.5 * (1 + math.cos(math.pi * step / total))
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
            spent += 3 * len(targets) * flops(model)
            step += 1
        best = max(best, (accuracy(model, split["validation_x"], split["validation_y"]), epoch))
        spent += len(split["validation_x"]) * flops(model)
        layer = epoch % 2
        if epoch < given.epochs // 2 and model.layers[layer].out_features < given.width:
            room = given.width - model.layers[layer].out_features
            most = min(given.neurons, room)
            spent += grow(model, batches(x, y, given.batch, torch.arange(len(x))), layer, most)
            optimizer = torch.optim.Adam(model.parameters())
    return {
        "validation": accuracy(model, split["validation_x"], split["validation_y"]),
        "best": best[0],
        "test": accuracy(model, split["test_x"], split["test_y"]),
        "parameters": sum(p.numel() for p in model.parameters()),
        "widths": [layer.out_features for layer in model.layers],
        "flops": spent,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", help="a file of NumPy with train_x, train_y, validation_x, …")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.005)
    parser.add_argument("--width", type=int, default=32, help="neurons of a layer, at most")
    parser.add_argument("--neurons", type=int, default=8, help="new neurons at a time, at most")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with np.load(given.data) as file:
        data = {name: file[name] for name in file}
    began = time.process_time()
    found = trained(data, given)
    print(json.dumps(found | {"cpu_seconds": time.process_time() - began}))


if __name__ == "__main__":
    main()
