# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The report of one run of every kind: what it says, that it is safe, that bytes are the same."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages.report.conftest import ATTACK, KINDS, Page
from vynapse.cli.main import main
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.drawn import COLOURS
from vynapse.pages.report.html import html_of
from vynapse.pages.report.writing import report_of, write_report

pytest.importorskip("matplotlib")

Make = Callable[[str], Path]

TITLES = {
    "sgd": ["Curves", "Results", "Over its two inputs", "The validation split, example by example"],
    "deap": ["Curves", "The validation split, example by example", "The network"],
    "neat": ["Over its two inputs", "The network", "What happened"],
    "hybrid": ["Over its two inputs", "The network", "What happened"],
    "static": ["Over its two inputs", "The network"],
    "grow": ["Curves", "The network", "What happened"],
    "control": ["Episodes", "The network"],
    "classes": ["Results", "The validation split, example by example"],
    "numbers": ["Results", "The validation split, example by example"],
    "front": ["Curves", "The front"],
}
SAYS = {
    "sgd": "4 examples (the training examples, which validate)",
    "deap": "The 20 wrong examples about which the network is surest",
    "neat": "Thick connections have large weights",
    "hybrid": "topology evolves, the best networks are fine-tuned",
    "static": "its graph of",
    "grow": "germinated",
    "control": "cut off at the limit of 500 steps",
    "classes": "Dark: a large share of the row",
    "numbers": "The 18 examples with the largest residuals",
    "front": "chooses one in vynapse.load",
}


def test_every_kind_is_asked_for() -> None:
    assert KINDS.keys() == TITLES.keys() == SAYS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_tells_all_of_a_run_and_is_safe(kind: str, runs: Make, tmp_path: Path) -> None:
    run = runs(kind)
    text = write_report([run], "html", tmp_path / "report.html").read_text()
    page = Page(text)
    summary = json.loads((run / "summary.json").read_text())
    for title in [*TITLES[kind], "How it ended", "Costs", "Provenance", "Make it again"]:
        assert f"<h2>{title}</h2>" in text, title
    assert SAYS[kind] in page.words
    assert summary["network_sha256"] in page.words
    assert f"seed {summary['seed']}" in page.words
    assert "vynapse run --recipe recipe.yaml" in page.words
    safe(page, text)
    assert html_of(report_of([run])) == text


