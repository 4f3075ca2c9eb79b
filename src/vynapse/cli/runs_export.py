# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse runs export`: a run sent on to another program from its files."""

from __future__ import annotations

from pathlib import Path

from vynapse.cli.options import Run


def export(run: Run, /, *, to: str = "tensorboard", out: Path | None = None) -> None:
    """Send a run on from its files.

    Args:
        run: directory of the run, or last.
        to: the sink that gets it: tensorboard, otlp (its spans), or package.module:name of yours.
        out: folder that the sink writes to; by default `exported` in the run's directory.
    """
    from vynapse.cli.output import print_line
    from vynapse.experiment.sent_on import send_on

    print_line(str(send_on(run, to, out)))
