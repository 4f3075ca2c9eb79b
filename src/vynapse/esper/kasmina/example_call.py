# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two examples of what a user's module is called with, whatever its signature is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.isolation import held_constant
from vynapse.networks.modules import isolated_generators, user_errors


@final
@dataclass(frozen=True, slots=True)
class ExampleCall:
    """Arguments of a call for two examples.

    Attributes:
        inputs: those by position.
        named: those by name.
    """

    inputs: tuple[Any, ...]
    named: Mapping[str, Any]

    def call(self, module: nn.Module) -> Any:
        """The module's output in evaluation mode; nothing of it changes.

        Raises:
            ConfigError: it cannot take them.
        """
        with held_constant(module), isolated_generators(0), torch.no_grad():
            return self.plain(module)

    def plain(self, module: nn.Module) -> Any:
        """Call the module as it is."""
        with user_errors("two examples of example_inputs", ConfigError):
            return module(*self.inputs, **self.named)


def trial_of(example_inputs: Any, device: torch.device) -> ExampleCall:
    """Two examples out of a batch.

    Args:
        example_inputs: a tensor, a tuple of arguments by position, or a mapping of those by name.
            Each tensor whose first side is the batch is cut to two examples.
        device: where the module lives.

    Raises:
        ConfigError: there is no tensor among them, or it has no example.
    """
    inputs: tuple[Any, ...]
    named: dict[str, Any]
    if isinstance(example_inputs, Mapping):
        inputs, named = (), dict(example_inputs)
    elif isinstance(example_inputs, (tuple, list)):
        inputs, named = tuple(example_inputs), {}
    else:
        inputs, named = (example_inputs,), {}
    values = [*inputs, *named.values()]
    batch = next((len(v) for v in values if isinstance(v, Tensor) and v.dim()), 0)
    if not batch:
        raise ConfigError(
            "example_inputs: a batch was wanted, as a tensor (batch, ...), a tuple of arguments or "
            f"a mapping of them by name, got {type(example_inputs).__name__}"
        )

    def two(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        if value.dim() and len(value) == batch:
            value = (value if batch > 1 else torch.cat([value, value]))[:2]
        return value.detach().to(device)

    return ExampleCall(tuple(map(two, inputs)), {name: two(value) for name, value in named.items()})


def first_batch(loader: Iterable[Any]) -> Any:
    """What the first batch of a loader gives a module: its inputs, or all of it where it has names.

    The global generators stay as they are, and so does one of the loader's own.

    Raises:
        ConfigError: there is no batch.
    """
    own = [g for g in (getattr(loader, "generator", None),) if isinstance(g, torch.Generator)]
    kept = [generator.get_state() for generator in own]
    with isolated_generators(0):
        batch = next(iter(loader), None)
    for generator, state in zip(own, kept, strict=True):
        generator.set_state(state)
    if batch is None:
        raise ConfigError("loader: it gives no batch")
    return batch[0] if isinstance(batch, (tuple, list)) else batch
