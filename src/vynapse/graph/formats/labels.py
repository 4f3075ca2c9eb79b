# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What stands in the box of a node in a drawing."""

from __future__ import annotations

import re

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node

COLOURS = {
    "input": "#cfe8ff",
    "parameter": "#ffe2b8",
    "constant": "#eeeeee",
    "output": "#c9efc9",
    "op": "#ffffff",
}
"""Fill of a box by what the node is."""


def kind(graph: Graph, node: Node) -> str:
    """A key of `COLOURS`."""
    if node.name in graph.outputs:
        return "output"
    return node.op if node.op in COLOURS else "op"


def lines(node: Node) -> tuple[str, str]:
    """Name, and op where the name does not say it, then shape and data type."""
    op = node.op.split(".")[1] if "." in node.op else node.op
    own = op.strip("_")
    said = node.op in COLOURS or re.fullmatch(rf"{re.escape(own)}[_.]?\d*", node.name)
    first = node.name if said else f"{node.name}: {own}"
    if node.dtype == "tuple":
        return first, "several tensors"
    return first, f"{node.dtype} [{', '.join(str(size) for size in node.shape)}]"
