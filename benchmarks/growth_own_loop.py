# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth in a loop of one's own against mode grow, and what it costs while nothing grows.

    python benchmarks/growth_own_loop.py [--seeds 5] [--glyphs]

Accuracies are those of the last epoch on validation. Times are CPU times of an epoch, the loop with
a grower and the loop without one in turn: the sum over its batches of the least time of each.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import vynapse
from vynapse.esper.kasmina.hosts import residual

DIGITS: Mapping[str, Any] = {"optimizer": "adamw", "schedule": "cosine", "learning_rate": 0.01,
                             "weight_decay": 0.01, "batch_size": 64}  # fmt: skip
GLYPHS: Mapping[str, Any] = {"optimizer": "sgd", "momentum": 0.9, "nesterov": True,
                             "weight_decay": 0.0005, "schedule": "cosine", "learning_rate": 0.05,
                             "batch_size": 64}  # fmt: skip


def tensors(task: vynapse.SupervisedTask, split: Any) -> tuple[Tensor, Tensor]:
    """Prepared inputs and targets."""
    source = task.split(split)
    examples = source.take(slice(len(source)))
    return torch.tensor(task.prepare(examples.inputs)), torch.tensor(examples.targets)


def mlp() -> nn.Module:
    """64-8-10."""
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10))


def cnn() -> nn.Module:
    """The host that mode grow has for glyphs."""
    return residual(10, (1, 24, 24), (8, 16, 32))


class Loop:
    """A user's loop.

    Args:
        task: its name.
        make: makes the model.
        rule: of gradient descent.
        epochs: how many it will make.
        seed: of weights and order.
        settings: of `vynapse.grow`; None for a loop without growth.
    """

    def __init__(
        self,
        task: str,
        make: Callable[[], nn.Module],
        rule: Mapping[str, Any],
        epochs: int,
        seed: int,
        settings: Mapping[str, Any] | None,
    ) -> None:
        made = vynapse.make_task(task, {})
        if not isinstance(made, vynapse.SupervisedTask):
            raise TypeError(task)
        self.x, self.y = tensors(made, "train")
        self.vx, self.vy = tensors(made, "validation")
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.model = make()
        order = torch.Generator().manual_seed(seed)
        data, self.batch = TensorDataset(self.x, self.y), rule["batch_size"]
        self.loader = DataLoader(data, self.batch, shuffle=True, generator=order)
        parameters, rate = self.model.parameters(), rule["learning_rate"]
        decay = rule["weight_decay"]
        self.optimizer: torch.optim.Optimizer
        if rule["optimizer"] == "adamw":
            self.optimizer = torch.optim.AdamW(parameters, rate, weight_decay=decay)
        else:
            self.optimizer = torch.optim.SGD(
                parameters, rate, momentum=0.9, nesterov=True, weight_decay=decay
            )
        steps = epochs * -(-len(self.x) // self.batch)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, steps)
        self.grower = None
        if settings is not None:
            self.grower = vynapse.grow(
                self.model, self.optimizer, example_inputs=self.x[:4], epochs=epochs, seed=seed,
                **settings,
            )  # fmt: skip

    def losses(self) -> Tensor:
        """Of the validation examples."""
        return nn.functional.cross_entropy(self.model(self.vx), self.vy, reduction="none")

    def epoch(self) -> list[float]:
        """Train and validate; CPU seconds of each batch, and of what follows the last."""
        times = [time.process_time()]
        self.model.train()
        for inputs, targets in self.loader:
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(inputs), targets)
            loss.backward()
            self.optimizer.step()
            if self.grower is not None:
                self.grower.after_step(loss)
            self.schedule.step()
            times.append(time.process_time())
        if self.grower is not None:
            self.grower.after_epoch(self.losses)
        else:
            self.model.eval()
            with torch.no_grad():
                self.losses().mean().item()
        times.append(time.process_time())
        return [after - before for before, after in pairwise(times)]

    def accuracy(self) -> float:
        """Percent of the validation examples."""
        if self.grower is not None:
            self.grower.finish()
        self.model.eval()
        with torch.no_grad():
            right = self.model(self.vx).argmax(1) == self.vy
            return 100 * float(right.double().mean())


def overhead(
    task: str, make: Callable[[], nn.Module], rule: Mapping[str, Any], turns: int
) -> float:
    """Percent that an epoch in which nothing grows takes longer with a grower."""
    loops = [Loop(task, make, rule, 10**6, 0, own) for own in (None, {"controller": "no-op"})]
    least: list[list[float]] = [[], []]
    for _ in range(turns):
        for index, loop in enumerate(loops):
            found = loop.epoch()
            least[index] = list(map(min, found, least[index] or found))
    return 100 * (sum(least[1]) / sum(least[0]) - 1)


def row(
    task: str, make: Callable[[], nn.Module], rule: Mapping[str, Any], epochs: int, seeds: int,
    network: Any, controller: Mapping[str, Any], turns: int,
) -> None:  # fmt: skip
    """Print a line of the table."""
    found: dict[str, list[float]] = {"no growth": [], "own loop": [], "mode grow": []}
    for seed in range(1, seeds + 1):
        for name, settings in (("no growth", None), ("own loop", {"controller": controller})):
            loop = Loop(task, make, rule, epochs, seed, settings)
            for _ in range(epochs):
                loop.epoch()
            found[name].append(loop.accuracy())
        run = vynapse.run(
            task, mode="grow", seed=seed, network=network, budget={"epochs": epochs},
            isolation="joint", training=dict(rule), controller=dict(controller),
        )  # fmt: skip
        found["mode grow"].append(100 * run.metrics["accuracy"][-1])
    cells = [
        f"{statistics.mean(v):.1f} ({', '.join(f'{a:.1f}' for a in v)})" for v in found.values()
    ]
    print(f"| {task} | {' | '.join(cells)} | {overhead(task, make, rule, turns):.1f} % |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--glyphs", action="store_true", help="glyphs as well: some minutes")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("| task | no growth % | own loop % | mode grow % | an epoch in which nothing grows |")
    print("|---|---|---|---|---|")
    row("digits", mlp, DIGITS, 24, given.seeds, "mlp:64,8,10", {"kind": "heuristic"}, 80)
    if given.glyphs:
        host = {
            "factory": "vynapse.esper.kasmina.hosts:residual",
            "options": {"widths": [8, 16, 32]},
        }
        row("glyphs", cnn, GLYPHS, 8, given.seeds, host,
            {"kind": "fixed", "begin": 2, "every": 3, "blueprints": ["conv_heavy"]}, 5)  # fmt: skip


if __name__ == "__main__":
    main()
