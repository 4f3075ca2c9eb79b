# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Spans of a run as a tree: what lasted how long, those of one name and place together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, final

from vynapse.telemetry.span import CPU, OF_STEPS, Span

LOST: Final = "run (its end is not known)"
"""Stands for the spans around those of a process that was killed, or that still works."""


@final
@dataclass(slots=True)
class Node:
    """All spans of one name below the same names.

    Attributes:
        name: that of the spans.
        seconds: wall-clock time, all of them together.
        cpu: CPU time; None where it was not measured.
        count: how many there were; of steps and epochs how many of these; 0 for parts of steps.
        known: whether it has spans of its own.
        below: the nodes within, in the order in which their first spans began.
    """

    name: str
    seconds: float = 0.0
    cpu: float | None = None
    count: float = 0
    known: bool = False
    below: dict[str, Node] = field(default_factory=dict)

    def add(self, span: Span) -> None:
        """Count a span in."""
        self.seconds += span.seconds
        used = span.attributes.get(CPU)
        if isinstance(used, (int, float)):
            self.cpu = (self.cpu or 0.0) + used
        self.known = True
        number = 0 if OF_STEPS in span.attributes else span.attributes.get(span.name, 1)
        self.count += number if isinstance(number, (int, float)) else 1


def tree(spans: Iterable[Span]) -> Node:
    """The root of the tree, which has no name; its time is that of the nodes below it."""
    ordered = sorted(spans, key=lambda span: (span.start, -span.end))
    known = {span.span_id: span for span in ordered}
    root = Node("")
    for span in ordered:
        node = root
        for name in _path(span, known):
            node = node.below.setdefault(name, Node(name))
        node.add(span)
    _complete(root)
    return root


def _path(span: Span, known: Mapping[str, Span]) -> list[str]:
    """The names from the outermost span to this one."""
    names = [span.name]
    while span.parent_id is not None:
        parent = known.get(span.parent_id)
        if parent is None:
            return [LOST, *reversed(names)]
        span = parent
        names.append(span.name)
    return [*reversed(names)]


def _complete(node: Node) -> None:
    """A node without a span of its own lasts as long as what is known of its inside."""
    for child in node.below.values():
        _complete(child)
    if not node.known:
        node.seconds = sum(child.seconds for child in node.below.values())
        used = [child.cpu for child in node.below.values() if child.cpu is not None]
        node.cpu = sum(used) if used else None
