# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Server-sent events: one task for each browser, which looks at the files and sends what is new.

Nothing waits in a queue. While a slow browser has not taken a message, nobody looks for it; what
happens meanwhile is in its next message. A browser that takes none for a while is let go.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, Protocol, final, runtime_checkable

import anyio
from anyio import to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent

from vynapse.pages.live.listing import Line, Listing
from vynapse.pages.live.view import View
from vynapse.telemetry.events import json_line

INTERVAL: Final = 0.2
"""Seconds between two looks at something that changes."""
_SLOW: Final = 5
"""Looks that are left out between two at runs of which none goes on."""
_PATIENCE: Final = 10.0
"""Seconds that a browser has to take a message."""
MOST: Final = 64
"""Browsers that may listen at once."""


@runtime_checkable
class Watch(Protocol):
    """Looks for what is new."""

    @property
    def lively(self) -> bool:
        """Whether something may be new at once."""

    def look(self) -> list[tuple[str, Any]]:
        """Messages: the name of the event, and JSON values."""


@final
class ListWatch:
    """What is new in the list of runs: `changed` lines, and the ids of those that are `gone`."""

    lively = True

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._sent: dict[str, Line] | None = None

    def look(self) -> list[tuple[str, Any]]:
        present, sent = self._listing.look(), self._sent or {}
        changed = [line for name, line in present.items() if sent.get(name) is not line]
        gone = [name for name in sent if name not in present]
        first = self._sent is None
        self._sent = present
        if not (changed or gone or first):
            return []
        return [("list", {"restart": first, "changed": changed, "gone": gone})]


@final
class RunsWatch:
    """What is new in some runs."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views

    @property
    def lively(self) -> bool:
        return any(view.running for view in self._views)

    def look(self) -> list[tuple[str, Any]]:
        found = [view.look() for view in self._views]
        return [("run", message) for message in found if message is not None]


@final
class Streams:
    """The browsers that listen.

    Args:
        stopping: says when the server ends.
    """

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self.listening = 0

    @property
    def full(self) -> bool:
        """Whether no further browser may listen."""
        return self.listening >= MOST

    def response(self, watch: Watch) -> EventSourceResponse:
        """Sends what the watch finds until the browser or the server goes."""
        return EventSourceResponse(self._messages(watch), send_timeout=_PATIENCE, sep="\n")

    async def _messages(self, watch: Watch) -> AsyncIterator[ServerSentEvent]:
        self.listening += 1
        try:
            while not self._stopping():
                for name, message in await to_thread.run_sync(watch.look):
                    yield ServerSentEvent(json_line(message), event=name, sep="\n")
                for _ in range(1 if watch.lively else _SLOW):
                    if not self._stopping():
                        await anyio.sleep(INTERVAL)
        finally:
            self.listening -= 1
