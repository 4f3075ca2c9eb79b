# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Take ops apart into simpler ones, where their row says how."""

from __future__ import annotations

from collections.abc import Collection

from vynapse.graph.builder import Builder
from vynapse.graph.ir import Graph
from vynapse.graph.ops.row import Call
from vynapse.graph.ops.table import ROWS
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Input


def expanded(graph: Graph, ops: Collection[str]) -> Graph:
    """The graph with each of these ops made of simpler ones.

    Args:
        graph: any.
        ops: full names; those without an expansion stay.
    """
    builder = Builder(graph.batch, reserved=graph.by_name)
    values: dict[str, Symbol] = {}
    parts: dict[str, tuple[Symbol | None, ...]] = {}
    for node in graph:
        row = ROWS.get(node.op)
        if node.op == "getitem" and node.inputs[0] in parts:
            found = parts[str(node.inputs[0])][int(str(dict(node.attributes)["index"]))]
            if found is not None:
                values[node.name] = found
            continue
        renamed = {name: str(symbol.value) for name, symbol in values.items()}
        whole = builder.include(node.reading(renamed), graph.tensors.get(node.name))
        values[node.name] = whole
        if node.op in ops and row is not None and row.expand is not None:
            inputs = tuple(_symbols(values, value) for value in node.inputs)
            results = tuple(row.expand(Call(node.op, inputs, dict(node.attributes), whole)))
            if node.dtype == "tuple":
                parts[node.name] = results
            elif results[0] is not None:
                values[node.name] = results[0]
    return without_dead_code(builder.graph(*(values[name] for name in graph.outputs)))


def _symbols(values: dict[str, Symbol], value: Input) -> object:
    if isinstance(value, str):
        return values[value]
    if isinstance(value, tuple):
        return tuple(None if item is None else values[item] for item in value)
    return value
