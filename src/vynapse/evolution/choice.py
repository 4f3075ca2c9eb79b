# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which encoding a network gets. Torch is loaded only where NumPy will not do."""

from __future__ import annotations

from vynapse.core import Array
from vynapse.evolution.encoding import ArrayEncoding, WeightEncoding
from vynapse.networks.state import NetworkState


def choose_encoding(
    network: NetworkState,
    input_shape: tuple[int, ...],
    device: str = "cpu",
    examples: Array | None = None,
) -> WeightEncoding:
    """NumPy for fully connected layers on the CPU, batched torch for everything else.

    Args:
        network: its structure is kept; its buffers are fixed.
        input_shape: shape of one prepared input.
        device: "cpu" or "cuda".
        examples: prepared inputs (n, *input_shape) of the task to try a module with, from
            `Stage.examples`.

    Raises:
        ConfigError: the network has no evolvable parameter or cannot take such inputs.
    """
    if network.structure.dense() is not None and device == "cpu":
        return ArrayEncoding(network.structure)
    from vynapse.evolution.modules import ModuleEncoding

    return ModuleEncoding(network, input_shape, device, examples)
