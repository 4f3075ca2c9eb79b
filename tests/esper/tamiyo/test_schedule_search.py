# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The search for a schedule finds what a made-up task rewards, and is a function of its seed."""

import math

import pytest

from tests.evidence import many
from vynapse.esper.tamiyo.schedule import Schedule
from vynapse.esper.tamiyo.schedule_search import CLOCKS, ScheduleSearch, Site
from vynapse.seeding import Streams

SITES = (Site("early", ("heavy", "light")), Site("late", ("heavy", "light")))


def searched(seed: int, candidates: int) -> tuple[ScheduleSearch, list[Schedule]]:
    """Best is light at 0.4 in the early slot, and nothing in the late one."""
    search, seen = ScheduleSearch(SITES, candidates, Streams(seed).stream("tune")), []
    for _ in range(candidates):
        seen.append(search.propose())
        found = {entry.where: entry for entry in seen[-1].entries}
        loss = 1.0 if "late" in found else 0.0
        early = found.get("early")
        loss += 1.0 if early is None else abs(early.at - 0.4) + (early.blueprint == "heavy")
        search.learn(loss)
    return search, seen


@pytest.mark.parametrize("seed", range(many(sample=5, evidence=40)))
def test_it_comes_closer_than_any_clock(seed: int) -> None:
    search, seen = searched(seed, 60)
    assert search.clock_loss == pytest.approx(2.05)
    assert search.best is not None
    (entry,) = search.best.entries
    assert (entry.where, entry.blueprint) == ("early", "light")
    assert entry.at == pytest.approx(0.4, abs=0.15)
    assert len({schedule.model_dump_json() for schedule in seen}) > 40
    assert searched(seed, 60)[1] == seen


def test_clocks_come_first_with_the_largest_blueprints() -> None:
    _, seen = searched(0, len(CLOCKS))
    assert [schedule.entries[0].at for schedule in seen] == list(CLOCKS)
    assert all(entry.blueprint == "heavy" for schedule in seen for entry in schedule.entries)
    assert all(len(schedule.entries) == 2 for schedule in seen)


def test_candidates_that_fail_are_never_the_best() -> None:
    search = ScheduleSearch(SITES, 8, Streams(0).stream("tune"))
    for _ in range(8):
        search.propose()
        search.learn(math.inf)
    assert search.best is None
