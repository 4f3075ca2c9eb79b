# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Drawings and exports; every export is run beside eager."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
import torch

from tests.graph.steps import adam_step, start
from tests.graph.zoo import ZOO, flat, make
from vynapse.errors import GraphError, MissingExtra, UnknownName
from vynapse.graph.declare import declare
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats import onnx as onnx_format
from vynapse.graph.formats.dot import to_dot
from vynapse.graph.formats.layout import layered
from vynapse.graph.formats.mermaid import to_mermaid
from vynapse.graph.formats.onnx import run_session, save_onnx, session, to_onnx
from vynapse.graph.formats.pt2 import to_pt2
from vynapse.graph.formats.svg import to_svg
from vynapse.graph.formats.table import written
from vynapse.graph.trace import trace


@pytest.mark.parametrize("name", sorted(ZOO.keys() - {"gru"}))
def test_onnx_runtime_agrees_with_eager(name, traced):
    module, example, graph = traced(name)
    opened = session(to_onnx(graph, example))
    wanted = flat(module(*example))
    for mine, eager in zip(run_session(opened, graph, example), wanted, strict=True):
        torch.testing.assert_close(mine, eager.detach(), rtol=1e-4, atol=1e-5)


def test_a_whole_training_step_exports_with_the_cross_entropy_right():
    update, parameters, memory, x, y = start(adam_step, "cnn")
    graph = trace(update, parameters, memory, x, y)
    state = [*parameters.values(), *memory.values()]
    opened = session(to_onnx(graph, [*state, x, y]))
    for _ in range(3):
        wanted = Interpreter(graph).run(*state, x, y)
        got = run_session(opened, graph, [*state, x, y])
        for mine, eager in zip(got, wanted, strict=True):
            torch.testing.assert_close(mine, eager, rtol=1e-4, atol=1e-5)
        state = list(wanted[1:])


def test_metadata_and_names_travel_in_the_model(traced, tmp_path):
    import onnx

    _, example, graph = traced("mlp")
    model = onnx.load_from_string(to_onnx(graph, example, {"classes": "a,b,c"}, ["logits"]))
    assert {p.key: p.value for p in model.metadata_props}["classes"] == "a,b,c"
    assert [i.name for i in model.graph.input] == ["x"]
    assert [o.name for o in model.graph.output] == ["logits"]
    save_onnx(graph, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").stat().st_size > 100


def test_a_wrong_export_names_the_first_node_that_differs(monkeypatch, traced):
    _, example, graph = traced("mlp")
    real = onnx_format.run_session

    def lying(opened, graph, inputs):
        found = real(opened, graph, inputs)
        place = graph.outputs.index("tanh") if "tanh" in graph.outputs else 0
        return [t + 1 if i >= place else t for i, t in enumerate(found)]

    monkeypatch.setattr(onnx_format, "run_session", lying)
    with pytest.raises(GraphError, match="differs from eager, first at node 'tanh'"):
        to_onnx(graph, example)


def test_a_division_of_whole_numbers_is_refused():
    graph = trace(
        lambda x: torch.div(x, 65536, rounding_mode="trunc"), torch.ones(3, dtype=torch.int64)
    )
    with pytest.raises(GraphError, match=r"node 'div': .*use a shift"):
        to_onnx(graph)
    shift = trace(lambda x: (x >> 16).float(), torch.ones(3, dtype=torch.int64))
    big = torch.tensor([2**32 - 1, 2**31 + 7, 65535])
    try:
        content = to_onnx(shift, [big])
    except GraphError:
        return
    assert torch.equal(run_session(session(content), shift, [big])[0], (big >> 16).float())


def test_a_missing_extra_is_one_sentence(monkeypatch, traced):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n, *a: None if n == "onnxscript" else find(n, *a)
    )
    with pytest.raises(MissingExtra, match=r"needs the package 'onnxscript'.*vynapse\[onnx\]"):
        to_onnx(traced("mlp")[2])


@pytest.mark.parametrize("name", ["mlp", "shapes"])
def test_pt2_is_loaded_by_torch_alone(name, traced):
    module, example, graph = traced(name)
    again = torch.export.load(io.BytesIO(to_pt2(graph, example))).module()
    for mine, eager in zip(again(*example), flat(module(*example)), strict=True):
        torch.testing.assert_close(mine.detach(), eager.detach())


