# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Outputs of a network as a distribution over the actions of a task, and back.

A network answers with outputs in (0, 1), see `core.ControlTask`. A learner draws its actions from a
distribution whose most probable action is the one that the task takes of these outputs:

- two actions: a single output is the probability of the second
- more actions: the outputs are sigmoids of the logits
- factors: the same of each factor, and illegal choices have probability 0
- a vector: an output y is the mean 2y - 1 of a normal distribution, on a scale on which -1 and 1
  are the bounds of the action
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from vynapse.core import Array, ControlTask

_LEAST: Final = 1e-6
"""Outputs are kept so far from 0 and 1 that their logits are finite."""


@final
@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of a task.

    Attributes:
        task: whose they are.
    """

    task: ControlTask

    def space(self) -> spaces.Space[Any]:
        """What a learner chooses from."""
        if self.task.actions:
            return spaces.Discrete(self.task.actions)
        if self.task.factors:
            return spaces.MultiDiscrete(list(self.task.factors))
        return spaces.Box(-1.0, 1.0, (len(self.task.low),), np.float32)

    def parameters(self, outputs: Tensor) -> Tensor:
        """Logits (n, actions) or (n, sum of factors), or means (n, a), of outputs (n, o)."""
        if not self.task.actions and not self.task.factors:
            return 2 * outputs - 1
        logits = torch.logit(outputs, _LEAST)
        if self.task.actions != 2:
            return logits
        return torch.cat((torch.zeros_like(logits), logits), 1)

    def taken(self, chosen: Array) -> Array:
        """What environments take for what a learner has chosen.

        Args:
            chosen: numbers of actions (n,), of choices (n, factors), or vectors (n, a) in [-1, 1].
        """
        if self.task.actions:
            return chosen.reshape(-1)
        if self.task.factors:
            return chosen
        return self.task.act((np.clip(chosen, -1, 1) + 1) / 2)

    def largest_entropy(self) -> float | None:
        """That of choosing blindly: nats; None where actions are vectors."""
        counts = self.task.factors or (self.task.actions,)
        return sum(float(np.log(count)) for count in counts) if all(counts) else None
