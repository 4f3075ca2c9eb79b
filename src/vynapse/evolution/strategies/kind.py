# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a strategy is, and what it is given to build its population from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from vynapse.evolution.mutation import Bits
from vynapse.evolution.population import Population
from vynapse.registry import Kind, Registry
from vynapse.seeding import Streams


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What a population grows on.

    Attributes:
        centre: number of the restart (0 at the start) -> genome to start from, (p,).
        streams: random numbers.
        mask: weights that may differ from the centre (p,), None for all.
        changing: the objective changes from generation to generation, so that a loss of an earlier
            one says little.
    """

    centre: Callable[[int], Any]
    streams: Streams
    mask: Bits | None = None
    changing: bool = False

    def centre_in_float32(self, restart: int) -> Any:
        """The genome of a restart, for strategies that compute in float32."""
        return self.centre(restart).astype(np.float32, copy=False)

    @property
    def weights(self) -> int:
        """p."""
        return len(self.centre(0))

    @property
    def free(self) -> int:
        """How many of the weights may change."""
        return self.weights if self.mask is None else int(np.count_nonzero(self.mask))


@dataclass(frozen=True, slots=True)
class Strategy(Kind[Population[Any]]):
    """A way to search; `build(settings, ground)` makes a fresh population.

    A sentence of an error that `build` raises begins with the key that it is about, written
    `strategy.mu` for a key of the strategy's own.

    Attributes:
        suggest: keys for the search of a vector of which a step size alone is known
            (`vynapse.minimize`): its parameters, the step size, and the genomes of the first
            generation (None for what suits) -> keys.
    """

    suggest: Callable[[int, float, int | None], Mapping[str, Any]] = (
        lambda _parameters, sigma, size: {"sigma": sigma, "offspring": size}
    )


STRATEGIES: Final = Registry("strategies", "strategy", Strategy, default="mu+lambda")
"""All strategies by name."""
