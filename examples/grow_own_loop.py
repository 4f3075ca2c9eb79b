# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A training loop of one's own, in which the model grows."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import vynapse

EPOCHS = 24


def data(split: Literal["train", "validation"]) -> TensorDataset:
    task = vynapse.make_task("digits", {})
    examples = task.split(split).take(slice(len(task.split(split))))
    x = torch.tensor(task.prepare(examples.inputs)).flatten(1)
    return TensorDataset(x, torch.tensor(examples.targets))


def main() -> None:
    torch.manual_seed(1)
    loader = DataLoader(data("train"), batch_size=64, shuffle=True)
    x, y = data("validation").tensors
    model = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    grower = vynapse.grow(model, optimizer, loader=loader, epochs=EPOCHS, scheduler=schedule)

    def losses() -> Tensor:
        return nn.functional.cross_entropy(model(x), y, reduction="none")

    for _ in range(EPOCHS):
        model.train()
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            grower.after_step(loss)
        schedule.step()
        grower.after_epoch(losses)

    print(grower.story())
    grower.finish().eval()
    accuracy = float((model(x).argmax(1) == y).float().mean())

    run = vynapse.run(  # the same, driven by Vynapse
        "digits", mode="grow", seed=1, network="mlp:64,8,10", budget={"epochs": EPOCHS},
        isolation="joint", training={"optimizer": "adamw", "schedule": "cosine",
                                     "learning_rate": 0.01, "batch_size": 64},
    )  # fmt: skip
    print(f"own loop {accuracy:.3f}, mode grow {run.metrics['accuracy'][-1]:.3f}")
    assert accuracy > run.metrics["accuracy"][-1] - 0.03


if __name__ == "__main__":
    main()
