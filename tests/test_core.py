# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The loop: every reason to stop, and what it reports."""

from typing import Any

import numpy as np
import pytest

from vynapse.core import NO_COST, Budget, Cost, Progress, Report, State, Trainer, run
from vynapse.errors import TrainingError
from vynapse.networks.state import NetworkState


class Falling(Trainer):
    """Its loss falls along a list and then stays."""

    def __init__(self, losses: list[float]) -> None:
        self.losses, self.taken, self.least = losses, 0, float("inf")

    def step(self) -> Report:
        self.taken += 1
        loss = self.losses[min(self.taken, len(self.losses)) - 1]
        cost = Cost(10 * self.taken, 5 * self.taken, 100 * self.taken)
        renewed = loss < self.least
        self.least = min(loss, self.least)
        return Report(self.taken, self.least, cost, renewed)

    def winner(self) -> NetworkState:
        raise AssertionError("the loop needs no winner")

    def state(self) -> State:
        return {"taken": self.taken}

    def load(self, state: State) -> None:
        self.taken = state["taken"]


@pytest.mark.parametrize(
    ("budget", "stop", "steps"),
    [
        (Budget(steps=3), "steps", 3),
        (Budget(forwards=40), "forwards", 4),
        (Budget(backwards=11), "backwards", 3),
        (Budget(flops=501), "flops", 6),
        (Budget(steps=100, target=0.35), "target", 5),
        (Budget(steps=100, patience=4), "patience", 10),
    ],
)
def test_each_limit_stops_the_loop(budget, stop, steps) -> None:
    trainer = Falling([0.8, 0.7, 0.6, 0.5, 0.3, 0.2])
    progress = run(trainer, budget)
    assert (progress.stop, trainer.taken) == (stop, steps)


def test_a_budget_in_seconds_counts_time_before_a_resume() -> None:
    spent = Progress(Report(1, 0.5, Cost(seconds=100.0), True), 0.5, 1)
    trainer = Falling([0.5])
    progress = run(trainer, Budget(seconds=100.0), progress=spent)
    assert (progress.stop, trainer.taken) == ("seconds", 1)
    assert progress.report is not None
    assert (progress.report.cost.seconds or 0.0) >= 100.0


def test_a_loss_that_is_no_number_is_an_error_and_not_a_result() -> None:
    with pytest.raises(TrainingError, match="not a number at step 2"):
        run(Falling([0.5, float("nan")]), Budget(steps=5))


def test_observers_see_every_report_with_the_progress_up_to_date() -> None:
    progress = Progress()
    seen: list[tuple[int, str | None]] = []
    run(
        Falling([0.5]),
        Budget(steps=3),
        progress=progress,
        observers=[lambda report: seen.append((report.step, progress.stop))],
    )
    assert seen == [(1, None), (2, None), (3, "steps")]


def test_an_interrupted_loop_goes_on_where_it_stopped() -> None:
    trainer, progress = Falling([0.5]), Progress()
    run(trainer, Budget(steps=5), progress=progress, interrupted=lambda: trainer.taken == 2)
    assert (progress.stop, trainer.taken) == ("interrupt", 2)
    run(trainer, Budget(steps=5), progress=progress)
    assert (progress.stop, trainer.taken) == ("steps", 5)


def test_costs_add_up() -> None:
    one, two = Cost(1, 2, 3, seconds=0.5), Cost(10, 20, 30, seconds=0.25)
    assert one + two == Cost(11, 22, 33, seconds=0.75)
    assert one + NO_COST == one


def test_what_one_of_two_did_not_count_is_not_known_of_both() -> None:
    both = Cost(forwards=1, flops=3) + Cost(forwards=10)
    assert both == Cost(forwards=11)
    assert both.counted() == {"forwards": 11}


