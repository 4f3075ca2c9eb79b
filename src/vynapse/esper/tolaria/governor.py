# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The governor: whether a network is still healthy. It is asked before a snapshot is taken.

Limits are relative to the task: to what a constant output scores on it, and to what the network
had reached.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

from pydantic import Field

from vynapse.core import SupervisedTask
from vynapse.settings import Settings
from vynapse.tasks.scoring import targets_of


class GovernorSettings(Settings):
    """When a network counts as sick."""

    divergence: float = Field(
        2.0,
        gt=1,
        description="an epoch whose mean training loss, or whose validation loss, is more than so "
        "many times what a constant output scores, or the network before it was trained if that "
        "is more, has diverged",
    )
    collapse: float = Field(
        0.97,
        gt=0,
        le=1,
        description="a network that was below half of what a constant output scores, and is now "
        "above this share of it, has collapsed to chance",
    )


@final
class Governor:
    """Judges an epoch.

    Args:
        settings: limits.
        chance: loss of a constant output on the task; None where nobody knows: then only what the
            network began with counts.
    """

    def __init__(self, settings: GovernorSettings, chance: float | None) -> None:
        self._settings = settings
        self._chance = chance

    def trouble(self, training: float, validation: float, before: Sequence[float]) -> str | None:
        """What is wrong after an epoch, one clause; None when nothing is.

        Args:
            training: mean batch loss of the epoch.
            validation: validation loss after it.
            before: validation losses before it, the first that of the network before training.
        """
        best, start = min(before), before[0]
        # where one class is rare, a constant output scores far less than a fresh network does
        began = start if math.isfinite(start) else 0.0
        if self._chance is None:
            usual = began if began > 0 else math.inf
        else:
            usual = max(self._chance, began)
        for name, loss in (("training", training), ("validation", validation)):
            if not math.isfinite(loss):
                return f"the {name} loss is {loss}"
            if loss > self._settings.divergence * usual:
                constant = (
                    ""
                    if self._chance is None
                    else f"a constant output scores {self._chance:.3g}, and "
                )
                return (
                    f"the {name} loss of {loss:.3g} has diverged: {constant}the network began "
                    f"with {start:.3g}"
                )
        if self._chance is None:
            return None
        if best < self._chance / 2 and validation > self._settings.collapse * self._chance:
            return (
                f"the validation loss has collapsed from {best:.3g} to {validation:.3g}, where a "
                f"constant output scores {self._chance:.3g}"
            )
        return None


def chance_loss(task: SupervisedTask) -> float | None:
    """What the best constant output scores on the training split; None where nobody knows.

    The entropy of the class frequencies (nats) for cross-entropy, the variance of the targets for
    the mean squared error.
    """
    return task.loss.chance(targets_of(task.split("train")))
