# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The events that islands add to those of their mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVENTS: Final[Mapping[str, str]] = {
    "islands.migration": "genomes changed islands; data: bests (the lowest loss that each island "
    "knows of, null for none), and moves: source, target, losses, and where genomes have ids also "
    "those in the source and in the target (null where there was no place), and ancestors as in "
    "neat.champion",
}
"""Kinds of events, and what their data hold."""


def named(island: int, identity: int) -> str:
    """The id of a genome in a run with islands."""
    return f"{island}:{identity}"