def test_a_limit_of_what_is_not_counted_is_never_reached_and_has_no_share() -> None:
    budget = Budget(steps=10, flops=100)
    assert budget.spent(5, Cost(forwards=10**9)) is None
    assert budget.share(5, Cost(forwards=10**9)) == 0.5
    assert Budget(flops=100).share(5, Cost()) is None


def test_patience_and_the_best_loss_follow_the_winner_when_its_loss_is_based_anew() -> None:
    """A network that was cut is the winner at a higher loss; patience begins again there."""

    class Cutting(Falling):
        def step(self) -> Report:
            report = super().step()
            if self.taken == 4:
                self.least = 0.9
                return Report(4, 0.9, report.cost, renewed=True)
            return report

    progress = run(Cutting([0.5, 0.5]), Budget(steps=100, patience=3))
    assert (progress.best_loss, progress.best_step) == (0.5, 5)
    assert progress.report is not None
    assert (progress.stop, progress.report.step) == ("patience", 8)


def several(**columns: Any) -> Report:
    """Steps 6 to 10 in one report."""
    history = {
        "loss": np.array([5.0, 5, 5, 5, 5]),
        "forwards": np.array([60, 70, 80, 90, 100]),
        "flops": np.array([600, 700, 800, 900, 1000]),
        "train_best": np.array([5.0, 4, np.nan, 2, 1]),
        **columns,
    }
    return Report(10, 1.0, Cost(100, 0, 1000, seconds=2.5), True, {"train_best": 1.0}, history)


def test_a_report_about_several_steps_gives_one_for_each() -> None:
    report = several()
    assert report.steps == 5
    each = list(report.each())
    assert [one.step for one in each] == [6, 7, 8, 9, 10]
    assert [one.cost.forwards for one in each] == [60, 70, 80, 90, 100]
    assert [one.cost.flops for one in each] == [600, 700, 800, 900, 1000]
    assert [one.cost.backwards for one in each] == [0] * 5
    assert [one.loss for one in each] == [5, 5, 5, 5, 1], "the champion of the end is not known"
    assert [dict(one.metrics) for one in each] == [
        {"train_best": 5}, {"train_best": 4}, {}, {"train_best": 2}, {"train_best": 1},
    ]  # fmt: skip
    assert all(one.cost.seconds is None for one in each[:-1]), "they were not timed one by one"
    assert each[-1].cost == report.cost
    assert all(one.steps == 1 and not one.history for one in each)
    assert {type(one.cost.forwards) for one in each} == {int}


def test_steps_are_thinned_by_their_number_but_the_last_is_kept() -> None:
    assert [one.step for one in several().each(4)] == [8, 10]
    assert [one.step for one in several().each(5)] == [10]
    assert [one.step for one in several().each(100)] == [10]


def test_a_report_about_one_step_is_itself() -> None:
    report = Report(3, 0.5, Cost(1, 2, 3, seconds=0.5), False, {"rate": 0.1})
    assert report.steps == 1
    assert list(report.each()) == [report]
    assert list(report.each(100)) == [report]


def test_reports_about_several_steps_can_be_compared() -> None:
    assert several() == several()
    assert several() != Report(10, 2.0, Cost(100, 0, 1000, seconds=2.5), True)


def test_what_a_trainer_need_not_say() -> None:
    assert Falling([1.0]).choices() == {}
    assert Falling([1.0]).timings() == {}


class Striding(Falling):
    """Five steps a call."""

    def step(self) -> Report:
        self.taken += 4
        report = super().step()
        return Report(report.step, report.loss, report.cost, report.renewed, {}, {"x": np.zeros(5)})


def test_the_loop_counts_in_steps_whatever_a_call_makes() -> None:
    progress = run(Striding([0.5] * 100), Budget(steps=12))
    assert progress.report is not None
    assert (progress.stop, progress.report.step) == ("steps", 15)
    progress = run(Striding([0.5] * 100), Budget(steps=100, patience=7))
    assert progress.report is not None
    assert (progress.stop, progress.report.step, progress.best_step) == ("patience", 15, 5)
