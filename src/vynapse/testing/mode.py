# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of modes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vynapse.core import Report, Task
from vynapse.errors import ConfigError
from vynapse.settings import validate
from vynapse.telemetry.events import KINDS
from vynapse.telemetry.story import Told
from vynapse.testing.demand import demand
from vynapse.testing.trainer import check_trainer
from vynapse.trainers.mode import Mode, Stage


def check_mode(
    mode: Mode, stage: Callable[[], Stage], settings: Mapping[str, Any], steps: int = 6
) -> None:
    """A mode keeps its promises: what its reports hold is declared, and its trainer is sound.

    Args:
        mode: the mode.
        stage: gives a stage, fresh and always the same.
        settings: keys of the mode.
        steps: how often the trainer is stepped.
    """
    demand(bool(mode.summary) and "\n" not in mode.summary, "summary must be one line")
    demand(
        all("." in kind and kind not in KINDS for kind in mode.events),
        "kinds of events must begin with a word and a dot, and be no kind of every run",
    )
    fields = mode.settings.model_fields
    demand(all(f.description for f in fields.values()), "every key of settings needs a description")
    unknown = mode.how - fields.keys()
    demand(not unknown, f"how names {sorted(unknown)}, which are no keys of settings")
    for task, preset in {"any task": mode.fallback, **mode.presets}.items():
        _check_preset(mode, task, preset)
    valid = validate(mode.settings, settings, mode.name)
    check_trainer(lambda: mode.build(stage(), valid), steps)
    trainer = mode.build(stage(), valid)
    reports = [trainer.step() for _ in range(steps)]
    for report in reports:
        _check_report(mode, report, stage().task)
    _check_story(mode, reports)
    if mode.steps_per_epoch is not None:
        count = mode.steps_per_epoch(stage().task, valid)
        demand(count >= 1, f"steps_per_epoch must be at least 1, it is {count}")


def _check_preset(mode: Mode, task: str, preset: Mapping[str, Any]) -> None:
    own = {key: value for key, value in preset.items() if key != "budget"}
    try:
        validate(mode.settings, own, "preset")
    except ConfigError as error:
        raise AssertionError(f"the preset for {task} is wrong: {error}") from None
    limits = preset.get("budget", {}).keys() - {"target", "patience"}
    wrong = limits - set(mode.limits())
    demand(
        not wrong, f"the preset for {task} limits {sorted(wrong)}, which the mode does not count"
    )


def _check_report(mode: Mode, report: Report, task: Task) -> None:
    where = f"step {report.step}"
    extra = report.metrics.keys() - set(mode.metrics(task))
    demand(not extra, f"{where}: metrics {sorted(extra)} are not among the columns of the mode")
    counted = report.cost.counted().keys() - {"seconds"}
    demand(
        counted == set(mode.counted(task)),
        f"{where}: the mode says that it counts {sorted(mode.counted(task))}, the cost has "
        f"{sorted(counted)}",
    )
    unknown = {kind for kind, _ in report.events} - mode.events.keys()
    demand(not unknown, f"{where}: events {sorted(unknown)} are not declared by the mode")


def _check_story(mode: Mode, reports: Sequence[Report]) -> None:
    """A story is told of the events that there were, of none, and of those of other modes."""
    told: list[Told] = [
        {"kind": kind, "stage": 0, "step": report.step, "data": data}
        for report in reports
        for kind, data in report.events
    ]
    foreign: list[Told] = [{"kind": "other.kind", "stage": 0, "step": 1, "data": {}}]
    for events in ([], told, [*told, *foreign]):
        mode.story.tell(events, reports[-1].step)
        mode.story.facts(events)
        spans = mode.story.spans(events, reports[-1].step)
        names = {name for parts in spans.values() for name, _, _ in parts}
        missing = names - (mode.story.colours or {}).keys()
        demand(not missing, f"the story has no colour for {sorted(missing)}")
        for event in events:
            mode.story.happening(event["kind"], event["data"])
