# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of losses."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from vynapse.core import Array, Loss
from vynapse.tasks.losses.registry import make_loss
from vynapse.testing.demand import demand


def check_loss(loss: Loss, targets: Array, outputs: int) -> None:
    """A loss keeps its promises: a mean over examples, alike in NumPy and torch, differentiable.

    Args:
        loss: the loss.
        targets: the targets of two examples or more, (b,) or (b, o).
        outputs: number of outputs o of a network.
    """
    import torch

    demand(bool(loss.name and loss.unit), "name or unit is empty")
    problem = loss.misfit(targets, outputs)
    demand(problem is None, f"misfit() refuses the targets: {problem}")
    count = len(targets)
    output = np.random.default_rng(0).uniform(0.1, 0.9, (3, count, outputs)).astype(np.float32)
    before = output.copy(), targets.copy()
    in_numpy = loss.array(output, targets)
    wanted = torch.tensor(targets)
    in_torch = loss.tensor(torch.tensor(output), wanted).numpy()
    demand(
        np.array_equal(output, before[0]) and np.array_equal(targets, before[1]),
        "array() changes its arguments",
    )
    for name, found in (("array", in_numpy), ("tensor", in_torch)):
        demand(found.shape == (3,), f"{name}() must keep leading population dimensions")
        demand(bool(np.isfinite(found).all()), f"{name}() is not finite")
    demand(np.allclose(in_numpy, in_torch, rtol=1e-4), "tensor() and array() differ")
    alone = [float(loss.array(one, targets)) for one in output]
    demand(alone == in_numpy.tolist(), "array() depends on the networks beside one")
    each = [float(loss.array(output[0, i : i + 1], targets[i : i + 1])) for i in range(count)]
    demand(bool(np.isclose(np.mean(each), alone[0], rtol=1e-4)), "it is no mean over examples")
    _check_gradient(loss, torch.tensor(output[0], dtype=torch.float64), wanted)
    _check_known(loss, output[0], targets)


def _check_gradient(loss: Loss, output: Tensor, targets: Tensor) -> None:
    """The gradient is what the loss changes by, and `torch.vmap` can take the loss apart."""
    import torch

    output.requires_grad_()
    value = loss.tensor(output, targets)
    demand(value.requires_grad, "tensor() is not differentiable in the output")
    (gradient,) = torch.autograd.grad(value, output)
    with torch.no_grad():
        direction = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
        high, low = (loss.tensor(output + s * 1e-6 * direction, targets) for s in (1, -1))
        slope, along = float(high - low) / 2e-6, float((gradient * direction).sum())
        demand(
            bool(np.isclose(slope, along, rtol=1e-2, atol=1e-5)),
            f"the gradient of tensor() says {along:g} where the loss changes by {slope:g}",
        )
        try:
            torch.vmap(lambda o, t: loss.tensor(o[None], t[None]))(output, targets)
        except (RuntimeError, ValueError) as error:
            raise AssertionError(f"torch.vmap cannot take tensor() apart: {error}") from None


def _check_known(loss: Loss, output: Array, targets: Array) -> None:
    """What a loss says beyond its value is true: its kernel, chance and probabilities."""
    if loss.kernel is not None:
        known = float(make_loss(loss.kernel).array(output, targets))
        value = float(loss.array(output, targets))
        demand(bool(np.isclose(value, known)), f"it is not what the kernels call {loss.kernel}")
    chance = loss.chance(targets)
    if chance is not None:
        constant = float(loss.array(np.broadcast_to(output[:1], output.shape), targets))
        demand(chance <= constant * (1 + 1e-6), f"a constant output scores below {chance:g}")
    shares = loss.probabilities(output)
    if shares is not None:
        demand(len(shares) == len(output), "probabilities() must give a row for each example")
        demand(bool((shares >= 0).all()), "probabilities() must be from 0 on")
        sums = loss.multi_label or np.allclose(shares.sum(axis=1), 1)
        demand(bool(sums), "probabilities() must add up to 1")
