# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The files of the browser lab: as an application of several, or as one page."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from vynapse.deploy.html import packed
from vynapse.deploy.wasm import built
from vynapse.pages.lab.content import content

_PAGE: Final = ("curve", "graph", "scene", "form", "main")
_WORKER: Final = ("sha256", "engine", "networks", "deap", "neat", "worker")
"""Scripts in the order in which they need each other."""
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_MANIFEST: Final = {
    "name": "Vynapse lab",
    "short_name": "Vynapse lab",
    "description": "Networks that evolve in a page.",
    "start_url": "./",
    "scope": "./",
    "display": "standalone",
    "background_color": "#12161b",
    "theme_color": "#12161b",
    "icons": [
        {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        {"src": "icon.png", "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
    ],
}
_HEAD: Final = """<link rel="stylesheet" href="style.css">
<link rel="icon" href="icon.svg">
<link rel="apple-touch-icon" href="icon.png">
<link rel="manifest" href="manifest.webmanifest">"""


def application(replay: Path | None = None) -> dict[str, bytes]:
    """The files of the application by name; it installs, and works without a network.

    Args:
        replay: a run that the page is to make again.

    Raises:
        ConfigError: the lab cannot make that run again.
        RunDirectoryError: there is no such run, or it has not finished.
    """
    texts = {
        "index.html": _filled(head=_HEAD, scripts='<script type="module" src="app.js"></script>'),
        "app.js": _joined(_PAGE),
        "worker.js": _joined(_WORKER),
        "style.css": _part("style.css"),
        "lab.json": json.dumps(content(replay), separators=(",", ":")),
        "manifest.webmanifest": json.dumps(_MANIFEST, indent=1) + "\n",
        "icon.svg": _part("icon.svg"),
    }
    found = {name: text.encode() for name, text in texts.items()}
    found |= {"lab.wasm": built("lab"), "icon.png": _bytes("icon.png")}
    digest = hashlib.sha256(b"".join(found[name] for name in sorted(found))).hexdigest()
    names = ["./", *sorted(set(found) - {"index.html"})]
    worker = _part("sw.js").replace("{{version}}", digest[:12])
    return {**found, "sw.js": worker.replace("{{files}}", json.dumps(names)).encode()}


def single(replay: Path | None = None) -> bytes:
    """The lab as one page, which carries all that it needs; it is opened, not installed.

    Args:
        replay: a run that the page is to make again.

    Raises:
        ConfigError, RunDirectoryError: as for `application`.
    """
    given: dict[str, Any] = {**content(replay), "module": packed(built("lab"))}
    text = json.dumps(given, separators=(",", ":")).replace("</", "<\\/")
    scripts = (
        f'<script type="application/json" id="lab">{text}</script>\n'
        f'<script type="text/plain" id="worker">\n{_joined(_WORKER)}</script>\n'
        f'<script type="module">\n{_joined(_PAGE)}</script>'
    )
    return _filled(head=f"<style>\n{_part('style.css')}</style>", scripts=scripts).encode()


def _filled(head: str, scripts: str) -> str:
    page = _part("index.html").replace("{{head}}", head, 1)
    return page.replace("{{scripts}}", scripts, 1)


def _joined(names: tuple[str, ...]) -> str:
    """Scripts as one, which sees no other file."""
    lines = []
    for name in names:
        for line in _part(f"{name}.js").splitlines():
            bare = line.strip()
            if bare and not bare.startswith(("import ", "//")):
                lines.append(re.sub(r"^export ", "", bare))
    return "\n".join(lines) + "\n"


def _bytes(name: str) -> bytes:
    return files("vynapse.pages.lab").joinpath("static", name).read_bytes()


def _part(name: str) -> str:
    return _bytes(name).decode("utf-8")
