# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sweeps: the same table whoever makes the runs, and however often somebody is killed."""

from __future__ import annotations

import csv
import functools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.evidence import many
from tests.experiment.sweeps.surfaces import HERE, RECIPE, SURFACE, content, same, surface
from vynapse.errors import Interrupted, RunDirectoryError, TrainingError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import list_runs
from vynapse.experiment.sweeps.folder import Job, Point, SweepFolder
from vynapse.experiment.sweeps.giving import Giver
from vynapse.experiment.sweeps.outcome import Outcome
from vynapse.experiment.sweeps.pruning import survivors
from vynapse.experiment.sweeps.settings import read_sweep
from vynapse.experiment.sweeps.sweep import RunEnded, open_sweep
from vynapse.pages.report.writing import write_report

POINTS = 4


def sweep_of(kind: str, **more: Any) -> dict[str, Any]:
    search: dict[str, Any] = {"trials": POINTS, **({"startup": 2} if kind == "tpe" else {})}
    return content(kind, search=search, **more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Outcome]]:
    """Sweeps that nothing interrupts; each is made once."""

    @functools.cache
    def run(kind: str) -> tuple[Path, Outcome]:
        folder = tmp_path_factory.mktemp("whole") / kind
        return folder, open_sweep(sweep_of(kind), folder).run()

    return run


def test_processes_that_the_command_starts_make_the_same_table(whole, tmp_path: Path) -> None:
    told: list[RunEnded] = []
    open_sweep(sweep_of("random"), tmp_path / "two", workers=2).run(told.append)
    assert same(tmp_path / "two") == same(whole("random")[0])
    assert [item.number for item in told] == list(range(1, 2 * POINTS + 1))


def test_a_run_is_made_by_the_process_that_claims_it(tmp_path: Path) -> None:
    folder = SweepFolder.create_or_open(tmp_path, read_sweep(sweep_of("random")))
    claim = folder.claim(Job(0, 0))
    assert claim is not None
    assert SweepFolder(tmp_path).claim(Job(0, 0)) is None
    other = SweepFolder(tmp_path).claim(Job(0, 1))
    assert other is not None
    other.close()
    claim.close()
    again = folder.claim(Job(0, 0))
    assert again is not None
    again.close()


def test_several_workers_that_learn_from_each_other_say_so(tmp_path: Path) -> None:
    file = sweep_of("tpe")
    folder = SweepFolder.create_or_open(tmp_path, read_sweep(file))
    folder.note_several()
    assert not open_sweep(file, tmp_path).run().reproducible
    assert json.loads((tmp_path / "sweep.json").read_text())["reproducible"] is False


def test_what_the_table_says_is_what_the_runs_say(whole) -> None:
    folder, outcome = whole("random")
    losses = [one.loss.value for one in outcome.results if one.loss is not None]
    assert losses == sorted(losses)
    rows = list(csv.DictReader((folder / "sweep.csv").read_text().splitlines()))
    assert len(rows) == 2 * POINTS
    for row in rows:
        run = folder / f"point-{int(row['point']):04d}-seed-{row['seed']}"
        summary = json.loads((run / "summary.json").read_text())
        assert float(row["loss"]) == summary["loss"]
        assert int(row["forwards"]) == summary["cost"]["forwards"]
    assert {run["run"] for run in list_runs(folder)} == {
        f"point-{n:04d}-seed-{s}" for n in range(POINTS) for s in (0, 1)
    }
    page = write_report([folder]).read_text()
    assert all(one.point.name in page for one in outcome.results)
    assert (folder / "sweep.svg").read_text().count("<svg") == 1


def test_the_best_recipe_is_ready_to_run(whole, tmp_path: Path) -> None:
    folder, outcome = whole("random")
    best = outcome.best
    assert best is not None
    summary = Session.create(load_recipe(file=folder / "best.yaml"), tmp_path / "r").run()
    assert summary["loss"] == best.runs[0].loss


def test_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    file, told = sweep_of("random"), list[RunEnded]()

    def stop(item: RunEnded) -> None:
        if item.number == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=f"3 of at most {2 * POINTS} runs have ended: go on"):
        open_sweep(file, tmp_path).run(stop)
    ended = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/summary.json")}
    assert len(ended) == 3
    open_sweep(tmp_path, None).run(told.append)
    assert len(told) == 2 * POINTS
    assert {path: path.stat().st_mtime_ns for path in ended} == ended
    with pytest.raises(RunDirectoryError, match="holds another sweep"):
        open_sweep(sweep_of("random", seeds=[5]), tmp_path).run()


def test_start_points_come_first(tmp_path: Path) -> None:
    known = {"strategy.sigma": 0.5, "strategy.mu": 4, "strategy.selection": "rank"}
    for kind in ("random", "tpe"):
        search = {"trials": 3, "start": [known]}
        outcome = open_sweep(content(kind, search=search, seeds=[0]), tmp_path / kind).run()
        origins = {one.point.number: one.point.origin for one in outcome.results}
        assert origins == {0: "start", 1: kind, 2: kind}
        first = next(one for one in outcome.results if one.point.number == 0)
        assert first.point.values == known


