# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What differs between two graphs, however their nodes are named.

Nodes are paired in topological order by what they are (op, attributes, shape, data type), as lines
of a text are by `diff`; inputs and tensors stand where they are first read. Those left over are
paired where the op is the same. Then the wiring and the tensors of each pair are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import torch

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import shown

_LEAVES: Final = frozenset({"input", "parameter", "constant"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        kind: "added", "removed", "changed" (what it does), "rewired" (what it reads), "weights",
            "inputs" (their order), "outputs" or "batch".
        node: its name, in the second graph unless it was removed.
        detail: before and after.
    """

    kind: str
    node: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} {self.node}: {self.detail}"


def diff(before: Graph, after: Graph) -> tuple[Difference, ...]:
    """The differences; none where the two compute the same in the same way."""
    pairs, removed, added = _pair(before, after)
    name = {old.name: new.name for old, new in pairs}
    found = [Difference("removed", node.name, _label(node)) for node in removed]
    found += [Difference("added", node.name, _label(node)) for node in added]
    for old, new in pairs:
        if _label(old) != _label(new):
            found.append(Difference("changed", new.name, f"{_label(old)} -> {_label(new)}"))
        if old.reading(name).inputs != new.inputs:
            found.append(Difference("rewired", new.name, f"{_reads(old)} -> {_reads(new)}"))
        if old.name in before.tensors and new.name in after.tensors:
            found += _weights(new.name, before.tensors[old.name], after.tensors[new.name])
    given = [name.get(node.name, node.name) for node in before.inputs]
    if given != [node.name for node in after.inputs] and not (removed or added):
        detail = f"{', '.join(given)} -> {', '.join(node.name for node in after.inputs)}"
        found.append(Difference("inputs", "inputs", detail))
    if tuple(name.get(output, output) for output in before.outputs) != after.outputs:
        detail = f"{', '.join(before.outputs)} -> {', '.join(after.outputs)}"
        found.append(Difference("outputs", "outputs", detail))
    if before.batch is None is not after.batch is None:
        found.append(Difference("batch", "batch", f"{before.batch} -> {after.batch}"))
    return tuple(found)


def _weights(name: str, old: torch.Tensor, new: torch.Tensor) -> Iterator[Difference]:
    if old.shape == new.shape and old.dtype == new.dtype and not torch.equal(old, new):
        distance = (old.double() - new.double()).abs().max().item()
        yield Difference("weights", name, f"they differ by up to {distance:.3g}")


def _pair(before: Graph, after: Graph) -> tuple[list[tuple[Node, Node]], list[Node], list[Node]]:
    left, right = _by_use(before), _by_use(after)
    matcher = SequenceMatcher(None, [*map(_label, left)], [*map(_label, right)], autojunk=False)
    pairs: list[tuple[Node, Node]] = []
    removed: list[Node] = []
    added: list[Node] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            pairs += zip(left[i:j], right[k:m], strict=True)
            continue
        fresh = list(right[k:m])
        for old in left[i:j]:
            partner = next((new for new in fresh if new.op == old.op), None)
            if partner is None:
                removed.append(old)
            else:
                fresh.remove(partner)
                pairs.append((old, partner))
        added += fresh
    return pairs, removed, added


def _by_use(graph: Graph) -> list[Node]:
    """The nodes in their order, but inputs and tensors where they are read first."""
    found: dict[str, Node] = {}
    for node in graph:
        if node.op not in _LEAVES:
            for name in (*node.sources, node.name):
                found.setdefault(name, graph[name])
    return [*found.values(), *(node for node in graph if node.name not in found)]


def _label(node: Node) -> str:
    attributes = "".join(f" {key}={shown(value)}" for key, value in node.attributes)
    return f"{node.op}{attributes} {node.dtype}[{', '.join(str(s) for s in node.shape)}]"


def _reads(node: Node) -> str:
    return "(" + ", ".join(map(shown, node.inputs)) + ")"
