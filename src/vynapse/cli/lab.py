# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse lab`: evolution in a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vynapse.cli.options import Whole, run_named
from vynapse.errors import ConfigError, MissingExtra, storage_errors


def lab(
    *,
    replay: Annotated[Path | None, Parameter(converter=run_named)] = None,
    out: Path | None = None,
    port: Whole = 8766,
) -> None:
    """Evolve networks in a browser.

    Args:
        replay: a run that the page makes again, bit for bit: a directory, run:PATH or last.
        out: write the application into this folder, or the page into this file that ends in .html,
            instead of serving it.
        port: the port to listen on; 0 for a free one.
    """
    from vynapse.cli.output import print_line

    if out is not None:
        print_line(_written(out, replay))
        return
    try:
        from vynapse.pages.lab.server import bind
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0].replace("_", "-")
        if package not in ("starlette", "uvicorn", "anyio"):
            raise
        raise MissingExtra(package, "web", "lab") from None
    from vynapse.pages.lab.app import application

    live = bind(application(replay), port)
    print_line(f"{live.address}  (Ctrl-C ends it)")
    sys.stdout.flush()
    live.run()


def _written(out: Path, replay: Path | None) -> str:
    """Write the lab; a sentence about it."""
    from vynapse.pages.lab.app import application, single

    if out.suffix == ".html":
        page = single(replay)
        with storage_errors(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(page)
        return f"{out}: one page of {len(page) / 1000:.0f} kB; open it in a browser"
    if out.suffix:
        raise ConfigError(f"--out: a folder or a file that ends in .html was wanted, got {out}")
    files = application(replay)
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    size = sum(map(len, files.values())) / 1000
    return f"{out}: {len(files)} files of {size:.0f} kB; put them on a server that speaks https"
