# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run directory holds the whole story; a run can be stopped, refused, finished only once."""

import csv
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.errors import (
    CheckpointError,
    ConfigError,
    Interrupted,
    RunDirectoryError,
    StorageError,
    TrainingError,
)
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.store import list_runs, load, read_summary
from vynapse.kernels import native


def small(*overrides: str, mode: str = "deap", task: str = "xor"):
    """30 steps, and one at a time, so that there is a moment between any two."""
    small = ["strategy.mu=4", "strategy.offspring=8", "generations_per_call=1"]
    own = small if mode == "deap" else []
    return load_recipe(task, mode, overrides=["budget={steps: 30, target: null}", *own, *overrides])


def events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


def stop_at(step: int):
    def observer(report: StageReport) -> None:
        if report.report.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    return observer


def test_a_run_directory_holds_the_whole_story(tmp_path: Path) -> None:
    run = tmp_path / "run"
    summary = Session.create(small("seed=3"), run).run()
    for name in ("run", "task", "mode", "seed", "loss", "metrics", "converged", "steps", "seconds"):
        assert name in summary
    assert summary["cost"]["forwards"] > 0
    assert summary == json.loads((run / "summary.json").read_text()) == read_summary(run)

    record = json.loads((run / "run.json").read_text())
    assert record["recipe"]["seed"] == 3
    known = record["provenance"]
    assert {"vynapse", "revision", "packages", "data_sha256", "device"} <= known.keys()
    assert load_recipe(file=run / "recipe.yaml") == small("seed=3", "device=cpu")

    rows = list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, 31))
    assert float(rows[-1]["loss"]) == summary["loss"]
    assert int(rows[-1]["flops"]) == summary["cost"]["flops"]
    assert [event["kind"] for event in events(run)] == [
        "run.started", "stage.started", "stage.finished", "run.finished",
    ]  # fmt: skip
    assert load(run).network.sha256() == summary["network_sha256"]


def test_loading_a_run_gives_an_ordinary_module(tmp_path: Path) -> None:
    import torch

    summary = Session.create(small(), tmp_path / "run").run()
    module = load(tmp_path / "run").module()
    assert isinstance(module, torch.nn.Module)
    output = module(torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]))
    loss = ((output - torch.tensor([[0.0], [1], [1], [0]])) ** 2).mean()
    assert loss.item() == pytest.approx(summary["loss"], rel=1e-5, abs=1e-7)


def test_a_finished_run_is_not_repeated(tmp_path: Path) -> None:
    first = Session.create(small(), tmp_path / "run").run()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("*")}
    assert Session.open(tmp_path / "run").run() == first
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("*")} == before


def test_ctrl_c_saves_and_resume_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole = Session.create(small(), tmp_path / "whole").run()
    with pytest.raises(Interrupted, match="after step 12.*vynapse resume"):
        Session.create(small(), tmp_path / "cut").run([stop_at(11)])
    assert read_summary(tmp_path / "cut")["status"] == "interrupted"
    assert load(tmp_path / "cut").network is not None
    resumed = Session.open(tmp_path / "cut").run()
    assert resumed["network_sha256"] == whole["network_sha256"]
    assert "run.resumed" in [event["kind"] for event in events(tmp_path / "cut")]
    assert [e["seq"] for e in events(tmp_path / "cut")] == list(
        range(len(events(tmp_path / "cut")))
    )


def test_a_signal_leaves_the_handlers_as_they_were(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        Session.create(small(), tmp_path / "cut").run([stop_at(2)])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_stages_chain(tmp_path: Path) -> None:
    recipe = load_recipe(
        "xor",
        "deap",
        overrides=["budget={steps: 20, target: null}", "strategy={mu: 4, offspring: 8}"],
    )
    raw = recipe.as_file()
    raw["stages"].append({"mode": "sgd", "budget": {"steps": 15}, "learning_rate": 0.01})
    from vynapse.experiment.config import resolve

    alone = Session.create(recipe, tmp_path / "alone").run()
    both = Session.create(resolve(raw), tmp_path / "both").run()
    assert both["mode"] == "deap+sgd"
    assert both["stages"][0]["loss"] == alone["loss"]
    assert both["loss"] <= alone["loss"], "the second stage starts from the best of the first"
    assert both["steps"] == 35
    rows = list(csv.DictReader((tmp_path / "both" / "metrics.csv").read_text().splitlines()))
    assert [int(r["stage"]) for r in rows] == [0] * 20 + [1] * 15
    flops = [int(r["flops"]) for r in rows]
    assert flops == sorted(flops), "cost adds up over stages"


def test_rows_are_thinned_but_the_last_is_kept(tmp_path: Path) -> None:
    Session.create(small("log_every=8"), tmp_path / "run").run()
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == [8, 16, 24, 30]


def rows_of(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))


