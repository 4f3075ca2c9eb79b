# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of forms of export."""

from __future__ import annotations

from vynapse.deploy.target import Export, Files, Subject
from vynapse.graph.builder import Builder
from vynapse.graph.values import BATCH
from vynapse.testing.demand import demand, global_generators


def check_export(export: Export) -> None:
    """A target gives the bytes of files, and leaves the network and the generators alone.

    Args:
        export: what `Target.build` gives.
    """
    subject = _subject()
    digest, before = subject.graph.digest, global_generators()
    files = export(subject)
    demand(isinstance(files, Files), f"Files were wanted, got {type(files).__name__}")
    demand(bool(files.content), "the file is empty")
    for ending, content in files.beside.items():
        demand(
            ending.startswith(".") and len(ending) > 1,
            f"a file beside it is named by its ending, e.g. '.bin', got {ending!r}",
        )
        demand(bool(content), f"the file {ending!r} is empty")
    demand(subject.graph.digest == digest, "the graph was changed")
    demand(global_generators() == before, "a global random generator was changed")


def _subject() -> Subject:
    """A small network with classes."""
    import torch

    builder = Builder()
    x = builder.input("x", (BATCH, 3))
    weight = builder.parameter("weight", torch.arange(6.0).reshape(2, 3))
    graph = builder.graph(builder.add("tanh", builder.add("linear", x, weight)))
    return Subject(graph, ("output",), {"task": "small", "classes": '["no", "yes"]'})
