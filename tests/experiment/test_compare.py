# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The comparison: arms at one budget, honest statistics, and a table that says it all."""

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vynapse.errors import ConfigError, Interrupted, RunDirectoryError, TrainingError
from vynapse.experiment import compare, measured
from vynapse.experiment.compare import Comparison, Finished
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Observer, Session, StageReport
from vynapse.experiment.table import Row, Table
from vynapse.statistics import mean_of, student_t95
from vynapse.tasks.registry import TASKS


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (4, 2.776), (30, 2.042), (40, 2.0211), (60, 2.0003), (120, 1.9799)],
)
def test_student_t(freedom, quantile) -> None:
    assert student_t95(freedom) == pytest.approx(quantile, abs=3e-4)


def test_mean_and_interval() -> None:
    mean = mean_of([1.0, 2.0, 3.0, 4.0])
    assert mean is not None
    assert mean.value == 2.5
    assert mean.half_width == pytest.approx(3.182 * math.sqrt(5 / 3 / 4))
    assert mean_of([]) is None
    alone = mean_of([3.0])
    assert alone is not None
    assert alone.half_width is None


def test_two_modes_at_one_budget(tmp_path: Path) -> None:
    seen: list[Finished] = []
    comparison = Comparison(
        ["xor"], ["deap", "sgd"], 2, tmp_path, budget={"flops": 20_000}, overrides=["log_every=50"]
    )
    table = comparison.run(seen.append)
    assert [(item.number, item.total, item.seed) for item in seen] == [
        (1, 4, 0), (2, 4, 1), (3, 4, 0), (4, 4, 1),
    ]  # fmt: skip
    for row in table.rows:
        assert len(row.runs) == 2
        assert row.peak_megabytes is not None
        assert row.peak_megabytes > 20
        for run in row.runs:
            assert run["cost"]["flops"] >= 20_000
            assert run["cpu_seconds"] > 0
            assert (tmp_path / f"xor-{row.mode}" / f"seed-{run['seed']}" / "summary.json").exists()
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [(r["mode"], r["seed"]) for r in rows] == [
        ("deap", "0"), ("deap", "1"), ("sgd", "0"), ("sgd", "1"),
    ]  # fmt: skip
    markdown = (tmp_path / "table.md").read_text()
    assert "| xor | deap | 2 |" in markdown
    assert "±" in markdown
    parsed = json.loads((tmp_path / "table.json").read_text())
    assert parsed[0]["means"]["loss"]["mean"] == pytest.approx(
        sum(float(r["loss"]) for r in rows[:2]) / 2
    )


def test_an_interrupted_comparison_is_gone_on_with(tmp_path: Path) -> None:
    def stop(item: Finished) -> None:
        if item.number == 2:
            raise KeyboardInterrupt

    comparison = Comparison(["xor"], ["deap"], 3, tmp_path, budget={"steps": 2})
    with pytest.raises(Interrupted, match="2 of 3 runs have ended: go on with the same command"):
        comparison.run(stop)
    ended = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("summary.json")}
    assert sorted(path.parent.name for path in ended) == ["seed-0", "seed-1"]
    used = json.loads((tmp_path / "xor-deap" / "seed-1" / "machine.json").read_text())

    runs = comparison.run().rows[0].runs
    assert [run["seed"] for run in runs] == [0, 1, 2]
    assert {path: path.stat().st_mtime_ns for path in ended} == ended  # not repeated
    assert {key: runs[1][key] for key in used} == used
    other = Comparison(["xor"], ["deap"], 3, tmp_path / "other", budget={"steps": 2}).run().rows[0]
    assert [run["network_sha256"] for run in runs] == [r["network_sha256"] for r in other.runs]


