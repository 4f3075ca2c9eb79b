# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Update rules as pure functions of tensors, for eager code and for steps that are traced.

    rule = Rule("adam")
    memory, step = {"w": rule.fresh(w)}, torch.zeros(())
    gradients, norm = clipped({"w": g}, 1.0)
    weights, memory, step = rule.updated({"w": w}, gradients, memory, step, 0.001)

A rule is stated here once. `Optimiser` carries it out by torch's fused kernels, and the C kernel
for small networks in its own way; tests hold them together. The memory has torch's layout, but for
`step`, which all parameters share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from vynapse.trainers.sgd_settings import OptimiserName, SgdSettings

EPSILON: Final = 1e-8
"""Term of adam, adamw and rmsprop: keeps the denominator from 0."""
SQUARES: Final = 0.99
"""Decay of the mean square of rmsprop."""
_CLIPPING: Final = 1e-6
"""Added to a norm before division by it, as torch does."""

Tensors = dict[str, Tensor]
Memory = dict[str, dict[str, Tensor]]
"""Parameter -> entry -> tensor of its shape."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What all parameters share in one step.

    Attributes:
        rate: the learning rate.
        corrected: the learning rate over the bias of the first moment (adam and adamw).
        spread: root of the bias of the second moment (adam and adamw).
    """

    rate: float | Tensor
    corrected: float | Tensor
    spread: float | Tensor


@dataclass(frozen=True, slots=True)
class Rule:
    """An update rule.

    Attributes:
        name: sgd (Robbins and Monro 1951; momentum: Polyak 1964, Nesterov 1983), adam (Kingma and
            Ba 2015), adamw (Loshchilov and Hutter 2019) or rmsprop (Tieleman and Hinton 2012).
        momentum: that of sgd and rmsprop, in [0, 1).
        nesterov: that of sgd.
        betas: decay, for adam and adamw, of the first and the second moment, in [0, 1).
        weight_decay: added to the gradient as `weight_decay * parameter`; adamw shrinks the
            parameter directly instead.
    """

    name: OptimiserName
    momentum: float = 0.0
    nesterov: bool = False
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0

    @classmethod
    def of(cls, settings: SgdSettings) -> Rule:
        """The rule that these keys of mode `sgd` mean."""
        return cls(
            settings.optimizer,
            settings.momentum,
            settings.nesterov,
            settings.betas,
            settings.weight_decay,
        )

    @property
    def entries(self) -> tuple[str, ...]:
        """What is remembered of each parameter, by torch's names."""
        if self.name in ("adam", "adamw"):
            return ("exp_avg", "exp_avg_sq")
        momentum = ("momentum_buffer",) if self.momentum else ()
        return momentum if self.name == "sgd" else ("square_avg", *momentum)

    @property
    def counts(self) -> bool:
        """Whether torch also remembers the number of steps."""
        return self.name != "sgd"

    def fresh(self, parameter: Tensor) -> Tensors:
        """What is remembered before the first step."""
        return {entry: torch.zeros_like(parameter, requires_grad=False) for entry in self.entries}

    def updated(
        self,
        parameters: Mapping[str, Tensor],
        gradients: Mapping[str, Tensor],
        memory: Mapping[str, Mapping[str, Tensor]],
        step: Tensor,
        rate: float | Tensor,
    ) -> tuple[Tensors, Memory, Tensor]:
        """Parameters, memory and step number after one step.

        Args:
            parameters: tensors by name; one without a gradient stays as it is.
            gradients: tensors by name.
            memory: what the rule remembers of the parameters.
            step: how many steps were made, of shape ().
            rate: the learning rate; a tensor of shape () in a step that is traced.
        """
        step = step + 1
        rates = self._rates(step, rate)
        new, kept = dict(parameters), {name: dict(own) for name, own in memory.items()}
        for name, gradient in gradients.items():
            new[name], kept[name] = self._update(parameters[name], gradient, memory[name], rates)
        return new, kept, step

    def _rates(self, step: Tensor, rate: float | Tensor) -> Rates:
        """In double precision: 1 - 0.999 loses half of its digits in float32."""
        if self.name not in ("adam", "adamw"):
            return Rates(rate, rate, 1.0)
        first, second = self.betas
        exact = step.double()
        return Rates(
            rate,
            rate / (1 - torch.pow(first, exact)),
            torch.sqrt(1 - torch.pow(second, exact)),
        )

    def _update(
        self, parameter: Tensor, gradient: Tensor, memory: Mapping[str, Tensor], rates: Rates
    ) -> tuple[Tensor, Tensors]:
        if self.weight_decay and self.name == "adamw":
            parameter = parameter * (1 - rates.rate * self.weight_decay)
        elif self.weight_decay:
            gradient = gradient + self.weight_decay * parameter
        if self.name == "sgd":
            return self._sgd(parameter, gradient, memory, rates)
        if self.name == "rmsprop":
            return self._rmsprop(parameter, gradient, memory, rates)
        return self._adam(parameter, gradient, memory, rates)

    def _sgd(
        self, parameter: Tensor, gradient: Tensor, memory: Mapping[str, Tensor], rates: Rates
    ) -> tuple[Tensor, Tensors]:
        if not self.momentum:
            return parameter - rates.rate * gradient, {}
        buffer = self.momentum * memory["momentum_buffer"] + gradient
        direction = gradient + self.momentum * buffer if self.nesterov else buffer
        return parameter - rates.rate * direction, {"momentum_buffer": buffer}

    def _adam(
        self, parameter: Tensor, gradient: Tensor, memory: Mapping[str, Tensor], rates: Rates
    ) -> tuple[Tensor, Tensors]:
        first, second = self.betas
        mean = torch.lerp(memory["exp_avg"], gradient, 1 - first)
        square = torch.addcmul(second * memory["exp_avg_sq"], gradient, gradient, value=1 - second)
        size = square.sqrt() / rates.spread + EPSILON
        moved = parameter - rates.corrected * (mean / size)
        return moved, {"exp_avg": mean, "exp_avg_sq": square}

    def _rmsprop(
        self, parameter: Tensor, gradient: Tensor, memory: Mapping[str, Tensor], rates: Rates
    ) -> tuple[Tensor, Tensors]:
        square = torch.addcmul(
            SQUARES * memory["square_avg"], gradient, gradient, value=1 - SQUARES
        )
        direction = gradient / (square.sqrt() + EPSILON)
        if not self.momentum:
            return parameter - rates.rate * direction, {"square_avg": square}
        buffer = self.momentum * memory["momentum_buffer"] + direction
        kept = {"square_avg": square, "momentum_buffer": buffer}
        return parameter - rates.rate * buffer, kept


def norm_of(gradients: Mapping[str, Tensor]) -> Tensor:
    """L2 norm of all gradients together, of shape ()."""
    each = [torch.linalg.vector_norm(gradient) for gradient in gradients.values()]
    whole: Tensor = torch.linalg.vector_norm(torch.stack(each))
    return whole


def clipped(gradients: Mapping[str, Tensor], limit: float | None) -> tuple[Tensors, Tensor]:
    """Gradients whose L2 norm, all together, is at most `limit`; and their norm before.

    Pascanu et al. 2013, On the difficulty of training recurrent neural networks, ICML.
    """
    norm = norm_of(gradients)
    if limit is None:
        return dict(gradients), norm
    scale = torch.clamp(limit / (norm + _CLIPPING), max=1.0)
    return {name: gradient * scale for name, gradient in gradients.items()}, norm
