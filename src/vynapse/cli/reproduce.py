# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vynapse.cli.options import Json, Logging, Run
from vynapse.errors import NotReproduced

if TYPE_CHECKING:
    from vynapse.experiment.reproducing import Reproduction


def reproduce(
    run: Run,
    /,
    *,
    out: Path | None = None,
    json: Json = False,
    logging: Logging | None = None,
) -> None:
    """Make a run again and compare.

    Args:
        run: directory of the run, or last.
        out: directory of the new run; by default RUN-again, beside it. One that was interrupted is
            gone on with.
        json: one JSON object on standard output.
        logging: what is logged beside the progress.
    """
    (logging or Logging()).apply()
    from vynapse.cli.live import shown_live
    from vynapse.cli.output import print_json, print_line
    from vynapse.experiment.reproducing import repetition

    made = repetition(run, out)
    with shown_live(None) as (observer, stopping):
        found = made.finish([observer], stopping)
    if json:
        print_json(found.json())
    else:
        for line in _lines(found):
            print_line(line)
    parted = [f"{part.name}: {part.difference}" for part in found.parts if not part.same]
    if parted:
        raise NotReproduced(f"{run} was made again, and {parted[0]}: see {found.again}")


def _lines(found: Reproduction) -> list[str]:
    """The result in words."""
    said = "the same bytes" if found.same else "other bytes"
    lines = [f"{found.run}: {said}"]
    lines += [f"  {part.name}: {part.difference or 'same'}" for part in found.parts]
    if found.changes:
        lines.append("  also different:" if not found.same else "  although this is different:")
        lines += [f"    {change}" for change in found.changes]
    elif not found.same:
        lines.append("  versions, data, processor, kernels and threads are the same")
    lines += [f"  {note}" for note in found.notes]
    return [*lines, f"  {found.again}"]
