# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""HTML: one page that carries the network and asks it.

Rows of a CSV file have a form with the names of the columns. Pictures of one channel are drawn by
hand, a control task is played, and all else has a field for each number.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from importlib.resources import files
from typing import Any, Final

from vynapse.deploy.engine import CEngine
from vynapse.deploy.parity import compare
from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.deploy.wasm import built, module_of
from vynapse.errors import GraphError
from vynapse.registry import NoKeys

_KINDS: Final = {"control": "play", "pixels": "drawing", "columns": "row"}
"""What is known of a network -> how it is asked."""
_FIELDS: Final = 64
"""Numbers up to which a form can be filled in by hand."""


def export(subject: Subject) -> Files:
    """The page.

    Raises:
        GraphError: an op has no form as loops, what it computes differs from eager, or its inputs
            cannot be given by hand.
    """
    given = _given(subject)
    done = compare(subject, CEngine(subject.graph).run_arrays, "html")
    given["network"] = packed(module_of(subject))
    if given["kind"] == "play":
        given["world"] = packed(built("control"))
    text = json.dumps(given, ensure_ascii=False).replace("</", "<\\/")
    page = _part("page.html")
    for name, value in (
        ("title", html.escape(given["title"])),
        ("style", _part("page.css").strip()),
        ("given", text),
        ("script", _script(given["kind"])),
    ):
        page = page.replace("{{" + name + "}}", value, 1)
    return Files(page.encode(), told=f"{done}, by the same engine compiled for this machine")


def packed(content: bytes) -> str:
    """Bytes compressed, as text."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _given(subject: Subject) -> dict[str, Any]:
    """What the page knows of the network."""
    metadata = {name: _value(text) for name, text in subject.metadata.items()}
    task = str(metadata.get("task", "a network"))
    given: dict[str, Any] = {"title": task, "about": "A network trained by Vynapse."}
    for name in ("classes", "pixels", "control"):
        if metadata.get(name) is not None:
            given[name] = metadata[name]
    held = metadata.get("preprocessing")
    if isinstance(held, dict) and "columns" in held:
        given["columns"] = [{"fill": None, **column} for column in held["columns"]]
        given["target"] = held.get("target")
        given["title"] = f"{held['target']['name']}: {task}" if "name" in held["target"] else task
    shaped = subject.graph.at(1)
    size = sum(_count(node.shape) for node in shaped.inputs[: -1 if subject.recurrent else None])
    given["softmax"] = _is_open(subject)
    given["kind"] = next((kind for name, kind in _KINDS.items() if name in given), "numbers")
    if given["kind"] == "drawing" and given["pixels"]["shape"][0] != 1:
        raise GraphError("html: pictures in colour cannot be drawn by hand: use wasm or onnx")
    if given["kind"] == "numbers" and size > _FIELDS:
        raise GraphError(
            f"html: up to {_FIELDS} numbers can be given by hand, this network takes {size}: use "
            "wasm or onnx"
        )
    return given


def _is_open(subject: Subject) -> bool:
    """Whether outputs are logits: they do not come from a function that bounds them."""
    last = subject.graph[subject.graph.outputs[0]]
    return not any(name in last.op for name in ("sigmoid", "softmax", "index_select"))


def _value(text: str) -> Any:
    """Metadata are JSON or a plain text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _count(shape: tuple[Any, ...]) -> int:
    count = 1
    for size in shape:
        count *= int(size)
    return count


def _script(kind: str) -> str:
    """The scripts that the page needs as one, in the order in which they need each other."""
    lines = []
    for name in ("answer", "network", kind, "main"):
        for line in _part(f"{name}.js").splitlines():
            bare = line.strip()
            if bare and not bare.startswith(("import ", "//")):
                lines.append(re.sub(r"^export ", "", bare))
    return "\n".join(lines)


def _part(name: str) -> str:
    return files("vynapse.deploy").joinpath("page", name).read_text(encoding="utf-8")


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("html", "one page that carries the network", NoKeys, _build, text=True)
