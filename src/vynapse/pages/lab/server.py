# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The browser lab on a port of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vynapse.pages.lab.app import TYPES
from vynapse.pages.live.security import HEADERS
from vynapse.pages.live.server import Live, listening

HOST: Final = "127.0.0.1"
_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
        "style-src 'self'; connect-src 'self'; img-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}


def bind(application: Mapping[str, bytes], port: int) -> Live:
    """The lab bound to a port of the loopback address.

    Args:
        application: its files by name.
        port: the port; 0 for a free one.

    Raises:
        ConfigError: the port cannot be had.
    """

    async def answer(request: Request) -> Response:
        name = request.path_params.get("name") or "index.html"
        if name not in application:
            return PlainTextResponse(f"There is no file {name[:200]!r} here.", 404)
        # the type is exact: Starlette would add a charset to some
        headers = {"Content-Type": TYPES[PurePath(name).suffix]}
        return Response(application[name], headers=headers)

    routes = [Route("/", answer), Route("/{name}", answer)]
    return listening(Starlette(routes=routes), HOST, port, None, _HEADERS)
