# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a seed learns while the host computes as if it were not there.

shadow            a second pass: the host's features, held constant, go through the seed and
                  then through the rest of the host, also held constant and computing as in
                  evaluation; the loss of that pass trains the seed alone
straight_through  the output is the host's; the seed is trained by the gradient that arrives at
                  the host's output there, as if its correction had been added
frozen            as shadow, and the host does not learn meanwhile
joint             no isolation, for comparison: the seed, the identity at birth, is in at once
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import Tensor, nn

from vynapse.networks.modules import recurrence_without_cudnn


@final
class _StraightThrough(torch.autograd.Function):
    """The first argument forward; backward both get the gradient."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, correction: Tensor) -> Tensor:  # noqa: ARG004 - torch's form
        return h.clone()  # not a view of it: what follows may work in place

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG004
        return gradient, gradient


def straight_through(h: Tensor, correction: Tensor) -> Tensor:
    """`h`, with the gradient of h + correction (Bengio, Léonard and Courville 2013)."""
    result: Tensor = _StraightThrough.apply(h, correction)  # type: ignore[no-untyped-call]
    return result


@contextmanager
def held_constant(module: nn.Module, but: nn.Module | None = None) -> Iterator[None]:
    """All of `module` but one part computes as in evaluation inside, and keeps its buffers.

    A seed is judged and used with the running statistics of the batch norms behind it. Were it
    trained with those of its own batches, it would learn to shift them, which later does harm.
    Gradients pass through all that is held constant.
    """
    own = set() if but is None else set(but.modules())
    others = [part for part in module.modules() if part not in own]
    modes = [(part, part.training) for part in others]
    kept = [
        (part, name, buffer)
        for part in others
        for name, buffer in part.named_buffers(recurse=False)
    ]
    for part, name, buffer in kept:  # some modules count their calls in evaluation as well
        setattr(part, name, buffer.clone())
    for part in others:
        part.training = False
    try:
        with recurrence_without_cudnn(others):
            yield
    finally:
        for part, training in modes:
            part.training = training
        for part, name, buffer in kept:
            setattr(part, name, buffer)
