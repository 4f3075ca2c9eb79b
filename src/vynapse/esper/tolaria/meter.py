# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What growth has cost so far, and how much of the budget that is."""

from __future__ import annotations

from typing import Final, final

from vynapse.core import Budget, Cost
from vynapse.esper.leyline.options import Isolation
from vynapse.esper.tolaria.flop_table import FlopTable, passes

_AMOUNTS: Final = ("forwards", "backwards", "flops")


@final
class Meter:
    """Counts passes and operations.

    Args:
        budget: when the stage stops.
        isolation: how seeds learn before they blend in.
        validation_size: examples of a validation.
        epoch_size: training examples of an epoch.

    Attributes:
        cost: all work so far.
    """

    def __init__(
        self, budget: Budget, isolation: Isolation, validation_size: int, epoch_size: int
    ) -> None:
        self._budget, self._isolation = budget, isolation
        self._validation_size, self._epoch_size = validation_size, epoch_size
        self._limits = {
            name: limit for name in _AMOUNTS if (limit := getattr(budget, name)) is not None
        }
        self.cost = Cost(forwards=0, backwards=0, flops=0)

    def validated(self, flops: FlopTable) -> None:
        """A validation of the network was made."""
        self.cost += passes(self._validation_size, flops.network())

    def trained(
        self,
        examples: int,
        flops: FlopTable,
        germinated: list[str],
        training: list[str],
        *,
        frozen: bool,
    ) -> None:
        """A batch was trained on.

        Args:
            examples: its size.
            flops: operations of the parts of the network.
            germinated, training: slots whose seeds are in these phases.
            frozen: whether the host was held constant.
        """
        network = flops.network()
        if not frozen:
            self.cost += passes(examples, network, network)
        elif not training:
            self.cost += passes(examples, network)
        for place in germinated:
            self.cost += passes(examples, flops.seed(place))
        for place in training:
            if self._isolation == "straight_through":
                seed = flops.seed(place)
                self.cost += passes(examples, seed, seed)
            elif self._isolation in ("shadow", "frozen"):
                shadow = flops.shadow(place, features_known=not frozen)
                self.cost += passes(examples, shadow.forward, shadow.backward)

    def progress(self, epochs: float) -> float | None:
        """Share of the budget that is spent after so many epochs; None without a limit of cost."""
        shares = [] if self._budget.steps is None else [epochs / self._budget.steps]
        shares += self._shares(self.cost)
        return min(1.0, max(shares)) if shares else None

    def epoch_share(self, flops: FlopTable) -> float | None:
        """Share of the budget that an epoch of the present network takes."""
        network = flops.network()
        one = passes(self._epoch_size, network, network) + passes(self._validation_size, network)
        shares = [] if self._budget.steps is None else [1 / self._budget.steps]
        shares += self._shares(one)
        return max(shares) if shares else None

    def exhausted(self, flops: FlopTable) -> bool:
        """Whether the validation at the end of the epoch will take what is left of the budget."""
        if not self._limits:
            return False
        after = self.cost + passes(self._validation_size, flops.network())
        return any(getattr(after, name) >= limit for name, limit in self._limits.items())

    def _shares(self, cost: Cost) -> list[float]:
        return [getattr(cost, name) / limit for name, limit in self._limits.items()]
