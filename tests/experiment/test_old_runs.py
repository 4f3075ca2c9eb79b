# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs that Vynapse 0.1.0 wrote: they load, show, evaluate and predict, and resume or say why not.

Each folder of `fixtures/runs-0.1` is a run directory with its command in a README.md; `expected`
holds what revision e415dd6 measured in it, and for an unfinished run what it came to undisturbed.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from vynapse import load
from vynapse.cli.main import main
from vynapse.esper.kasmina.assembly import bare
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.kasmina.settled import names_at_rest
from vynapse.experiment.store import read_summary
from vynapse.networks.modules import isolated_generators
from vynapse.networks.structure import from_json

OLD = Path(__file__).parent / "fixtures" / "runs-0.1"
EXPECTED = OLD / "expected"

FINISHED = {
    "sgd-xor": 9,
    "sgd-csv": 131,
    "sgd-digits-cnn": 438,
    "deap-xor": 9,
    "deap-steady-state": 9,
    "grow-spirals": 362,
    "grow-glyphs": 702,
    "pruned": 191,
    "stages": 9,
}
"""Runs that have ended, with their numbers of parameters."""

EXACTLY, NEARLY, REFUSED = "exactly", "nearly", "refused"
UNFINISHED = {
    "unfinished-sgd-xor": EXACTLY,
    "unfinished-deap-xor": EXACTLY,
    "unfinished-cma-es": NEARLY,
    "unfinished-snes": NEARLY,
    "unfinished-grow-spirals": NEARLY,
}
"""How each resumes: to the recorded weights bit by bit, which the kernels give on every processor;
to within the rounding of torch and the BLAS; or not at all, with a sentence that names 0.1.0."""

# of figures, relative: a processor may round differently from the one that wrote the runs
CLOSE = 1e-4


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a copy of each run, whose data lie where its recipe says."""
    root = tmp_path / "old"
    shutil.copytree(OLD, root)
    for name in ("run.json", "recipe.yaml"):
        file = root / "sgd-csv" / name
        text = file.read_text().replace("/folder/flowers.csv", str(root / "flowers.csv"))
        file.write_text(text)
    return root


def expected(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXPECTED / name).read_text())
    return content


def rows(file: Path) -> list[dict[str, str]]:
    """Of a metrics.csv or a table of predictions, without the time."""
    with file.open(newline="") as lines:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(lines)]


def same_figures(found: list[dict[str, str]], wanted: list[dict[str, str]]) -> None:
    """The same columns, rows and words, and numbers that are close."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.keys() == other.keys()
        for name, text in other.items():
            try:
                number = float(text)
            except ValueError:
                assert one[name] == text
            else:
                assert float(one[name]) == pytest.approx(number, rel=CLOSE, abs=1e-6), name


def test_every_run_is_in_a_table() -> None:
    runs = {path.parent.name for path in OLD.glob("*/run.json")}
    assert runs == FINISHED.keys() | UNFINISHED.keys()
    assert all("revision e415dd6" in (OLD / name / "README.md").read_text() for name in runs)


@pytest.mark.parametrize("name", FINISHED)
def test_a_finished_run_loads_and_shows(name, old: Path, capsys) -> None:
    summary = read_summary(old / name)
    assert summary == json.loads((OLD / name / "summary.json").read_text())
    assert main(["show", str(old / name)]) == 0
    shown = capsys.readouterr().out
    assert summary["network_sha256"] in shown
    assert f"{FINISHED[name]:,} parameters" in shown

    run = load(old / name)
    assert run.network.parameters() == FINISHED[name] == summary["parameters"]
    module = run.module()
    assert sum(parameter.numel() for parameter in module.parameters()) == FINISHED[name]
    for tensor, kept in module.state_dict().items():
        assert np.array_equal(kept.numpy(), run.network.tensors[tensor]), tensor
    assert run.network.sha256() == summary["network_sha256"]


