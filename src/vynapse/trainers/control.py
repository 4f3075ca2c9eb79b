# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controls: what a mode has to be compared with before its results can be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


Events = Sequence[Mapping[str, Any]]
"""The envelopes in a run's `events.jsonl`."""
Path = Callable[[Mapping[str, Any], Events], Sequence[Mapping[str, Any] | None]]
"""From a network and the events of its run to the networks that it went through."""


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
        path: gives the networks that the control is made of, a row each, from the one that its arm
            ended with and the events of the arm's run. None among them is the one that the arm
            began with. None where the control is a single row.
        note: what a table says of it, in a sentence.
    """

    arm: str
    mode: str
    settings: Mapping[str, Any]
    fresh: bool = False
    rebuild: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    path: Path | None = None
    note: str = ""


Control = Callable[[Any, Limits], Variant]
"""From the settings and the budget of an arm to what its control runs.

It raises a ConfigError where the two would spend the budget differently, or would be the same run.
"""
