# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network tried before a run begins: what it cannot do is said in every mode alike."""

from __future__ import annotations

import torch

from vynapse.core import Array
from vynapse.errors import ConfigError
from vynapse.networks import modules
from vynapse.networks.state import NetworkState


def try_out(network: NetworkState, examples: Array, outputs: int) -> None:
    """Ask the network's module for the outputs of some examples.

    Args:
        network: structure and weights.
        examples: prepared inputs (n, *input_shape) of the task.
        outputs: how many the task wants.

    Raises:
        ConfigError: it raises something, or returns something else than (n, outputs) numbers.
    """
    inputs = modules.trial_inputs(examples.shape[1:], examples, len(examples))
    with modules.isolated_generators(0), torch.no_grad():
        found = modules.call(network.module(), inputs, modules.shown_shape(inputs), ConfigError)
    wanted = (len(examples), outputs)
    if tuple(found.shape) != wanted:
        raise ConfigError(
            f"network: outputs of shape {wanted} were wanted for {len(examples)} examples, the "
            f"module gives {tuple(found.shape)}"
        )
