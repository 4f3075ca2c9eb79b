# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Exported C and Python turn rows into the inputs that Vynapse makes of them, or refuse them."""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import nn

from vynapse.data.csv import read_table
from vynapse.data.preprocessing import Preprocessing
from vynapse.deploy.c import header
from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.target import Subject
from vynapse.deploy.writing import exported
from vynapse.errors import DataError, GraphError
from vynapse.graph.trace import trace

EVIDENCE = bool(os.environ.get("VYNAPSE_EVIDENCE"))
COUNT = 1500 if EVIDENCE else 100
needs_c = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc here")

COLUMNS: Final[list[dict[str, Any]]] = [
    {"kind": "numeric", "name": "size", "mean": 2.7, "scale": 1.6, "fill": None},
    {"kind": "categorical", "name": 'co"lour', "categories": ["blue", "deep red", "1", "ö?"]},
    {"kind": "numeric", "name": "weight", "mean": -3e5, "scale": 1e-3, "fill": 12.5},
    {"kind": "categorical", "name": "day", "categories": ["-3", "NaN-like", "x"], "fill": "x"},
]
TARGETS: Final[dict[str, dict[str, Any]]] = {
    "classification": {"name": "kind", "classes": ["a\\", "b"]},
    "regression": {"name": "price*/", "mean": 378.75, "scale": 229.1},
    "multi-output": {"names": ["p", "q"], "means": [1.0, 2.0], "scales": [0.5, 4.0]},
    "multi-label": {"names": ["p", "q"]},
}


def subject_of(kind: str, columns: list[dict[str, Any]] = COLUMNS, **held: object) -> Subject:
    target = {"kind": kind, **TARGETS.get(kind, {"name": "it"})}
    width = sum(len(column.get("categories", "1")) for column in columns)
    linear = nn.Linear(width, 1 if kind == "regression" else 2)
    with torch.no_grad():
        for tensor in linear.parameters():
            tensor.copy_(torch.linspace(-1, 1, tensor.numel()).reshape(tensor.shape))
    metadata = {"preprocessing": json.dumps({"columns": columns, "target": target, **held})}
    if kind == "classification":
        metadata["classes"] = json.dumps(target["classes"])
    return Subject(trace(linear, torch.zeros(2, width), dynamic_batch=True), ("output",), metadata)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return compiled(subject_of("classification"), tmp_path_factory.mktemp("rows"))


