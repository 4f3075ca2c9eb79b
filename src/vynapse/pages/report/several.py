# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The report of runs side by side: a comparison, a folder of runs, or runs that were named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from vynapse.errors import MissingExtra
from vynapse.experiment.bands import bands_picture
from vynapse.experiment.compared import Group, table_of
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.store import load
from vynapse.experiment.table import Part, Table
from vynapse.pages.report import facts
from vynapse.pages.report.blocks import (
    NO_PICTURES,
    Block,
    Code,
    Grid,
    Picture,
    Report,
    Section,
    Words,
)
from vynapse.pages.report.network import too_large
from vynapse.pages.report.surfaces import surfaces
from vynapse.pages.report.wording import amount, duration, listed, number
from vynapse.statistics import Mean, half_width

_NAMING: Final = 3
"""Columns of the table of means that name an arm: task, mode and seeds."""
_COST_COLUMNS: Final = (
    *("GFLOP", "forwards", "backwards", "env steps", "wall s", "CPU %", "parameters", "peak MB"),
)


def report_of_groups(title: str, groups: Sequence[Group], table: Table | None = None) -> Report:
    """What runs have to tell side by side.

    Args:
        title: what they are.
        groups: at least one, each of at least one run.
        table: that of their comparison; None to make one of those that have finished.

    Raises:
        RunDirectoryError, CheckpointError: the files of a run are damaged.
    """
    table = table_of(groups) if table is None else table
    summaries = [found for group in groups for found in group.summaries]
    open_runs = Counter(found["status"] for found in summaries if found["status"] != "finished")
    parts = table.parts() if table.rows else []
    try:
        curves = [_curves(groups), _planes(groups)]
    except MissingExtra:
        curves = [Section("Curves", [Words(NO_PICTURES)])]
    return Report(
        title,
        listed([f"{count} {status}" for status, count in open_runs.items()]) or "finished",
        _lead(groups, table),
        _figures(groups, summaries),
        [
            Section("Comparison", [_columns(part, costs=False) for part in parts[:1]]),
            *curves,
            Section("Side by side", [_grid(part) for part in parts[1:]]),
            Section("Costs", [_columns(part, costs=True) for part in parts[:1]]),
            _networks(groups),
            _runs(groups),
            *_origin(groups),
        ],
    )


def _grid(part: Part) -> Grid:
    return Grid(part.header, part.rows, part.note)


def _columns(part: Part, *, costs: bool) -> Grid:
    """What names the arms, and either what they cost or what they reached."""
    kept = [
        place
        for place, name in enumerate(part.header)
        if place < _NAMING or (name in _COST_COLUMNS) == costs
    ]
    rows = [[row[place] for place in kept] for row in part.rows]
    return Grid([part.header[place] for place in kept], rows, part.note)


def _lead(groups: Sequence[Group], table: Table) -> list[str]:
    tasks = list(dict.fromkeys(group.task for group in groups))
    arms = list(dict.fromkeys(group.name for group in groups))
    count = sum(len(group.runs) for group in groups)
    runs = "1 run" if count == 1 else f"{count} runs"
    lines = [f"{runs} of {listed(tasks)} in {listed(arms)}."]
    for task in tasks:
        known = []
        for row in table.rows:
            name = "return" if row.mean("return") else "loss"
            mean = row.mean(name)
            if row.task == task and mean is not None:
                known.append((mean.value, name, row.mode, mean, len(row.runs)))
        if len(known) < 2:
            continue
        highest = known[0][1] == "return"
        _, name, arm, mean, seeds = (max if highest else min)(known, key=lambda one: one[0])
        width = half_width(mean)
        sure = f" ± {width:.3g} (95 % interval over {seeds} seeds)" if width else ""
        word = "highest" if highest else "lowest"
        near = [
            f"{other}'s" for _, _, other, second, _ in known if other != arm and _meet(mean, second)
        ]
        doubt = f" Its interval meets {listed(near)}." if near else ""
        lines.append(f"On {task}, {arm} has the {word} mean {name}: {mean.value:.4g}{sure}.{doubt}")
    return lines


def _meet(one: Mean, two: Mean) -> bool:
    """Whether two intervals have something in common."""
    if one.half_width is None or two.half_width is None:
        return False
    return abs(one.value - two.value) <= one.half_width + two.half_width