def test_pt2_keeps_the_batch_open():
    module, example = make("mlp")
    again = torch.export.load(
        io.BytesIO(to_pt2(trace(module, *example, dynamic_batch=True)))
    ).module()
    x = torch.randn(9, 4)
    torch.testing.assert_close(again(x)[0].detach(), module(x).detach())


def test_drawings_name_every_node_and_edge(traced):
    graph = traced("residual_block")[2]
    edges = sum(len(node.sources) for node in graph)
    dot, mermaid, svg = to_dot(graph), to_mermaid(graph), to_svg(graph)
    assert dot.count(" -> ") == mermaid.count(" --> ") == edges
    root = ET.fromstring(svg)
    texts = " ".join(t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text"))
    for node in graph:
        assert f'"{node.name}"' in dot
        assert node.name in mermaid
        assert node.name in texts
    boxes = [
        tuple(float(r.get(key, "nan")) for key in ("x", "y", "width"))
        for r in root.iter("{http://www.w3.org/2000/svg}rect")
        if r.get("rx")
    ]
    assert len(boxes) == len(graph)
    for i, (x, y, wide) in enumerate(boxes):
        assert not any(y == v and x < u + w and u < x + wide for u, v, w in boxes[i + 1 :])


@pytest.mark.parametrize("name", ["residual_block", "transformer_layer", "grown", "gru_cell"])
def test_no_line_runs_behind_a_box(name, traced):
    root = ET.fromstring(to_svg(traced(name)[2]))
    boxes = [
        tuple(float(r.get(key, "nan")) for key in ("x", "y", "width", "height"))
        for r in root.iter("{http://www.w3.org/2000/svg}rect")
        if r.get("rx")
    ]
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        if not path.get("marker-end"):
            continue
        ends = [tuple(map(float, end.split(","))) for end in path.get("d", "")[1:].split(" L")]
        for (x, y), (to_x, to_y) in pairwise(ends):
            for share in torch.linspace(0.02, 0.98, 25).tolist():
                at_x, at_y = x + share * (to_x - x), y + share * (to_y - y)
                inside = [b for b in boxes if 0 < at_x - b[0] < b[2] and 0 < at_y - b[1] < b[3]]
                assert not inside


def test_a_box_says_the_op_once(traced):
    svg = to_svg(traced("residual_block")[2])
    assert ">convolution<" in svg
    assert "convolution: convolution" not in svg
    graph = declare(
        {
            "inputs": {"x": {"shape": [2]}},
            "nodes": [{"name": "y", "op": "tanh", "inputs": ["x"]}],
            "outputs": ["y"],
        }
    )
    assert ">y: tanh<" in to_svg(graph)


def test_weights_stand_near_what_reads_them(traced):
    graph = traced("cnn_host")[2]
    layout = layered(graph)
    row = {place: number for number, places in enumerate(layout.rows) for place in places}
    turned = next(node.name for node in graph if node.op == "aten.t.default")
    (reader,) = graph.consumers[turned]
    assert row[reader] - row[turned] == 1


def test_rows_go_downwards_and_edges_pass_every_row(traced):
    graph = traced("transformer_layer")[2]
    layout = layered(graph)
    row = {place: number for number, places in enumerate(layout.rows) for place in places}
    assert {place for place in row if isinstance(place, str)} == set(graph.by_name)
    for edge in layout.edges:
        rows = [row[place] for place in edge]
        assert rows == list(range(rows[0], rows[-1] + 1))


def test_names_that_mean_something_to_a_format_are_escaped():
    graph = trace(lambda x: x['a"<b>&'] * 2, {'a"<b>&': torch.ones(2)})
    assert '\\"' in to_dot(graph)
    assert "&lt;b" in to_mermaid(graph)
    ET.fromstring(to_svg(graph))


@pytest.mark.parametrize("name", ["json", "dot", "mermaid", "svg"])
def test_formats_are_made_by_name(name, traced):
    assert "addmm" in str(written(traced("mlp")[2], name))
    with pytest.raises(UnknownName, match="did you mean"):
        written(traced("mlp")[2], name + "x")
