# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph in the language of Mermaid, which GitHub draws."""

from __future__ import annotations

from vynapse.graph.formats.labels import COLOURS, kind, lines
from vynapse.graph.ir import Graph


def to_mermaid(graph: Graph) -> str:
    """The text of a flow chart."""
    number = {node.name: f"n{place}" for place, node in enumerate(graph)}
    rows = ["flowchart TD"]
    for node in graph:
        label = "<br/>".join(_escaped(line) for line in lines(node))
        rows.append(f'  {number[node.name]}["{label}"]:::{kind(graph, node)}')
    for node in graph:
        rows += [f"  {number[source]} --> {number[node.name]}" for source in node.sources]
    rows += [f"  classDef {name} fill:{colour},color:#000" for name, colour in COLOURS.items()]
    return "\n".join(rows) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
