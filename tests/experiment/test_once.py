# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""In one run data are read once, and every task, trainer and settings model is made once."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vynapse import registry, settings
from vynapse.cli.main import main
from vynapse.data import csv
from vynapse.experiment import config
from vynapse.experiment.session import Session
from vynapse.tasks import tabular
from vynapse.tasks.registry import TASKS
from vynapse.trainers.mode import MODES

STAGES = """
task: {name: csv, path: rows.csv, target: y}
stages:
  - {mode: deap, budget: {steps: 3}}
  - {mode: sgd, budget: {steps: 3}}
"""


@pytest.fixture
def counts(monkeypatch, tmp_path) -> Counter[str]:
    """How often a file was read, a task or a trainer made, and a model validated."""
    found: Counter[str] = Counter()
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(60))
    Path("rows.csv").write_text("x,z,y\n" + rows)
    read, validated = csv.read_table, settings.validate

    def counted_read(*arguments: Any) -> Any:
        found["reads"] += 1
        return read(*arguments)

    def counted_validate(model: Any, *arguments: Any) -> Any:
        found[model.__name__] += 1
        return validated(model, *arguments)

    def counting(kinds: Any, word: str) -> Any:
        get = kinds.get

        def counted_get(name: str, where: str = "") -> Any:
            kind = get(name, where)

            def build(*arguments: Any) -> Any:
                found[f"{word} {kind.name}"] += 1
                return kind.build(*arguments)

            return replace(kind, build=build)

        return counted_get

    monkeypatch.setattr(tabular, "read_table", counted_read)
    for module in (registry, config):
        monkeypatch.setattr(module, "validate", counted_validate)
    monkeypatch.setattr(TASKS, "get", counting(TASKS, "task"))
    monkeypatch.setattr(MODES, "get", counting(MODES, "trainer"))
    return found


def once(counts: Counter[str]) -> None:
    assert counts["reads"] == 1
    assert (counts["task csv"], counts["trainer deap"], counts["trainer sgd"]) == (1, 1, 1)
    models = {name: n for name, n in counts.items() if name.endswith("Settings")}
    budgets = models.pop("BudgetSettings")
    assert budgets == 2, "one for each stage"
    assert models
    assert set(models.values()) == {1}, models


def test_by_the_command_line(counts) -> None:
    Path("r.yaml").write_text(STAGES)
    assert main(["run", "--recipe", "r.yaml", "--out", "run"]) == 0
    once(counts)


def test_from_python_and_after_an_interrupt(counts, tmp_path) -> None:
    Path("r.yaml").write_text(STAGES)
    session = Session.create(config.load_recipe(file=Path("r.yaml")), tmp_path / "run")
    counts_before = Counter(counts)
    assert counts_before["trainer deap"] == 1
    session.run()
    once(counts)
    counts.clear()
    (tmp_path / "run" / "summary.json").unlink()
    Session.open(tmp_path / "run").run()
    assert (counts["reads"], counts["task csv"]) == (1, 1)
    assert counts["trainer sgd"] <= 1


def test_a_network_of_which_a_part_is_set_makes_no_second_task(counts) -> None:
    words = ["run", "csv", "--mode", "sgd", "--set", "task.path=rows.csv", "--set", "task.target=y"]
    assert main([*words, "--set", "network.mlp.hidden=relu", "--steps", "2", "--out", "r"]) == 0
    assert (counts["reads"], counts["task csv"], counts["trainer sgd"]) == (1, 1, 1)


def test_several_runs_of_one_recipe_share_its_data_and_read_their_own_test_split(
    counts, tmp_path
) -> None:
    recipe = config.load_recipe(
        "csv", "sgd", overrides=["task.path=rows.csv", "task.target=y"], budget={"steps": 2}
    )
    summaries = [
        Session.create(recipe.model_copy(update={"seed": seed}), tmp_path / str(seed)).run()
        for seed in range(3)
    ]
    assert (counts["reads"], counts["task csv"]) == (1, 1)
    assert all(summary["test"] is not None for summary in summaries)


def test_a_recipe_that_was_given_another_network_does_not_keep_the_old_one(tmp_path) -> None:
    recipe = config.load_recipe("xor", "sgd", budget={"steps": 2})
    other = recipe.model_copy(update={"network": {"mlp": [2, 5, 1]}})
    assert Session.create(other, tmp_path / "r").run()["parameters"] == 21
    another = recipe.model_copy(update={"task": TASKS.choose({"name": "parity", "bits": 2})})
    assert Session.create(another, tmp_path / "s").run()["task"] == "parity"
