# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A slot: the place in a network where seeds grow, one after another."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.isolation import straight_through
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.leyline.alpha import Alpha
from vynapse.networks.modules import evaluation_mode, isolated_generators

Flow = Literal["closed", "listening", "shadow", "straight_through", "open"]


@final
class Slot(nn.Module):
    """Features pass through the seeds of the slot, the oldest first.

    Attributes:
        place: name of the part of the host that it follows.
        shape: the shape of the features without the batch.
        seeds: the seeds by name, oldest first; those before the newest are fossils.
        shares: alpha of each seed when its flow is open.
        live: name of the seed that is no fossil yet, None where there is none.
        flow: what the live seed does. With "closed" it does nothing. With "listening" it receives
            the features, and its output reaches nothing. With "shadow" a second pass trains it,
            with "straight_through" the gradient that arrives here. With "open" it takes its share
            of the output.
        override: shares by name of a seed for the time being; "" stands for the newest seed.
        features: what the live seed was given in the last training pass of flow shadow.
        draws: what the generators begin with in a seed that listens or is trained straight through,
            so that it takes no random number from the host; None where it takes none at all.
    """

    def __init__(self, place: str, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.place, self.shape = place, shape
        self.seeds = nn.ModuleDict()
        self.shares: dict[str, float] = {}
        self.live: str | None = None
        self.flow: Flow = "closed"
        self.override: dict[str, Alpha] = {}
        self.in_shadow = False
        self.features: Tensor | None = None
        self.draws: int | None = 0

    def plant(self, name: str, seed: Seed, alpha: float = 0.0) -> None:
        """Put in a seed, live and closed."""
        self.seeds[name] = seed
        self.shares[name] = alpha
        self.live, self.flow, self.draws = name, "closed", 0

    def fossilize(self) -> None:
        """Make the live seed a fossil; it keeps its share."""
        self.live, self.flow = None, "closed"

    def remove(self, name: str) -> None:
        """Take a seed out."""
        del self.seeds[name]
        del self.shares[name]
        if name == self.live:
            self.live, self.flow = None, "closed"

    def seed(self, name: str) -> Seed:
        """The seed of this name."""
        found = self.seeds[name]
        if not isinstance(found, Seed):
            raise TypeError(f"{name}: a Seed was wanted, got {type(found).__name__}")
        return found

    def forward(self, h: Tensor) -> Tensor:
        """Features (batch, *shape) -> features of the same shape.

        A lone example with single values per channel has no variance, which a batch norm would
        train on: then the seeds compute as in evaluation.
        """
        if len(h) == 1 and math.prod(self.shape[1:]) == 1:
            with evaluation_mode(self.seeds):
                return self._through(h)
        return self._through(h)

    def _through(self, h: Tensor) -> Tensor:
        newest = next(reversed(self.shares), None)
        for name in self.seeds:
            seed = self.seed(name)
            alpha = self._overridden(name, newest, len(h)) if self.override else None
            if alpha is not None:
                h = seed(h, alpha)
            elif name == self.live and self.flow != "open":
                h = self.isolated(h, seed)
            else:
                h = seed(h, self.shares[name])
        return h

    def _overridden(self, name: str, newest: str | None, examples: int) -> Alpha | None:
        """The share that a seed is to have for the time being; None where that is its own."""
        key = name if name in self.override or name != newest else ""
        alpha = self.override.get(key)
        if isinstance(alpha, Tensor) and alpha.shape != (examples,):
            raise ConfigError(
                f"alpha: one share for each of the {examples} examples was wanted for "
                f"{(f'{self.place}/{key}' if key else self.place)!r}, got a tensor of shape "
                f"{tuple(alpha.shape)}"
            )
        return alpha

    def after(self, module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        """The hook behind the module that the slot follows."""
        if not self.shares and not self._forward_pre_hooks:
            return output  # nobody listens, and a call takes a tenth of the time of a small layer
        result: Tensor = self(output)
        return result

    def isolated(self, h: Tensor, seed: Seed) -> Tensor:
        """The features behind the live seed while it is closed, listening or in training."""
        if self.in_shadow:
            torch.set_grad_enabled(True)  # the pass that asked for it puts the mode back
            through: Tensor = seed(h.detach() if self.features is None else self.features)
            return through
        if self.flow == "straight_through" and self.training and torch.is_grad_enabled():
            with self._generators():
                correction = seed.correction(h.detach().clone())
            return straight_through(h, correction)
        if self.flow == "listening":
            with torch.no_grad(), self._generators():
                seed(h)
        elif self.flow == "shadow" and self.training:
            self.features = h.detach().clone()  # what follows may work in place
        return h

    def _generators(self) -> AbstractContextManager[None]:
        return nullcontext() if self.draws is None else isolated_generators(self.draws)


def slots_behind(part: nn.Module) -> list[Slot]:
    """The slots that a module carries as hooks."""
    owners = [getattr(hook, "__self__", None) for hook in part._forward_hooks.values()]
    return [owner for owner in owners if isinstance(owner, Slot)]
