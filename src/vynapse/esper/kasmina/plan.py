# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a grown network is put together from, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from vynapse.catalogue import CATALOGUE
from vynapse.esper.leyline.options import Operator


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """A seed as data.

    Attributes:
        name: within its slot.
        blueprint: what its body is made from.
        operator: how its correction is mixed in.
        alpha: its share.
    """

    name: str
    blueprint: str
    operator: Operator
    alpha: float


@dataclass(frozen=True, slots=True)
class DonorPlan:
    """A network whose copy a seed began as, as data and without its weights.

    Attributes:
        structure: its structure, with its kind.
        inputs: the shape of one of its inputs, without the batch.
    """

    structure: dict[str, Any]
    inputs: tuple[int, ...]


def may_draw(blueprints: Iterable[str]) -> bool:
    """Whether what is made from any of these may draw random numbers in a forward pass.

    What the package brings draws none.
    """
    return not set(blueprints) <= CATALOGUE["blueprints"].keys()


@runtime_checkable
class GrownParts(Protocol):
    """The parts of a grown network; the structure `grown` has them as keys, which say more."""

    @property
    def host(self) -> dict[str, Any]: ...
    @property
    def input_shape(self) -> tuple[int, ...]: ...
    @property
    def slots(self) -> Mapping[str, tuple[SeedPlan, ...]]: ...
    @property
    def widths(self) -> Mapping[str, int]: ...
    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...
    @property
    def hooks(self) -> bool: ...
    @property
    def donors(self) -> Mapping[str, DonorPlan]: ...
