# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse show`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vynapse.cli import curve
from vynapse.cli.options import Json, Run

if TYPE_CHECKING:
    from vynapse.experiment.observed import Observed


def show(
    run: Run,
    /,
    *,
    front: bool = False,
    profile: bool = False,
    json: Json = False,
    plot: Path | None = None,
) -> None:
    """Show a run.

    Args:
        run: directory of the run, or last.
        front: the networks among which a run with several objectives, or with an archive, lets you
            choose, and what each costs, instead.
        profile: where the time went, as a tree, instead; for runs with the sink spans.
        json: print the summary as one JSON object; with --front an object for each network.
        plot: draw the loss, what the mode tells beside it, and what the best network says over two
            inputs, into this .png or .svg file (needs the extra viz).
    """
    from vynapse.cli.output import (
        headline,
        measurements,
        print_json,
        print_line,
        times,
    )

    if profile:
        _profile(run, json, other=front or plot is not None)
        return
    if front:
        _front(run, json, plot)
        return
    from vynapse.experiment.endings import told
    from vynapse.experiment.observed import observe

    found = observe(run)
    summary = found.summary
    stages = curve.losses_by_stage(found.rows)
    if plot is not None:
        _plot(found, stages, plot)
    if json:
        print_json(summary)
        return
    losses = [loss for _, stage_losses in stages.values() for loss in stage_losses]
    about = [*measurements(summary), *told(summary)]
    lines = [headline(summary), *(f"  {line}" for line in about), ""]
    if "stages" in summary:
        spent = filter(None, map(times, summary["stages"]))
        lines += [*_stage_table(summary["stages"]), "", *spent, *_facts(summary), ""]
        lines += _classes(summary)
    lines += _stories(found)
    lines += curve.chart(losses)
    for line in lines:
        print_line(line)


def _classes(summary: Mapping[str, Any]) -> list[str]:
    """Figures of each class, label or output, on the test split where there is one."""
    from vynapse.cli.figures import figures_by_name, unknown

    name = "test" if summary.get("test_per_class") else "validation"
    found = summary.get("test_per_class") or summary.get("per_class")
    reasons = unknown((summary.get("undefined") or {}).get(name, {}))
    if not found:
        return [*reasons, ""] if reasons else []
    return [f"{name} split:", *figures_by_name(found), *reasons, ""]


def _plot(found: Observed, stages: Mapping[int, tuple[list[int], list[float]]], plot: Path) -> None:
    from vynapse.cli.output import files_of, headline, refuse_overwriting
    from vynapse.experiment.surface import surface_of

    refuse_overwriting(plot, "--plot", files_of(found.path))
    title, bars, panels = headline(found.summary), _bars(found, stages), _panels(found)
    curve.plot(stages, found.modes, title, plot, bars, panels, surface_of(found.path))


def _profile(run: Path, json: bool, *, other: bool) -> None:
    from vynapse.cli.output import print_json, print_line
    from vynapse.cli.profile import as_json, lines, profile
    from vynapse.errors import ConfigError

    if other:
        raise ConfigError("--profile: it shows the time alone: leave out --front and --plot")
    root = profile(run)
    if json:
        print_json(as_json(root))
        return
    for line in lines(root):
        print_line(line)


def _front(run: Path, json: bool, plot: Path | None) -> None:
    """One line for each network of the front."""
    from vynapse.cli.output import number, print_json, print_line, table
    from vynapse.errors import ConfigError
    from vynapse.experiment.fronts import read_front
    from vynapse.experiment.store import load

    if plot is not None:
        raise ConfigError("--plot: it draws the whole run: leave out --front")
    rows = read_front(run).rows(load(run).network)
    if json:
        for row in rows:
            print_json(row)
        return
    cells = [_cells(row) for row in rows]
    columns = dict.fromkeys(name for row in cells for name in row)
    for line in table([*columns], [[number(row.get(name)) for name in columns] for row in cells]):
        print_line(line)


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """A network of a front by column; objectives with names are left to --json."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            cells |= {f"{name} {place}": one for place, one in enumerate(value)}
        elif not isinstance(value, dict):
            cells["FLOPs" if name == "flops" else name] = value
    return cells


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


def _stories(found: Observed) -> list[str]:
    """What the mode of each stage tells of its own events, or why it tells nothing."""
    lines: list[str] = []
    silent: dict[str, None] = {}
    for stage, story in enumerate(found.stories):
        told = found.of_stage(stage, story.tell)
        lines += [*told, ""] if told else []
        if not told and story.silence is not None:
            silent[story.silence] = None
    return [*(line for silence in silent for line in (silence, "")), *lines]


def _bars(
    found: Observed, stages: Mapping[int, tuple[list[int], list[float]]]
) -> dict[int, curve.Bars]:
    """What lasted in each stage, to be drawn over its steps."""
    bars = {}
    for stage in stages:
        story = found.stories[stage]
        if spans := found.of_stage(stage, story.spans):
            bars[stage] = curve.Bars(spans, story.colours or {})
    return bars


def _panels(found: Observed) -> curve.Panels:
    """Further lines over the steps, as the modes of the stages want them."""
    from vynapse.experiment.directory import RunDirectory
    from vynapse.telemetry.reading import read_metrics

    panels: dict[str, dict[int, dict[str, tuple[list[int], list[float]]]]] = {}
    wanted = {stage: story.curves for stage, story in enumerate(found.stories) if story.curves}
    if not wanted:
        return panels
    for row in read_metrics(RunDirectory(found.path).metrics):
        stage = int(row["stage"])
        for name, columns in (wanted.get(stage) or {}).items():
            for column, factor in columns.items():
                if column in row:
                    lines = panels.setdefault(name, {}).setdefault(stage, {})
                    steps, values = lines.setdefault(column, ([], []))
                    steps.append(int(row["step"]))
                    values.append(factor * float(row[column]))
    return panels


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
