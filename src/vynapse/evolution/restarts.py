# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""When a population starts afresh, and how large it is then.

A `Rule` says when enough is enough; `Restarts` holds some of them, counts, and makes the
population larger each time if it is told to.
"""

from __future__ import annotations

from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.core import State
from vynapse.core.compatible import Kind, Listed, refuse_misfit
from vynapse.errors import CheckpointError

Reals = npt.NDArray[np.floating[Any]]


@runtime_checkable
class Rule(Protocol):
    """When to start afresh."""

    def reset(self) -> None:
        """Forget everything, e.g. after a restart."""

    def update(self, loss: float, genomes: Reals) -> bool:
        """Take the lowest loss of a generation and its genomes (g, p); True: start afresh."""

    def state(self) -> State:
        """What `load` needs."""

    def load(self, state: State) -> None:
        """Go on from `state`."""


@final
class Stagnation:
    """The loss has stopped improving.

    Args:
        patience: updates without improvement after which `update` says True.
        min_delta: the least drop that counts as improvement, as a fraction of the last loss that
            counted: it means the same at any scale of the loss.
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self.reset()

    def reset(self) -> None:
        """Forget everything, e.g. after a restart."""
        self.best: float | None = None
        self.waited = 0

    def update(self, loss: float, genomes: Reals | None = None) -> bool:
        """Take the newest loss; True when patience has run out."""
        if self.best is None or loss < self.best - self.min_delta * abs(self.best):
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def state(self) -> State:
        """The reference loss (None before the first update) and the updates since."""
        return {"best": self.best, "waited": self.waited}

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self.best, self.waited = state["best"], state["waited"]


@final
class Convergence:
    """The population has collapsed: no weight varies any more.

    Args:
        spread: `update` says True when the standard deviation of every weight is below it.
    """

    def __init__(self, spread: float) -> None:
        self.spread = spread

    def reset(self) -> None:
        """There is nothing to forget."""

    def update(self, loss: float, genomes: Reals) -> bool:
        """Take a generation (g, p); a single genome says nothing about its spread."""
        return len(genomes) > 1 and bool(genomes.std(axis=0).max() < self.spread)

    def state(self) -> State:
        """Nothing."""
        return {}

    def load(self, state: State) -> None:
        """There is nothing to load."""


@final
class Restarts:
    """Start afresh when any of the rules says so.

    Args:
        rules: none means never.
        growth: factor of the population's size at each restart. With 2 and CMA-ES this is Auger &
            Hansen, "A restart CMA evolution strategy with increasing population size" (2005).

    Attributes:
        count: restarts so far.
    """

    def __init__(self, *rules: Rule, growth: float = 1.0) -> None:
        self.rules = rules
        self.growth = growth
        self.count = 0

    def update(self, loss: float, genomes: Reals) -> bool:
        """Take the lowest loss of a generation and its genomes; True, and counted: start afresh."""
        answers = [rule.update(loss, genomes) for rule in self.rules]
        if not any(answers):
            return False
        self.begin()
        return True

    def begin(self) -> None:
        """Count a restart; the rules forget what was before."""
        for rule in self.rules:
            rule.reset()
        self.count += 1

    def scaled(self, size: int) -> int:
        """`size` individuals at the start are so many now."""
        return round(size * self.growth**self.count)

    def made(self) -> list[Any]:
        """What they were made from: names and keys of the rules, and the growth."""
        known = [{"rule": type(rule).__name__, **_numbers(rule)} for rule in self.rules]
        return [*known, self.growth] if known else []

    def state(self) -> State:
        """The count and the state of each rule."""
        return {"count": self.count, "rules": [rule.state() for rule in self.rules]}

    def load(self, state: State) -> None:
        """Go on from `state`, which the same rules gave.

        Raises:
            CheckpointError: other rules gave it.
        """
        form = {"count": 0, "rules": Listed(Kind("names and values", (dict,)))}
        refuse_misfit("restarts", form, state)
        if len(state["rules"]) != len(self.rules):
            raise CheckpointError(
                f"restarts: the state does not fit: {len(self.rules)} rules were wanted, got "
                f"{len(state['rules'])}"
            )
        for rule, kept in zip(self.rules, state["rules"], strict=True):
            refuse_misfit("restarts", rule.state(), kept)
        self.count = state["count"]
        for rule, kept in zip(self.rules, state["rules"], strict=True):
            rule.load(kept)


def _numbers(rule: Rule) -> dict[str, float]:
    """The keys of a rule that was built in, by name."""
    if isinstance(rule, Stagnation):
        return {"patience": rule.patience, "min_delta": rule.min_delta}
    return {"spread": rule.spread} if isinstance(rule, Convergence) else {}
