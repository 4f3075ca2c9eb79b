# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The winners of all modes, exported: they agree with the module wherever they run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.deploy.winners import RUNS, run
from vynapse.core import Array
from vynapse.deploy import c_check
from vynapse.deploy.parity import compare
from vynapse.deploy.target import Subject
from vynapse.deploy.wasm_image import sections
from vynapse.deploy.writing import exported
from vynapse.errors import VynapseError
from vynapse.experiment.graphs import Given, subject_of
from vynapse.kernels import native
from vynapse.seeding import F32

EVIDENCE = bool(os.environ.get("VYNAPSE_EVIDENCE"))
pytestmark = pytest.mark.skipif(
    native.status().library is None, reason="the kernels were not compiled"
)
CHOSEN = sorted(RUNS) if EVIDENCE else ["csv", "recurrent"]
COMPILERS = [
    (name, flag)
    for name in ("gcc", "clang", "clang-14")
    if shutil.which(name)
    for flag in ("-O2", "-O3")
]
_FEED = """
const fs = require("fs");
const [path, inputs, count] = process.argv.slice(2);
const net = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(path)), {}).exports;
const given = new Float32Array(new Uint8Array(fs.readFileSync(inputs)).buffer);
const ins = net.net_inputs(), outs = net.net_outputs(), states = net.net_states();
const found = new Float32Array(count * (outs + states));
const floats = () => new Float32Array(net.memory.buffer);
for (let n = 0; n < count; n++) {
  const row = given.subarray(n * (ins + states), (n + 1) * (ins + states));
  floats().set(row.subarray(0, ins), net.net_in() / 4);
  floats().set(row.subarray(ins), net.net_state() / 4);
  if (net.net_forward()) process.exit(3);
  const begin = net.net_out() / 4, state = net.net_state() / 4;
  found.set(floats().subarray(begin, begin + outs), n * (outs + states));
  found.set(floats().subarray(state, state + states), n * (outs + states) + outs);
}
process.stdout.write(Buffer.from(found.buffer));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("winners")


@cache
def made(name: str, folder: Path) -> Subject:
    return subject_of(str(run(name, folder)), Given())


def split(subject: Subject, found: F32) -> list[F32]:
    return list(np.split(found, np.cumsum(subject.output_sizes)[:-1], axis=1))


def side_by_side(inputs: list[Array]) -> F32:
    return np.concatenate([x.reshape(len(x), -1) for x in inputs], axis=1).astype(np.float32)


@pytest.mark.parametrize("name", CHOSEN)
def test_python_and_wasm_agree_with_the_module(name: str, folder: Path) -> None:
    for form in ("python", "wasm"):
        _, files = exported(made(name, folder), form)
        assert "the same outputs as eager" in files.told


@pytest.mark.skipif(not COMPILERS, reason="there is no C compiler here")
@pytest.mark.parametrize("name", CHOSEN)
def test_c_agrees_with_the_module_however_it_is_compiled(name, folder, monkeypatch):
    subject = made(name, folder)
    for compiler, flag in COMPILERS if EVIDENCE else COMPILERS[:1]:
        monkeypatch.setattr(c_check, "COMPILERS", (compiler,))
        monkeypatch.setattr(
            c_check, "_FLAGS", ("-std=c99", "-Wall", "-Wextra", "-Werror", flag, "-shared", "-fPIC")
        )
        assert "1,000 random inputs" in exported(subject, "c")[1].told


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
@pytest.mark.parametrize("name", CHOSEN if EVIDENCE else ["recurrent"])
def test_the_module_agrees_in_node(name: str, folder: Path, tmp_path: Path) -> None:
    subject = made(name, folder)
    (tmp_path / "net.wasm").write_bytes(exported(subject, "wasm")[1].content)
    (tmp_path / "feed.js").write_text(_FEED)

    def in_node(inputs: list[Array]) -> list[F32]:
        rows = side_by_side(inputs)
        (tmp_path / "inputs").write_bytes(rows.tobytes())
        words = ["node", "feed.js", "net.wasm", "inputs", str(len(rows))]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
        return split(subject, np.frombuffer(done.stdout, np.float32).reshape(len(rows), -1))

    assert "1,000 random inputs" in compare(subject, in_node, "wasm in node")


@pytest.mark.parametrize("name", CHOSEN if EVIDENCE else ["recurrent"])
def test_the_module_agrees_in_wasmtime(name: str, folder: Path) -> None:
    wasmtime = pytest.importorskip("wasmtime")
    subject = made(name, folder)
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, exported(subject, "wasm")[1].content)
    parts: Any = wasmtime.Instance(store, module, []).exports(store)
    memory = parts["memory"]
    ins, outs, states = (parts[f"net_{part}"](store) for part in ("inputs", "outputs", "states"))
    at, to, state = (parts[f"net_{part}"](store) for part in ("in", "out", "state"))

    def rows_of(inputs: list[Array]) -> Iterator[F32]:
        for row in side_by_side(inputs):
            memory.write(store, row[:ins].tobytes(), at)
            memory.write(store, row[ins:].tobytes(), state)
            assert parts["net_forward"](store) == 0
            after = memory.read(store, to, to + 4 * outs)
            kept = memory.read(store, state, state + 4 * states)
            yield np.frombuffer(bytes(after + kept), np.float32)

    def in_wasmtime(inputs: list[Array]) -> list[F32]:
        return split(subject, np.stack(list(rows_of(inputs))))

    assert "1,000 random inputs" in compare(subject, in_wasmtime, "wasm in wasmtime")


@pytest.mark.parametrize("name", ["deap", "neat", "controller", "recurrent"])
def test_small_winners_are_small_in_c(name: str, folder: Path) -> None:
    assert len(exported(made(name, folder), "c")[1].content) <= 4096


def test_the_source_says_how_an_action_is_chosen(folder: Path) -> None:
    for form in ("c", "python", "latex"):
        head = exported(made("controller", folder), form)[1].content.decode()[:300]
        assert "The action is 1 where the output is above 0.5, else 0." in head
    factors = Subject(
        made("controller", folder).graph,
        ("output",),
        {"factors": json.dumps({"where": 3, "what": 2})},
    )
    head = exported(factors, "c")[1].content.decode()[:300]
    assert "a choice for each factor: the greatest of its outputs. where has 3, what has 2." in head


def test_formulas_say_what_their_inputs_are(folder: Path) -> None:
    text = exported(made("csv number", folder), "latex")[1].content.decode()
    assert "% x_2 is 1 where colour is blue, else 0\n" in text
    assert "% price is " in text


def test_a_module_carries_what_turns_rows_into_inputs(folder: Path) -> None:
    subject = made("csv", folder)
    parts = [body for number, body in sections(exported(subject, "wasm")[1].content) if number == 0]
    name, content = parts[-1][1:8], parts[-1][8:]
    assert name == b"vynapse"
    assert json.loads(content) == dict(subject.metadata)


def test_an_export_that_differs_is_not_given_out(folder: Path) -> None:
    subject = made("neat", folder)
    with pytest.raises(VynapseError, match="differs from the network by up to"):
        compare(subject, lambda inputs: [np.zeros((len(inputs[0]), 1), np.float32)], "c")
