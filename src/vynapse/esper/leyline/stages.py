# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The life of a seed: its stages, and the only ways from one to another.

    DORMANT -germinate-> GERMINATED -start-> TRAINING -blend-> BLENDING -fossilize-> FOSSILIZED
                                             TRAINING -cull--> CULLED
                                                               BLENDING -cull-> CULLED
    CULLED -clean_up-> EMBARGOED -reopen-> DORMANT

A stage is that of a slot's newest seed. FOSSILIZED is final for that seed; its slot may germinate
another, which begins at DORMANT.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class SeedStage(StrEnum):
    """What a seed is doing."""

    DORMANT = "dormant"
    """There is no seed: the slot waits for one."""
    GERMINATED = "germinated"
    """The seed receives the slot's input; its output reaches nothing."""
    TRAINING = "training"
    """The seed learns in isolation: the host's outputs are as if it were not there."""
    BLENDING = "blending"
    """Its share of the output rises from 0 to 1; seed and host learn together."""
    FOSSILIZED = "fossilized"
    """It is a part of the network for good."""
    CULLED = "culled"
    """It was given up; it is still there but reaches nothing."""
    EMBARGOED = "embargoed"
    """It has been removed; the slot may not germinate for a while."""


class Cause(StrEnum):
    """Why a seed leaves its stage."""

    GERMINATE = "germinate"
    START = "start"
    BLEND = "blend"
    FOSSILIZE = "fossilize"
    CULL = "cull"
    CLEAN_UP = "clean_up"
    REOPEN = "reopen"


TRANSITIONS: Final[Mapping[tuple[SeedStage, Cause], SeedStage]] = MappingProxyType(
    {
        (SeedStage.DORMANT, Cause.GERMINATE): SeedStage.GERMINATED,
        (SeedStage.GERMINATED, Cause.START): SeedStage.TRAINING,
        (SeedStage.TRAINING, Cause.BLEND): SeedStage.BLENDING,
        (SeedStage.TRAINING, Cause.CULL): SeedStage.CULLED,
        (SeedStage.BLENDING, Cause.FOSSILIZE): SeedStage.FOSSILIZED,
        (SeedStage.BLENDING, Cause.CULL): SeedStage.CULLED,
        (SeedStage.CULLED, Cause.CLEAN_UP): SeedStage.EMBARGOED,
        (SeedStage.EMBARGOED, Cause.REOPEN): SeedStage.DORMANT,
    }
)
"""Every edge there is."""

LIVE: Final = frozenset({SeedStage.GERMINATED, SeedStage.TRAINING, SeedStage.BLENDING})
"""Stages in which a seed's parameters exist and may still be given up."""

OPEN: Final = frozenset({SeedStage.DORMANT, SeedStage.FOSSILIZED})
"""Stages of a slot's newest seed in which the slot may germinate another."""


class IllegalTransition(ValueError):
    """There is no such edge."""


def follow(stage: SeedStage, cause: Cause) -> SeedStage:
    """The stage after `cause`.

    Raises:
        IllegalTransition: the stage has no such edge.
    """
    try:
        return TRANSITIONS[stage, cause]
    except KeyError:
        causes = [str(known) for origin, known in TRANSITIONS if origin == stage]
        raise IllegalTransition(
            f"a seed that is {stage} cannot {cause}: it can {' or '.join(causes) or 'do nothing'}"
        ) from None
