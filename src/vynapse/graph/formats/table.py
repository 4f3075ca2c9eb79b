# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The formats by name. Exports are run beside eager before they are given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from vynapse.errors import UnknownName
from vynapse.graph.formats.dot import to_dot
from vynapse.graph.formats.json import to_json
from vynapse.graph.formats.mermaid import to_mermaid
from vynapse.graph.formats.onnx import to_onnx
from vynapse.graph.formats.pt2 import to_pt2
from vynapse.graph.formats.svg import to_svg
from vynapse.graph.ir import Graph

FORMATS: Final[Mapping[str, Callable[[Graph], str | bytes]]] = MappingProxyType(
    {
        "json": to_json,
        "dot": to_dot,
        "mermaid": to_mermaid,
        "svg": to_svg,
        "onnx": to_onnx,
        "pt2": to_pt2,
    }
)


def written(graph: Graph, name: str) -> str | bytes:
    """A graph in a format; text or the bytes of a file.

    Raises:
        UnknownName: there is no such format.
        GraphError: the graph has no form in it, or the export differs from eager.
        MissingExtra: it needs a package that is not installed.
    """
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS)
    return FORMATS[name](graph)