def test_what_a_killed_run_has_used_is_not_forgotten(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(measured, "_NOTE_SECONDS", 0.0)
    recipe = compare._packed(load_recipe("xor", "deap", budget={"steps": 5}))
    seen = []

    def killed(self: Session, observers: Sequence[Observer] = (), **more: Any) -> dict[str, Any]:
        def note(item: StageReport) -> None:
            seen.append(json.loads((tmp_path / "machine.json").read_text())["wall_seconds"])

        return run(self, [*observers, note], **more)

    run = Session.run
    monkeypatch.setattr(Session, "run", killed)
    used = compare._run(recipe, tmp_path)
    assert seen
    assert 0 < seen[-1] <= used["wall_seconds"]


def test_a_folder_with_other_runs_is_refused(tmp_path: Path) -> None:
    Comparison(["xor"], ["deap"], 1, tmp_path, budget={"steps": 2}).run()
    with pytest.raises(RunDirectoryError, match="seed-0 holds a run of another recipe"):
        Comparison(["xor"], ["deap"], 1, tmp_path, budget={"steps": 3}).run()


def test_an_arm_that_fails_says_why(tmp_path: Path) -> None:
    """The error comes from another process and is still the sentence that it was there."""
    overrides = [
        "deap.strategy.mu=3",
        "sgd.learning_rate=1e30",
        "sgd.optimizer=sgd",
        "network={mlp: {sizes: [2, 9, 2], hidden: relu}}",
    ]
    comparison = Comparison(
        ["spirals"], ["deap", "sgd"], 1, tmp_path, budget={"steps": 50}, overrides=overrides
    )
    assert comparison.arms()[0].recipe.stages[0].as_file()["strategy"]["mu"] == 3
    with pytest.raises(TrainingError, match="lower learning_rate"):
        comparison.run()
    assert (tmp_path / "spirals-deap" / "seed-0" / "summary.json").exists()


def test_all_arms_share_one_rule_of_stopping(tmp_path: Path) -> None:
    for budget, target in ((None, 0.01), ({"flops": 1e4}, None)):
        arms = Comparison(["xor"], ["deap", "sgd"], 1, tmp_path, budget=budget).arms()
        assert {arm.recipe.stages[0].budget.target for arm in arms} == {target}


def test_both_modes_start_from_the_same_network(tmp_path: Path) -> None:
    """`compare xor` gives all modes the same structure and the same initial weights."""
    arms = Comparison(["xor"], ["deap", "sgd"], 1, tmp_path).arms()
    assert arms[0].recipe.network == arms[1].recipe.network
    assert arms[0].recipe.seed == arms[1].recipe.seed


def test_a_wrong_arm_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'deap'"):
        Comparison(["xor"], ["sgd", "deep"], 2, tmp_path / "new").run()
    assert not (tmp_path / "new").exists()


def test_what_nobody_measured_has_no_column() -> None:
    run = {
        "loss": 0.5, "metrics": {}, "test": None, "converged": None, "seed": 0, "parameters": 3,
        "cost": {"forwards": 1, "backwards": 0, "flops": 10}, "wall_seconds": 1.0,
        "cpu_seconds": 0.5, "peak_megabytes": 10.0, "network_sha256": "x",
    }  # fmt: skip
    table = Table([Row("t", "m", [run])])
    header = table.markdown().splitlines()[0]
    assert "accuracy" not in header
    assert "converged" not in header
    assert next(csv.DictReader(table.csv().splitlines()))["accuracy"] == ""


def summary_of(seed: int, loss: float, accuracy: float | None = None) -> dict[str, Any]:
    return {
        "loss": loss, "metrics": {} if accuracy is None else {"accuracy": accuracy}, "test": None,
        "converged": None, "seed": seed, "parameters": 3, "wall_seconds": 1.0, "cpu_seconds": 0.5,
        "cost": {"forwards": 1, "backwards": 0, "flops": 10}, "peak_megabytes": 10.0,
        "network_sha256": "x",
    }  # fmt: skip


def test_differences_to_a_control_are_paired_by_seed() -> None:
    """Losses that vary much from seed to seed, but differ by much the same for each."""
    losses = [0.2, 0.9, 0.5]
    grow = Row("t", "grow (heuristic)", [summary_of(n, x, 0.5) for n, x in enumerate(losses)])
    runs = [summary_of(n, x + 0.1 + n / 100, 0.4) for n, x in reversed([*enumerate(losses)])]
    runs.append(summary_of(7, 100.0, 0.0))
    control = Row("t", "static-initial", runs, "grow (heuristic)")
    elsewhere = Row("u", "grow (heuristic)", [summary_of(0, 50.0)])
    table = Table([elsewhere, grow, control])

    assert table.differences(grow) == {}
    found = table.differences(control)
    assert found["loss"].value == pytest.approx(0.11)
    assert found["loss"].half_width == pytest.approx(4.303 * 0.01 / math.sqrt(3))
    assert found["loss"].count == 3
    assert found["accuracy"].value == pytest.approx(-0.1)
    assert "test accuracy" not in found

    last = [line for line in table.markdown().splitlines() if line.startswith("| t |")][-1]
    assert last == "| t | static-initial − grow (heuristic) | 3 | +0.11 ± 0.0248 | -0.1 |"
    arms = {(arm["task"], arm["mode"]): arm for arm in table.json()}
    assert "differences" not in arms["t", "grow (heuristic)"]
    told = arms["t", "static-initial"]
    assert told["control_of"] == "grow (heuristic)"
    assert told["differences"]["loss"] == {
        "mean": found["loss"].value, "half_width_95": found["loss"].half_width,
    }  # fmt: skip


def test_a_table_without_controls_tells_no_differences() -> None:
    text = Table([Row("t", "m", [summary_of(0, 0.5)])]).markdown()
    assert text.endswith("(Student's t).\n")
    assert "ifference" not in text


def test_every_built_in_task_has_a_budget_of_its_own() -> None:
    for task in TASKS.names():
        if task not in ("csv", "arrays"):  # data of the user's
            assert TASKS.get(task).comparison != {"flops": 1e10}, task


def test_four_modes_solve_xor_and_repeat_their_bytes(tmp_path: Path) -> None:
    modes = ["deap", "neat", "sgd", "static"]
    table = Comparison(["xor"], modes, 1, tmp_path, repeats=2, jobs=2).run()
    assert [row.mode for row in table.rows] == modes
    for row in table.rows:
        assert all(run["loss"] < 2e-2 and run["converged"] for run in row.runs)
        assert row.repeats is not None
        assert row.repeats.same_bytes
        assert row.repeats.count == 2
    text = table.markdown()
    assert text.count("| 2 | yes |") == len(modes)
    assert "interquartile range" in text
