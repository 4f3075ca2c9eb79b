# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run an export beside the network before it is given out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from vynapse.core import Array
from vynapse.deploy.target import Subject
from vynapse.errors import GraphError, VynapseError
from vynapse.graph.cost import cost
from vynapse.graph.examples import random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.seeding import F32

RTOL: Final = 1e-4
ATOL: Final = 1e-5
"""Float32 parity, relative and absolute."""
COUNT: Final = 1000
"""Random inputs."""
_LEAST: Final = 4


def compare(
    subject: Subject,
    run: Callable[[list[Array]], list[F32]],
    name: str,
    operations: int = 1 << 33,
) -> str:
    """Outputs for random inputs, and for the validation inputs that the subject brings.

    Returns what they were compared on, as `Files.told`.

    Args:
        subject: the network.
        run: what was exported: inputs (n, …) -> outputs (n, o), one array for each output.
        name: what the sentence calls it.
        operations: that may be spent on it; larger networks are run on fewer inputs.

    Raises:
        GraphError: an output differs by more than `ATOL + RTOL * |eager|`.
    """
    told = []
    each = max(1, cost(subject.graph, 1 if subject.graph.batch is not None else None).flops)
    count = max(_LEAST, min(COUNT, operations // (2 * each)))
    given = _random(subject, count), [x[:count] for x in _validation(subject)]
    for what, inputs in zip(("random", "validation"), given, strict=True):
        if not inputs or not len(inputs[0]):
            continue
        told.append(f"{len(inputs[0]) if subject.graph.batch is not None else 1:,} {what} inputs")
        wanted = [y.numpy() for y in Interpreter(subject.graph).run(*_tensors(inputs))]
        if subject.graph.batch is None:
            inputs = [x[None] for x in inputs]  # noqa: PLW2901 - one example
        for output, mine, theirs in zip(subject.outputs, run(inputs), wanted, strict=True):
            flat = theirs.reshape(mine.shape).astype(np.float32)
            if not np.allclose(mine, flat, RTOL, ATOL, equal_nan=True):
                worst = float(np.nanmax(np.abs(mine - flat)))
                raise GraphError(
                    f"{name}: {output} differs from the network by up to {worst:.3g} on {what} "
                    "inputs: use onnx or pt2"
                )
    return f"the same outputs as eager on {' and '.join(told)}"


def _validation(subject: Subject) -> list[Array]:
    """None where the data of the run are not here."""
    try:
        return subject.examples()
    except VynapseError:
        return []


def _random(subject: Subject, count: int) -> list[Array]:
    batch = count if subject.graph.batch is not None else None
    return [x.numpy() for x in random_inputs(subject.graph, 1, batch)]


def _tensors(inputs: list[Array]) -> list[Tensor]:
    return [torch.from_numpy(np.ascontiguousarray(x)) for x in inputs]
