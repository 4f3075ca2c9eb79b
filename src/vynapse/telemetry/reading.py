# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Read the files of a run, also while another process writes them.

A last line without its end is one that is being written, or that a killed process left: it is
passed over.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from vynapse.errors import RunDirectoryError
from vynapse.telemetry.events import VERSION


def read_metrics(path: Path) -> list[dict[str, str]]:
    """The rows of a `metrics.csv` by column name; cells of what was not measured are left out.

    Raises:
        RunDirectoryError: the file is absent.
    """
    rows = csv.DictReader(_whole_lines(path))
    return [{name: cell for name, cell in row.items() if cell} for row in rows]


def read_events(path: Path) -> list[dict[str, Any]]:
    """The envelopes in an `events.jsonl`.

    Raises:
        RunDirectoryError: the file is absent, damaged or of a newer version.
    """
    events = []
    for number, line in enumerate(_whole_lines(path), start=1):
        try:
            event = json.loads(line)
            version = event["v"]
        except (ValueError, KeyError, TypeError):
            raise RunDirectoryError(f"{path}: line {number} is no event") from None
        if version > VERSION:
            raise RunDirectoryError(
                f"{path}: event version {version} is newer than {VERSION}: install a newer vynapse"
            )
        events.append(event)
    return events


def _whole_lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror}") from None
    return content[: content.rfind(b"\n") + 1].decode(errors="replace").splitlines()
