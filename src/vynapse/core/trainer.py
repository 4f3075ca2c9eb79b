# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A `Trainer` improves a network, one `step()` at a time; a `Report` says what it reached."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vynapse.core.cost import AMOUNTS, Cost
from vynapse.core.network import Array, State, Winner

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Report:
    """What the trainer has reached after a step.

    Attributes:
        step: steps taken since the start, this one included.
        loss: validation score (lower is better) of the network that `best()` returns.
        cost: all work since the start; `run` fills in the seconds.
        renewed: the winner is another network than after the report before. Patience, the best loss
            and the file of the winner follow it; the loss changes with it alone.
        metrics: further measurements by name, a subset of the mode's `columns`; what was not
            measured in this step is absent.
        history: where one call made n > 1 steps, the measurements of all n: name -> (n,), the last
            step last, NaN where there was none. Beside metrics it holds the loss and the amounts of
            cost that were counted. It is left out of comparisons with ==.
        events: what happened in the steps the report is about, in order: the kind, which the
            mode declares, and JSON values that go with it.
    """

    step: int
    loss: float
    cost: Cost
    renewed: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Mapping[str, Array] = field(default_factory=dict, compare=False)
    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def steps(self) -> int:
        """How many steps the report is about."""
        return max((len(values) for values in self.history.values()), default=1)

    def each(self, every: int = 1) -> Iterator[Report]:
        """One report for each step whose number is a multiple of `every`, and for the last step.

        Seconds of the steps before the last were not measured. The last one has the events, and
        says whether the winner was renewed.
        """
        first = self.step - self.steps + 1
        columns = {name: values.tolist() for name, values in self.history.items()}
        losses = columns.pop("loss", None)
        amounts = {name: columns.pop(name) for name in AMOUNTS if name in columns}
        nothing = {name: 0 for name, amount in self.cost.counted().items() if amount == 0}
        for index in range(-first % every, self.steps - 1, every):
            loss = losses[index] if losses else math.nan
            cost = Cost(**{**nothing, **{name: sums[index] for name, sums in amounts.items()}})
            row = ((name, values[index]) for name, values in columns.items())
            metrics = {name: value for name, value in row if value == value}  # noqa: PLR0124 - NaN
            yield Report(first + index, loss, cost, renewed=False, metrics=metrics)
        yield dataclasses.replace(self, history={})


class Trainer(abc.ABC):
    """Improves a network. A step is the smallest unit after which a run may stop, save or report.

    A trainer never looks at the test split and draws from named streams alone.
    """

    @abc.abstractmethod
    def step(self) -> Report:
        """Do one unit of work, or several at once, and say what it reached."""

    @abc.abstractmethod
    def winner(self) -> Winner:
        """The network to keep, as data: the best one so far, chosen on the validation split."""

    def best(self) -> nn.Module:
        """The network to keep, as a fresh module in evaluation mode."""
        return self.winner().module()

    def front(self) -> Mapping[str, Array | str] | None:
        """The trade-offs or the archive that the search has found; None without one.

        Arrays are tensors of a file, texts stand in its header.
        """
        return None

    def close(self) -> None:
        """Let go of what is held beside memory, such as processes; no step follows."""
        return None  # noqa: RET501 - most trainers hold nothing

    def choices(self) -> Mapping[str, str]:
        """What was chosen at construction without being asked for, e.g. how it computes."""
        return {}

    def timings(self) -> Mapping[str, float]:
        """Seconds since construction by kind of work; the rest is bookkeeping."""
        return {}

    @abc.abstractmethod
    def state(self) -> State:
        """All that a fresh trainer of the same configuration needs to go on bit for bit."""

    @abc.abstractmethod
    def load(self, state: State) -> None:
        """Become the trainer whose `state()` this was."""