def _figures(
    groups: Sequence[Group], summaries: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    finished = [found for found in summaries if found["status"] == "finished"]
    seconds = sum(found.get("seconds", 0.0) for found in summaries)
    flops = sum(found["cost"].get("flops", 0) for found in finished)
    return [
        ("tasks", number(len({group.task for group in groups}))),
        ("arms", number(len({group.name for group in groups}))),
        ("runs finished", f"{len(finished):,} of {len(summaries):,}"),
        ("time of all runs", duration(seconds)),
        *([("operations of all runs", amount(flops, "FLOP"))] if flops else []),
    ]


def _by_task(groups: Sequence[Group]) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = {}
    for group in groups:
        found.setdefault(group.task, []).append(group)
    return found


def _curves(groups: Sequence[Group]) -> Section:
    blocks: list[Block] = []
    note = (
        "Thick: the mean over seeds of the best so far, on a logarithmic scale the geometric one. "
        "Band: its 95 % interval (Student's t). Thin: single runs. A run that has ended keeps its "
        "last value."
    )
    for task, own in _by_task(groups).items():
        gained = all("return" in found for group in own for found in group.finished())
        gained = gained and any(group.finished() for group in own)
        arms = {group.name: group.runs for group in own}
        svg = bands_picture(arms, gained=gained, title=task, purpose="report")
        if svg is not None:
            blocks.append(Picture(svg, f"{task}: the best of each run over its cost"))
    return Section("Curves", [*blocks, Words(note)] if blocks else [])


def _planes(groups: Sequence[Group]) -> Section:
    blocks: list[Block] = []
    for task, own in _by_task(groups).items():
        best = {
            f"{group.name}, seed {_seed(group, run)}": run for group in own if (run := group.best())
        }
        blocks += surfaces(best, task, "report")
    return Section("The best run of each arm over its two inputs", blocks)


def _seed(group: Group, run: Path) -> int:
    seed: int = group.summaries[group.runs.index(run)]["seed"]
    return seed


def _networks(groups: Sequence[Group]) -> Section:
    """The networks of the best runs that draw themselves, which takes no time."""
    blocks: list[Block] = []
    for group in groups:
        run = group.best()
        if run is None or not RunDirectory(run).network.exists():
            continue
        network = load(run).network
        drawn = network.structure.picture(network.tensors)
        if drawn is not None and not too_large(drawn):
            about = f"{group.task}, {group.name}, seed {_seed(group, run)}"
            note = f"{about}: {network.parameters():,} parameters"
            blocks.append(Picture(drawn, f"the best network of {about}", note, paper=True))
    return Section("The networks", blocks)


def _runs(groups: Sequence[Group]) -> Section:
    rows = []
    for group in groups:
        for found in group.summaries:
            loss = found.get("loss")
            rows.append(
                [
                    group.task,
                    group.name,
                    str(found["seed"]),
                    found["status"],
                    number(float(loss)) if isinstance(loss, (int, float)) else "–",
                    number(found.get("steps", found.get("step"))),
                    duration(found.get("seconds")),
                    str(found.get("stop", "")).replace("_", " "),
                    str(found.get("network_sha256", "–"))[:12],
                ]
            )
    header = ["task", "arm", "seed", "status", "loss", "steps", "time", "ended by", "network"]
    note = "Network: the first letters of its SHA-256. vynapse report RUN tells all of one run."
    return Section("Every run", [Grid(header, rows, note)])


def _origin(groups: Sequence[Group]) -> list[Section]:
    """What the runs depend on, and the commands that made them."""
    records = [RunDirectory(run).record() for group in groups for run in group.runs]
    first = records[0]
    section = facts.provenance(first, {})
    held = [{**record["provenance"], "command": None, "data_sha256": None} for record in records]
    blocks: list[Block] = list(section.blocks)
    if any(other != held[0] for other in held[1:]):
        blocks.append(Words("That is the first run; others had other versions or machines."))
    if len({record["provenance"]["data_sha256"] for record in records}) > 1:
        blocks.append(Words("The data are those of the first run; other tasks have their own."))
    commands = dict.fromkeys(
        facts.command_words(record["provenance"]["command"])
        for record in records
        if record["provenance"].get("command")
    )
    lines = [*facts.install_lines(first), *commands]
    about = Words("Each run also holds its own recipe: recipe.yaml in its directory.")
    return [
        Section("Provenance", blocks),
        Section("Make it again", [Code("\n".join(lines), "sh"), about]),
    ]
