# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of sinks lets a sound one pass and names what is wrong with a broken one."""

import time
from pathlib import Path

import pytest

from vynapse.telemetry.events import Event
from vynapse.testing import check_sink
from vynapse.testing import sink as checker


class Lines:
    """Writes a line for everything."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "lines.txt"

    def event(self, event: Event) -> None:
        self.write(event.kind)

    def row(self, row) -> None:
        self.write(str(sorted(row)))

    def write(self, line: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{line}\n")

    def close(self) -> None: ...


class Changing(Lines):
    def row(self, row) -> None:
        row["mine"] = 1


class Raising(Lines):
    def event(self, event: Event) -> None:
        raise KeyError(event.kind)


class Blocking(Lines):
    def close(self) -> None:
        time.sleep(0.5)


class Meddling(Lines):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        (directory / "metrics.csv").touch()


class Half:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def event(self, event: Event) -> None: ...


def test_a_sound_sink_passes(tmp_path) -> None:
    check_sink(Lines, tmp_path)
    assert len((tmp_path / "lines.txt").read_text().splitlines()) == 12


@pytest.mark.parametrize(
    ("sink", "sentence"),
    [
        (Changing, r"row\(\) changes the row"),
        (Raising, "it raises, .*run.started"),
        (Blocking, "it blocks"),
        (Meddling, "it writes metrics.csv, which belongs to the run"),
        (Half, r"row\(\) and close\(\) are wanted"),
    ],
)
def test_a_broken_sink_is_caught(sink, sentence, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(checker, "_PATIENCE", 0.2)
    with pytest.raises(AssertionError, match=sentence):
        check_sink(sink, tmp_path)