def test_a_point_that_fails_does_not_end_the_sweep(tmp_path: Path) -> None:
    recipe = {**RECIPE, "task": {**RECIPE["task"], "path": f"{HERE}:narrow"}}
    file = {"recipe": recipe, "search": {"kind": "grid", "space": {"task.start": [1e7, 2.0]}}}
    outcome = open_sweep(file, tmp_path / "s").run()
    assert [one.status for one in outcome.results] == ["finished", "failed"]
    assert "too far" in outcome.results[1].why
    assert "too far" in (tmp_path / "s" / "table.md").read_text()
    file["search"] = {"kind": "grid", "space": {"task.start": [1e7, 2e7]}}
    with pytest.raises(TrainingError, match="no point of the sweep finished: .*too far"):
        open_sweep(file, tmp_path / "t").run()


def test_the_budget_of_a_run_replaces_that_of_the_recipe(tmp_path: Path) -> None:
    file = sweep_of("random", budget={"per_run": {"steps": 3}})
    outcome = open_sweep(file, tmp_path).run()
    assert {run.cost["steps"] for one in outcome.results for run in one.runs.values()} == {3}


def test_the_budget_of_all_gives_out_no_more_points(tmp_path: Path) -> None:
    file = sweep_of("random", budget={"total": {"steps": 2 * 8 * 3 - 1}})
    outcome = open_sweep(file, tmp_path / "one").run()
    assert sorted(one.point.number for one in outcome.results) == [0, 1, 2]
    assert outcome.ended_by == "steps"
    # another worker may have begun one more point by then: it is in no table
    ahead = SweepFolder.create_or_open(tmp_path / "two", read_sweep(file))
    giver = Giver(read_sweep(file).search)
    for _ in range(5):
        ahead.give(*giver.next(ahead.points(), lambda _: None))
    ahead_of = open_sweep(file, tmp_path / "two").run()
    assert ahead_of.beyond == 4
    assert same(tmp_path / "two")["rows"] == same(tmp_path / "one")["rows"]


def test_halving_spends_less_and_keeps_the_best_at_each_share(whole, tmp_path: Path) -> None:
    file = sweep_of("random", prune={"kind": "halving", "at": [0.25, 0.5], "keep": 0.5})
    outcome = open_sweep(file, tmp_path / "s").run()
    unpruned = whole("random")[1]
    assert outcome.spent["steps"] < 0.8 * unpruned.spent["steps"]
    finished = [one for one in outcome.results if one.status == "finished"]
    assert len(finished) == len(survivors(dict.fromkeys(range(-(-POINTS // 2)), 0.0), 0.5))
    losses = {one.point.number: one.loss for one in unpruned.results}
    for one in finished:  # a run that was made in parts is the run
        assert one.loss == losses[one.point.number]


def test_the_median_gives_up_what_is_worse_than_half(tmp_path: Path) -> None:
    space = {"strategy.sigma": [0.3, 0.2, 1e-6, 0.4, 1e-7]}
    prune = {"kind": "median", "at": [0.5], "first": 2}
    file = content("grid", search={"kind": "grid", "space": space}, prune=prune)
    outcome = open_sweep(file, tmp_path).run()
    status = {one.point.number: one.status for one in outcome.results}
    assert status[2] == status[4] == "pruned"
    assert status[0] == status[1] == "finished"
    pruned = next(one for one in outcome.results if one.point.number == 4)
    assert list(pruned.runs) == [0]  # no second seed
    assert pruned.runs[0].cost["steps"] == 4
    assert "worse than half" in pruned.why


def test_tpe_finds_the_best_region_in_fewer_trials_than_random() -> None:
    seeds = many(sample=4, evidence=10)
    won = 0
    for seed in range(seeds):
        found = trials_of("tpe", seed, most=300)
        won += trials_of("random", seed, most=found) > found
    assert won >= 0.8 * seeds


def trials_of(kind: str, seed: int, most: int) -> int:
    """Points until one has a loss below 0.1."""
    search = {"kind": kind, "trials": most + 1, "seed": seed, "space": SURFACE}
    giver, points = Giver(read_sweep(content(kind, search=search)).search), list[Point]()
    for number in range(most):
        values, origin = giver.next(points, lambda point: surface(point.values))
        points.append(Point(number, values, origin))
        if surface(values) < 0.1:
            return number + 1
    return most + 1


def test_the_search_leaves_the_global_generators_alone() -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    before = random.getstate(), str(np.random.get_state()), torch.random.get_rng_state().tolist()
    trials_of("tpe", 0, 12)
    after = random.getstate(), str(np.random.get_state()), torch.random.get_rng_state().tolist()
    assert before == after
