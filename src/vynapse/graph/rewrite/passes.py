# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Apply rewrites one after the other; each result is run beside what it was made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vynapse.errors import GraphError
from vynapse.graph.examples import assert_close, random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph
from vynapse.graph.rewrite.constants import folded
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.rewrite.repeats import without_repeats

Rewrite = Callable[[Graph], Graph]

EXACT: Final[tuple[Rewrite, ...]] = (without_dead_code, folded, without_repeats)
"""Those that change no bit of the outputs."""


def rewritten(
    graph: Graph,
    passes: Sequence[Rewrite] = EXACT,
    rtol: float = 0.0,
    atol: float = 0.0,
) -> Graph:
    """The graph after these rewrites.

    Args:
        graph: any.
        passes: the passes, in this order.
        rtol: relative tolerance of the check after each; 0 asks for equal bits.
        atol: absolute tolerance.

    Raises:
        GraphError: a rewrite changed what the graph computes; it and the output are named.
    """
    inputs = random_inputs(graph)
    wanted = Interpreter(graph).run(*inputs)
    for rewrite in passes:
        after = rewrite(graph)
        if [n.name for n in after.inputs] != [n.name for n in graph.inputs]:
            raise GraphError(f"rewrite {rewrite.__name__}: the inputs of the graph changed")
        got = Interpreter(after).run(*inputs)
        assert_close(after.outputs, got, wanted, rtol, atol, f"rewrite {rewrite.__name__}")
        graph = after
    return graph
