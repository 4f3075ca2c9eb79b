# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a dashboard knows of a run: gathered from what a `Follower` tells, bit by bit."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar, final

from vynapse.core.cost import AMOUNTS
from vynapse.errors import UNREADABLE, ConfigError
from vynapse.experiment.following import Figures, News
from vynapse.pages.figures import number
from vynapse.telemetry.story import NO_STORY, Spans, Story
from vynapse.trainers.mode import MODES

T = TypeVar("T")

PLACE: Final = ("stage", "step", "loss", *AMOUNTS)
"""Columns of every run, which are not shown as measurements."""

_POINTS: Final = 1024
_EVENTS: Final = 50
_MARKS: Final = 64
"""Rows over which the speed is measured."""
_SECOND: Final = ("accuracy", "return", "train_best", "training_loss", "batch_loss", "coverage")
"""What is drawn beside the loss: the first of these that is measured."""


@final
class Series:
    """A curve of at most so many points, evenly thinned, and its newest one."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._seen, self._stride = 0, 1
        self.newest: tuple[float, float] | None = None
        self.best = math.inf

    def add(self, x: float, y: float) -> None:
        """Append a point; what is not finite is passed over."""
        if not math.isfinite(y):
            return
        self.newest, self.best = (x, y), min(self.best, y)
        if self._seen % self._stride == 0:
            self._points.append(self.newest)
        self._seen += 1
        if len(self._points) > _POINTS:
            self._points, self._stride = self._points[::2], 2 * self._stride

    def points(self) -> list[tuple[float, float]]:
        """From the first to the newest."""
        extra = [self.newest] if self.newest is not None and self._points else []
        return self._points + (extra if extra != self._points[-1:] else [])


@final
class Watched:
    """A run as it was told so far.

    Attributes:
        summary: that of `read_summary`.
        recipe: that of run.json.
        modes: the mode of each stage.
        row: the newest value of each column.
        curves: the loss and other measurements over all steps, by column.
        told: what happened, in words, the newest last.
        heard: the time of the monotonic clock at which something new was told last.
    """

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        self.recipe = recipe
        self.modes = [stage["mode"] for stage in recipe["stages"]]
        self._stories = [_story(mode) for mode in self.modes]
        self.summary: dict[str, Any] = {}
        self._forget()

    def _forget(self) -> None:
        self.row: Figures = {}
        self.curves: dict[str, Series] = {"loss": Series()}
        self.told: deque[str] = deque(maxlen=_EVENTS)
        self.heard = time.monotonic()
        self._marks: deque[tuple[float, dict[str, float]]] = deque(maxlen=_MARKS)
        self._before: Figures = {}
        self._begun: dict[str, float] = {}
        self._offset = 0
        self._events: list[list[dict[str, Any]]] = [[] for _ in self.modes]
        self._lives: tuple[float, Spans] = (float("-inf"), {})

    @property
    def stage(self) -> int:
        """The index of the stage that the newest row belongs to."""
        return min(int(self.row.get("stage", 0)), len(self.modes) - 1)

    @property
    def step(self) -> int:
        """Steps of that stage."""
        return int(self.row.get("step", 0))

    def take(self, news: News) -> None:
        """Add what is new."""
        if news.restarted:
            self._forget()
        self.summary = news.summary
        if news.rows or news.events:
            self.heard = time.monotonic()
        for row in news.rows:
            self._take_row(row)
        for event in news.events:
            self._take_event(event)

    def _take_row(self, row: Figures) -> None:
        if not _is_number(row["step"]):  # too large to be one
            return
        if row["stage"] != self.row.get("stage", row["stage"]):
            self._offset += self.step
            self._begun = _amounts(self.row)
        if _is_number(row.get("seconds")):
            done = {**_amounts(row), "steps": float(row["step"]) + self._offset}
            self._marks.append((float(row["seconds"]), done))
        self.row |= row
        x = float(row["step"]) + self._offset
        for name, series in self._series(row).items():
            series.add(x, float(row[name]))

    def _series(self, row: Figures) -> dict[str, Series]:
        if len(self.curves) == 1:
            self.curves |= {name: Series() for name in _SECOND if name in row}
        return {name: own for name, own in self.curves.items() if _is_number(row.get(name))}

    def _take_event(self, event: dict[str, Any]) -> None:
        stage = event.get("stage")
        place = stage if isinstance(stage, int) and 0 <= stage < len(self.modes) else None
        story = NO_STORY if place is None else self._stories[place]
        if place is not None:
            self._events[place].append(event)
            self._lives = (float("-inf"), self._lives[1])
        words = _safely(lambda: story.happening(event["kind"], event["data"]), None)
        words = words or _safely(lambda: _generally(event["kind"], event["data"]), None)
        if words:
            self.told.append(f"{_clock(event.get('time'))} {words}")

    def budget(self) -> tuple[str, float] | None:
        """The limit of the stage that is nearest, in words, and the share that is used."""
        limits = self.recipe["stages"][self.stage].get("budget") or {}
        done = {name: value - self._begun.get(name, 0.0) for name, value in self._done().items()}
        done["steps"] = float(self.step)
        shares = {
            name: done[name] / limit
            for name, limit in limits.items()
            if name in done and _is_number(limit) and limit > 0
        }
        if not shares:
            return None
        nearest = max(shares, key=lambda name: shares[name])
        used, limit = number(whole(done[nearest])), number(whole(limits[nearest]))
        return f"{nearest} {used} of {limit}", min(1.0, shares[nearest])

    def _done(self) -> dict[str, float]:
        epoch = self.row.get("epoch")
        own = {"epochs": float(epoch)} if epoch is not None and _is_number(epoch) else {}
        return {**_amounts(self.row), **own}

    def speeds(self) -> dict[str, float]:
        """Steps and amounts of cost in a second, over the newest rows."""
        if len(self._marks) < 2:
            return {}
        (begin, first), (end, last) = self._marks[0], self._marks[-1]
        if end <= begin:
            return {}
        return {
            name: (last[name] - first[name]) / (end - begin)
            for name in last
            if name in first and name != "seconds"
        }

    def lives(self) -> Spans:
        """What lasted in the stage, as its mode tells it; looked for every few seconds."""
        at, spans = self._lives
        if time.monotonic() - at > 2.0:
            begin, events = time.process_time(), self._events[self.stage]
            spans = _safely(lambda: self._stories[self.stage].spans(events, self.step), {})
            # what takes long is done seldom
            late = 100 * (time.process_time() - begin)
            self._lives = (time.monotonic() + late, spans)
        return spans


def _story(mode: str) -> Story:
    try:
        return MODES.get(mode).story
    except ConfigError:  # of a package that is not installed here: the run is shown all the same
        return NO_STORY


def _amounts(row: Figures) -> dict[str, float]:
    return {name: float(row[name]) for name in AMOUNTS if _is_number(row.get(name))}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _safely(tell: Callable[[], T], otherwise: T) -> T:
    """What is told of events, which may have been changed by hand."""
    try:
        return tell()
    except UNREADABLE:
        return otherwise


def _generally(kind: str, data: Mapping[str, Any]) -> str | None:
    """An event of every run in words; None for one that is no news."""
    if kind == "warning":
        return f"warning: {data['message']}"
    if kind == "run.failed":
        return f"failed: {data['message']}"
    if kind == "stage.started":
        return f"stage {data['mode']} began"
    if kind == "stage.finished":
        return f"stage ended by {data['stop']}"
    if kind == "checkpoint.saved":
        return f"saved {data['file']}"
    return {
        "run.started": "the run began",
        "run.resumed": "the run was resumed",
        "run.interrupted": "interrupted; the state is saved",
        "run.finished": "finished",
    }.get(kind)


def _clock(time_of: object) -> str:
    try:
        return datetime.fromisoformat(str(time_of)).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return "--:--:--"


def whole(value: float) -> float | int:
    """A whole number of a size that people read as an integer."""
    return int(value) if abs(value) < 1e9 and value == int(value) else value


def marks_of(spans: Spans) -> dict[str, str]:
    """A character for each thing that lasted: its first letter that no other has, or ?."""
    names = list(dict.fromkeys(part[0] for parts in spans.values() for part in parts))
    if len(names) == 1:
        return {names[0]: "━"}
    marks: dict[str, str] = {}
    for name in names:
        free: Sequence[str] = [char for char in name if char not in marks.values()] or ["?"]
        marks[name] = free[0]
    return marks
