# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the registry knows of a task: how it is made, and where its runs begin."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from vynapse.core import Interface, Task
from vynapse.registry import Kind

Keys = Mapping[str, Any]
"""Keys and values as they would stand in a recipe."""


def _usual_budget() -> Mapping[str, int | float]:
    return {"flops": 1e10}


@final
@dataclass(frozen=True, slots=True)
class TaskKind(Kind[Task]):
    """A task that recipes can name; `build(settings)` makes it.

    All but the first four are starting points, used where a recipe says nothing: measured on
    validation splits with seeds that were not used to choose them.

    Attributes:
        network: the `network` key; None for one hidden layer of 16.
        networks: the same by mode of the first stage, where that needs another one.
        presets: keys of a first stage by mode.
        comparison: the budget that `vynapse compare` gives every mode.
        episodes: networks act in it, instead of answering examples.
        bundled: its data are part of the package, and small enough to train in seconds.
    """

    network: Keys | None = None
    networks: Mapping[str, Keys] = field(default_factory=dict)
    presets: Mapping[str, Keys] = field(default_factory=dict)
    comparison: Mapping[str, int | float] = field(default_factory=_usual_budget)
    bundled: bool = False
    episodes: bool = False

    def default_network(self, interface: Interface, mode: str | None = None) -> dict[str, Any]:
        """The `network` key where a recipe has none.

        Args:
            interface: the interface of the task as it was made.
            mode: the mode of the first stage.
        """
        own = self.networks.get(mode or "", self.network)
        if own is not None:
            return copy.deepcopy(dict(own))
        return {"mlp": [math.prod(interface.inputs), 16, interface.outputs]}
