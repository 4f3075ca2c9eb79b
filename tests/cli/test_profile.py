# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse show RUN --profile`: the tree in words, and what it says where there is none."""

import json
import re

import pytest

from vynapse.cli.main import main
from vynapse.cli.profile import as_json, lines
from vynapse.telemetry.profile import tree
from vynapse.telemetry.span import Span

SECOND = 10**9


def span(number: int, parent: int | None, name: str, start: float, end: float, **about) -> Span:
    above = None if parent is None else f"{parent:016x}"
    times = round(start * SECOND), round(end * SECOND)
    return Span("a" * 32, f"{number:016x}", above, name, *times, about)


SPANS = [
    span(1, None, "run", 0, 100, cpu_seconds=90.0),
    span(2, 1, "stage 0: sgd", 0, 80, cpu_seconds=75.0),
    span(3, 2, "epochs", 0, 40, steps=400, epochs=2.0, cpu_seconds=39.0),
    span(4, 2, "epochs", 40, 75, steps=200, epochs=1.0, cpu_seconds=35.0),
    span(5, 3, "training", 0, 30, of_steps=400, cpu_seconds=29.0),
    span(6, 1, "evaluation", 80, 90, cpu_seconds=9.0),
    span(7, 1, "blink", 90, 90.1, cpu_seconds=0.1),
    span(8, 2, "a name that is much longer than its column is wide", 75, 79),
]


def test_the_tree_is_drawn_with_shares_times_and_counts() -> None:
    assert lines(tree(SPANS)) == [
        "                                          share      wall       CPU        count",
        "run                        ██████████████  100%   0:01:40   0:01:30            1",
        "├ stage 0: sgd             ███████████      80%   0:01:20   0:01:15            1",
        "│ ├ epochs                 ██████████       75%   0:01:15   0:01:14            3",
        "│ │ ├ training             ████             30%    30.0 s    29.0 s",
        "│ │ └ (the rest)               ██████       45%    45.0 s         -",
        "│ ├ a name that is much l…           █       4%    4.00 s         -            1",
        "│ └ (the rest)                        █      1%    1.00 s         -",
        "├ evaluation                          █     10%    10.0 s    9.00 s            1",
        "└ (the rest)                           █    10%    10.0 s         -",
    ]


def test_no_line_is_wider_than_a_terminal() -> None:
    deep = [span(n + 1, n or None, "x" * 40, 0, 10**6, cpu_seconds=10.0**6) for n in range(30)]
    assert all(len(line) <= 80 for line in lines(tree(deep)))
    assert lines(tree([])) == ["no span has ended yet"]


def test_the_tree_as_json() -> None:
    (run,) = as_json(tree(SPANS))["children"]
    assert (run["name"], run["wall_seconds"], run["cpu_seconds"]) == ("run", 100.0, 90.0)
    assert [child["count"] for child in run["children"][0]["children"]] == [3.0, 1.0]


def test_a_run_with_spans_is_shown(tmp_path, capsys) -> None:
    run = str(tmp_path / "run")
    words = ["--set", "telemetry.sinks=[spans]", "--steps", "50", "--out", run]
    assert main(["run", "xor", "--mode", "deap", *words]) == 0
    capsys.readouterr()
    assert main(["show", run, "--profile"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^run +█+ +100%", out, re.MULTILINE)
    assert "stage 0: deap" in out
    assert main(["show", run, "--profile", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["children"][0]["name"] == "run"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "has no spans.jsonl: begin a run with --set telemetry.sinks=[spans]"),
        (["--front"], "--profile: it shows the time alone: leave out --front and --plot"),
    ],
)
def test_what_cannot_be_shown_is_said(words, sentence, tmp_path, capsys) -> None:
    run = str(tmp_path / "run")
    main(["run", "xor", "--mode", "deap", "--steps", "5", "--out", run])
    assert main(["show", run, "--profile", *words]) == 2
    assert sentence in capsys.readouterr().err
