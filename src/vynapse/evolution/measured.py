# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What was measured of some genomes: losses, and whatever else selection may look at."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import numpy.typing as npt

from vynapse.core import NO_COST, Cost
from vynapse.errors import ConfigError
from vynapse.evolution.fitness import Losses

Objectives = npt.NDArray[np.float64]
"""One row per genome, lower is better: (g, m)."""
Descriptors = npt.NDArray[np.float64]
"""What each genome's behaviour is like: (g, d)."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was measured of `g` genomes, in their order; numbers are float64, whatever is given.

    Attributes:
        losses: (g,), lower is better; NaN or infinite where there is none. The winner is chosen
            by them.
        cost: the cost of measuring them.
        objectives: (g, m) where selection looks at several.
        descriptors: (g, d) where behaviour is described.
        troubles: how many evaluations gave no usable loss, by trouble.

    Raises:
        ConfigError: some of them are no real numbers.
    """

    losses: npt.NDArray[Any]
    cost: Cost = NO_COST
    objectives: npt.NDArray[Any] | None = None
    descriptors: npt.NDArray[Any] | None = None
    troubles: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("losses", "objectives", "descriptors"):
            numbers = getattr(self, name)
            if numbers is not None and numbers.dtype != np.float64:
                object.__setattr__(self, name, _real(name, numbers))

    def __len__(self) -> int:
        return len(self.losses)

    @classmethod
    def by_objectives(cls, objectives: npt.NDArray[Any]) -> Measured:
        """Several objectives (g, m) alone, the first of which is the loss."""
        wide = _real("objectives", np.asarray(objectives))
        return cls(wide[:, 0] if wide.ndim == 2 and wide.size else wide.ravel(), objectives=wide)

    def with_losses(self, losses: Losses) -> Measured:
        """The same with other losses."""
        return Measured(losses, self.cost, self.objectives, self.descriptors, self.troubles)

    def replaced(self, rows: npt.NDArray[np.int64], others: Measured) -> Measured:
        """The same with what was measured anew of some rows; costs stay."""
        kept = {}
        for name in ("losses", "objectives", "descriptors"):
            old, new = getattr(self, name), getattr(others, name)
            if old is not None and new is not None:
                kept[name] = old.copy()
                kept[name][rows] = new
        return dataclasses.replace(self, **kept)

    def select(self, rows: npt.NDArray[np.int64]) -> Measured:
        """What was measured of some of the genomes; it cost nothing more."""
        objectives, descriptors = self.objectives, self.descriptors
        return Measured(
            self.losses[rows],
            objectives=None if objectives is None else objectives[rows],
            descriptors=None if descriptors is None else descriptors[rows],
        )


def _real(name: str, numbers: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    if numbers.dtype.kind not in "fiu":
        raise ConfigError(f"{name}: real numbers were wanted, got {numbers.dtype}")
    return numbers.astype(np.float64)


def joined(parts: Sequence[Measured]) -> Measured:
    """What was measured of the genomes of all parts, one after the other; at least one part."""
    cost, troubles = parts[0].cost, Counter(parts[0].troubles)
    for part in parts[1:]:
        cost += part.cost
        troubles.update(part.troubles)
    return Measured(
        np.concatenate([part.losses for part in parts]),
        cost,
        _stacked([part.objectives for part in parts]),
        _stacked([part.descriptors for part in parts]),
        dict(troubles),
    )


def _stacked(parts: Sequence[npt.NDArray[np.float64] | None]) -> npt.NDArray[np.float64] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None
