# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How far static training ends from eager, beside how far eager ends from itself.

Long runs in float32 are chaotic, so that two ways to round part. What is fair to ask: static, from
the same start, is no farther from eager than eager is from a start whose weights are all one unit
in the last place (ulp) away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.graph.execute.planned import Planned
from vynapse.networks.modules import isolated_generators
from vynapse.tasks.registry import make_task
from vynapse.trainers.rules import Rule
from vynapse.trainers.static_step import Position, TrainingStep, carried

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "MLP 64-128-10": lambda: nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)),
    "CNN": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(96, 10),
    ),
}  # fmt: skip
_ULP = float(np.finfo(np.float32).eps)
_FEW = 3.0
"""Standard deviations; of ten draws of one kind, another is farther away once in 70 times."""
Batches = list[tuple[Tensor, Tensor]]
STEPS, BATCH, RATE = 300, 128, torch.tensor(0.01, dtype=torch.float64)


@dataclass(frozen=True)
class Ends:
    """Final losses over all training examples; 10 seeds are 10 rows.

    Attributes:
        eager: one for each seed.
        static: one for each seed, from the same start.
        nudged: seeds x starts that are one ulp away.
    """

    eager: np.ndarray[Any, np.dtype[np.float64]]
    static: np.ndarray[Any, np.dtype[np.float64]]
    nudged: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def distance(self) -> float:
        """Mean relative distance of static from eager."""
        return float(np.mean(np.abs(self.static / self.eager - 1)))

    @property
    def spread(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The same of eager from itself, for each set of starts."""
        found: np.ndarray[Any, np.dtype[np.float64]] = np.mean(
            np.abs(self.nudged / self.eager[:, None] - 1), axis=0
        )
        return found

    @property
    def deviations(self) -> float:
        """Static's mean loss less that of eager, nudged or not, in standard deviations of those.

        What float32 does not tell apart counts as one deviation at most.
        """
        means = np.append(self.nudged.mean(axis=0), self.eager.mean())
        unit = max(float(means.std(ddof=1)), _ULP * float(means.mean()))
        return float((self.static.mean() - means.mean()) / unit)

    @property
    def inside(self) -> bool:
        """Whether static is one of eager's own ends, as far as so few of them can say."""
        return abs(self.deviations) <= _FEW


def ends(network: str, rule: Rule, seeds: int, nudges: int) -> Ends:
    """Train it on the digits by each way."""
    task = make_task("digits", {})
    part = task.split("train").take(slice(None))
    x = torch.tensor(task.prepare(part.inputs)).reshape(len(part.inputs), 64)
    y = torch.tensor(part.targets)
    eager, static, nudged = [], [], []
    for seed in range(seeds):
        with isolated_generators(seed):
            module = NETWORKS[network]()
        step = TrainingStep(module, nn.functional.cross_entropy, rule)
        order = np.random.default_rng(seed)
        batches = [torch.from_numpy(order.choice(len(x), BATCH)) for _ in range(STEPS)]
        given = [(x[rows], y[rows]) for rows in batches]
        start = step.begin()
        eager.append(_loss(module, _eagerly(step, start, given), x, y))
        static.append(_loss(module, _planned(step, start, given), x, y))
        starts = [_nudged(start, 1000 * seed + n) for n in range(nudges)]
        nudged.append([_loss(module, _eagerly(step, s, given), x, y) for s in starts])
    return Ends(np.array(eager), np.array(static), np.array(nudged))


def _eagerly(
    step: TrainingStep, position: Position, given: list[tuple[Tensor, Tensor]]
) -> Position:
    for inputs, targets in given:
        _, _, *rest = step(*position.tree(), inputs, targets, RATE)
        position = Position(*cast("Any", rest))
    return position


def _planned(step: TrainingStep, start: Position, given: Batches) -> Position:
    graph = step.traced(start, *given[0])
    planned = Planned(graph, carried(graph))
    planned.start(*start.tensors())
    for inputs, targets in given:
        planned.step(inputs, targets, RATE)
    return start.with_tensors(planned.state)


def _nudged(start: Position, seed: int) -> Position:
    """Each weight one ulp up or down."""
    draw = np.random.default_rng(seed)
    network = {
        name: torch.from_numpy(np.nextafter(tensor.numpy(), _away(draw, tensor)))
        for name, tensor in start.network.items()
    }
    return Position(network, start.memory, start.count)


def _away(draw: np.random.Generator, like: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Infinities of either sign."""
    signs = draw.choice([-1.0, 1.0], like.shape)
    return (np.inf * signs).astype(np.float32)


def _loss(module: nn.Module, end: Position, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        outputs = torch.func.functional_call(module.double(), _double(end), (x.double(),))
        loss: float = nn.functional.cross_entropy(outputs, y).item()
    module.float()
    return loss


def _double(end: Position) -> dict[str, Tensor]:
    return {name: tensor.double() for name, tensor in end.network.items()}
