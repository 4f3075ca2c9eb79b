# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every executor does, and how the inputs of a run are checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.ir import Graph
from vynapse.graph.values import Dim, dtype_name


@runtime_checkable
class Executor(Protocol):
    """Runs one graph.

    Attributes:
        name: the name of the kind, e.g. "interpreter".
        graph: what it runs.
    """

    name: str
    graph: Graph

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs for these inputs.

        Args:
            inputs: tensors in the order of `graph.inputs`, of the shapes and types stated there.

        Raises:
            GraphError: an input is absent or has another shape or data type; it is named.
        """
        ...


def check_inputs(graph: Graph, inputs: Sequence[Tensor]) -> int | None:
    """The size of the batch, where sizes of the graph follow it.

    Raises:
        GraphError: an input does not fit.
    """
    wanted = graph.inputs
    if len(inputs) != len(wanted):
        names = ", ".join(node.name for node in wanted)
        raise GraphError(f"{len(wanted)} inputs ({names}) were wanted, got {len(inputs)}")
    batch = None
    for node, tensor in zip(wanted, inputs, strict=True):
        shape = tuple(tensor.shape)
        fits = len(shape) == len(node.shape) and dtype_name(tensor.dtype) == node.dtype
        for size, real in zip(node.shape, shape, strict=False):
            if isinstance(size, Dim):
                found, rest = divmod(real - size.offset, size.scale)
                batch = found if batch is None else batch
                fits = fits and not rest and found == batch
            else:
                fits = fits and size == real
        if not fits:
            sizes = ", ".join(str(size) for size in node.shape)
            raise GraphError(
                f"input {node.name!r}: {node.dtype} of shape ({sizes}) was wanted, "
                f"got {dtype_name(tensor.dtype)} of shape {shape}"
            )
    return batch
