# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sizes of a network: the same form with more channels in every hidden layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vynapse.errors import ConfigError

FACTORS: Final = (1.0, 2.0, 4.0, 1.5, 3.0, 8.0, 6.0, 12.0, 16.0)
"""Multiples of the channels, in the order in which they are tried."""
_LISTS: Final = {"mlp": "sizes", "cnn": "channels"}
"""Where the sizes of layers stand in the keys of a kind of network."""


def sizes_of(network: Mapping[str, Any]) -> dict[float, dict[str, Any]]:
    """Networks by the multiple of the channels of their hidden layers.

    Args:
        network: the key of a recipe: mlp, cnn, or a factory whose options name its widths.

    Raises:
        ConfigError: it is another one.
    """
    return {factor: _scaled(network, factor) for factor in FACTORS}


def _scaled(network: Mapping[str, Any], factor: float) -> dict[str, Any]:
    kind = next(iter(network))
    if "options" in network and (widths := network["options"].get("widths")):
        return {**network, "options": {**network["options"], "widths": _times(widths, factor)}}
    if kind not in _LISTS:
        raise ConfigError(
            "network: mlp, cnn, or a factory with the option widths was wanted for static sizes, "
            f"got {kind}"
        )
    value = network[kind]
    given = value[_LISTS[kind]] if isinstance(value, Mapping) else value
    sizes = _times(given, factor)
    if kind == "mlp":  # inputs and outputs are the task's
        sizes[0], sizes[-1] = given[0], given[-1]
    whole = {**value, _LISTS[kind]: sizes} if isinstance(value, Mapping) else sizes
    return {**network, kind: whole}


def _times(sizes: Sequence[int], factor: float) -> list[int]:
    return [math.ceil(factor * size) for size in sizes]
