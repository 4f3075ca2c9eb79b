# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who may ask, and what a browser may do with the answer.

On a loopback address the header Host has to name one, so that no foreign site can have its own name
lead here (DNS rebinding). Elsewhere, and where the user wants it, a token is needed: once in the
address, which gives a cookie, or in the header Authorization. Only reading methods are answered.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final, final

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vynapse.errors import ConfigError

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer carries."""
_SHORTEST: Final = 12
"""Characters that a token needs."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether an address, or the name localhost, means this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def token_for(host: str, token: str | None) -> str | None:
    """The token that is needed on an address: a fresh one where none is given but has to be.

    Raises:
        ConfigError: it is too short to keep anybody out.
    """
    if token is None:
        return None if is_loopback(host) else secrets.token_urlsafe(24)
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable():
        raise ConfigError(
            f"--token: at least {_SHORTEST} characters of ASCII were wanted, got {len(token)}: "
            "leave it out to be given one"
        )
    return token


@final
class Gate:
    """An ASGI application before which others stand.

    Args:
        app: answers what passes.
        host: the address that the server is bound to.
        port: its port.
        token: the token that is needed; None for none.
        headers: what every answer carries.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        token: str | None,
        headers: Mapping[str, str] = HEADERS,
    ) -> None:
        self._app, self._token, self._headers = app, token, headers
        self._hosts = _LOOPBACK | {host} if is_loopback(host) else None
        self._cookie = f"vynapse-{port}"
        # the cookie is no token: who reads it cannot make an address of it
        key = (token or "").encode()
        self._pass = hmac.new(key, b"live page", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        refusal, cookie = self._judged(scope["method"], headers, scope["query_string"])

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                own.update(self._headers)
                if cookie is not None:
                    own.append("Set-Cookie", cookie)
            await send(message)

        await (refusal or self._app)(scope, receive, guarded)

    def _judged(
        self, method: str, headers: Headers, query: bytes
    ) -> tuple[Response | None, str | None]:
        """A refusal, or None, and the cookie to set, or None."""
        if method not in ("GET", "HEAD"):
            allow = {"Allow": "GET, HEAD"}
            return PlainTextResponse("This page is read only.", 405, allow), None
        if self._hosts is not None and _name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("This page answers to the names of loopback alone.", 421), None
        if self._token is None or self._known(headers):
            return None, None
        given = QueryParams(query).get("token")
        if given is not None and _same(given, self._token):
            age = "HttpOnly; SameSite=Strict; Path=/"
            return None, f"{self._cookie}={self._pass}; {age}"
        wanted = "A token is needed: open the address that vynapse serve has printed."
        return PlainTextResponse(wanted, 401, {"WWW-Authenticate": "Bearer"}), None

    def _known(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(bearer.strip(), self._token or ""):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._pass)


def _name(host: str) -> str:
    """The name in a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())
