# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse show RUN --profile`: where the time of a run went, as a flame of letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from vynapse.cli.output import duration, number
from vynapse.errors import ConfigError
from vynapse.telemetry.profile import Node, tree
from vynapse.telemetry.span import FILE, read_spans

NAME: Final = 26
FLAME: Final = 14
"""Columns of the names, and of the flame."""
_LEAST: Final = 0.005
"""What takes a smaller share of the run has no line."""
_HEADER: Final = f"{'':{NAME}} {'':{FLAME}} {'share':>5} {'wall':>9} {'CPU':>9} {'count':>12}"


def profile(run: Path) -> Node:
    """The spans of a run as a tree.

    Raises:
        ConfigError: none were written.
        RunDirectoryError: they cannot be read.
    """
    from vynapse.experiment.directory import RunDirectory

    path = RunDirectory.open(run).path / FILE
    if not path.exists():
        raise ConfigError(
            f"--profile: {run} has no {FILE}: begin a run with --set telemetry.sinks=[spans]"
        )
    return tree(read_spans(path))


def lines(root: Node) -> list[str]:
    """The tree in 80 columns: a line for each node, its place in time as a bar."""
    whole = root.seconds
    if whole <= 0:
        return ["no span has ended yet"]
    found = [_HEADER]
    begin = 0.0
    for node in root.below.values():
        found += _lines(node, begin / whole, whole, "", "")
        begin += node.seconds
    return found


def as_json(root: Node) -> dict[str, Any]:
    """The tree as one JSON value."""
    return {
        "name": root.name,
        "wall_seconds": root.seconds,
        "cpu_seconds": root.cpu,
        "count": root.count,
        "children": [as_json(child) for child in root.below.values()],
    }


def _lines(node: Node, begin: float, whole: float, lead: str, follow: str) -> Iterator[str]:
    share = node.seconds / whole
    name = f"{lead}{node.name}"
    name = name if len(name) <= NAME else f"{name[: NAME - 1]}…"
    cells = f"{share:5.0%} {duration(node.seconds):>9} {duration(node.cpu):>9}"
    yield f"{name:{NAME}} {_bar(begin, share):{FLAME}} {cells} {_count(node):>12}".rstrip()
    shown = [child for child in node.below.values() if child.seconds >= _LEAST * whole]
    rest = node.seconds - sum(child.seconds for child in shown)
    if shown and rest >= _LEAST * whole:
        shown.append(Node("(the rest)", rest))
    for child in shown:
        last = child is shown[-1]
        twig, below = ("└ ", "  ") if last else ("├ ", "│ ")
        yield from _lines(child, begin, whole, follow + twig, follow + below)
        begin += child.seconds / whole


def _bar(begin: float, share: float) -> str:
    """What a node takes of the flame, from where the nodes before it end."""
    first = min(FLAME - 1, int(begin * FLAME))
    return " " * first + "█" * max(1, min(FLAME - first, round(share * FLAME)))


def _count(node: Node) -> str:
    if node.count == 0:
        return ""
    return number(round(node.count) if abs(node.count - round(node.count)) < 1e-6 else node.count)
