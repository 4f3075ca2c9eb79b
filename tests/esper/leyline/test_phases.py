# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The lifecycle of a seed is a table, and every pair of phase and cause is in it or refused."""

import itertools

import pytest

from vynapse.esper.leyline import stages
from vynapse.esper.leyline.observation import SlotObservation
from vynapse.esper.leyline.phases import (
    LIVE,
    OPEN,
    TRANSITIONS,
    Cause,
    IllegalTransition,
    SeedPhase,
    follow,
)

EDGES = {
    ("dormant", "germinate", "germinated"),
    ("dormant", "enter", "blending"),
    ("germinated", "start", "training"),
    ("training", "blend", "blending"),
    ("training", "cull", "culled"),
    ("blending", "fossilize", "fossilized"),
    ("blending", "cull", "culled"),
    ("culled", "clean_up", "embargoed"),
    ("embargoed", "reopen", "dormant"),
}


def test_the_edges_are_those_of_the_lifecycle_and_no_others() -> None:
    assert {(str(a), str(c), str(b)) for (a, c), b in TRANSITIONS.items()} == EDGES


@pytest.mark.parametrize(("phase", "cause"), list(itertools.product(SeedPhase, Cause)))
def test_every_pair_leads_on_or_is_refused(phase: SeedPhase, cause: Cause) -> None:
    wanted = [target for origin, why, target in EDGES if (origin, why) == (phase, cause)]
    if wanted:
        assert follow(phase, cause) == SeedPhase(wanted[0])
        return
    with pytest.raises(IllegalTransition, match=f"a seed that is {phase} cannot {cause}"):
        follow(phase, cause)


def test_a_fossil_is_final_and_every_phase_can_be_reached() -> None:
    assert not [cause for origin, cause in TRANSITIONS if origin == SeedPhase.FOSSILIZED]
    reached, grown = {SeedPhase.DORMANT}, True
    while grown:
        more = {target for (origin, _), target in TRANSITIONS.items() if origin in reached}
        grown = not more <= reached
        reached |= more
    assert reached == set(SeedPhase)


def test_phases_that_live_and_phases_that_are_open_share_nothing() -> None:
    assert not LIVE & OPEN
    assert set(SeedPhase) - LIVE - OPEN == {SeedPhase.CULLED, SeedPhase.EMBARGOED}


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[SeedPhase.FOSSILIZED, Cause.CULL] = SeedPhase.CULLED  # type: ignore[index]


def test_a_controller_that_knows_the_older_names_still_finds_them() -> None:
    slot = SlotObservation("stem", SeedPhase.TRAINING, "s0", "norm", 1, 0.0, ())
    assert stages.SeedStage is SeedPhase
    assert slot.stage == stages.SeedStage.TRAINING
    assert stages.follow(slot.stage, stages.Cause.BLEND) == SeedPhase.BLENDING
