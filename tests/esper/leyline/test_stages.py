# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The lifecycle of a seed is a table, and every pair of stage and cause is in it or refused."""

import itertools

import pytest

from vynapse.esper.leyline.stages import (
    LIVE,
    OPEN,
    TRANSITIONS,
    Cause,
    IllegalTransition,
    SeedStage,
    follow,
)

EDGES = {
    ("dormant", "germinate", "germinated"),
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


@pytest.mark.parametrize(("stage", "cause"), list(itertools.product(SeedStage, Cause)))
def test_every_pair_leads_on_or_is_refused(stage: SeedStage, cause: Cause) -> None:
    wanted = [target for origin, why, target in EDGES if (origin, why) == (stage, cause)]
    if wanted:
        assert follow(stage, cause) == SeedStage(wanted[0])
        return
    with pytest.raises(IllegalTransition, match=f"a seed that is {stage} cannot {cause}"):
        follow(stage, cause)


def test_a_fossil_is_final_and_every_stage_can_be_reached() -> None:
    assert not [cause for origin, cause in TRANSITIONS if origin == SeedStage.FOSSILIZED]
    reached, grown = {SeedStage.DORMANT}, True
    while grown:
        more = {target for (origin, _), target in TRANSITIONS.items() if origin in reached}
        grown = not more <= reached
        reached |= more
    assert reached == set(SeedStage)


def test_stages_that_live_and_stages_that_are_open_share_nothing() -> None:
    assert not LIVE & OPEN
    assert set(SeedStage) - LIVE - OPEN == {SeedStage.CULLED, SeedStage.EMBARGOED}


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[SeedStage.FOSSILIZED, Cause.CULL] = SeedStage.CULLED  # type: ignore[index]
