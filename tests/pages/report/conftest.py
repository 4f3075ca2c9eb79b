# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One tiny run of every kind, made once, and a parser that says what a page holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from vynapse.cli.main import main

ATTACK = "<img src=x onerror=alert(1)>"
"""What stands as a class name, a column and a directory; it must reach no browser as a tag."""

KINDS: dict[str, list[str]] = {
    "sgd": ["xor", "--mode", "sgd", "--budget", "epochs=20"],
    "deap": ["digits", "--mode", "deap", "--steps", "2", "--set", "strategy.offspring=6"],
    "neat": ["xor", "--mode", "neat", "--steps", "6", "--set", "population=30"],
    "hybrid": ["xor", "--mode", "hybrid", "--steps", "3", "--set", "population=12"],
    "static": ["spirals", "--mode", "static", "--steps", "8"],
    "grow": [
        *("spirals", "--mode", "grow", "--steps", "12", "--network", "mlp:2,4,4,2"),
        *("--set", "controller={kind: random, germinate: 0.7, fossilize: 0.7, cull: 0.3}"),
        *("--set", "epoch_steps=1", "--set", "embargo_epochs=1"),
    ],
    "control": [
        *("cartpole", "--mode", "neat", "--steps", "2", "--set", "population=10"),
        *("--set", "task.validation_episodes=3", "--set", "task.test_episodes=3"),
    ],
    "classes": ["csv", "--mode", "sgd", "--steps", "5"],
    "numbers": ["csv", "--mode", "sgd", "--steps", "20"],
    "front": [
        *("function", "--mode", "nsga2", "--steps", "2", "--set", "population=8"),
        *("--set", "task.path=tests.pages.report.beam:beam", "--set", "task.size=2"),
        *("--set", "task.low=0", "--set", "task.high=1", "--set", "task.start=0.5"),
        *("--set", "task.objectives=2"),
    ],
}


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rows(path: Path, *, classes: bool) -> None:
    """A CSV file whose names are hostile."""
    draw = random.Random(0)
    lines = [f'length,"{ATTACK}",kind']
    for place in range(90):
        own = place % 3
        name = (ATTACK, "plain|pipe", "`third`*")[own]
        length = own + draw.gauss(0, 0.5)
        target = f'"{name}"' if classes else f"{3 * length + draw.gauss(0, 0.1):.3f}"
        lines.append(f"{length:.3f},{draw.choice(('red', 'blue'))},{target}")
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The directory of a run of a kind, which is made when it is first asked for."""
    folder = tmp_path_factory.mktemp("runs")
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            words, out = list(KINDS[kind]), folder / kind
            if words[0] == "csv":
                file = folder / f"{kind}.csv"
                rows(file, classes=kind == "classes")
                words += ["--set", f"task.path={file}", "--set", "task.target=kind"]
                out = folder / f"{kind} {ATTACK}"
            assert main(["run", *words, "--out", str(out)]) == 0
            made[kind] = out
        return made[kind]

    return make


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a comparison of two modes and two seeds."""
    folder = tmp_path_factory.mktemp("compared") / "folder"
    words = ["compare", "xor", "--modes", "sgd,neat", "--seeds", "2", "--budget", "flops=2e4"]
    assert main([*words, "--out", str(folder)]) == 0
    return folder
