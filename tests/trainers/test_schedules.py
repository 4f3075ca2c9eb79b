# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.trainers.schedules import Schedule

SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(["constant", "step", "cosine"]),
    warmup=st.integers(0, 50),
    step_every=st.integers(1, 50),
    step_factor=st.floats(0.01, 1),
    horizon=st.integers(1, 200),
    final_factor=st.floats(0, 1),
)


@given(SCHEDULES)
def test_the_rate_rises_during_warmup_and_never_again(schedule: Schedule) -> None:
    factors = [schedule.factor(step) for step in range(300)]
    rise, rest = factors[: schedule.warmup], factors[schedule.warmup :]
    assert rise == sorted(set(rise))
    assert rest == sorted(rest, reverse=True)
    assert rest[0] == 1
    assert all(0 <= factor <= 1 for factor in factors)


def test_step_falls_at_every_so_many_steps() -> None:
    schedule = Schedule("step", step_every=3, step_factor=0.5)
    assert [schedule.factor(step) for step in range(7)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_cosine_is_half_way_at_half_time_and_stays_at_its_end() -> None:
    schedule = Schedule("cosine", warmup=10, horizon=110, final_factor=0.2)
    assert schedule.factor(10) == 1
    assert schedule.factor(60) == pytest.approx(0.6)
    assert schedule.factor(110) == pytest.approx(0.2)
    assert schedule.factor(10_000) == pytest.approx(0.2)


def test_warmup_rises_in_equal_parts() -> None:
    schedule = Schedule(warmup=4)
    assert [schedule.factor(step) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]


def test_a_warmup_longer_than_the_horizon_still_ends() -> None:
    schedule = Schedule("cosine", warmup=10, horizon=5, final_factor=0.5)
    assert schedule.factor(9) == 1
    assert schedule.factor(11) == pytest.approx(0.5)
