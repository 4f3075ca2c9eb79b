# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network that another one may take parts of."""

from __future__ import annotations

from dataclasses import dataclass

from vynapse.networks.state import NetworkState


@dataclass(frozen=True, slots=True)
class Donor:
    """A network, and what it takes.

    Attributes:
        network: structure and weights.
        inputs: the shape of one input, without the batch.
    """

    network: NetworkState
    inputs: tuple[int, ...]
