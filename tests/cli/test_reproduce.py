# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse reproduce`: the same bytes, or what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evidence import EVIDENCE
from tests.forked import vynapse
from vynapse.cli.main import main
from vynapse.experiment.files import write_atomically
from vynapse.experiment.provenance import digest


def run(folder: Path, *words: str, name: str = "first") -> Path:
    path = folder / name
    assert main(["run", *words, "--out", str(path)]) == 0
    return path


def reproduced(run: Path, capsys, *words: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["reproduce", str(run), "--json", *words]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[0])
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("xor", "--mode", "deap", "--steps", "20"),
        ("xor", "--mode", "neat", "--steps", "5"),
        ("spirals", "--mode", "sgd", "--budget", "epochs=5", "--set", "log_every=7"),
        *([("glyphs", "--mode", "grow", "--budget", "flops=1e9")] if EVIDENCE else []),
    ],
)
def test_a_run_is_made_again_with_the_same_bytes(words, tmp_path: Path, capsys) -> None:
    first = run(tmp_path, *words)
    found = reproduced(first, capsys)
    assert found["same"]
    assert set(found["files"].values()) == {"same"}
    assert found["changes"] == []
    assert Path(found["again"]) == tmp_path / "first-again"
    # once more is a third run, not a look at the second
    assert Path(reproduced(first, capsys)["again"]) == tmp_path / "first-again-2"


def test_it_begins_with_the_copies_that_the_run_kept(tmp_path: Path, capsys) -> None:
    donor = run(tmp_path, "xor", "--mode", "sgd", "--steps", "30", name="donor")
    second = run(tmp_path, "xor", "--mode", "deap", "--steps", "3", "--weights", str(donor))
    for file in donor.rglob("*"):
        if file.is_file():
            file.unlink()
    assert reproduced(second, capsys)["same"]


def test_seconds_become_the_steps_that_were_made(tmp_path: Path, capsys) -> None:
    first = run(tmp_path, "xor", "--mode", "deap", "--budget", "seconds=0.05,target=0")
    found = reproduced(first, capsys)
    assert found["same"]
    steps = json.loads((first / "summary.json").read_text())["steps"]
    assert f"made again by the {steps:,} steps" in found["notes"][0]


def test_where_two_runs_part_is_said(tmp_path: Path, capsys) -> None:
    first = run(tmp_path, "xor", "--mode", "deap", "--steps", "8")
    rows = (first / "metrics.csv").read_text().splitlines()
    cells = rows[5].split(",")
    cells[2] = "0.125"
    rows[5] = ",".join(cells)
    (first / "metrics.csv").write_text("\n".join(rows) + "\n")
    record = json.loads((first / "run.json").read_text())
    record["provenance"]["packages"]["numpy"] = "1.0"
    record["provenance"]["processor"] = "another one"
    write_atomically(first / "run.json", json.dumps(record).encode())
    found = reproduced(first, capsys, code=3)
    assert found["files"]["metrics.csv"].startswith("row 5, step 5: loss was 0.125, and is ")
    assert found["files"]["best.safetensors"] == "same"
    assert found["changes"][0].startswith("numpy was 1.0 and is ")
    assert found["changes"][1].startswith("the processor was another one and is ")
    assert main(["reproduce", str(first), "--out", str(tmp_path / "third")]) == 3
    said = capsys.readouterr()
    assert "other bytes" in said.out
    assert "first was made again, and metrics.csv: row 5, step 5" in said.err


def refused(words: list[str], capsys) -> str:
    capsys.readouterr()
    assert main(["reproduce", *words]) == 2
    said: str = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_what_cannot_be_made_again_is_one_sentence(tmp_path: Path, capsys) -> None:
    data = tmp_path / "data.csv"
    data.write_text("size,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)))
    words = ("--mode", "sgd", "--steps", "3", "--set", f"task.path={data}")
    first = run(tmp_path, "csv", *words, "--set", "task.target=kind")
    assert reproduced(first, capsys)["same"]
    assert "holds a run already" in refused(
        [str(first), "--out", str(tmp_path / "first-again")], capsys
    )
    data.write_text(data.read_text().replace("7,b", "8,b"))
    said = refused([str(first)], capsys)
    assert "are not those that it had (SHA-256 was" in said
    data.unlink()
    assert str(data) in refused([str(first)], capsys)
    assert "it holds no run.json" in refused([str(tmp_path)], capsys)


def test_a_run_that_has_not_finished_or_was_changed_is_refused(tmp_path: Path, capsys) -> None:
    first = run(tmp_path, "xor", "--mode", "deap", "--steps", "3")
    best = first / "best.safetensors"
    kept = best.read_bytes()
    best.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert "was changed after the run wrote it" in refused([str(first)], capsys)
    best.write_bytes(kept)
    record = json.loads((first / "run.json").read_text())
    summary = json.loads((first / "summary.json").read_text())
    record["origin"] = "python"
    record["record_sha256"] = summary["record_sha256"] = digest(record)
    (first / "run.json").write_text(json.dumps(record))
    (first / "summary.json").write_text(json.dumps(summary))
    assert "used objects of the Python process" in refused([str(first)], capsys)
    (first / "summary.json").unlink()
    assert "has not finished" in refused([str(first)], capsys)


def test_an_interrupted_repetition_is_gone_on_with(tmp_path: Path, monkeypatch) -> None:
    first = run(tmp_path, "xor", "--mode", "deap", "--steps", "8")
    words = ["reproduce", str(first), "--out", str(tmp_path / "again")]
    with monkeypatch.context() as patch:
        patch.setattr("vynapse.experiment.session.Session.run", _interrupted)
        assert main(words) == 130
    assert (tmp_path / "again" / "run.json").exists()
    assert main(words) == 0


def _interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_the_words_of_a_person(tmp_path: Path) -> None:
    first = run(tmp_path, "xor", "--mode", "deap", "--steps", "3")
    done = vynapse(["reproduce", str(first)], tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("first: the same bytes")
    assert "  metrics.csv: same" in done.stdout
