# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The update rules of `rules` carried out by the functional forms of `torch.optim`.

The memory has torch's own layout (`step`, `exp_avg`, `exp_avg_sq`, `square_avg`,
`momentum_buffer`), filed under the name of the parameter. The functional forms do the same
arithmetic as the classes but do not load torch's compiler, which takes longer than to solve xor.
The implementation is fixed, never probed for: the fused kernel where torch has one, the plain
loop for RMSprop. A test holds it to `rules` within 1e-6 a step.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from vynapse.core import Array
from vynapse.core.compatible import refuse_misfit
from vynapse.networks.tensors import as_array
from vynapse.trainers.moments import rearranged
from vynapse.trainers.rules import EPSILON, SQUARES, Rule
from vynapse.trainers.sgd_settings import OptimiserName


class Optimiser:
    """Updates the trainable parameters of a module by their gradients.

    Args:
        name: sgd, adam, adamw or rmsprop.
        module: whose parameters to update, each once.
        momentum: the same as in `Rule`, like the others.
        nesterov: key of sgd.
        betas: key of adam and adamw.
        weight_decay: key of all.
    """

    def __init__(
        self,
        name: OptimiserName,
        module: nn.Module,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters: dict[str, nn.Parameter] = {}
        self._rule = Rule(name, momentum, nesterov, betas, weight_decay)
        self._memory: dict[str, dict[str, torch.Tensor]] = {}
        self.adopt(module)

    def adopt(self, module: nn.Module) -> None:
        """Update the parameters of `module` from here on.

        A parameter that was updated before, under the same name, keeps what is remembered of it; a
        new one starts afresh, and one that is gone is forgotten.
        """
        known = self.parameters
        self.parameters = {n: p for n, p in module.named_parameters() if p.requires_grad}
        self._memory = {
            name: self._memory[name] if known.get(name) is parameter else self._fresh(parameter)
            for name, parameter in self.parameters.items()
        }

    def shorten(self, name: str, parameter: nn.Parameter, axis: int, keep: Sequence[int]) -> None:
        """A part of the parameter `name` has taken its place; what is remembered of it stays.

        Args:
            name: the name of both; one that is not updated is passed over.
            parameter: the part.
            axis: along which it is shorter.
            keep: what it consists of, as indices along that axis.
        """
        self._rearrange(name, parameter, axis, keep)

    def lengthen(
        self, name: str, parameter: nn.Parameter, axis: int, source: Sequence[int]
    ) -> None:
        """A longer parameter has taken the place of `name`; what is remembered stays.

        Args:
            name: the name of both; one that is not updated is passed over.
            parameter: the longer one.
            axis: along which it is longer.
            source: for each index along that axis the index that it had before, or that of what it
                is a copy of; -1 for a new entry, which starts with zeros.
        """
        self._rearrange(name, parameter, axis, source)

    def _rearrange(
        self, name: str, parameter: nn.Parameter, axis: int, source: Sequence[int]
    ) -> None:
        if name not in self.parameters:
            return
        self._memory[name] = {
            key: rearranged(entry, parameter, axis, source)
            for key, entry in self._memory[name].items()
        }
        self.parameters[name] = parameter

    def forget(self) -> None:
        """Remember nothing, as at the start."""
        self._memory = {name: self._fresh(p) for name, p in self.parameters.items()}

    def step(self, rate: float) -> None:
        """One update at learning rate `rate`; a parameter without a gradient stays as it is."""
        active = [name for name, p in self.parameters.items() if p.grad is not None]
        parameters: list[torch.Tensor] = [self.parameters[name] for name in active]
        gradients = [p.grad for p in parameters if p.grad is not None]
        memory = {
            key: [self._memory[name][key] for name in active]
            for key in (self._memory[active[0]] if active else ())
        }
        with torch.no_grad():
            if self._rule.name == "sgd":
                self._sgd(parameters, gradients, memory, rate)
            elif self._rule.name == "rmsprop":
                self._rmsprop(parameters, gradients, memory, rate)
            else:
                self._adam(parameters, gradients, memory, rate)

    def state(self) -> dict[str, dict[str, Array]]:
        """Copies of all that is remembered: parameter name -> entry -> array."""
        return {
            name: {key: as_array(tensor) for key, tensor in entries.items()}
            for name, entries in self._memory.items()
        }

    def load(self, state: dict[str, dict[str, Array]]) -> None:
        """The inverse of `state`, for an optimiser of the same settings and parameters.

        Raises:
            CheckpointError: it is of another rule, or of other parameters; nothing was loaded.
        """
        refuse_misfit(f"optimizer {self._rule.name}", self.state(), state)
        for name, entries in self._memory.items():
            for key, tensor in entries.items():
                tensor.copy_(torch.from_numpy(state[name][key]))

    def _fresh(self, parameter: nn.Parameter) -> dict[str, torch.Tensor]:
        """Zeros in torch's layout."""
        count = {"step": torch.zeros((), device=parameter.device)} if self._rule.counts else {}
        return {**count, **self._rule.fresh(parameter)}

    def _sgd(
        self,
        parameters: list[torch.Tensor],
        gradients: list[torch.Tensor],
        memory: dict[str, list[torch.Tensor]],
        rate: float,
    ) -> None:
        sgd(
            parameters,
            gradients,
            [*memory.get("momentum_buffer", [None] * len(parameters))],
            fused=True,
            lr=rate,
            momentum=self._rule.momentum,
            nesterov=self._rule.nesterov,
            weight_decay=self._rule.weight_decay,
            dampening=0.0,
            maximize=False,
        )

    def _adam(
        self,
        parameters: list[torch.Tensor],
        gradients: list[torch.Tensor],
        memory: dict[str, list[torch.Tensor]],
        rate: float,
    ) -> None:
        adam(
            parameters,
            gradients,
            memory.get("exp_avg", []),
            memory.get("exp_avg_sq", []),
            [],
            memory.get("step", []),
            fused=True,
            decoupled_weight_decay=self._rule.name == "adamw",
            lr=rate,
            beta1=self._rule.betas[0],
            beta2=self._rule.betas[1],
            weight_decay=self._rule.weight_decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def _rmsprop(
        self,
        parameters: list[torch.Tensor],
        gradients: list[torch.Tensor],
        memory: dict[str, list[torch.Tensor]],
        rate: float,
    ) -> None:
        rmsprop(
            parameters,
            gradients,
            memory.get("square_avg", []),
            [],
            memory.get("momentum_buffer", []),
            memory.get("step", []),
            foreach=False,
            lr=rate,
            alpha=SQUARES,
            eps=EPSILON,
            weight_decay=self._rule.weight_decay,
            momentum=self._rule.momentum,
            centered=False,
        )
