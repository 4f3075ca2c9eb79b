# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The network of a run as a picture: as its kind draws itself, or as the graph of its module."""

from __future__ import annotations

import re
import shlex
from typing import Final

from vynapse.errors import ConfigError, DataError, GraphError, MissingExtra, TrainingError
from vynapse.pages.report.blocks import Block, Picture, Section, Words
from vynapse.pages.report.looking import Seen

_HEIGHT: Final = re.compile(r'viewBox="0 0 [0-9.]+ ([0-9.]+)"')
_HIGHEST: Final = 1600.0
"""Pixels of a picture that a kind of network draws of itself, at most."""
_NODES: Final = 250
"""Nodes of a graph that are drawn, at most."""


def network(seen: Seen) -> Section:
    """The best network; of a large graph its size alone is told."""
    if seen.loaded is None:
        return Section("The network", [Words("The run has saved no network yet.")])
    held = seen.loaded.network
    about = f"{held.structure.kind}, {held.parameters():,} parameters"
    drawn = held.structure.picture(held.tensors)
    if drawn is not None:
        if too_large(drawn):
            command = f"vynapse graph {shlex.quote(str(seen.path))} --format svg"
            return Section(
                "The network", [Words(f"It is too large for a page ({about}): {command} draws it.")]
            )
        note = f"{about}. Thick connections have large weights; blue ones are positive."
        return Section("The network", [Picture(drawn, "the best network", note, paper=True)])
    return Section("The network", [_graph(seen, about)])


def too_large(svg: str) -> bool:
    """Whether a picture is so high that a page shows nothing of it."""
    box = _HEIGHT.search(svg)
    return box is not None and float(box[1]) > _HIGHEST


def _graph(seen: Seen, about: str) -> Block:
    from vynapse.experiment.graphs import Given, graph_of
    from vynapse.graph.formats.svg import to_svg

    try:
        graph = graph_of(str(seen.path), Given())
    except (ConfigError, DataError, GraphError, MissingExtra, TrainingError) as error:
        return Words(f"The network ({about}) cannot be drawn: {error}")
    count = len(list(graph))
    if count > _NODES:
        return Words(
            f"The network ({about}) has a graph of {count:,} nodes, too many to be drawn here: "
            "vynapse graph lists them."
        )
    note = f"{about}: its graph of {count} nodes, each with its operation and shape."
    return Picture(to_svg(graph), "the graph of the best network", note, paper=True)
