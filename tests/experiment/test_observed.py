# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs as `show` and `runs` see them: going on, killed, failed, of a full disk, in every mode."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main
from vynapse.errors import RunDirectoryError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.observed import observe
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.store import list_runs, read_summary
from vynapse.telemetry.reading import Logged, last_event, last_logged
from vynapse.trainers.mode import MODES

BUDGET = "budget={steps: 40, target: null}"
PATHS: dict[str, tuple[str, list[str]]] = {
    "deap fused": ("deap", ["generations_per_call=10"]),
    "deap in NumPy": ("deap", ["selection=roulette"]),
    "deap snes": ("deap", ["strategy=snes"]),
    "sgd kernel": ("sgd", ["steps_per_call=10", "evaluate_every=20", "batch_size=2"]),
    "sgd torch": ("sgd", ["optimizer=rmsprop"]),
    "grow": ("grow", ["network={mlp: [2, 4, 4, 1]}", "epoch_steps=1"]),
}


def recipe_of(path: str, *keys: str) -> Recipe:
    mode, own = PATHS[path]
    return load_recipe("xor", mode, overrides=[BUDGET, *own, *keys])


def looked_at(run: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `show --json` says, once `show` and `runs` have found nothing to complain of."""
    assert main(["show", str(run)]) == 0
    assert main(["runs", str(run.parent)]) == 0
    capsys.readouterr()
    (listed,) = list_runs(run.parent)
    assert main(["show", str(run), "--json"]) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert listed["status"] == shown["status"]
    assert listed.get("loss") == shown.get("loss")
    return shown


def test_every_mode_has_a_path_here() -> None:
    assert {"deap", "sgd", "grow"} <= {mode for mode, _ in PATHS.values()} <= set(MODES.names())


@pytest.mark.parametrize("path", PATHS)
def test_a_run_is_seen_after_every_row_that_reaches_the_disk(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All lengths that metrics.csv has had, also those in the middle of a row or of a call."""
    run = tmp_path / "runs" / "run"
    Session.create(recipe_of(path), run).run()
    rows = (run / "metrics.csv").read_bytes()
    (run / "summary.json").unlink()
    begin = rows.index(b"\n") + 1
    lengths = {0, 1, begin, begin + 1, len(rows) - 1, len(rows)}
    lengths |= {len(rows[: rows.index(b"\n", place)]) + 1 for place in range(begin, len(rows), 499)}
    for length in sorted(lengths):
        (run / "metrics.csv").write_bytes(rows[:length])
        summary = read_summary(run)
        whole = rows[:length].count(b"\n") - 1
        assert summary["status"] == "unfinished"
        assert summary.get("step") == (whole if whole > 0 else None)
        assert len(observe(run).rows) == max(whole, 0)
    looked_at(run, capsys)


@pytest.mark.parametrize("path", PATHS)
def test_a_run_that_goes_on_is_running(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "runs" / "run"
    seen: list[dict[str, Any]] = []

    def look(item: StageReport) -> None:
        if not seen:
            seen.append(looked_at(run, capsys))

    Session.create(recipe_of(path), run).run([look])
    assert seen[0]["status"] == "running"
    assert looked_at(run, capsys)["status"] == "finished"


@pytest.mark.parametrize("path", PATHS)
def test_a_run_that_is_killed_is_unfinished(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "runs" / "run"
    session = Session.create(recipe_of(path, "checkpoint.every_steps=10"), run)
    child = os.fork()
    if child == 0:

        def die(item: StageReport) -> None:
            if item.report.step >= 20:
                os.kill(os.getpid(), signal.SIGKILL)

        session.run([die])
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert looked_at(run, capsys)["status"] == "unfinished"
    assert Session.open(run).run()["steps"] == 40


def test_what_was_measured_last_is_found_however_far_back(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    assert last_logged(file) is None
    many = "".join(f"0,{n},,\n" for n in range(3, 30_000))
    file.write_text(f"stage,step,loss,seconds\n0,1,0.5,1.5\n0,2,0.25,\n{many}0,30")
    assert file.stat().st_size > 2**17
    assert last_logged(file) == Logged(0, 29_999, 0.25, 1.5)
    file.write_text("stage,step,loss,seconds\n0,1,,\n")
    assert last_logged(file) == Logged(0, 1, None, None)


def test_a_warning_after_the_end_hides_no_status(tmp_path: Path) -> None:
    """A sink that fails is told of after the event that ends a run."""
    file = tmp_path / "events.jsonl"
    line = '{{"v": 1, "seq": 0, "time": "t", "kind": "{}", "stage": 0, "step": 1, "data": {{}}}}\n'
    warnings = line.format("warning") * 2000
    file.write_text(line.format("run.started") + line.format("run.interrupted") + warnings)
    event = last_event(file)
    assert event is not None
    assert event["kind"] == "run.interrupted"
    assert last_event(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("0,x,1.0,1.0", "line 3: a number was wanted"),
        ("0,2,1.0", "line 3: 4 cells were wanted, got 3"),
        (",2,1.0,1.0", "line 3: a cell in the column 'stage' was wanted"),
        ("7,2,1.0,1.0", "a stage below 1 was wanted, got 7"),
    ],
)
def test_a_damaged_row_is_one_sentence(line: str, sentence: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    Session.create(recipe_of("deap fused"), run)
    (run / "metrics.csv").write_text(f"stage,step,loss,seconds\n0,1,0.5,0.1\n{line}\n0,3,0.5,0.2\n")
    with pytest.raises(RunDirectoryError, match=sentence):
        observe(run)


def test_a_look_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "runs" / "run"
    Session.create(recipe_of("sgd kernel"), run)
    (run / "lock").unlink()
    looked_at(run, capsys)
    assert not (run / "lock").exists()


def test_an_error_that_nobody_foresaw_is_kept_as_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(item: StageReport) -> None:
        raise RuntimeError("of an observer")

    run = tmp_path / "runs" / "run"
    with pytest.raises(RuntimeError, match="of an observer"):
        Session.create(recipe_of("sgd kernel"), run).run([wrong])
    assert looked_at(run, capsys)["status"] == "failed"


def limited(room: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))


@pytest.mark.parametrize("room", [0, 300, 5000])
def test_a_full_disk_ends_a_run_that_resumes_once_there_is_room(
    room: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "runs" / "run"
    words = ["run", "xor", "--mode", "deap", "--steps", "400", "--out", str(run)]
    words += ["--set", "checkpoint.every_steps=100", "--set", "budget.target=null"]
    child = subprocess.run(
        [sys.executable, "-m", "vynapse", *words], preexec_fn=limited(room), check=False,
        capture_output=True, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    assert child.returncode == 1
    (sentence,) = [line for line in child.stderr.splitlines() if line.startswith("vynapse: ")]
    assert "no space left" in sentence
    assert "Traceback" not in child.stderr
    assert not list(tmp_path.rglob(".*")), "nothing half-written is left"
    if room < 5000:
        assert not run.exists(), "it ended before it began"
        return
    assert looked_at(run, capsys)["status"] == "unfinished"
    assert main(["resume", str(run)]) == 0


RECORD = {
    "recipe": {"task": {"name": "xor"}, "network": {}, "seed": 0, "stages": [{"mode": "deap"}]},
    "provenance": {"vynapse": "", "packages": {}, "data_sha256": "", "device": "cpu"},
    "reproducible": True,
}


def test_of_16_processes_one_makes_the_directory(tmp_path: Path) -> None:
    begin, go = os.pipe()
    children = []
    for _ in range(16):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(begin, 1)  # until the parent lets all go
            code = 0
            for number in range(10):
                try:
                    RunDirectory.create(tmp_path / f"run{number}", RECORD, {"recipe.yaml": ""})
                    code += 1
                except RunDirectoryError as error:
                    if "exists already: choose another --out" not in str(error):
                        os._exit(100)
                except BaseException:  # noqa: BLE001 - the parent sees the exit code
                    os._exit(101)
            os._exit(code)
        children.append(child)
    os.close(begin)
    os.close(go)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sum(codes) == 10, codes
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"run{n}" for n in range(10)]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f".{gone.pid}-0.staging"
    left.mkdir()
    (left / "recipe.yaml").write_text("half")
    ours = tmp_path / f".{os.getpid()}-99999.staging"
    ours.mkdir()
    Session.create(recipe_of("deap fused"), tmp_path / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == [ours.name, "run"]
