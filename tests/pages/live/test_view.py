# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run as messages: all of it, then what is new, and all anew where it was cut back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.pages.live.serving import Writer
from vynapse.experiment.following import Figures
from vynapse.pages.live import budget, columns, panels, words
from vynapse.pages.live.view import View
from vynapse.telemetry.story import NO_STORY, Story


def seen(view: View) -> dict[str, Any]:
    message = view.look()
    assert message is not None
    return message


def test_nothing_new_is_no_message(finished: Path) -> None:
    view = View("run", finished)
    assert seen(view)["restart"]
    assert view.look() is None
    assert not view.running


def test_a_run_that_is_cut_back_begins_anew(root: Path, writer: Writer) -> None:
    view = View("going", writer.files.path)
    assert len(seen(view)["rows"]["step"]) == 3
    lines = writer.files.metrics.read_text().splitlines(keepends=True)
    writer.files.metrics.write_text("".join(lines[:2]))
    message = seen(view)
    assert (message["restart"], message["rows"]["#step"]) == (True, [1])
    assert "recipe" in message["state"]


def test_damage_is_told_once_and_what_is_mended_goes_on(root: Path, writer: Writer) -> None:
    view = View("going", writer.files.path)
    seen(view)
    good = writer.files.metrics.read_bytes()
    writer.files.metrics.write_bytes(good + b"1,2\n")
    assert seen(view)["state"]["summary"]["status"] == "unreadable"
    assert view.look() is None
    writer.files.metrics.write_bytes(good)
    message = seen(view)
    assert message["restart"]
    assert message["state"]["summary"]["status"] == "running"
    assert message["rows"]["step"] == [1, 2, 3]


def test_a_run_that_is_no_run_yet_is_found_later(finished: Path, tmp_path: Path) -> None:
    view = View("late", tmp_path / "late")
    assert seen(view)["state"]["summary"]["status"] == "unreadable"
    shutil.copytree(finished, tmp_path / "late")
    assert seen(view)["state"]["summary"]["status"] == "finished"


def test_species_have_lives_over_the_steps(evolved: Path) -> None:
    state = seen(View("run", evolved))["state"]
    assert state["spans"]
    for parts in state["spans"].values():
        for part in parts:
            assert 0 <= part["begin"] <= part["end"] <= 6
    assert [panel["title"] for panel in state["panels"]][:4] == [
        "loss",
        "fitness (−loss)",
        "species",
        "size",
    ]


def test_steps_are_counted_through_stages() -> None:
    rows: list[Figures] = [
        {"stage": stage, "step": step} for stage, step in [(0, 1), (0, 5), (1, 2), (1, 3), (2, 1)]
    ]
    counter = columns.Counter()
    found = columns.numbered(rows[:3], counter) + columns.numbered(rows[3:], counter)
    assert [row["#step"] for row in found] == [1, 5, 7, 8, 9]
    assert counter.begins == {0: 0, 1: 5, 2: 8}
    assert [counter.begin(stage) for stage in range(4)] == [0, 5, 8, 9]


@given(count=st.integers(0, 400), points=st.integers(1, 50), every=st.integers(1, 9))
def test_thinning_keeps_the_last_value_of_every_column(count: int, points: int, every: int) -> None:
    rows: list[Figures] = [{"step": at} for at in range(count)]
    for row in rows[::every]:
        row["accuracy"] = row["step"]
    few = columns.thinned(rows, points)
    assert len(few) <= points
    for name in ("step", "accuracy"):
        before = [row[name] for row in rows if name in row]
        after = [row[name] for row in few if name in row]
        assert after[-1:] == before[-1:]
        assert set(after) <= set(before)


def test_cells_that_are_no_finite_number_are_none() -> None:
    rows: list[Figures] = [
        {"loss": float("nan")},
        {"loss": float("inf")},
        {"loss": "x"},
        {},
    ]
    assert columns.columns(rows) == {"loss": [None] * 4}


def test_every_column_is_drawn_once_or_is_an_axis() -> None:
    story = Story(curves={"both": {"a": -1.0, "b": 1.0}, "none": {"absent": 1.0}})
    names = ["stage", "step", "loss", "flops", "a", "b", "batch_loss", "other_thing", "seconds"]
    found = panels.panels(names, [story, NO_STORY])
    assert [panel["title"] for panel in found] == ["loss", "both", "other thing"]
    drawn = [(one["column"], one["factor"]) for panel in found for one in panel["series"]]
    assert drawn == [("loss", 1), ("batch_loss", 1), ("a", -1), ("b", 1), ("other_thing", 1)]


def test_a_budget_counts_its_own_stage() -> None:
    recipe = {"stages": [{"budget": {"steps": 9}}, {"budget": {"flops": 100, "epochs": 4}}]}
    ended = {"kind": "stage.finished", "stage": 0, "data": {"cost": {"flops": 50, "seconds": 2.0}}}
    last: Figures = {"stage": 1, "step": 3, "flops": 75, "epoch": 0.5, "seconds": 3.0}
    found = budget.budget_of(recipe, [ended], last, {"status": "running"})
    assert found["limits"] == [
        {"name": "epochs", "done": 0.5, "limit": 4},
        {"name": "flops", "done": 25, "limit": 100},
    ]
    assert (found["stage"], found["stages"], found["share"], found["remaining"]) == (1, 2, 0.25, 3)


def test_a_run_before_its_first_row_has_spent_nothing_that_is_known() -> None:
    recipe = {"stages": [{"budget": {"steps": 9, "target": 0.1}}]}
    found = budget.budget_of(recipe, [], {}, {"status": "running"})
    assert (found["share"], found["remaining"], found["target"]) == (None, None, 0.1)


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"seq": 1, "time": "t", "kind": kind, "stage": 0, "step": 2, "data": data}


def test_events_are_told_in_words() -> None:
    assert words.of_event(event("run.failed", message="no space"), NO_STORY)["level"] == "bad"
    told = words.of_event(event("mine.thing", many=[1] * 9, few=[1, 2], deep={"a": 1}), NO_STORY)
    assert told["text"] == "mine.thing: many (9 items), few [1, 2], deep (1 keys)"
    assert not told["news"]
    own = Story(happening=lambda kind, data: f"{kind} of {data['who']}")
    assert words.of_event(event("mine.thing", who="me"), own)["text"] == "mine.thing of me"
    assert words.of_event(event("mine.thing"), own)["text"].startswith("mine.thing")
    assert len(words.of_event(event("warning", message="x" * 999), NO_STORY)["text"]) == 301


def test_figures_in_words() -> None:
    values = [20_000.0, -500.0, 0.000123456, 1e12, 7, True, None, "word"]
    said = ["20,000", "−500", "0.0001235", "1e+12", "7", "true", "–", "word"]
    assert [words.figure(value) for value in values] == said


def test_networks_in_words() -> None:
    for key, said in (
        ({"mlp": [64, 1280, 10]}, "network mlp 64-1280-10"),
        ({"cnn": {"channels": [8, 16], "name": "x"}}, "network cnn 8-16"),
        ({"factory": "package.module:name"}, "network factory package.module:name"),
        ({"neat": {}}, "network neat"),
        ({}, "no network named"),
    ):
        assert words.of_network(key) == said
