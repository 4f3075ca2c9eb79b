# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One run as messages for a browser: first all of it, then what is new.

id        the run
restart   whether to forget what came before
state     what is told anew: status, figures, budget and pictures each time, recipe and
          provenance at a restart, the story of the mode where it has been told again
rows      columns of new rows of metrics.csv
events    new events in words
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import RunDirectoryError, VynapseError
from vynapse.experiment.following import Figures, Follower, News
from vynapse.pages.live import story, words
from vynapse.pages.live.budget import budget_of
from vynapse.pages.live.columns import AXES, STEP, Counter, columns, numbered, thinned
from vynapse.pages.live.drawing import version_of
from vynapse.pages.live.panels import panels
from vynapse.pages.live.places import is_plain
from vynapse.telemetry.story import NO_STORY

_EVENTS: Final = 500
"""The last events that a browser is sent at first."""
_STORY: Final = 1.0
"""Seconds between two tellings of the story of a run that goes on."""


@final
class View:
    """Follows a run for one browser.

    Args:
        identity: the id of the run.
        path: its directory.
    """

    def __init__(self, identity: str, path: Path) -> None:
        self._identity, self._path = identity, path
        self._follower: Follower | None = None
        self._said: str | None = None
        self._forget()

    def look(self) -> dict[str, Any] | None:
        """The next message; None where nothing is new."""
        try:
            follower = self._follower = self._follower or self._opened()
            news = follower.poll()
        except VynapseError as error:
            return self._unreadable(str(error))
        first = self._told_at is None or news.restarted
        changed = first or news.rows or news.events or news.summary["status"] != self._said
        late = self._untold and time.monotonic() - (self._told_at or 0) >= _STORY
        if not (changed or late):
            return None
        if news.restarted:
            self._forget()
        self._said = news.summary["status"]
        self.running = self._said == "running"
        return self._message(follower, news, first)

    def _opened(self) -> Follower:
        if not is_plain(self._path):
            raise RunDirectoryError(f"{self._path.name} has links in place of files")
        return Follower(self._path)

    def _forget(self) -> None:
        self._counter = Counter()
        self._events: list[dict[str, Any]] = []
        self._names: dict[str, None] = {}
        self._last: Figures = {}
        self._told_at: float | None = None
        self._untold, self.running = True, True

    def _unreadable(self, reason: str) -> dict[str, Any] | None:
        if self._said == reason:
            return None
        self._said, self.running = reason, False
        state = {"summary": {"status": "unreadable", "reason": reason}}
        return {"id": self._identity, "restart": True, "state": state, "rows": {}, "events": []}

    def _message(self, follower: Follower, news: News, first: bool) -> dict[str, Any]:
        recipe, rows = follower.recipe, numbered(news.rows, self._counter)
        self._events += news.events
        for row in rows:
            self._names.update(dict.fromkeys(row))
            self._last = {**self._last, **row}
        if first:
            self._modes = story.modes_of(recipe)
            self._stories = story.stories_of(self._modes)
        self._untold |= bool(news.events or news.rows)
        state = self._state(news, recipe) | self._tell(news)
        events = news.events[-_EVENTS:] if first else news.events
        return {
            "id": self._identity,
            "restart": first,
            "state": state | (self._lasting(follower) if first else {}),
            "rows": columns(thinned(rows) if first else rows),
            "events": [self._in_words(event) for event in events],
        }

    def _in_words(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event for a list; its step is counted over all stages."""
        stage, step = event["stage"], event["step"]
        known = stage is not None and 0 <= stage < len(self._stories)
        if stage is not None and step is not None:
            event = {**event, "step": self._counter.begin(stage) + step}
        return words.of_event(event, self._stories[stage] if known else NO_STORY)

    def _tell(self, news: News) -> dict[str, Any]:
        """What the modes tell, at once of a run that has ended, else now and then."""
        now = time.monotonic()
        due = self._told_at is None or now - self._told_at >= _STORY or not self.running
        if not (self._untold and due):
            return {}
        lines: list[str] = []
        rows: dict[str, list[dict[str, Any]]] = {}
        for stage, (begin, end) in self._lengths().items():
            own = [event for event in self._events if event["stage"] == stage]
            said, spans = story.told(self._stories[stage], own, end - begin)
            lines += [*said, ""] if said else []
            for name, parts in spans.items():
                rows.setdefault(name, []).extend(
                    {**part, "begin": part["begin"] + begin, "end": part["end"] + begin}
                    for part in parts
                )
        self._told_at, self._untold = now, False
        return {"told": lines, "spans": rows}

    def _lengths(self) -> dict[int, tuple[int, int]]:
        """The steps over the whole run at the beginning and the end of each stage."""
        begins = sorted(self._counter.begins.items())
        ends = [*(begin for _, begin in begins[1:]), int(self._last.get(STEP, 0))]
        known = zip(begins, ends, strict=True)
        return {stage: (begin, end) for (stage, begin), end in known if stage < len(self._stories)}

    def _state(self, news: News, recipe: Mapping[str, Any]) -> dict[str, Any]:
        names = [name for name in self._names if not name.startswith("#")]
        axes = [
            {"column": name, "label": label, "unit": unit}
            for name, (label, unit) in AXES.items()
            if name in self._names
        ]
        return {
            "summary": news.summary,
            "budget": budget_of(recipe, self._events, self._last, news.summary),
            "axes": axes,
            "panels": panels(names, self._stories),
            "network": version_of(self._path),
        }

    def _lasting(self, follower: Follower) -> dict[str, Any]:
        """What is the same as long as the run is."""
        summaries = ["" if mode is None else mode.summary for mode in self._modes]
        return {
            "words": words.of_recipe(follower.recipe, summaries),
            "recipe": _text(self._path / "recipe.yaml"),
            "provenance": _provenance(follower.directory.record()),
            "run": str(self._path),
        }


def _provenance(record: Mapping[str, Any]) -> list[list[str]]:
    """Name and value of what is known of where a run came from."""
    known = dict(record.get("provenance") or {})
    packages = known.pop("packages", {})
    command = known.pop("command", None)
    pairs = [[name.replace("_", " "), str(value)] for name, value in known.items() if value]
    pairs += [[name, str(version)] for name, version in packages.items()]
    if command:
        pairs.append(["command", " ".join(map(str, command))])
    pairs.append(["reproducible", "yes" if record.get("reproducible") else "no"])
    return pairs


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