def safe(page: Page, text: str) -> None:
    """Nothing runs, nothing is loaded, and no two things have the same id."""
    kinds = {tag for tag, _ in page.tags}
    assert not kinds & {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert "<script" not in text.lower()
    assert "onerror" not in {name for _, own in page.tags for name in own}
    ids = [own["id"] for _, own in page.tags if "id" in own]
    assert len(ids) == len(set(ids))
    for tag, own in page.tags:
        assert not any(name.startswith("on") for name in own)
        for name in ("src", "href", "xlink:href", "action"):
            value = own.get(name)
            assert value is None or value.startswith(("#", "data:image/")), (tag, value)
            assert value is None or not value.startswith("#") or value[1:] in ids
    assert not re.search(r"url\((?!#)", text)
    assert "@import" not in text
    policy = page.of("meta")[1]
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_hostile_names_are_shown_as_they_are(runs: Make) -> None:
    for kind in ("classes", "numbers"):
        text = html_of(report_of([runs(kind)]))
        assert ATTACK in Page(text).words
        assert "<img src=x" not in text
        assert all(own["src"].startswith("data:") for own in Page(text).of("img") if own["src"])


def test_pictures_of_the_worst_examples_are_inside(runs: Make) -> None:
    pytest.importorskip("PIL")
    page = Page(html_of(report_of([runs("deap")])))
    pictures = page.of("img")
    assert len(pictures) == 20
    assert all(str(own["src"]).startswith("data:image/png;base64,") for own in pictures)
    assert all("predicted: " in str(own["alt"]) for own in pictures)


def test_the_test_split_is_not_read_again(runs: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from vynapse.tasks.examples import ExampleTask

    def refuse(*_: object) -> None:
        raise AssertionError("the test split was read")

    monkeypatch.setattr(ExampleTask, "final_test", refuse)
    assert "On the test split, which is read once" in html_of(report_of([runs("deap")]))


def test_the_lives_of_parts_are_drawn_in_colours_that_differ(runs: Make) -> None:
    text = html_of(report_of([runs("grow")]))
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert "germinated" in svg or "training" in svg
    used = {colour for colour in COLOURS if colour.lower() in svg}
    assert len(used) >= 3
    assert "tab:" not in svg


def test_a_run_that_has_not_finished_says_so(runs: Make, tmp_path: Path) -> None:
    run = tmp_path / "cut"
    shutil.copytree(runs("neat"), run)
    (run / "summary.json").unlink()
    report = report_of([run])
    assert report.status == "unfinished"
    assert "vynapse resume" in report.lead[-1]
    with RunDirectory(run).locked():
        report = report_of([run])
    assert report.status == "running"
    assert "It is still running: what follows is its state at step 6." in report.lead[-1]
    event = {"v": 1, "seq": 99, "time": "", "kind": "run.interrupted", "stage": 0, "step": 6}
    with (run / "events.jsonl").open("a") as file:
        file.write(json.dumps({**event, "data": {}}) + "\n")
    report = report_of([run])
    assert report.status == "interrupted"
    safe(Page(html_of(report)), html_of(report))


def test_a_run_that_has_only_begun(runs: Make, tmp_path: Path) -> None:
    run = tmp_path / "fresh"
    run.mkdir()
    (run / "run.json").write_bytes((runs("neat") / "run.json").read_bytes())
    text = html_of(report_of([run]))
    assert "The run has measured no loss yet." in text
    assert "The run has saved no network yet." in text


def test_a_damaged_run_is_one_sentence(
    runs: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (name, content) in enumerate(
        {"best.safetensors": b"no", "summary.json": b"{", "metrics.csv": b"a,b\n1\n"}.items()
    ):
        run = tmp_path / str(number)
        shutil.copytree(runs("neat"), run)
        (run / name).write_bytes(content)
        capsys.readouterr()
        assert main(["report", str(run)]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert len(shown.err.splitlines()) == 1
        assert name in shown.err
        assert not (run / "report.html").exists()
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "is no run and no folder of runs" in capsys.readouterr().err


def test_data_that_changed_leave_the_rest_of_the_report(runs: Make, tmp_path: Path) -> None:
    run, file = tmp_path / "run", tmp_path / "rows.csv"
    shutil.copytree(runs("numbers"), run)
    record = json.loads((run / "run.json").read_text())
    original = Path(record["recipe"]["task"]["path"])
    record["recipe"]["task"]["path"] = str(file)
    (run / "run.json").write_text(json.dumps(record))
    text = html_of(report_of([run]))
    assert "The task cannot be made here" in text
    file.write_text(original.read_text() + "1,red,4\n")
    text = html_of(report_of([run]))
    assert "The examples cannot be looked at" in text
    assert "<h2>Make it again</h2>" in text


def test_without_matplotlib_one_sentence_stands_for_the_pictures(
    runs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = html_of(report_of([runs("neat")]))
    assert text.count("pip install &#x27;vynapse[viz]&#x27;") == 1
    assert "<h2>The network</h2>" in text
    assert "<h2>Provenance</h2>" in text


def test_where_the_file_lies(
    runs: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(runs("neat"), tmp_path / "runs" / "only")
    capsys.readouterr()
    assert main(["report", "last"]) == 0
    assert Path(capsys.readouterr().out.strip()).samefile(tmp_path / "runs/only/report.html")
    assert main(["report", "runs/only", "--out", "new/one.html"]) == 0
    assert (tmp_path / "new" / "one.html").exists()
    assert main(["report", "runs/only", "--out", "runs/only/summary.json"]) == 2
    assert "would be lost" in capsys.readouterr().err
    assert main(["resume", "runs/only"]) == 0
