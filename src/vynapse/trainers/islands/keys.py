# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of islands, and the keys that a single island has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from vynapse.errors import ConfigError
from vynapse.settings import NESTED, Count, Settings, validate

Topology = Literal["ring", "star", "complete", "random"]

_OF_ALL: Final = frozenset(
    {
        "islands", "islands_on", "evaluator", "batch_size", "evaluate_every", "mask",
        "generations_per_call", "episodes", "renew_episodes", "normalize_observations",
        "fitness", "objectives", "recurrent", "updates",
    }
)  # fmt: skip
"""Keys that say what a genome means and what it is measured by: all islands have the same."""


class IslandsSettings(Settings):
    """Keys under `islands`."""

    count: int = Field(4, ge=2, le=1024, description="populations")
    topology: Topology = Field(
        "ring",
        description="who sends to whom: ring (to the next island), star (the first to all, all to "
        "the first), complete (all to all) or random (each to another one, drawn anew each time)",
    )
    interval: Count = Field(10, description="generations between two migrations")
    migrants: Count = Field(1, description="genomes that are sent along each route, as copies")
    select: Literal["best", "random"] = Field(
        "best",
        description="who is sent: the best, or a random choice of those that a population may send",
    )
    replace: Literal["worst", "better"] = Field(
        "worst",
        description="who is taken in: all, and the worst give way to them; or those alone that are "
        "better than all of the island",
    )
    overrides: list[dict[str, Any]] = Field(
        default_factory=list,
        description="keys of this mode that differ: island k has those of entry k, and the list "
        "begins again where it is shorter; none for islands that are alike",
    )


class IslandKeys(Settings):
    """Keys of a mode that can search on islands."""

    islands: IslandsSettings | None = Field(
        None,
        description="several populations that exchange genomes now and then; null for one",
    )
    islands_on: str = Field(
        "local",
        description="where islands live; it changes no result: local (in this process), ray (a "
        "process each, by Ray on this machine), auto or ray://HOST:PORT (a cluster of Ray)",
    )

    @field_validator("islands_on")
    @classmethod
    def _place(cls, value: str) -> str:
        if value not in {"local", "ray", "auto"} and not value.startswith("ray://"):
            raise ValueError("local, ray, auto or ray://HOST:PORT")
        return value

    @model_validator(mode="after")
    def _overrides_are_keys(self) -> IslandKeys:
        problems = []
        for number in range(0 if self.islands is None else len(self.islands.overrides)):
            try:
                keys_of(self, number)
            except ConfigError as error:
                problems += error.problems
        if problems:
            raise PydanticCustomError(NESTED, "wrong", {"problems": problems})
        return self


def keys_of(keys: IslandKeys, island: int) -> Any:
    """The settings of one island: those of all with what it overrides, without islands.

    Args:
        keys: settings of a mode.
        island: its number, from 0.

    Raises:
        ConfigError: a key is none of the mode, or one that all islands have in common.
    """
    overrides = [] if keys.islands is None else keys.islands.overrides
    own = overrides[island % len(overrides)] if overrides else {}
    where = f"islands.overrides.{island % max(1, len(overrides))}"
    common = [
        f"{where}.{key}: all islands have the same: remove it" for key in own.keys() & _OF_ALL
    ]
    if common:
        raise ConfigError(sorted(common))
    # one generation in each step, so that all islands stand at the same one
    alone: dict[str, Any] = {"islands": None, "islands_on": "local"}
    if "generations_per_call" in type(keys).model_fields:
        alone["generations_per_call"] = 1
    content = keys.model_dump(mode="json")
    return validate(type(keys), {**_merged(content, own), **alone}, where)


def _merged(content: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Keys with others in their place; keys of a part are merged unless it is of another kind."""
    merged = dict(content)
    for key, value in own.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and "kind" in before and isinstance(value, str):
            merged[key] = value if value != before["kind"] else before
        elif isinstance(before, Mapping) and isinstance(value, Mapping):
            same = value.get("kind", before.get("kind")) == before.get("kind")
            merged[key] = _merged(before, value) if same else value
        else:
            merged[key] = value
    return merged
