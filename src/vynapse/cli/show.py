# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse show` and `vynapse runs`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vynapse.cli import curve
from vynapse.cli.options import Json


def show(run: Path, /, *, json: Json = False, plot: Path | None = None) -> None:
    """Show a run.

    Args:
        run: directory of the run.
        json: print the summary as one JSON object.
        plot: draw the loss, and what grew, into this .png or .svg file (needs the extra viz).
    """
    from vynapse.cli.output import headline, measurements, print_json, print_line, times
    from vynapse.experiment.directory import RunDirectory
    from vynapse.experiment.growth import growth_of, read_growth
    from vynapse.experiment.store import read_summary
    from vynapse.telemetry.reading import read_metrics

    summary, files = read_summary(run), RunDirectory(run)
    rows = read_metrics(files.metrics) if files.metrics.exists() else []
    stages = curve.losses_by_stage(rows)
    events = read_growth(files.events)
    if events:
        summary.setdefault("growth", growth_of(events))
    if plot is not None:
        lives = _lives(events, stages)
        curve.plot(stages, summary["mode"].split("+"), headline(summary), plot, lives)
    if json:
        print_json(summary)
        return
    losses = [loss for _, stage_losses in stages.values() for loss in stage_losses]
    lines = [headline(summary), *(f"  {line}" for line in measurements(summary)), ""]
    if "stages" in summary:
        spent = filter(None, map(times, summary["stages"]))
        lines += [*_stage_table(summary["stages"]), "", *spent, *_facts(summary), ""]
    if "grow" in summary["mode"].split("+") and not events:
        lines += ["nothing grew: docs/controllers.md says what a controller waits for", ""]
    lines += [*_story(events, rows), *curve.chart(losses)]
    for line in lines:
        print_line(line)


def runs(root: Path = Path("runs"), /, *, json: Json = False) -> None:
    """List the runs in a folder.

    Args:
        root: the folder.
        json: one JSON object per run.
    """
    from vynapse.cli.output import duration, number, print_json, print_line, table
    from vynapse.experiment.store import list_runs

    found = list_runs(root)
    if json:
        for summary in found:
            print_json(summary)
        return
    rows = [
        [
            summary["run"],
            summary["status"],
            number(summary.get("loss")),
            number(summary.get("steps", summary.get("step"))),
            duration(summary.get("seconds")),
        ]
        for summary in found
    ]
    for line in table(["run", "status", "loss", "steps", "time"], rows):
        print_line(line)


def _stage_table(stages: list[dict[str, Any]]) -> list[str]:
    from vynapse.cli.output import duration, number, scientific, table

    rows = [
        [
            str(index),
            stage["mode"],
            number(stage["loss"]),
            number(stage["steps"]),
            stage["stop"],
            number(stage["cost"].get("forwards")),
            number(stage["cost"].get("backwards")),
            scientific(stage["cost"].get("flops")),
            duration(stage["cost"].get("seconds")),
        ]
        for index, stage in enumerate(stages)
    ]
    header = ["stage", "mode", "loss", "steps", "stopped by"]
    return table([*header, "forwards", "backwards", "FLOP", "time"], rows)


def _story(events: list[dict[str, Any]], rows: list[dict[str, str]]) -> list[str]:
    """What grew in each stage, as a timeline over its steps, which are epochs, and in words."""
    if not events:
        return []
    from vynapse.esper.nissa.narrative import sentences, timeline

    lines: list[str] = []
    for stage, own in _by_stage(events).items():
        epochs = max((int(row["step"]) for row in rows if int(row["stage"]) == stage), default=0)
        lines += [*timeline(own, epochs), "", *sentences(own), ""]
    return lines


def _lives(
    events: list[dict[str, Any]], stages: Mapping[int, tuple[list[int], list[float]]]
) -> dict[int, curve.Spans]:
    """What grew in each stage, to be drawn over its steps."""
    if not events:
        return {}
    from vynapse.esper.nissa.narrative import spans

    return {
        stage: spans(own, stages[stage][0][-1])
        for stage, own in _by_stage(events).items()
        if stage in stages
    }


def _by_stage(events: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    numbers = sorted({event["stage"] for event in events})
    return {number: [e for e in events if e["stage"] == number] for number in numbers}


def _facts(summary: dict[str, Any]) -> list[str]:
    threads = "thread" if summary["threads"] == 1 else "threads"
    again = "the same seed gives the same bytes" if summary["reproducible"] else "not reproducible"
    size, where = (
        summary["parameters"],
        f"on {summary['device']} with {summary['threads']} {threads}",
    )
    return [
        f"{size:,} parameters, {where}; {again}",
        f"network {summary['network_sha256']}",
    ]
