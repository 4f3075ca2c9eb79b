# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse serve`: the live page."""

from __future__ import annotations

import sys
from pathlib import Path

from vynapse.cli.options import Whole
from vynapse.errors import MissingExtra


def serve(
    root: Path = Path("runs"),
    /,
    *,
    port: Whole = 8765,
    host: str = "127.0.0.1",
    token: str | None = None,
) -> None:
    """Show runs in a browser.

    Args:
        root: the folder of runs; those of comparisons within it are found too.
        port: the port to listen on; 0 for a free one.
        host: the address to listen on; on another than a loopback address a token is needed.
        token: the token, of at least 12 characters; without it, one is made where it is needed.
    """
    from vynapse.cli.output import print_line

    try:
        from vynapse.pages.live.server import bind
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0].replace("_", "-")
        if package not in ("starlette", "uvicorn", "sse-starlette", "anyio"):
            raise
        raise MissingExtra(package, "web", "serve") from None
    live = bind(root, host, port, token)
    print_line(f"{live.address}  (Ctrl-C ends it)")
    sys.stdout.flush()
    live.run()
