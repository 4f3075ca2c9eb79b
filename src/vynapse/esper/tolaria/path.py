# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The networks that growth went through, as a run tells them and as its controls train them anew.

An event `growth.network` tells the structure of the network at rest: the first, and then whenever
another one would be handed out, whatever has changed it: seeds that take part, layers that became
wider, cuts. This module reads them; it loads no torch.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

KIND: Final = "growth.network"
"""The kind of the event."""


def whole(network: Mapping[str, Any]) -> dict[str, Any]:
    """A network with every seed fully in: one may have been blending in when its run ended."""
    full = copy.deepcopy(dict(network))
    for seeds in full.get("grown", {}).get("slots", {}).values():
        for seed in seeds:
            seed["alpha"] = 1.0
    return full


def path(
    final: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any] | None]:
    """The networks that lie on the way to the one that growth ended with, the smallest first.

    What grew and was given up again lies on no way: of the networks before the last each is left
    out that is not smaller than the next one.

    Args:
        final: the network that growth ended with, as a key of a recipe.
        events: the events of the run.

    Returns:
        Networks as keys of recipes; None for the one that growth began with.
    """
    told, last = [event["data"] for event in events if event["kind"] == KIND], whole(final)
    if not told:  # a run of an older version
        return [None, last] if "grown" in last else [None]
    if last == told[0]["network"]:
        return [None]
    at = max(number for number, data in enumerate(told) if data["network"] == last)
    way, size = [last], told[at]["parameters"]
    for data in reversed(told[:at]):
        if data["parameters"] < size:
            size = data["parameters"]
            way += [data["network"]] if size > told[0]["parameters"] else []
    return [None, *reversed(way)]
