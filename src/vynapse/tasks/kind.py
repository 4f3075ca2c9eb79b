# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the registry knows of a task: how it is made, and where its runs begin."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from vynapse.core import Interface, Task
from vynapse.registry import Kind
from vynapse.tasks.reader import Reader

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
        how: keys that say where data lie, not what they are: no part of a recipe's identity.
        kept: (settings, folder of a run) -> the settings that make the task from the files that
            the run keeps (`Task.files`); None where it keeps none.
        reader: makes of the preprocessing that a run keeps what reads rows; None where the task
            has to be made for that.
        dataset: package.module:name of a function from keys of the task to the
            `vynapse.tasks.dataset.Dataset` that the data commands ask; None for what its examples
            say.
        of_path: a file or folder -> the keys that mean it; None where it is none of this task.
    """

    network: Keys | None = None
    networks: Mapping[str, Keys] = field(default_factory=dict)
    presets: Mapping[str, Keys] = field(default_factory=dict)
    comparison: Mapping[str, int | float] = field(default_factory=_usual_budget)
    bundled: bool = False
    how: tuple[str, ...] = ()
    kept: Callable[[Any, Path], Any] | None = None
    reader: Callable[[Mapping[str, Any]], Reader] | None = None
    episodes: bool = False
    dataset: str | None = None
    of_path: Callable[[Path], Keys | None] | None = None

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
