# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Events of a search of NEAT that is one of several: ids get the number of the island."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

MIGRATION: Final = "migration"
"""Stands for the operator by which a genome of another island came here."""


def retold(data: Mapping[str, Any], island: int, origins: Mapping[str, str]) -> Mapping[str, Any]:
    """An event of one island as an event of a run.

    Args:
        data: those of the event, of any kind.
        island: the number of the island.
        origins: the id of a genome that came from another island -> its id there.
    """
    told: dict[str, Any] = {**data, "island": island}
    if "id" in data:
        told["id"] = f"{island}:{data['id']}"
    if "ancestors" in data:
        told["ancestors"] = ancestors(data["ancestors"], island, origins)
    return told


def ancestors(
    rows: Sequence[Sequence[Any]], island: int, origins: Mapping[str, str]
) -> list[list[Any]]:
    """Rows of ancestors with whole ids; the parent of a migrant is the genome it is a copy of."""
    told = []
    for identity, generation, parents, operators, loss in rows:
        whole = f"{island}:{identity}"
        if whole in origins:
            told.append([whole, generation, [origins[whole]], [MIGRATION], loss])
        else:
            named = [f"{island}:{parent}" for parent in parents]
            told.append([whole, generation, named, list(operators), loss])
    return told
