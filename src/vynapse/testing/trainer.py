# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of trainers."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from vynapse.core import NO_COST, Report, State, Trainer
from vynapse.networks.state import NetworkState
from vynapse.telemetry.events import json_line
from vynapse.testing.data import as_data
from vynapse.testing.demand import demand, global_generators


def check_trainer(make: Callable[[], Trainer], steps: int = 6, follow: int | None = None) -> None:
    """A trainer keeps its promises: exact resume, same seed same run, watching changes nothing.

    Args:
        make: returns a fresh trainer of one configuration and seed; called `steps` + 2 times.
        steps: how often to call `step`; state is saved and loaded after each call.
        follow: how many steps a loaded trainer is compared for; by default all that are left.
    """
    before = global_generators()
    plain = make()
    reports = [plain.step() for _ in range(steps)]
    _check_reports(reports)
    demand(global_generators() == before, "a step read or changed a global random generator")

    watched = make()
    states: list[State] = []
    winners: list[str] = []
    for index in range(steps):
        report = watched.step()
        winners.append(_sha(watched))
        states.append(_as_data(watched.state()))
        demand(_same(report, reports[index]), f"step {report.step}: same seed, another report")
    demand(_sha(plain) == _sha(watched), "the winner differs when the state is saved at each step")
    demand(global_generators() == before, "saving changed a global random generator")

    for index, state in enumerate(states):
        resumed = make()
        resumed.load(copy.deepcopy(state))
        last = steps if follow is None else min(steps, index + 1 + follow)
        for later in range(index + 1, last):
            report = resumed.step()
            demand(
                _same(report, reports[later]),
                f"resumed after step {reports[index].step}: step {report.step} gives {report}, "
                f"uninterrupted it gave {reports[later]}",
            )
        demand(
            _sha(resumed) == winners[last - 1],
            f"resumed after step {reports[index].step}: the winner differs",
        )


def _check_reports(reports: list[Report]) -> None:
    previous = Report(0, float("inf"), NO_COST, renewed=False)
    for report in reports:
        demand(
            report.step == previous.step + report.steps,
            f"step {report.step} follows step {previous.step}, the report is about {report.steps}",
        )
        lengths = {name: len(values) for name, values in report.history.items()}
        demand(
            set(lengths.values()) <= {report.steps},
            f"step {report.step}: every measurement of the history must be there for each of "
            f"{report.steps} steps, got {lengths}",
        )
        demand(report.loss == report.loss, f"step {report.step}: the loss is not a number")
        demand(
            report.renewed or previous.step == 0 or report.loss == previous.loss,
            f"step {report.step}: the loss of the winner went from {previous.loss} to "
            f"{report.loss}, and the report does not say that the winner was renewed",
        )
        now, then = report.cost.counted(), previous.cost.counted()
        demand(
            all(now[name] >= then[name] for name in now) and any(map(now.get, now)),
            f"step {report.step}: cost must rise, it went from {then} to {now}",
        )
        previous = report


def _as_data(state: State) -> State:
    """The state after a trip through JSON and raw bytes, as a checkpoint makes it."""
    packed = as_data(state)
    if not isinstance(packed, dict):
        raise AssertionError(f"state() must return a dictionary, got {type(state).__name__}")  # noqa: TRY004 - a checker raises AssertionError
    return packed


def _same(one: Report, other: Report) -> bool:
    return (
        one.step == other.step
        and one.loss == other.loss
        and (one.cost, one.renewed) == (other.cost, other.renewed)
        and dict(one.metrics) == dict(other.metrics)
        and one.history.keys() == other.history.keys()
        and all(np.array_equal(one.history[k], other.history[k], True) for k in one.history)
        and json_line(one.events) == json_line(other.events)
    )


def _sha(trainer: Trainer) -> str:
    winner = trainer.winner()
    demand(isinstance(winner, NetworkState), "winner() must return a NetworkState")
    return winner.sha256()