def compiled(subject: Subject, folder: Path) -> ctypes.CDLL:
    (folder / "net.h").write_text(header(subject, lowered(subject.graph)), encoding="utf-8")
    (folder / "net.c").write_text(
        '#include "net.h"\n'
        "int row(const char *const *cells, float *in) { return net_row(cells, in); }\n"
    )
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC"]
    command = ["gcc", *flags, "-o", str(folder / "net.so"), str(folder / "net.c"), "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(folder / "net.so"))


def in_c(library: ctypes.CDLL, cells: list[str]) -> list[float] | None:
    texts = (ctypes.c_char_p * len(cells))(*(cell.encode() for cell in cells))
    inputs = (ctypes.c_float * 9)()
    return None if library.row(texts, inputs) else list(inputs)


def in_vynapse(cells: list[str], folder: Path) -> list[float] | None:
    path = folder / "row.csv"
    names = [str(column["name"]) for column in COLUMNS]
    lines = (
        ",".join('"' + text.replace('"', '""') + '"' for text in row) for row in (names, cells)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    held = Preprocessing.from_json(
        {"columns": COLUMNS, "target": {"kind": "regression", **TARGETS["regression"]}}
    )
    try:
        found: list[float] = held.inputs(read_table(path, held.texts()))[0].tolist()
    except DataError:
        return None
    return found


PIECES: Final = [
    ["1", " 2.5 ", "-1e3", "+.5", "7.", "1e-300", "3e38", "4e38", "1_0", "0x10", "inf", "", "na",
     "1 2", "12345678901234567890123", "0.000000000000000000001234", "1e", "e5", "--1", ".", "1,5",
     "1e999"],
    ["blue", "deep red", " deep red ", "1", "1.0", "1.", "1.00e0", "01", "ö?", "Blue", "", "N/A",
     "2"],
    ["-300000", "-3e5", "-299999.5", "", "NULL", "nan", "x", "1e39", "-2.9999e5"],
    ["-3", "-3.0", "x", "", "NaN", "null", "NaN-like", "3", "y", "-3.0000000000000000001"],
]  # fmt: skip


def rows() -> list[list[str]]:
    generator = random.Random(1)
    return [[generator.choice(texts) for texts in PIECES] for _ in range(COUNT)]


@needs_c
def test_c_and_python_make_of_a_row_what_vynapse_makes_of_it(library, tmp_path):
    _, files = exported(subject_of("classification"), "python")
    found: dict[str, Any] = {}
    exec(files.content, found)
    taken = 0
    for cells in rows():
        row = dict(zip((str(column["name"]) for column in COLUMNS), cells, strict=True))
        wanted = in_vynapse(cells, tmp_path)
        mine = in_c(library, cells)
        assert (mine is None) == (wanted is None), cells
        if mine is None or wanted is None:
            with pytest.raises(ValueError, match="^column "):
                found["inputs_of"](row)
            continue
        taken += 1
        np.testing.assert_allclose(mine, wanted, rtol=2e-7, err_msg=str(cells))
        np.testing.assert_allclose(found["inputs_of"](row), wanted, rtol=2e-7, err_msg=str(cells))
        assert found["predict"](row) in found["CLASSES"]
    assert taken > COUNT / 50


@pytest.mark.parametrize("kind", sorted(TARGETS))
def test_answers_are_in_the_units_of_the_file(kind: str) -> None:
    subject = subject_of(kind)
    _, files = exported(subject, "python")
    found: dict[str, Any] = {}
    exec(files.content, found)
    wanted = Preprocessing.from_json(json.loads(subject.metadata["preprocessing"])).decode(
        np.array([[0.25, 0.5]][: None if kind != "regression" else 1], np.float32)
    )[0]
    answer = found["answer_of"]([0.25, 0.5])
    assert (list(answer.values()) if isinstance(answer, dict) else answer) == wanted
    assert exported(subject, "c")[1].content.count(b"net_answer") == 1


ODD: Final[dict[str, Callable[[], Subject]]] = {
    "a target of kind 'ranking'": lambda: subject_of("ranking"),
    "column 'when', date": lambda: subject_of(
        "regression", [{"kind": "date", "name": "when", "categories": ["1"]}]
    ),
    "window of the preprocessing": lambda: subject_of("regression", window={"length": 3}),
}


@pytest.mark.parametrize("what", sorted(ODD))
@pytest.mark.parametrize("form", ["c", "python"])
def test_what_is_not_known_is_refused_in_one_sentence(what: str, form: str) -> None:
    with pytest.raises(GraphError) as caught:
        exported(ODD[what](), form)
    assert str(caught.value) == f"{form}: {what} has no form here: use onnx, pt2 or json"


def test_decimals_behind_a_comma_are_read(tmp_path):
    columns = [COLUMNS[0]]
    subject = subject_of("regression", columns, format={"decimal": ",", "separator": ";"})
    found: dict[str, Any] = {}
    exec(exported(subject, "python")[1].content, found)
    assert found["inputs_of"]({"size": "2,5"}) == [(2.5 - 2.7) / 1.6]
    if shutil.which("gcc"):
        mine = in_c(compiled(subject, tmp_path), ["2,5"])
        assert mine is not None
        assert mine[0] == np.float32((2.5 - 2.7) / 1.6)


@needs_c
def test_odd_inputs_and_cells_never_break_the_header(tmp_path):
    subject = subject_of("classification")
    (tmp_path / "net.h").write_text(header(subject, lowered(subject.graph)), encoding="utf-8")
    (tmp_path / "fuzz.c").write_text(Path(__file__).with_name("fuzz_header.c").read_text("utf-8"))
    flags = ["-std=c99", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = ["gcc", *flags, "-o", "fuzz", "fuzz.c", "-lm"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "sanitize" in built.stderr or "asan" in built.stderr:
        pytest.skip("gcc has no sanitizers here")
    assert built.returncode == 0, built.stderr
    words = [str(tmp_path / "fuzz"), str(20_000 if EVIDENCE else 100)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
