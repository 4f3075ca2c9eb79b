# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How sharp the landscape of the loss is: the largest eigenvalue of its Hessian.

Power iteration on products of the Hessian with vectors (Pearlmutter 1994; for networks: Yao,
Gholami, Keutzer and Mahoney, "PyHessian", 2020). Gradient descent at rate r is unstable along a
direction whose curvature is above 2 / r (Cohen et al., "Gradient descent on neural networks
typically occurs at the edge of stability", 2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from vynapse.errors import TrainingError
from vynapse.networks.modules import evaluation_mode, isolated_generators, recurrence_without_cudnn
from vynapse.seeding import Stream

Product = Callable[[Tensor], Tensor]
"""A vector (p,) -> the Hessian times it (p,)."""


@dataclass(frozen=True, slots=True)
class Sharpness:
    """A Rayleigh quotient v'Hv of a unit vector v.

    Attributes:
        value: never above the largest eigenvalue, but for rounding.
        residual: |Hv - value v|; some eigenvalue is as near to `value` as that.
        iterations: products of the Hessian with a vector that were taken; each takes about as long
            as two forward and two backward passes over the batch.
        converged: the residual is within the tolerance.
    """

    value: float
    residual: float
    iterations: int
    converged: bool


def largest_curvature(
    module: nn.Module,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    targets: Tensor,
    start: Stream,
    *,
    tolerance: float = 0.05,
    limit: int = 100,
) -> Sharpness | None:
    """The largest eigenvalue of the Hessian of the loss in all trainable parameters.

    The network is taken as it predicts, in evaluation mode. Its parameters, gradients, buffers and
    modes, and the global generators, are as before afterwards.

    Args:
        module: the network.
        loss_of: outputs and targets -> a number.
        inputs, targets: one batch.
        start: the normal numbers of the vector to begin with.
        tolerance: stop when the residual is at most this share of the eigenvalue; the error is
            second order in it where the eigenvalue is well apart from the next.
        limit: stop after so many products; then begin once more, shifted, where the eigenvalue of
            largest magnitude is negative or may be.

    Returns:
        None where the curvature is not finite.

    Raises:
        TrainingError: the network or the loss cannot be differentiated twice.
    """
    parameters = {
        name: parameter.detach().requires_grad_()
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    count = sum(parameter.numel() for parameter in parameters.values())
    with evaluation_mode(module), isolated_generators(0), torch.enable_grad():
        # only the plain forms of attention and recurrence can be differentiated twice
        plain = sdpa_kernel(SDPBackend.MATH)
        with plain, recurrence_without_cudnn(module.modules()), _told():
            output = functional_call(module, {**parameters, **buffers}, (inputs,))
            product = _products(loss_of(output, targets), list(parameters.values()))
        vector = torch.from_numpy(start.normal(count)).to(inputs.device)
        with _told():
            found, image = _dominant(product, vector, 0.0, tolerance, limit)
            if math.isfinite(found.value) and (found.value < 0 or not found.converged):
                # a negative eigenvalue is as large: shift the spectrum until all is positive
                first, shift = found.iterations, torch.linalg.vector_norm(image).item()
                found, _ = _dominant(product, vector, shift, tolerance, limit)
                found = replace(found, iterations=first + found.iterations)
    return found if math.isfinite(found.value) and math.isfinite(found.residual) else None


def _products(loss: Tensor, parameters: list[Tensor]) -> Product:
    """Products of the Hessian of `loss` in these leaves of its graph with vectors."""
    gradients = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    gradient = torch.cat([part.flatten() for part in gradients])

    def product(vector: Tensor) -> Tensor:
        if not gradient.requires_grad:  # the loss is linear
            return torch.zeros_like(vector)
        # The whole graph is run, where autograd.grad would pass over a part that cannot be
        # differentiated and leave its share out.
        gradient.backward(vector, retain_graph=True)
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        for parameter in parameters:
            parameter.grad = None
        return torch.cat([part.flatten() for part in parts])

    return product


def _dominant(
    product: Product, vector: Tensor, shift: float, tolerance: float, limit: int
) -> tuple[Sharpness, Tensor]:
    """Power iteration on H + shift; the result is about H. Beside it, the last Hv."""
    iteration, converged, quotient = 0, False, 0.0
    image = vector
    while not converged and iteration < limit and math.isfinite(quotient):
        vector = image + shift * vector if iteration else vector
        vector = vector / torch.linalg.vector_norm(vector)
        image = product(vector)
        value = torch.dot(vector, image)
        rest = torch.linalg.vector_norm(image - value * vector)
        quotient, residual = torch.stack([value, rest]).tolist()
        converged = residual <= tolerance * abs(quotient)
        iteration += 1
    return Sharpness(quotient, residual, iteration, converged), image


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            f"sharpness: the network or the loss cannot be differentiated twice ({error}): choose "
            "another profile than deep"
        ) from error
