# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph in the language of Graphviz."""

from __future__ import annotations

import json

from vynapse.graph.formats.labels import COLOURS, kind, lines
from vynapse.graph.ir import Graph


def to_dot(graph: Graph) -> str:
    """The text of a .dot file, from top to bottom."""
    rows = ["digraph {", "  node [shape=box, style=filled, fontname=Helvetica];"]
    for node in graph:
        label = json.dumps("\n".join(lines(node)), ensure_ascii=False)
        colour = COLOURS[kind(graph, node)]
        rows.append(f'  {json.dumps(node.name)} [label={label}, fillcolor="{colour}"];')
    for node in graph:
        rows += [f"  {json.dumps(s)} -> {json.dumps(node.name)};" for s in node.sources]
    return "\n".join([*rows, "}"]) + "\n"
