# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A user's own module at rest, once its growth has ended."""

from __future__ import annotations

import copy
from typing import final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.at_rest import form_of, taking_part
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.carried import carry, put_down
from vynapse.esper.kasmina.example_call import ExampleCall
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.kasmina.settled import settle, settles_by
from vynapse.networks import described
from vynapse.networks.factory import Factory
from vynapse.networks.modules import build, evaluation_mode, isolated_generators
from vynapse.networks.state import NetworkState


@final
class AtRest:
    """What a module will be at rest; it is looked at before it gets slots.

    Args:
        model: the user's module.
        places: where it may grow.
        trial: calls it.
    """

    def __init__(self, model: nn.Module, places: tuple[str, ...], trial: ExampleCall) -> None:
        self._trial = trial
        self._hooks = not _settles(model, places, trial)
        self._network: NetworkState | None = None

    def settle(self, network: HostWithSlots) -> nn.Module:
        """The host with its fossils in it; `network` must not be used afterwards."""
        put_down(network)
        with isolated_generators(0):
            options = described.describe(network.host)
        if (shape := self._shape()) is not None and options is not None:
            host = Factory(factory=described.FACTORY, options=options)
            parts = Grown(host=host.model_dump(mode="json"), input_shape=shape, hooks=self._hooks)
            form = form_of(network, parts, host, {}, taking_part(network))
            self._network = form.state(network)
        if self._hooks:
            carry(network)
            return network.host
        return settle(network)

    def network(self, model: nn.Module) -> NetworkState:
        """The module as data, with the weights that it has now.

        Raises:
            ConfigError: it cannot be made again from data.
        """
        refusal = ConfigError(
            "network: this model cannot be made again from data alone: keep its state_dict(), or "
            "export it by torch.export"
        )
        if self._network is None:
            raise refusal
        if not self._hooks:
            self._network = self._network.with_weights(model)
        found, inputs = self._network, self._trial.inputs[0]
        module = build(found.structure, found.tensors).eval()
        with evaluation_mode(model), torch.no_grad():
            same = torch.allclose(module(inputs.cpu()), model(inputs).cpu(), rtol=1e-4, atol=1e-6)
        if not same:
            raise refusal
        return found

    def _shape(self) -> tuple[int, ...] | None:
        """The shape of one input, where the module takes one tensor of floats and nothing else."""
        inputs = self._trial.inputs
        if len(inputs) != 1 or self._trial.named or not isinstance(inputs[0], Tensor):
            return None
        return tuple(inputs[0].shape[1:]) if inputs[0].is_floating_point() else None


def _settles(model: nn.Module, places: tuple[str, ...], trial: ExampleCall) -> bool:
    try:
        twin = copy.deepcopy(model)
    except Exception:  # noqa: BLE001 - a user's module may refuse in any way
        return False
    return settles_by(twin, places, lambda: trial.call(twin))
