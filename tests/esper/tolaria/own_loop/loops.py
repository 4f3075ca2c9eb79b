# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A training loop as a user writes it, small and to the bit the same at every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

import vynapse
from vynapse.esper.leyline.actions import Action, Blend, Cull, Decision, Fossilize, Germinate, Widen
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.tolaria.own_loop.grower import Grower

STEPS = 5
"""Optimiser steps of an epoch."""

LIFE: Mapping[int, Sequence[Action]] = {
    1: (Germinate("1", "mlp"),),
    2: (Blend("1"), Germinate("4", "low_rank")),
    4: (Fossilize("1"), Cull("4")),
    5: (Germinate("1", "norm"),),
}
"""Every phase that there is, by the epochs done."""


class Scripted:
    """Does what is written, and remembers how often it was asked."""

    def __init__(self, script: Mapping[int, Sequence[Action]] = LIFE) -> None:
        self.script, self.looks = script, 0
        actions = [action for actions in script.values() for action in actions]
        self.wants_wider = any(isinstance(action, Widen) for action in actions)
        self.seen: list[Observation] = []

    def decide(self, observation: Observation) -> Sequence[Decision]:
        self.looks += 1
        self.seen.append(observation)
        return [Decision(action, "so it is written") for action in self._now(observation.epoch)]

    def _now(self, epoch: int) -> Sequence[Action]:
        return self.script.get(epoch, ())

    def state(self) -> dict[str, Any]:
        return {"looks": self.looks}

    def load(self, state: dict[str, Any]) -> None:
        self.looks = state["looks"]


def host(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(6, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)
    )


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    groups: list[dict[str, Any]] = [
        {"params": matrices},
        {"params": others, "weight_decay": 0.0, "lr": 0.02},
    ]
    return torch.optim.AdamW(groups, lr=0.01, weight_decay=0.1)


class Loop:
    """Model, optimiser, scheduler and grower of a user, and their data."""

    def __init__(
        self,
        optimizer: Callable[[nn.Module], torch.optim.Optimizer] = adamw,
        scheduler: Callable[[torch.optim.Optimizer], Any] | None = None,
        controller: Any = None,
        model: nn.Module | None = None,
        *,
        grows: bool = True,
        per_step: bool = False,
        accumulate: int = 1,
        autocast: bool = False,
        scaler: bool = False,
        **settings: Any,
    ) -> None:
        generator = torch.Generator().manual_seed(7)
        self.x = torch.randn(600, 6, generator=generator)
        self.y = (self.x[:, 0] * self.x[:, 1] > 0).long() + (self.x[:, 2] > 0)
        self.model = host() if model is None else model
        self.optimizer = optimizer(self.model)
        self.scheduler = None if scheduler is None else scheduler(self.optimizer)
        self.controller = Scripted() if controller is None else controller
        self.per_step, self.accumulate = per_step, accumulate
        self.autocast = autocast
        self.scaler = torch.amp.GradScaler("cpu", enabled=scaler)
        self.grower: Grower | None = None
        if grows:
            self.grower = vynapse.grow(
                self.model,
                self.optimizer,
                example_inputs=self.x[:4],
                controller=self.controller,
                scheduler=self.scheduler,
                **{"slots": ["1", "4"], **settings},
            )
        self.step = 0

    def losses(self) -> Tensor:
        return nn.functional.cross_entropy(self.model(self.x[400:]), self.y[400:], reduction="none")

    def train(self, steps: int) -> None:
        """So many steps, and what follows an epoch where one ends with them."""
        self.model.train()
        for _ in range(steps):
            self.optimizer.zero_grad()
            for part in range(self.accumulate):
                seed = self.step * self.accumulate + part
                rows = torch.randperm(400, generator=torch.Generator().manual_seed(seed))[:64]
                with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
                    output = self.model(self.x[rows])
                loss = nn.functional.cross_entropy(output.float(), self.y[rows]) / self.accumulate
                self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.step += 1
            if self.grower is not None:
                self.grower.after_step(loss)
            if self.scheduler is not None and self.per_step:
                self.scheduler.step()
            if self.step % STEPS == 0:
                self._end_epoch()

    def epochs(self, count: int) -> None:
        self.train(count * STEPS)

    def _end_epoch(self) -> None:
        if self.scheduler is not None and not self.per_step:
            if isinstance(self.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
                self.scheduler.step(self.losses().mean().item())
            else:
                self.scheduler.step()
        if self.grower is not None:
            self.grower.after_epoch(self.losses)


def bits(loop: Loop) -> dict[str, Tensor]:
    """All that has been learnt: weights, and what the optimiser remembers, by name."""
    found = {name: tensor.clone() for name, tensor in loop.model.state_dict().items()}
    names = {id(p): name for name, p in loop.model.named_parameters()}
    for parameter, memory in loop.optimizer.state.items():
        for key, value in memory.items():
            if isinstance(value, Tensor):
                found[f"{names[id(parameter)]}/{key}"] = value.clone()
    return found


def same(one: Mapping[str, Tensor], two: Mapping[str, Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
