# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An open-loop schedule of growth: what enters where, and when; and the file that it is kept in.

{"entries": [{"at": 0.1, "where": "stem", "blueprint": "conv_heavy"}, …],
 "found": {"task": "glyphs", "runs": 24, "flops": 4.1e12, …}}
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vynapse.esper.tamiyo.kept_file import read_kept
from vynapse.settings import NESTED, Name, Settings


class Entry(Settings):
    """One seed of a schedule, or the new channels of a layer."""

    at: float = Field(ge=0, le=1, description="when it enters: share of the budget")
    where: Name = Field(description="the slot or the layer: its name")
    blueprint: str | None = Field(
        None, min_length=1, description="what a seed is made from; null: a layer becomes wider"
    )
    channels: int | None = Field(
        None, ge=1, description="how many a layer has then; null: a seed germinates"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Entry:
        if (self.blueprint is None) is (self.channels is None):
            problem = f"{self.where}: either a blueprint or channels were wanted"
            raise PydanticCustomError(NESTED, "wrong", {"problems": [problem]})
        return self


class Found(Settings):
    """How a schedule was found, and what that cost."""

    task: str = Field(description="the task that it was searched on: a name")
    seed: int = Field(description="root of the random numbers of the search: a seed")
    seeds: tuple[int, ...] = Field(description="seeds of the runs of each candidate")
    runs: int = Field(description="how many runs it took: runs")
    flops: int = Field(description="what they cost together: FLOP")
    seconds: float = Field(description="what they took together: seconds")
    loss: float = Field(description="mean validation loss of the schedule: unit of the loss")
    clock_loss: float = Field(
        description="the same of the best clock that was tried: unit of the loss"
    )


class Schedule(Settings):
    """What germinates where and when, and how that was found."""

    entries: tuple[Entry, ...] = Field(description="the seeds, in any order")
    found: Found | None = Field(None, description="how it was found; null: by hand")


ORIGIN: Final = "a file that esper tune has written"


def read_schedule(path: Path) -> Schedule:
    """The schedule in a file.

    Raises:
        ConfigError: there is none, or it is another file.
    """
    return read_kept(path, Schedule, "schedule", ORIGIN)
