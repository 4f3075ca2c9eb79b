# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random inputs for a graph, by which two ways to compute it are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.ir import Graph
from vynapse.graph.values import dtype_of
from vynapse.seeding import Streams


def random_inputs(graph: Graph, seed: int = 0, batch: int | None = None) -> tuple[Tensor, ...]:
    """Tensors that fit the inputs of a graph, always the same for the same seed.

    Args:
        graph: any.
        seed: the seed of the numbers. They are normal, and 0 or 1 where whole numbers or truth
            values are wanted, since they may be indices.
        batch: the size of the batch; that of the trace by default.
    """
    found = []
    shaped = graph.at(batch or graph.batch or 1)
    for node in shaped.inputs:
        stream = Streams(seed).stream(f"graph.{node.name}")
        shape = tuple(int(str(size)) for size in node.shape)
        count, dtype = max(1, math.prod(shape)), dtype_of(node.dtype)
        numbers = torch.from_numpy(stream.normal(count))
        values = numbers if dtype.is_floating_point else numbers > 0
        found.append(values[: math.prod(shape)].to(dtype).reshape(shape))
    return tuple(found)


def assert_close(
    names: Sequence[str],
    got: Sequence[Tensor],
    wanted: Sequence[Tensor],
    rtol: float,
    atol: float,
    what: str,
) -> None:
    """Compare tensors one by one.

    Raises:
        GraphError: one differs by more than `atol + rtol * |wanted|`; the first is named.
    """
    for name, mine, theirs in zip(names, got, wanted, strict=True):
        if mine.shape != theirs.shape:
            raise GraphError(
                f"{what}: node {name!r} has shape {tuple(mine.shape)}, eager {tuple(theirs.shape)}"
            )
        if not torch.allclose(mine.double(), theirs.double(), rtol, atol, equal_nan=True):
            worst = (mine.double() - theirs.double()).abs().max().item()
            raise GraphError(f"{what}: node {name!r} differs from eager by up to {worst:.3g}")