@pytest.mark.parametrize("name", FINISHED)
def test_a_finished_run_evaluates_as_it_did(name, old: Path, capsys) -> None:
    assert main(["evaluate", str(old / name), "validation", "--json"]) == 0
    measured, wanted = json.loads(capsys.readouterr().out), expected(f"{name}.evaluation.json")
    assert measured["examples"] == wanted["examples"]
    assert measured["loss"] == pytest.approx(wanted["loss"], rel=CLOSE)
    known = {name: measured["metrics"][name] for name in wanted["metrics"]}  # there are more now
    assert known == pytest.approx(wanted["metrics"], rel=CLOSE)
    for name, figures in wanted["per_class"].items():
        assert {key: measured["per_class"][name][key] for key in figures} == figures


@pytest.mark.parametrize("name", FINISHED)
def test_a_finished_run_predicts_as_it_did(name, old: Path, capsys) -> None:
    assert main(["predict", str(old / name), "validation"]) == 0
    found = old / "predictions.csv"
    found.write_text(capsys.readouterr().out)
    # the first of them were recorded
    wanted = rows(EXPECTED / f"{name}.predictions.csv")
    same_figures(rows(found)[: len(wanted)], wanted)


def test_a_csv_run_reads_a_file_without_its_own(old: Path, capsys) -> None:
    (old / "flowers.csv").rename(old / "new.csv")
    assert main(["evaluate", str(old / "sgd-csv"), str(old / "new.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examples"] == 60


@pytest.mark.parametrize("name", UNFINISHED)
def test_an_unfinished_run_shows_how_far_it_came(name, old: Path, capsys) -> None:
    summary = read_summary(old / name)
    assert summary["status"] == ("unfinished" if name == "unfinished-snes" else "interrupted")
    (checkpoint,) = (OLD / name / "checkpoints").iterdir()
    assert summary["step"] >= int(checkpoint.stem.partition("-")[2])
    assert main(["show", str(old / name)]) == 0
    assert summary["status"] in capsys.readouterr().out
    load(old / name)


@pytest.mark.parametrize(("name", "how"), UNFINISHED.items())
def test_an_unfinished_run_resumes_or_names_the_version_that_can(
    name, how, old: Path, capsys
) -> None:
    before = contents(old / name)
    code = main(["resume", str(old / name)])
    messages = capsys.readouterr().err
    if how == REFUSED:
        assert code == 2
        (sentence,) = messages.splitlines()
        assert name in sentence
        assert "0.1" in sentence
        assert contents(old / name) == before, "a refused resume changes nothing"
        return
    assert code == 0, messages
    ended_as_recorded(old / name)
    if how == EXACTLY:
        network = expected(f"{name}.summary.json")["network_sha256"]
        assert read_summary(old / name)["network_sha256"] == network


def contents(run: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def at_rest(run: Path, recorded: dict[str, Any]) -> dict[str, Any]:
    """Tensors of a network that grew, under the names that they have since 0.2."""
    structure = load(run).network.structure
    if not isinstance(structure, Grown):
        return recorded
    grown = [place for place, plans in structure.slots.items() if plans]
    with isolated_generators(0):
        host = bare(from_json(structure.host), structure.widths)
    return {new: recorded[old] for new, old in names_at_rest(host, grown, recorded).items()}


def ended_as_recorded(run: Path) -> None:
    """Summary, `metrics.csv` and weights are those of the undisturbed run, but for rounding."""
    summary, wanted = read_summary(run), expected(f"{run.name}.summary.json")
    for key in ("status", "stop", "steps", "cost", "parameters"):
        assert summary[key] == wanted[key], key
    assert summary["loss"] == pytest.approx(wanted["loss"], rel=CLOSE)
    same_figures(rows(run / "metrics.csv"), rows(EXPECTED / f"{run.name}.metrics.csv"))
    network = load_file(run / "best.safetensors")
    recorded = at_rest(run, load_file(EXPECTED / f"{run.name}.safetensors"))
    assert network.keys() == recorded.keys()
    for tensor, values in recorded.items():
        assert network[tensor] == pytest.approx(values, rel=CLOSE, abs=1e-5), tensor
