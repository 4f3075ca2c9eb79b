# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The network that would be handed out, as a function: what validations are made with."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from vynapse.core import Evaluation, Predict
from vynapse.esper.kasmina.grown import KIND
from vynapse.networks import modules
from vynapse.networks.foreign import state_of
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure
from vynapse.trainers.mode import Stage


@final
class Resting:
    """Networks at rest, epoch after epoch, most of them of the structure of the one before.

    To build the module of a small grown network takes longer than to train it on some batches. So
    the module stays, and gets other weights. A module of the user's might keep something between
    its calls, and is built anew.

    Args:
        stage: the task, and the device.
    """

    def __init__(self, stage: Stage) -> None:
        self._task, self._device = stage.supervised, stage.device
        self._structure: Structure | None = None
        self._module, self._tensors = nn.Module(), dict[str, Tensor]()

    def evaluate(self, network: NetworkState, growing: nn.Module) -> Evaluation:
        """Loss and metrics on the validation split.

        Args:
            network: the network at rest.
            growing: the same network as it is trained, on the device.
        """
        on_cpu = self._device == "cpu"
        predict = self._predictor(network) if on_cpu else modules.predictor(growing)
        return self._task.evaluate(predict, "validation")

    def _predictor(self, network: NetworkState) -> Predict:
        """What `network.predictor()` gives, to the bit; it holds until the next call."""
        structure = network.structure
        if structure == self._structure:
            with torch.no_grad():
                for name, tensor in self._tensors.items():
                    tensor.copy_(torch.from_numpy(network.tensors[name]))
            return modules.predictor(self._module)
        if structure.kind != KIND.name or structure.stochastic():
            return network.predictor()
        self._structure, self._module = structure, network.module()
        self._tensors = state_of(self._module)
        return modules.predictor(self._module)
