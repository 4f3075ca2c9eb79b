# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The judgement at every budget: levels, who reaches them, at which ratio, and its files."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main
from vynapse.experiment.anytime import Anytime, judged
from vynapse.experiment.anytime_files import as_markdown
from vynapse.experiment.compare import Comparison


def run(*accuracies: float, at: float = 1.0) -> list[dict[str, str]]:
    """A run that is validated at `at`, 2 `at`, …"""
    return [
        {"accuracy": str(value), "flops": str(at * (n + 1)), "seconds": str(2 * at * (n + 1))}
        for n, value in enumerate(accuracies)
    ]


def found(**arms: list[list[dict[str, str]]]) -> Anytime:
    logged = {name: dict(enumerate(runs)) for name, runs in arms.items()}
    over, seconds = judged("task", logged)
    assert seconds.cost == "seconds"
    return over


def test_an_arm_that_needs_half_of_it_has_a_ratio_of_a_half() -> None:
    slow = [run(0.1, 0.4, 0.8, 0.9), run(0.1, 0.5, 0.7, 0.9)]
    fast = [run(0.1, 0.4, 0.8, 0.9, at=0.5), run(0.1, 0.5, 0.7, 0.9, at=0.5)]
    over = found(slow=slow, fast=fast)
    first, second = over.lines
    assert [arrival.level for arrival in first.arrivals] == [0.5, 0.7, 0.82, 0.876]
    assert [arrival.ratio for arrival in first.arrivals] == [None] * 4
    for arrival in second.arrivals:
        assert (arrival.reached, arrival.seeds) == (2, 2)
        assert arrival.ratio is not None
        assert arrival.ratio.value == pytest.approx(0.5)
        assert arrival.ratio.low == pytest.approx(0.5) == arrival.ratio.high
    assert second.area.value > first.area.value
    assert "× 0.50 (0.50 to 0.50)" in as_markdown([over])


def test_a_level_that_a_run_does_not_reach_has_no_ratio() -> None:
    over = found(one=[run(0.1, 0.9), run(0.1, 0.9)], two=[run(0.2, 0.9), run(0.2, 0.3)])
    low, *_, high = over.lines[1].arrivals
    assert (low.reached, high.reached, high.seeds, high.ratio) == (1, 1, 2, None)
    assert high.cost is not None
    assert high.cost.value == 2
    assert "1 of 2" in as_markdown([over])
    none = found(one=[run(0.1, 0.9)], two=[run(0.1)]).lines[1].arrivals[-1]
    assert (none.reached, none.cost, none.ratio) == (0, None, None)


def test_before_its_first_validation_a_run_is_the_worst_of_all() -> None:
    over = found(late=[run(0.5, at=64.0)], early=[run(0.2, 0.5)])
    assert over.before == 0.2
    late, early = over.lines
    assert late.means[0].value == early.means[0].value == 0.2
    assert late.area.value == pytest.approx(0.2)
    assert early.area.value > 0.4


def test_seeds_that_an_arm_lacks_are_left_out_of_its_ratio() -> None:
    logged = {"one": {0: run(0.1, 0.9), 1: run(0.1, 0.2, 0.9)}, "two": {1: run(0.1, 0.9)}}
    (_, line) = judged("task", logged)[0].lines
    ratio = line.arrivals[-1].ratio
    assert ratio is not None
    assert ratio.value == pytest.approx(2 / 3)
    assert "× 0.67" in as_markdown(judged("task", logged))


def test_runs_that_count_nothing_alike_are_judged_by_their_time() -> None:
    one = [{"loss": "1", "flops": "1", "seconds": "1"}]
    two = [{"loss": "1", "forwards": "1", "seconds": "1"}]
    (over,) = judged("task", {"one": {0: one}, "two": {0: two}})
    assert (over.cost, over.measure.name) == ("seconds", "loss")
    assert judged("task", {"one": {0: [{"loss": "1"}]}}) == []
    assert as_markdown([]).startswith("No cost was counted")


def test_a_comparison_that_has_run_is_judged_without_a_repeat(tmp_path: Path) -> None:
    asked: dict[str, Any] = {
        "tasks": ["xor"],
        "modes": ["sgd", "deap"],
        "seeds": 2,
        "directory": tmp_path,
    }
    Comparison(**asked, budget={"flops": 20_000}).run()
    assert not list(tmp_path.glob("anytime*"))
    ended = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("summary.json")}
    assert len(ended) == 4
    Comparison(**asked, budget={"flops": 20_000}, anytime=True).run()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("summary.json")} == ended
    over, seconds = json.loads((tmp_path / "anytime.json").read_text())
    assert (over["cost"], seconds["cost"], over["measure"]) == ("flops", "seconds", "loss")
    assert over["higher_is_better"] is False
    rows = list(csv.DictReader((tmp_path / "anytime.csv").read_text().splitlines()))
    assert len(rows) == 2 * 2 * len(over["costs"])
    table = json.loads((tmp_path / "table.json").read_text())
    for arm, told in zip(over["arms"], table, strict=True):
        assert arm["best"]["mean"] == pytest.approx(told["means"]["loss"]["mean"])
        assert arm["mean"][-1] == pytest.approx(arm["best"]["mean"])


def test_the_picture_has_a_panel_for_each_cost(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    Comparison(["spirals"], ["sgd"], 2, tmp_path, budget={"flops": 2e7}, anytime=True).run()
    text = (tmp_path / "anytime-spirals.svg").read_text()
    assert "#0072b2" in text
    assert "anytime-spirals.svg" in {path.name for path in tmp_path.glob("*.svg")}


def test_the_command_line_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compare", "xor", "--modes", "sgd", "--seeds", "1", "--budget", "flops=2e4"]
    assert main([*command, "--out", str(tmp_path), "--anytime"]) == 0
    assert "| task | mode | seeds | best | of |" in capsys.readouterr().out
