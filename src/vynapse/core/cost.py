# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What work costs, and when to stop."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cost:
    """What work was done; comparisons and budgets are made in cost, never in bare steps.

    What is None was not counted; 0 means that it was counted and nothing was done.

    Attributes:
        forwards: examples run forward, times networks.
        backwards: examples run backward, times networks.
        flops: floating-point operations; a multiply-add counts 2, a backward twice its forward.
        env_steps: steps of an environment, times environments.
        seconds: wall-clock time of the steps.
    """

    forwards: int | None = None
    backwards: int | None = None
    flops: int | None = None
    env_steps: int | None = None
    seconds: float | None = None

    def __add__(self, other: Cost) -> Cost:
        """The cost of both; an amount that one of them did not count is not known of both."""
        sums = {}
        for name in AMOUNTS:
            one, two = getattr(self, name), getattr(other, name)
            sums[name] = None if one is None or two is None else one + two
        return Cost(**sums)

    def counted(self) -> dict[str, int | float]:
        """The amounts that were counted, by name."""
        amounts = {name: getattr(self, name) for name in AMOUNTS}
        return {name: amount for name, amount in amounts.items() if amount is not None}


AMOUNTS: Final = tuple(item.name for item in dataclasses.fields(Cost))
"""Names of the amounts of a cost."""

NO_COST: Final = Cost(0, 0, 0, 0, 0.0)
"""The cost of nothing; adding it changes nothing."""


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: at the first limit reached; a limit that is None does not apply.

    Attributes:
        steps, forwards, backwards, flops, env_steps, seconds: upper limits of cost.
        target: stop once the loss is below it (the run has converged).
        patience: stop after this many steps without a better network.
    """

    steps: int | None = None
    forwards: int | None = None
    backwards: int | None = None
    flops: int | None = None
    env_steps: int | None = None
    seconds: float | None = None
    target: float | None = None
    patience: int | None = None

    def limits(self) -> dict[str, int | float]:
        """The limits of cost that apply, by name, steps first."""
        named = {name: getattr(self, name) for name in ("steps", *AMOUNTS)}
        return {name: limit for name, limit in named.items() if limit is not None}

    def spent(self, step: int, cost: Cost) -> str | None:
        """The name of the first limit of cost reached after so many steps, or None."""
        done = {"steps": step, **cost.counted()}
        reached = (name for name, limit in self.limits().items() if done.get(name, 0) >= limit)
        return next(reached, None)

    def share(self, step: int, cost: Cost) -> float | None:
        """The share of the budget that is spent, by the limit that is nearest; None without one."""
        done = {"steps": step, **cost.counted()}
        shares = [done[name] / limit for name, limit in self.limits().items() if name in done]
        return min(1.0, max(shares)) if shares else None
