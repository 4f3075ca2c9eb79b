# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The keys that all controllers which grow share: how large the network may become.

Each description of a controller's key ends in the unit of its value. Defaults are for runs of tens
of epochs. None was tuned on a test split.
"""

from __future__ import annotations

from pydantic import Field

from vynapse.settings import Settings


class LimitSettings(Settings):
    """Limits of size; see `vynapse.esper.leyline.limits`."""

    blueprints: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="blueprints that may germinate, the preferred first; null: all that a slot "
        "offers, the largest first: names, or package.module:factory, or run:PATH or last for the "
        "network of a run",
    )
    live_seeds: int = Field(
        2, ge=1, description="most seeds that train or blend in at once, in all slots: seeds"
    )
    seeds_per_slot: int = Field(
        1, ge=1, description="fossils with which a slot is full and grows no more: seeds"
    )
    parameter_limit: float = Field(
        5.0,
        ge=1,
        description="largest size of the network, live seeds counted in: multiples of the "
        "parameters that growth began with",
    )
