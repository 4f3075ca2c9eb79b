# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a user's validation says: of the model, and of each seed by leaving it out.

The validation is called once for the model as it is, and once more for each seed that trains or
blends in, with that seed out (or in, where it is out). Where it gives the loss of each example, the
two are compared example by example. A number alone cannot tell a gain from noise: then the gain is
not measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import final

import torch
from torch import Tensor

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.widening import Widening, without
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.nissa.counterfactual import of_differences
from vynapse.networks.modules import (
    GeneratorStates,
    evaluation_mode,
    generator_states,
    restore_generators,
)

Validation = Callable[[], float | Tensor] | float | Tensor
"""The losses of examples (n,), or their mean; or a function of no argument that gives them."""


@final
class Witness:
    """Asks a validation about a model.

    Further calls draw the numbers that the first one drew. Afterwards the global generators are
    where that has left them.

    Args:
        network: the model with its slots.
    """

    def __init__(self, network: HostWithSlots) -> None:
        self._network = network
        self._drawn: GeneratorStates | None = None
        self._validation: Validation = math.nan
        self._losses: Tensor | None = None

    def ask(self, validation: Validation, *, again: bool = True) -> float:
        """The mean loss.

        Args:
            validation: what to ask.
            again: whether it may be asked about a seed then.

        Raises:
            ConfigError: it is neither a number nor the losses of examples.
        """
        self._validation, self._drawn = validation, generator_states() if again else None
        found = self._found({})
        self._losses = found if found.dim() else None
        return found.mean().item()

    def worth(self, seed: str, alpha: float, *, present: bool) -> Measurement | None:
        """How much lower the loss is with a seed at this share than without it.

        Args:
            seed: slot/seed.
            alpha: the share.
            present: whether the model as it is has the seed in at this share.

        Returns:
            The mean over examples with its 95 % interval (Student's t); None where losses of
            examples are not known or not finite.
        """
        return self._compared({seed: 0.0 if present else alpha}, present=present)

    def worth_of(self, channels: Widening) -> Measurement | None:
        """How much lower the loss is with channels on trial than without them; as `worth`."""
        with without(self._network.host, channels):
            return self._compared({}, present=True)

    def _compared(self, shares: Mapping[str, float], *, present: bool) -> Measurement | None:
        """The losses of now against those with these shares."""
        if self._losses is None or self._drawn is None or not callable(self._validation):
            return None
        now = generator_states()
        restore_generators(self._drawn)
        try:
            other = self._found(shares)
        finally:
            restore_generators(now)
        if other.shape != self._losses.shape:
            raise ConfigError(
                f"validation: the losses of the same {len(self._losses)} examples were wanted at "
                f"each call, got {tuple(other.shape)}"
            )
        lower = other - self._losses if present else self._losses - other
        return of_differences([lower], unit="loss")

    def _found(self, shares: Mapping[str, float]) -> Tensor:
        """The losses (n,) or the mean (), of the model with these shares."""
        found: object = self._validation
        if callable(self._validation):
            host = self._network.host
            override = self._network.alpha(shares) if shares else nullcontext()
            with override, evaluation_mode(host), torch.no_grad():
                found = self._validation()
        if isinstance(found, bool) or not isinstance(found, (int, float, Tensor)):
            raise ConfigError(
                "validation: a number, or a tensor (n,) with the loss of each example, was wanted, "
                f"got {type(found).__name__}"
            )
        losses = torch.as_tensor(found).detach().double().cpu()
        if losses.dim() > 1 or (losses.dim() == 1 and len(losses) < 2):
            raise ConfigError(
                "validation: a number, or a tensor (n,) with the loss of each of 2 or more "
                f"examples, was wanted, got a tensor of shape {tuple(losses.shape)}"
            )
        return losses
