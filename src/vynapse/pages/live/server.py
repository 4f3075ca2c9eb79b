# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The port on which the live page is served."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import uvicorn
from starlette.types import ASGIApp

from vynapse.errors import ConfigError
from vynapse.pages.live.app import make_app
from vynapse.pages.live.security import HEADERS, Gate, token_for


@final
@dataclass(frozen=True, slots=True)
class Live:
    """A live page that is bound to its port.

    Attributes:
        address: what to open in a browser, with the token where one is needed.
        server: serves it.
        bound: the socket.
    """

    address: str
    server: uvicorn.Server
    bound: socket.socket

    def run(self) -> None:
        """Serve until Ctrl-C, which ends it, or until `server.should_exit`."""
        try:
            asyncio.run(self.server.serve([self.bound]))
        except KeyboardInterrupt:
            return
        finally:
            self.bound.close()


def bind(root: Path, host: str, port: int, token: str | None = None) -> Live:
    """A live page of the runs below a folder.

    Args:
        root: the folder.
        host: the address to listen on.
        port: the port; 0 for a free one.
        token: what has to be said to see the page; where it has to be and none is given, one is
            made.

    Raises:
        ConfigError: the address or the port cannot be had, or the token is too short.
        RunDirectoryError: `root` is not a folder.
    """
    wanted = token_for(host, token)

    def stopping() -> bool:
        return live.server.should_exit

    live = listening(make_app(root, stopping), host, port, wanted)
    return live


def listening(
    app: ASGIApp, host: str, port: int, token: str | None, headers: Mapping[str, str] = HEADERS
) -> Live:
    """An application bound to its port, with a gate before it.

    Args:
        app: answers what passes.
        host: the address to listen on.
        port: the port; 0 for a free one.
        token: the token that is needed; None for none.
        headers: what every answer carries.

    Raises:
        ConfigError: the address or the port cannot be had.
    """
    bound = _socket(host, port)
    number = int(bound.getsockname()[1])
    config = uvicorn.Config(
        Gate(app, host, number, token, headers),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    query = "" if token is None else f"?token={token}"
    return Live(f"http://{_name(host)}:{number}/{query}", server, bound)


def _socket(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ConfigError(f"--port: a number from 0 to 65535 was wanted, got {port}")
    try:
        [(family, _, _, _, place), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        raise ConfigError(f"--host: an address of this machine was wanted, got {host!r}") from None
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(place)
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise ConfigError(_sentence(error, host, port)) from None
    return bound


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: {port} is in use on {host}: choose another, or --port 0 for a free one"
    if error.errno == errno.EACCES:
        return f"--port: {port} is not for you: choose one from 1024 on, or --port 0"
    return f"--host: an address of this machine was wanted, got {host!r} ({error.strerror})"


def _name(host: str) -> str:
    """How a browser names the address."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - it is compared, and needs a token
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
