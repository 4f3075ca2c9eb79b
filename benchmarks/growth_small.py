# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What growth costs where the network is small, beside gradient descent on the same batches.

    python benchmarks/growth_small.py --other ../vynapse-of-before/src

An MLP of 334 parameters learns 680 rows of four classes, 408 batches long. Three rows differ in how
the batches lie in epochs, since an epoch has costs of its own. Each measurement is a process of its
own; the versions take turns. Figures are of CPU time on one thread, between the first step and the
last.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

BATCHES: Final = 408
SIZES: Final = (6, 30, 4)
OWN: Final = Path(__file__).parents[1] / "src"
EPOCHS: Final = {"grow, 24 × 17": (24, 17), "grow, 102 × 4": (102, 4), "grow, 408 × 1": (408, 1)}
"""Epochs, and batches of each."""


def rows() -> tuple[Any, Any]:
    """Inputs (680, 6) and four classes that overlap."""
    draws = np.random.default_rng(0)
    classes = draws.integers(0, SIZES[-1], 680)
    centres = 1.2 * draws.normal(size=(SIZES[-1], SIZES[0]))
    return centres[classes] + draws.normal(size=(len(classes), SIZES[0])), classes


class Clock:
    """CPU time per batch, between the first report and the last."""

    def __init__(self, batches: int) -> None:
        self._batches, self.seen = batches, list[tuple[int, float]]()

    def __call__(self, item: Any) -> None:
        self.seen.append((item.report.step * self._batches, time.process_time()))

    def per_batch(self) -> float:
        (first, begin), (last, end) = self.seen[0], self.seen[-1]
        return (end - begin) / (last - first)


def measured() -> dict[str, float]:
    """Seconds per batch, by what was run."""
    import torch

    import vynapse

    torch.set_num_threads(1)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        common: dict[str, Any] = {"network": {"mlp": list(SIZES)}, "seed": 1}
        for name, (epochs, batches) in EPOCHS.items():
            clock = Clock(batches)
            keys = {"epoch_steps": batches, "budget": {"steps": epochs}, **common}
            run = vynapse.run(rows(), "grow", out=f"{folder}/{batches}", observers=[clock], **keys)
            found[name] = clock.per_batch()
        clock = Clock(1)
        keys = {"budget": {"steps": BATCHES}, **common}
        vynapse.run(rows(), "sgd", out=f"{folder}/sgd", observers=[clock], **keys)
        found["sgd, kernel"] = clock.per_batch()
        for name, network in (
            ("torch, 334 parameters", torch.nn.Sequential(
                torch.nn.Linear(6, 30), torch.nn.Tanh(), torch.nn.Linear(30, 4))),
            ("torch, what has grown", run.network.module().train()),
        ):  # fmt: skip
            found[name] = by_hand(network)
    return found


def by_hand(network: Any) -> float:
    """Seconds per batch of torch alone: loss, backward, the norm of the gradient, fused Adam."""
    import torch

    inputs, targets = torch.randn(128, SIZES[0]), torch.randint(SIZES[-1], (128,))
    parameters = list(network.parameters())
    optimiser = torch.optim.Adam(parameters, fused=True)

    def step() -> None:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(inputs), targets)
        loss.backward()
        gradients = [parameter.grad for parameter in parameters]
        norm = torch.nn.utils.get_total_norm([g for g in gradients if g is not None], foreach=True)
        loss.item(), norm.item()
        optimiser.step()

    return repeated(step)


def repeated(step: Callable[[], None]) -> float:
    for _ in range(20):
        step()
    begin = time.process_time()
    for _ in range(BATCHES):
        step()
    return (time.process_time() - begin) / BATCHES


def child(source: Path) -> dict[str, float]:
    """`measured` with the sources of a version."""
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--child"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="processes of each version")
    parser.add_argument("--other", type=Path, help="the folder src of another version")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measured()))
        return
    versions = {"now": OWN} | ({"other": options.other.resolve()} if options.other else {})
    found: dict[str, list[dict[str, float]]] = {name: [] for name in versions}
    for _ in range(options.rounds):
        for name, source in versions.items():
            found[name].append(child(source))
    print("| a batch, ms: least (median) | " + " | ".join(versions) + " |")
    print("|" + " --- |" * (1 + len(versions)))
    for what in found["now"][0]:
        cells = []
        for each in found.values():
            times = [1e3 * one[what] for one in each]
            cells.append(f"{min(times):.3f} ({statistics.median(times):.3f})")
        print(f"| {what} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
