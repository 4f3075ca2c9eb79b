# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controls: what a mode has to be compared with before its results can be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable


@runtime_checkable
class Limits(Protocol):
    """The budget of the arm that is controlled, as its recipe states it."""

    @property
    def steps(self) -> int | None: ...
    @property
    def epochs(self) -> float | None: ...
    @property
    def patience(self) -> int | None: ...


@final
@dataclass(frozen=True, slots=True)
class Variant:
    """What a control runs: one stage with the task, the seed and the budget of its arm.

    Attributes:
        arm: name of its row in the table.
        mode: name of the mode.
        settings: keys of that mode.
        fresh: it begins with fresh weights, whatever its arm begins with.
        rebuild: gives the network that the control begins with from the one that its arm ended
            with, both as keys of a recipe. None where it begins with that of its arm.
    """

    arm: str
    mode: str
    settings: Mapping[str, Any]
    fresh: bool = False
    rebuild: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None


Control = Callable[[Any, Limits], Variant]
"""From the settings and the budget of an arm to what its control runs.

It raises a ConfigError where the two would spend the budget differently, or would be the same run.
"""
