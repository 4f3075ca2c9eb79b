# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Stagnation: when a loss has stopped improving."""

from __future__ import annotations

from typing import final

from vynapse.core import State


@final
class Stagnation:
    """Counts updates without improvement.

    Args:
        patience: updates without improvement after which `update` says True.
        min_delta: the least drop that counts as improvement, as a fraction of the last loss that
            counted: it means the same at any scale of the loss.
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        self._patience = patience
        self._min_delta = min_delta
        self.reset()

    def reset(self) -> None:
        """Forget everything, e.g. after a restart."""
        self._best: float | None = None
        self._waited = 0

    def update(self, loss: float) -> bool:
        """Take the newest loss; True when patience has run out."""
        if self._best is None or loss < self._best - self._min_delta * abs(self._best):
            self._best, self._waited = loss, 0
        else:
            self._waited += 1
        return self._waited >= self._patience

    def state(self) -> State:
        """The reference loss (None before the first update) and the updates since."""
        return {"best": self._best, "waited": self._waited}

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self._best, self._waited = state["best"], state["waited"]
