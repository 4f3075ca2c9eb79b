# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How blindly a policy acted in a rollout, factor by factor of its actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch

from vynapse.core import Array
from vynapse.core.control import Legal
from vynapse.rl.actions import Actions


@final
class Entropies:
    """Mean entropies of the steps of a rollout, where actions are made of factors.

    What a policy may still explore is bounded by what is legal. So the largest entropy of a factor
    is that of choosing blindly among its legal choices, as a mean over the same steps.

    Args:
        actions: those of the task.
    """

    def __init__(self, actions: Actions) -> None:
        self._actions, self._factors = actions, actions.task.named_factors
        self._sums, self._blind = np.zeros(len(self._factors)), np.zeros(len(self._factors))
        self._steps = 0

    def add(self, distribution: Any, legal: Legal | None) -> None:
        """Count a step in.

        Args:
            distribution: what the policy drew from; `distributions` has one for each factor.
            legal: the choices that were (n, sum of factors); all, if None.
        """
        if not self._factors:
            return
        self._steps += 1
        counts = tuple(self._factors.values())
        with torch.no_grad():
            means = [part.entropy().mean().item() for part in distribution.distributions]
        self._sums += means
        if legal is None:
            self._blind += np.log(counts)
            return
        parts = np.split(legal, np.cumsum(counts)[:-1], axis=1)
        self._blind += [np.log(part.sum(axis=1)).mean() for part in parts]

    def figures(self) -> Mapping[str, float]:
        """Mean entropies by the names of figures: nats; none without factors."""
        return self._named(self._sums)

    def largest(self) -> Mapping[str, float]:
        """Those of choosing blindly: nats, by the names of figures; none for vectors."""
        if self._factors:
            return self._named(self._blind)
        largest = self._actions.largest_entropy()
        return {} if largest is None else {"entropy": largest}

    def _named(self, sums: Array) -> dict[str, float]:
        means = (sums / max(1, self._steps)).tolist()
        return {f"entropy.{name}": mean for name, mean in zip(self._factors, means, strict=True)}
