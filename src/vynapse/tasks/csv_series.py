# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of a CSV task that is a series: rows in the order of time, and windows of them."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from vynapse.data.encoded import Missing
from vynapse.data.windows import Windows
from vynapse.errors import ConfigError

Order = Literal["shuffled", "chronological"]


@runtime_checkable
class SeriesKeys(Protocol):
    """The keys that are looked at here."""

    @property
    def window(self) -> int | None: ...

    @property
    def horizon(self) -> int | None: ...

    @property
    def gap(self) -> int | None: ...

    @property
    def group(self) -> str | None: ...

    @property
    def split(self) -> Order | None: ...

    @property
    def missing(self) -> Missing: ...

    @property
    def data_seed(self) -> int: ...


def refuse_contradictions(keys: SeriesKeys) -> None:
    """Keys of series that do not go together.

    Raises:
        ConfigError: there are such keys.
    """
    if keys.window is None and keys.horizon is not None:
        raise ConfigError("task.horizon: it is counted from a window: set task.window too")
    if keys.window is not None and keys.split == "shuffled":
        raise ConfigError(
            "task.split: windows overlap, so shuffled ones would show the network rows that "
            "validate: chronological was wanted, got shuffled"
        )
    if keys.window is not None and keys.missing == "drop":
        raise ConfigError(
            "task.missing: rows that are dropped tear holes into windows: fill the values in by "
            "mean, median or most_frequent, or correct the file"
        )
    if in_order(keys):
        if keys.data_seed:
            raise ConfigError(
                "task.data_seed: a chronological split draws nothing: leave the seed out"
            )
        return
    for name in ("gap", "group"):
        if getattr(keys, name) is not None:
            raise ConfigError(
                f"task.{name}: it belongs to a chronological split: set task.window, or task.split "
                "to chronological"
            )


def in_order(keys: SeriesKeys) -> bool:
    """Whether the rows are split in the order of the file."""
    return keys.window is not None or keys.split == "chronological"


def windows_of(keys: SeriesKeys) -> Windows | None:
    """The windows that the keys ask for."""
    if keys.window is None:
        return None
    return Windows(length=keys.window, horizon=keys.horizon or 1, group=keys.group)


def gap_of(keys: SeriesKeys) -> int:
    """Rows left out between two splits: by default the horizon, without windows none."""
    if keys.gap is not None:
        return keys.gap
    return 0 if keys.window is None else keys.horizon or 1
