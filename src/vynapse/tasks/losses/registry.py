# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Losses by name: the built-in ones, imported when asked for, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vynapse.core import Loss, as_loss
from vynapse.errors import ConfigError
from vynapse.registry import Choice, Kind, Registry


@dataclass(frozen=True, slots=True)
class LossKind(Kind[Loss]):
    """A loss that recipes can name; `build(settings)` makes it."""


LOSSES: Final[Registry[LossKind]] = Registry("losses", "loss", LossKind)


def make_loss(
    value: str | Mapping[str, Any] | Choice[LossKind] | Loss, where: str = "loss"
) -> Loss:
    """The loss that a name, a mapping of its kind and keys, or a choice stands for.

    Args:
        value: what was chosen; a loss stands for itself.
        where: key under which it stands, for the sentences of errors.

    Raises:
        ConfigError: there is no such loss, its keys are wrong, or the user's object makes none.
    """
    if (given := as_loss(value)) is not None:
        return given
    choice = LOSSES.choose(value, where)
    built = choice.build()
    loss = as_loss(built)
    if loss is None:
        raise ConfigError(
            f"{where}: {choice.kind.name} must give a vynapse.core.Loss, it gave "
            f"{type(built).__name__}"
        )
    return loss
