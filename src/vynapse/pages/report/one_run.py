# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The report of one run."""

from __future__ import annotations

from pathlib import Path

from vynapse.errors import MissingExtra
from vynapse.experiment.run_curves import drawn_curves
from vynapse.pages.report import facts
from vynapse.pages.report.blocks import NO_PICTURES, Block, Picture, Report, Section, Words
from vynapse.pages.report.episodes import episodes
from vynapse.pages.report.examples import examples
from vynapse.pages.report.fronts import front
from vynapse.pages.report.looking import Seen, see
from vynapse.pages.report.network import network
from vynapse.pages.report.surfaces import surfaces
from vynapse.pages.report.wording import figures_of


def report_of_run(path: Path) -> Report:
    """What a run has to tell, whether it has finished or not.

    Raises:
        RunDirectoryError, CheckpointError: it is no run, or its files are damaged.
    """
    seen = see(path)
    summary = seen.summary
    title = f"{summary['task']} · {summary['mode']} · seed {summary['seed']}"
    trouble = [seen.trouble] if seen.trouble else []
    try:
        pictures = [_curves(seen), _plane(seen), episodes(seen), examples(seen)]
    except MissingExtra:
        pictures = [Section("Curves", [Words(NO_PICTURES)])]
    return Report(
        title,
        summary["status"],
        [*facts.lead(seen), *trouble],
        figures_of(summary),
        [
            *pictures[:1],
            facts.results(seen),
            *pictures[1:],
            front(seen),
            network(seen),
            facts.story(seen),
            facts.endings(seen),
            facts.costs(seen),
            facts.provenance(seen.record, summary),
            facts.reproduce(seen.record, path),
        ],
    )


def _curves(seen: Seen) -> Section:
    measure = seen.task.measure if seen.task else None
    svg = drawn_curves(seen.found, measure, "report")
    if svg is None:
        return Section("Curves", [Words("The run has measured no loss yet.")])
    blocks: list[Block] = [Picture(svg, "the best network over the steps of the run")]
    return Section("Curves", blocks)


def _plane(seen: Seen) -> Section:
    found = seen.loaded is not None and seen.task is not None
    return Section(
        "Over its two inputs",
        surfaces({"": seen.path}, str(seen.summary["task"]), "report") if found else [],
    )
