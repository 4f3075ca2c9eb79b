# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The life of a seed: its phases, and the only ways from one to another.

    DORMANT -germinate-> GERMINATED -start-> TRAINING -blend-> BLENDING -fossilize-> FOSSILIZED
    DORMANT -enter-> BLENDING
                                             TRAINING -cull--> CULLED
                                                               BLENDING -cull-> CULLED
    CULLED -clean_up-> EMBARGOED -reopen-> DORMANT

A phase is that of a slot's newest seed. FOSSILIZED is final for that seed; its slot may germinate
another, which begins at DORMANT. What changes nothing of the function at birth may enter at once:
a new layer that is an identity, or channels that nothing reads. A layer with new channels has the
same life as a slot with a seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class SeedPhase(StrEnum):
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
    """Why a seed leaves its phase."""

    GERMINATE = "germinate"
    ENTER = "enter"
    START = "start"
    BLEND = "blend"
    FOSSILIZE = "fossilize"
    CULL = "cull"
    CLEAN_UP = "clean_up"
    REOPEN = "reopen"


TRANSITIONS: Final[Mapping[tuple[SeedPhase, Cause], SeedPhase]] = MappingProxyType(
    {
        (SeedPhase.DORMANT, Cause.GERMINATE): SeedPhase.GERMINATED,
        (SeedPhase.DORMANT, Cause.ENTER): SeedPhase.BLENDING,
        (SeedPhase.GERMINATED, Cause.START): SeedPhase.TRAINING,
        (SeedPhase.TRAINING, Cause.BLEND): SeedPhase.BLENDING,
        (SeedPhase.TRAINING, Cause.CULL): SeedPhase.CULLED,
        (SeedPhase.BLENDING, Cause.FOSSILIZE): SeedPhase.FOSSILIZED,
        (SeedPhase.BLENDING, Cause.CULL): SeedPhase.CULLED,
        (SeedPhase.CULLED, Cause.CLEAN_UP): SeedPhase.EMBARGOED,
        (SeedPhase.EMBARGOED, Cause.REOPEN): SeedPhase.DORMANT,
    }
)
"""Every edge there is."""

LIVE: Final = frozenset({SeedPhase.GERMINATED, SeedPhase.TRAINING, SeedPhase.BLENDING})
"""Phases in which a seed's parameters exist and may still be given up."""

OPEN: Final = frozenset({SeedPhase.DORMANT, SeedPhase.FOSSILIZED})
"""Phases of a slot's newest seed in which the slot may germinate another."""


class IllegalTransition(ValueError):
    """There is no such edge."""


def follow(phase: SeedPhase, cause: Cause) -> SeedPhase:
    """The phase after `cause`.

    Raises:
        IllegalTransition: the phase has no such edge.
    """
    try:
        return TRANSITIONS[phase, cause]
    except KeyError:
        causes = [str(known) for origin, known in TRANSITIONS if origin == phase]
        raise IllegalTransition(
            f"a seed that is {phase} cannot {cause}: it can {' or '.join(causes) or 'do nothing'}"
        ) from None