def without_time(run: Path) -> list[list[tuple[str, str]]]:
    return [[cell for cell in row.items() if cell[0] != "seconds"] for row in rows_of(run)]


def test_where_a_call_makes_several_steps_each_has_its_row(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def look(report: StageReport) -> None:
        seen.append((report.report.step, report.report.steps))

    summary = Session.create(small("generations_per_call=12"), tmp_path / "run").run([look])
    assert seen == [(12, 12), (24, 12), (30, 6)]
    rows = rows_of(tmp_path / "run")
    assert [int(row["step"]) for row in rows] == list(range(1, 31))
    assert all(row["train_best"] and row["sigma"] and float(row["invalid"]) == 0 for row in rows)
    flops = [int(row["flops"]) for row in rows]
    assert flops == sorted(set(flops))
    assert flops[-1] == summary["cost"]["flops"]
    timed = [int(row["step"]) for row in rows if row["seconds"]]
    assert timed == [12, 24, 30], "steps inside a call have no time of their own"

    Session.create(small(), tmp_path / "single").run()
    for name in ("train_best", "invalid", "restarts"):
        assert [r[name] for r in rows] == [r[name] for r in rows_of(tmp_path / "single")]


def test_rows_of_several_steps_a_call_are_thinned(tmp_path: Path) -> None:
    for per_call in (7, 12, 100):
        run = tmp_path / str(per_call)
        Session.create(small(f"generations_per_call={per_call}", "log_every=8"), run).run()
        assert [int(row["step"]) for row in rows_of(run)] == [8, 16, 24, 30]


def test_a_checkpoint_is_written_by_the_call_in_which_it_is_due(tmp_path: Path) -> None:
    recipe = small("generations_per_call=5", "checkpoint.every_steps=7")
    Session.create(recipe, tmp_path / "run").run()
    saved = [e["step"] for e in events(tmp_path / "run") if e["kind"] == "checkpoint.saved"]
    assert saved == [10, 15, 25]


@pytest.mark.parametrize("task", ["xor", "spirals"])
def test_several_steps_a_call_are_resumed_to_the_same_rows(task: str, tmp_path: Path) -> None:
    keys = ["generations_per_call=6", "strategy.restart_patience=4", "strategy.min_delta=0.5"]
    whole = Session.create(small(*keys, task=task), tmp_path / "whole").run()
    for step in (6, 18):
        cut = tmp_path / f"cut{step}"
        with pytest.raises(Interrupted):
            Session.create(small(*keys, task=task), cut).run([stop_at(step)])
        assert Session.open(cut).run()["network_sha256"] == whole["network_sha256"]
        assert without_time(cut) == without_time(tmp_path / "whole")


def test_a_run_of_the_kernels_goes_on_in_numpy(tmp_path: Path, monkeypatch) -> None:
    """And the other way round: which of the two it is changes no bit."""
    keys = [
        "generations_per_call=10",
        "strategy.restart_patience=4",
        "strategy.min_delta=0.5",
        "threads=2",
    ]
    ends = set()
    try:
        for first, second in (("", ""), ("", "numpy"), ("numpy", ""), ("numpy", "numpy")):
            run = tmp_path / f"{first}-{second}"
            monkeypatch.setenv(native.VARIABLE, first)
            native.status.cache_clear()
            with pytest.raises(Interrupted):
                Session.create(small(*keys, task="spirals"), run).run([stop_at(11)])
            monkeypatch.setenv(native.VARIABLE, second)
            native.status.cache_clear()
            summary = Session.open(run).run()
            ends.add((summary["network_sha256"], str(without_time(run))))
            record = json.loads((run / "run.json").read_text())
            assert (record["provenance"]["kernels"] == "numpy") == (
                first == "numpy" or not native.libraries()
            )
            assert not [e for e in events(run) if e["kind"] == "warning"]
    finally:
        native.status.cache_clear()
    assert len(ends) == 1


def test_how_a_stage_computes_and_where_its_time_goes_are_kept(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        Session.create(small(), tmp_path / "run").run([stop_at(20)])
    before = [e for e in events(tmp_path / "run") if e["kind"] == "stage.started"]
    assert before[0]["data"] == {"mode": "deap", "path": "fused"}
    (stage,) = Session.open(tmp_path / "run").run()["stages"]
    assert stage["choices"] == {"path": "fused"}
    parts = dict(stage["timings"])
    total = parts.pop("total")
    assert set(parts) == {"variation", "evaluation", "selection", "validation"}
    assert 0 < sum(parts.values()) <= total
    steps = stage["cost"]["seconds"]
    assert sum(parts.values()) <= steps <= total, "the time before the interruption counts"
    (finished,) = [e for e in events(tmp_path / "run") if e["kind"] == "stage.finished"]
    assert finished["data"]["timings"] == stage["timings"]

    roulette = Session.create(small("strategy.selection=roulette"), tmp_path / "other").run()
    assert roulette["stages"][0]["choices"] == {"path": "numpy"}


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    def intrude(report: StageReport) -> None:
        if report.report.step == 1:
            assert read_summary(tmp_path / "run")["status"] == "running"
            with pytest.raises(RunDirectoryError, match="another process"):
                Session.open(tmp_path / "run").run()

    Session.create(small(), tmp_path / "run").run([intrude])


def test_an_occupied_place_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(RunDirectoryError, match="exists already"):
        Session.create(small(), tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_an_empty_folder_may_become_a_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Session.create(small(), tmp_path / "empty").run()["steps"] == 30


def test_other_versions_are_warned_of(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        Session.create(small(), run).run([stop_at(4)])
    record = json.loads((run / "run.json").read_text())
    record["provenance"]["packages"]["numpy"] = "1.0"
    (run / "run.json").write_text(json.dumps(record))
    Session.open(run).run()
    warnings = [e["data"]["message"] for e in events(run) if e["kind"] == "warning"]
    assert len(warnings) == 1
    assert warnings[0].startswith("numpy was 1.0 and is ")


def test_an_interrupted_second_stage_offers_the_best_network_so_far(tmp_path: Path) -> None:
    raw = small().as_file()
    raw["stages"].append({"mode": "sgd", "budget": {"steps": 50}, "learning_rate": 1e-9})
    from vynapse.experiment.config import resolve

    def stop(report: StageReport) -> None:
        if (report.stage, report.report.step) == (1, 1):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        Session.create(resolve(raw), tmp_path / "cut").run([stop])
    alone = Session.create(small(), tmp_path / "alone").run()
    from vynapse.tasks.registry import make_task

    predict = load(tmp_path / "cut").network.predictor()
    assert make_task("xor", {}).evaluate(predict, "validation").loss <= alone["loss"]


def test_changed_data_are_noticed(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    text = "size,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(60))
    data.write_text(text)
    recipe = small(f"task.path={data}", "task.target=kind", task="csv")
    Session.create(recipe, tmp_path / "run")
    data.write_text(text.replace("7,b", "7,a"))
    with pytest.raises(RunDirectoryError, match="are not those the run began with"):
        Session.open(tmp_path / "run")


@pytest.mark.parametrize("content", ["", "{", '{"format": 99}', '{"recipe": {}}', "[]"])
def test_a_foreign_or_newer_run_is_refused(content, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunDirectoryError, match="run"):
        Session.open(tmp_path)


def test_a_damaged_checkpoint_is_never_passed_over_in_silence(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        Session.create(small("checkpoint.every_steps=5"), run).run([stop_at(13)])
    older, newest = sorted((run / "checkpoints").iterdir())
    kept = older.read_bytes()
    newest.write_bytes(newest.read_bytes()[:-20])
    with pytest.raises(CheckpointError, match=r"0-00000014\.ckpt.*remove it to resume"):
        Session.open(run).run()
    assert older.read_bytes() == kept
    newest.unlink()
    whole = Session.create(small(), tmp_path / "whole").run()
    assert Session.open(run).run()["network_sha256"] == whole["network_sha256"]


def test_a_full_disk_stops_the_run_and_keeps_what_was_saved(tmp_path: Path, monkeypatch) -> None:
    run = tmp_path / "run"
    session = Session.create(small("checkpoint.every_steps=10"), run)
    sync, calls = os.fsync, [0]

    def full(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] > 12:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="no space left"):
        session.run()
    monkeypatch.setattr(os, "fsync", sync)
    whole = Session.create(small(), tmp_path / "whole").run()
    assert Session.open(run).run()["network_sha256"] == whole["network_sha256"]


def test_a_failing_run_says_so_and_keeps_its_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    network = "network={mlp: {sizes: [2, 9, 2], hidden: relu}}"
    wild = ["learning_rate=1e30", "optimizer=sgd", network]
    recipe = small(*wild, "checkpoint.every_steps=1", mode="sgd", task="spirals")
    with pytest.raises(TrainingError):
        Session.create(recipe, run).run()
    assert read_summary(run)["status"] == "failed"
    assert events(run)[-1]["kind"] == "run.failed"
    assert events(run)[-1]["data"]["kind"] == "TrainingError"
    assert events(run)[-1]["data"]["recoverable"] is False


def test_runs_are_listed_with_their_status(tmp_path: Path) -> None:
    Session.create(small(), tmp_path / "a").run()
    with pytest.raises(Interrupted):
        Session.create(small(), tmp_path / "b").run([stop_at(4)])
    Session.create(small(), tmp_path / "c")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "run.json").write_text("{")
    (tmp_path / "e").mkdir()
    found = {run["run"]: run["status"] for run in list_runs(tmp_path)}
    expected = {"a": "finished", "b": "interrupted", "c": "unfinished", "d": "unreadable"}
    assert found == expected
    with pytest.raises(RunDirectoryError, match="is not a folder of runs"):
        list_runs(tmp_path / "nowhere")


def test_a_run_that_saved_nothing_has_no_network_to_load(tmp_path: Path) -> None:
    Session.create(small(), tmp_path / "run")
    with pytest.raises(RunDirectoryError, match="saved no network yet"):
        load(tmp_path / "run")


def test_threads_are_given_back(tmp_path: Path) -> None:
    import torch

    before = torch.get_num_threads()
    seen = []

    def look(report: StageReport) -> None:
        seen.append(torch.get_num_threads())

    Session.create(small("threads=2"), tmp_path / "run").run([look])
    assert set(seen) == {2}
    assert torch.get_num_threads() == before


def test_the_test_split_is_read_once_at_the_end(tmp_path: Path, monkeypatch) -> None:
    from vynapse.tasks.arrays import ArrayTask

    reads: list[int] = []
    final, steps = ArrayTask.final_test, [0]

    def counted(self, network):
        reads.append(steps[0])
        return final(self, network)

    monkeypatch.setattr(ArrayTask, "final_test", counted)

    def count(report: StageReport) -> None:
        steps[0] = report.report.step

    summary = Session.create(small(task="digits"), tmp_path / "run").run([count])
    assert reads == [30]
    assert 0 < summary["test"]["accuracy"] <= 1


def test_the_final_loss_is_that_of_the_saved_network(tmp_path: Path) -> None:
    from vynapse.tasks.registry import make_task

    for mode in ("deap", "sgd"):
        summary = Session.create(small(mode=mode, task="digits"), tmp_path / mode).run()
        network = load(tmp_path / mode).network
        task = make_task("digits", {})
        assert task.evaluate(network.predictor(), "validation").loss == summary["loss"]
        assert all(np.isfinite(t).all() for t in network.tensors.values())


def test_cuda_without_a_gpu_is_refused(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigError, match="sees no GPU here"):
        Session.create(small("device=cuda"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_directory_may_be_a_text(tmp_path: Path) -> None:
    recipe = load_recipe("xor", "deap", budget={"steps": 2})
    place = str(tmp_path / "named")
    assert Session.create(recipe, place).run()["steps"] == 2
    assert Session.open(place).run() == Session.create_or_open(recipe, place).run()
