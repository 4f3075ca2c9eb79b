# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The executors by name. Which one a run uses is chosen once and recorded, never probed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from vynapse.errors import UnknownName
from vynapse.graph.execute.interface import Executor
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.execute.onnxruntime import OnnxRuntime
from vynapse.graph.execute.planned import Planned
from vynapse.graph.ir import Graph

EXECUTORS: Final[Mapping[str, Callable[[Graph], Executor]]] = MappingProxyType(
    {"interpreter": Interpreter, "planned": Planned, "onnxruntime": OnnxRuntime}
)


def executor(name: str, graph: Graph) -> Executor:
    """An executor for a graph.

    Raises:
        UnknownName: there is none of this name.
        GraphError: it cannot run the graph.
        MissingExtra: it needs a package that is not installed.
    """
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    return EXECUTORS[name](graph)
