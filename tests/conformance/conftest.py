# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`make evidence`: the full counts behind the promises, and a table of what was found."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

Note = Callable[[str], None]


@pytest.fixture(scope="session")
def evidence() -> Iterator[Note]:
    """Takes a line of Markdown; written to the file that VYNAPSE_EVIDENCE names, if it does."""
    lines: list[str] = []
    yield lines.append
    target = os.environ.get("VYNAPSE_EVIDENCE")
    if target and lines:
        # REUSE-IgnoreStart
        Path(target).write_text(
            "<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->\n"
            "<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n\n"
            "# Resume after SIGKILL\n\n"
            f"`make evidence`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
            f"{platform.machine()} {platform.system()}, Python {platform.python_version()}.\n"
            "Each row is one seed. A kill ends the process that writes the run by a signal, at a\n"
            "moment drawn uniformly from the processor time of the run. Identical: every run,\n"
            "resumed to its end, has the `network_sha256` and the `metrics.csv` (without its time\n"
            "column) of an uninterrupted run.\n\n"
            "| mode | seed | kills | runs | result |\n| --- | --- | --- | --- | --- |\n"
            + "".join(f"{line}\n" for line in lines)
        )
        # REUSE-IgnoreEnd
