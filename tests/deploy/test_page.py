# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The exported page: in a real browser it answers as the network does."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from vynapse.deploy.target import Subject
from vynapse.deploy.writing import exported
from vynapse.errors import GraphError
from vynapse.graph.trace import trace
from vynapse.kernels import native
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task

pytestmark = pytest.mark.skipif(
    native.status().library is None, reason="the kernels were not compiled"
)
BROWSER = shutil.which("chromium")


def network(inputs: int, outputs: int, *last: nn.Module) -> nn.Module:
    module = nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, 8), nn.Tanh(), nn.Linear(8, outputs), *last
    )
    stream = Streams(3).stream("page")
    for parameter in module.parameters():
        values = torch.from_numpy(stream.normal(parameter.numel())).reshape(parameter.shape)
        parameter.data.copy_(values)
    return module.eval()


def page(module: nn.Module, shape: tuple[int, ...], metadata: dict[str, str]) -> str:
    graph = trace(module, torch.zeros(2, *shape), dynamic_batch=True)
    _, files = exported(Subject(graph, ("output",), metadata), "html")
    return files.content.decode()


@pytest.fixture(scope="module")
def browser() -> Any:
    if BROWSER is None:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    faults: list[str] = []

    def go(text: str) -> Any:
        path = tmp_path / "net.html"
        path.write_text(text, encoding="utf-8")
        tab = browser.new_page()
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto(path.as_uri())
        tab.wait_for_function("window.vynapse")
        return tab

    yield go
    assert faults == []


def test_numbers_are_answered_as_by_the_network(opened):
    module = network(2, 1, nn.Sigmoid())
    text = page(module, (2,), {"task": "xor", "classes": json.dumps(["no", "yes"])})
    assert len(text) <= 20_000
    tab = opened(text)
    inputs = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    answers = tab.evaluate("rows => rows.map(row => window.vynapse.forward(row))", inputs.tolist())
    with torch.no_grad():
        wanted = module(torch.from_numpy(inputs)).numpy()
    np.testing.assert_allclose(np.array(answers), wanted, rtol=1e-4, atol=1e-5)
    tab.get_by_label("input 1").fill("1.5")
    shown = tab.inner_text(".answer")
    with torch.no_grad():
        first = module(torch.tensor([[1.5, 0.0]]))[0, 0].item()
    assert shown == ("yes" if first > 0.5 else "no")


def test_a_row_has_a_form_whose_faults_are_told(opened):
    columns = [
        {"kind": "numeric", "name": "age", "mean": 30.0, "scale": 10.0, "fill": None},
        {"kind": "categorical", "name": "sex", "categories": ["f", "m"], "fill": None},
    ]
    target = {"kind": "regression", "name": "pay", "mean": 5.0, "scale": 2.0}
    held = {"columns": columns, "target": target}
    module = network(3, 1)
    tab = opened(page(module, (3,), {"task": "csv", "preprocessing": json.dumps(held)}))
    tab.get_by_label("age").fill("45")
    tab.get_by_label("sex").select_option("m")
    with torch.no_grad():
        pay = module(torch.tensor([[1.5, 0.0, 1.0]])).item() * 2 + 5
    assert float(tab.inner_text(".answer").removeprefix("pay: ")) == pytest.approx(pay, rel=1e-3)
    tab.get_by_label("age").fill("old")
    assert tab.inner_text(".fault") == "age: a number is needed"


def test_pictures_are_drawn_and_a_line_changes_the_answer(opened):
    pixels = {"shape": [1, 8, 8], "factor": [0.1], "offset": [-1.0], "top": 16}
    about = {"task": "digits", "classes": json.dumps(list("0123456789"))}
    text = page(network(64, 10), (1, 8, 8), {**about, "pixels": json.dumps(pixels)})
    tab = opened(text)
    before = tab.inner_text("section[aria-live]")
    box = tab.locator("canvas").bounding_box()
    tab.mouse.move(box["x"] + 60, box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 200, box["y"] + 180, steps=6)
    tab.mouse.up()
    assert tab.inner_text("section[aria-live]") != before


def test_a_control_task_is_played(opened):
    task: Any = make_any_task("cartpole", {}, "task")
    about = {"task": "cartpole", "control": json.dumps(task.world())}
    text = page(network(4, 1, nn.Sigmoid()), (4,), about)
    assert len(text) <= 20_480
    tab = opened(text)
    tab.wait_for_function("document.getElementById('about').textContent.match(/step [1-9]/)")


def test_what_cannot_be_given_by_hand_is_refused():
    with pytest.raises(GraphError, match="up to 64 numbers can be given by hand"):
        page(network(65, 1), (65,), {})
    coloured = {"shape": [3, 4, 4], "factor": [1.0] * 3, "offset": [0.0] * 3, "top": 255}
    with pytest.raises(GraphError, match="pictures in colour"):
        page(network(48, 2), (3, 4, 4), {"pixels": json.dumps(coloured)})


HOSTILE = (
    "", " ", "NaN", "Infinity", "-Infinity", "1e999", "-0", "0x10", "1,5", "1e-46", "9" * 400,
    "<script>throw 1</script>", "\u0000", "\ud83d", "undefined", "null", "[]", "'; drop", "٣",
)  # fmt: skip


def test_hostile_cells_and_numbers_give_an_error_or_a_number(opened):
    columns = [
        {"kind": "numeric", "name": "age", "mean": 30.0, "scale": 10.0, "fill": None},
        {"kind": "numeric", "name": "fare", "mean": 3.0, "scale": 2.0, "fill": 3.0},
    ]
    held = {
        "columns": columns,
        "target": {"kind": "regression", "name": "y", "mean": 0, "scale": 1},
    }
    tab = opened(page(network(2, 1), (2,), {"task": "csv", "preprocessing": json.dumps(held)}))
    count = 1000 if os.environ.get("VYNAPSE_EVIDENCE") else 100
    random = np.random.default_rng(5)
    cells = [[HOSTILE[k] for k in random.integers(len(HOSTILE), size=2)] for _ in range(count)]
    told = tab.evaluate(
        """rows => rows.map(row => {
          const fields = document.querySelectorAll("input");
          row.forEach((text, k) => { fields[k].value = text; });
          fields[0].dispatchEvent(new Event("input"));
          const fault = document.querySelector(".fault").textContent;
          return fault || document.querySelector(".answer").textContent;
        })""",
        [[text.encode("utf-8", "replace").decode() for text in row] for row in cells],
    )
    assert all(text.endswith("needed") or text.startswith("y: ") for text in told)
    numbers = random.choice([np.nan, np.inf, -np.inf, 0.0, 1e38, -1e38, 1e-45], (count, 2))
    rows = [[repr(float(value)) for value in row] for row in numbers]
    answers = tab.evaluate(
        "rows => rows.map(row => typeof window.vynapse.forward(row.map(t => t === 'nan' ? NaN : "
        "t === 'inf' ? Infinity : t === '-inf' ? -Infinity : Number(t)))[0])",
        rows,
    )
    assert answers == ["number"] * count
    assert tab.evaluate(
        "(() => { try { window.vynapse.forward([1]); } catch (e) { return e.message; } })()"
    )
