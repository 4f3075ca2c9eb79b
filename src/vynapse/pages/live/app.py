# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The addresses of the live page.

/                        the page
/static/NAME             its scripts and styles: these files and no others
/api/runs                a line for each run, as JSON
/api/run?id=ID           one run, as the first message about it
/api/network.svg?id=ID   its network
/events                  what is new in the list; with run=ID, once or several times, in runs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, final

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vynapse.errors import VynapseError
from vynapse.pages.live.drawing import Drawings
from vynapse.pages.live.listing import Listing
from vynapse.pages.live.places import Places
from vynapse.pages.live.stream import ListWatch, RunsWatch, Streams
from vynapse.pages.live.view import View
from vynapse.telemetry.events import json_line

_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
SELECTED: Final = 8
"""Runs that one browser may follow at once."""


def make_app(root: Path, stopping: Callable[[], bool]) -> Starlette:
    """The application; who may use it is for `security.Gate` to say.

    Args:
        root: the folder of runs.
        stopping: says when the server ends.

    Raises:
        RunDirectoryError: it is not a folder.
    """
    answers = _Answers(Places(root), Streams(stopping))
    return Starlette(
        routes=[
            Route("/", answers.page),
            Route("/static/{name}", answers.static),
            Route("/api/runs", answers.runs),
            Route("/api/run", answers.run),
            Route("/api/network.svg", answers.network),
            Route("/events", answers.events),
        ]
    )


@final
class _Answers:
    """What is answered at each address. Files are read in threads, so that none waits for another.

    Args:
        places: the runs.
        streams: the browsers that listen.
    """

    def __init__(self, places: Places, streams: Streams) -> None:
        self._places, self._streams = places, streams
        self._listing, self._drawings, self._files = Listing(places), Drawings(), _static()
        # a graph takes seconds: those who wait for one leave the other threads free
        self._drawing = CapacityLimiter(2)

    async def page(self, _: Request) -> Response:
        return Response(self._files["index.html"], media_type=_TYPES[".html"])

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            return _absent("file", name)
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix])

    async def runs(self, _: Request) -> Response:
        found = await to_thread.run_sync(self._listing.look)
        return _json(list(found.values()))

    async def run(self, request: Request) -> Response:
        name, path = await self._asked(request)
        if path is None:
            return _absent("run", name)
        return _json(await to_thread.run_sync(View(name, path).look))

    async def network(self, request: Request) -> Response:
        name, path = await self._asked(request)
        if path is None:
            return _absent("run", name)
        try:
            drawn = await to_thread.run_sync(self._drawings.picture, path, limiter=self._drawing)
        except VynapseError as error:
            return PlainTextResponse(str(error), 409)
        return Response(drawn, media_type="image/svg+xml")

    async def events(self, request: Request) -> Response:
        if self._streams.full:
            return PlainTextResponse("Too many browsers listen: close one.", 503)
        names = request.query_params.getlist("run")[:SELECTED]
        if not names:
            return self._streams.response(ListWatch(self._listing))
        found = {name: await to_thread.run_sync(self._places.path, name) for name in names}
        views = [View(name, path) for name, path in found.items() if path is not None]
        return self._streams.response(RunsWatch(views)) if views else _absent("run", names[0])

    async def _asked(self, request: Request) -> tuple[str, Path | None]:
        name = request.query_params.get("id", "")
        return name, await to_thread.run_sync(self._places.path, name)


def _static() -> dict[str, bytes]:
    """The files of the page by name: read once, so that no name leads anywhere else."""
    folder = resources.files("vynapse.pages.live") / "static"
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if Path(file.name).suffix in _TYPES
    }


def _json(value: Any) -> Response:
    return Response(json_line(value), media_type="application/json")


def _absent(what: str, name: str) -> Response:
    return PlainTextResponse(f"There is no {what} {name[:200]!r} here.", 404)
