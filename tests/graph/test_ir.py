# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Graphs that are malformed cannot be made; those that can are data."""

from __future__ import annotations

import dataclasses
import json
import os
import random

import pytest
import torch

from vynapse.errors import ConfigError, GraphError, VynapseError
from vynapse.graph.builder import Builder
from vynapse.graph.declare import declare
from vynapse.graph.diff import diff
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats.json import from_json, load, save, to_json
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import Dim, parse_size

X = Node("x", "input", (), (), (2, 3))
W = Node("w", "parameter", (), (), (3, 4))
Y = Node("y", "aten.mm.default", ("x", "w"), (), (2, 4))
WEIGHTS = {"w": torch.ones(3, 4)}


def test_a_graph_is_frozen_sorted_and_compared_by_content():
    graph = Graph((Y, X, W), ("y",), WEIGHTS)
    assert [node.name for node in graph] == ["x", "w", "y"]
    assert graph.levels == (("x", "w"), ("y",))
    assert graph == Graph((X, W, Y), ("y",), {"w": torch.ones(3, 4)})
    assert graph != graph.with_tensors({"w": torch.zeros(3, 4)})
    assert graph != Graph((X, W, Y), ("x", "y"), WEIGHTS)
    assert len({graph, Graph((X, W, Y), ("y",), WEIGHTS)}) == 1
    assert graph.consumers["x"] == ("y",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.outputs = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        graph.tensors["w"] = torch.ones(1)  # type: ignore[index]


def relu(**changes):
    return dataclasses.replace(RELU, **changes)


RELU = Node("y", "aten.relu.default", ("x",), (), (2, 3))


@pytest.mark.parametrize(
    ("nodes", "outputs", "tensors", "words"),
    [
        ((X, RELU, RELU), ("y",), {}, "node 'y': a name of its own"),
        ((X, relu(inputs=("z",))), ("y",), {}, "node 'y': its input 'z'"),
        ((X, RELU), ("q",), {}, "output 'q' is not a node"),
        (
            (relu(inputs=("z",)), relu(name="z", inputs=("y",))),
            ("y",), {}, "cycle: y -> z -> y",
        ),
        ((X, relu(op="aten.rely.default")), ("y",), {}, "did you mean 'aten.relu"),
        ((X, relu(op="os.system.default")), ("y",), {}, "unknown op"),
        ((X, relu(inputs=())), ("y",), {}, "takes 1 inputs, got 0"),
        ((X, relu(shape=(3, 2))), ("y",), {}, r"node 'y': .*\(2, 3\).*says .*\(3, 2\)"),
        ((X, relu(dtype="int64")), ("y",), {}, "node 'y': .*float32.*int64"),
        ((X, relu(dtype="floot")), ("y",), {}, "node 'y': a data type"),
        ((X, relu(attributes=(("dim", 1),))), ("y",), {}, "no attribute 'dim'"),
        ((X, W, Y), ("y",), {}, "node 'w': its tensor is missing"),
        ((X, W, Y), ("y",), {"w": torch.ones(4, 3)}, r"node 'w': .*\(3, 4\).*\(4, 3\)"),
        ((X, RELU), ("y",), WEIGHTS, "tensor 'w': there is no parameter"),
        ((dataclasses.replace(X, shape=(Dim(1), 3)),), ("x",), {}, "follows the batch, but"),
        ((X, relu(op="aten.relu_.default")), ("y",), {}, "writes into"),
        ((X, relu(op="aten.bernoulli.default")), ("y",), {}, "random"),
        ((X, relu(op="aten.nonzero.default")), ("y",), {}, "depends on the data"),
    ],
)  # fmt: skip
def test_a_malformed_graph_is_refused_with_the_node_named(nodes, outputs, tensors, words):
    with pytest.raises(GraphError, match=words):
        Graph(tuple(nodes), outputs, tensors)


def test_true_one_and_one_point_zero_are_told_apart():
    made = []
    for value in (True, 1, 1.0):
        node = Node("y", "aten.full.default", (), (("fill_value", value), ("size", (2,))), (2,),
                    {bool: "bool", int: "int64", float: "float32"}[type(value)])  # fmt: skip
        made.append(Graph((node,), ("y",)))
    assert len({graph.digest for graph in made}) == 3


YAML = """
inputs: {x: {shape: [batch, 4]}}
parameters: {w: {shape: [3, 4]}, b: {shape: [3], init: zeros}}
nodes:
  - {name: h, op: linear, inputs: [x, w, b]}
  - {name: y, op: softplus, inputs: [h], attributes: {beta: 2.0}}
  - {name: both, op: cat, inputs: [[y, h]], attributes: {dim: 1}}
  - {name: parts, op: topk, inputs: [both], attributes: {k: 2}}
  - {name: best, op: getitem, inputs: [parts], attributes: {index: 0}}
  - {name: line, op: reshape, inputs: [best], attributes: {shape: [2*batch]}}
outputs: [y, line]
"""


def test_yaml_and_the_builder_give_the_same_graph():
    graph = declare(YAML)
    b = Builder(batch=2)
    x = b.input("x", (Dim(1), 4))
    w, bias = b.parameter("w", graph.tensors["w"]), b.parameter("b", torch.zeros(3))
    h = b.add("linear", x, w, bias, name="h")
    y = b.add("softplus", h, name="y", beta=2.0)
    both = b.add("cat", [y, h], name="both", dim=1)
    best = b.take(b.add("topk", both, name="parts", k=2), 0, "best")
    assert b.graph(y, b.add("reshape", best, name="line", shape=(Dim(2),))) == graph
    assert declare(YAML, seed=1) != graph
    assert [tuple(t.shape) for t in Interpreter(graph).run(torch.ones(5, 4))] == [(5, 3), (10,)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("op: linear", "op: liner", "node 'h': unknown op"),
        ("inputs: [x, w, b]", "inputs: [x, v]", "node 'h': there is no node 'v'"),
        ("inputs: [x, w, b]", "inputs: [b, x]", "node 'h': aten.linear.default cannot take"),
        ("{beta: 2.0}", "{bata: 2.0}", "node 'y': .*no attribute 'bata': did you mean 'beta'"),
        ("outputs: [y, line]", "outputs: [z]", "output 'z'"),
        ("outputs: [y, line]", "output: [y]", "graph.outputs: a value is required"),
        ("[batch, 4]", "[batsch, 4]", "node 'x': a size such as"),
        ("name: y,", "name: h,", "node 'h': a name of its own"),
        ("nodes:", "nodes: [", "it is not YAML"),
    ],
)
def test_a_wrong_declaration_is_one_sentence(old, new, words):
    with pytest.raises((GraphError, ConfigError), match=words):
        declare(YAML.replace(old, new))


def test_diff_names_what_changed_whatever_the_names():
    graph = declare(YAML)
    other_names = YAML.replace("name: h,", "name: g,").replace("[h]", "[g]")
    renamed = declare(other_names.replace("[[y, h]]", "[[y, g]]"))
    assert diff(graph, renamed) == ()
    other = declare(YAML.replace("beta: 2.0", "beta: 3.0"))
    assert [(d.kind, d.node) for d in diff(graph, other)] == [("changed", "y")]
    swapped = declare(YAML.replace("[[y, h]]", "[[h, y]]"))
    assert [(d.kind, d.node) for d in diff(graph, swapped)] == [("rewired", "both")]
    heavier = graph.with_tensors({"b": torch.ones(3)})
    assert [(d.kind, d.node) for d in diff(graph, heavier)] == [("weights", "b")]
    assert {d.kind for d in diff(graph, Graph((X, RELU), ("y",)))} >= {"removed"}


@pytest.mark.parametrize("text", ["0*batch", "batch", "4*batch+1", "batch-2"])
def test_sizes_are_read_back(text):
    assert str(parse_size(text)).removeprefix("0*") == text.removeprefix("0*")


def test_a_file_that_is_truncated_or_lacks_its_weights_is_refused(tmp_path):
    graph = declare(YAML)
    save(graph, tmp_path / "net.json")
    text = (tmp_path / "net.json").read_text()
    for wrong in (text[:200], "[]", "{}", text.replace('"version": 1', '"version": 9')):
        (tmp_path / "net.json").write_text(wrong)
        with pytest.raises(GraphError):
            load(tmp_path / "net.json")
    (tmp_path / "net.json").write_text(text)
    beside = tmp_path / "net.safetensors"
    content = beside.read_bytes()
    beside.write_bytes(content[:-4])
    with pytest.raises(GraphError, match="not the file that net.json was saved with"):
        load(tmp_path / "net.json")
    beside.unlink()
    with pytest.raises(GraphError, match="tensors are missing"):
        load(tmp_path / "net.json")
    with pytest.raises(GraphError, match="node 'w': its tensor is missing"):
        from_json(text, {"b": torch.zeros(3)})


WORDS = ("", "x", "aten.relu.default", "torch.float9")
NUMBERS = (True, -1, 0, 7, 2**70, 1.5, float("nan"))
NESTED: tuple[object, ...] = (
    [],
    [1, [2]],
    ["x"],
    {},
    {"batch": [1, 0]},
    {"batch": "x"},
    {"float": "inf"},
)
JUNK = (None, *WORDS, *NUMBERS, *NESTED)


def mutate(value, rng):
    """One thing somewhere inside changed, left out or put twice."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        choice = rng.random()
        if choice < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if choice < 0.15:
            return {**value, key + "x": value[key]}
        return {**value, key: mutate(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        choice = rng.random()
        if choice < 0.1:
            return value[:place] + value[place + 1 :]
        if choice < 0.2:
            return [*value[:place], rng.choice(value), *value[place:]]
        return [*value[:place], mutate(value[place], rng), *value[place + 1 :]]
    return rng.choice(JUNK)


def refusal(text, graph):
    """The sentence of a clean error; None where the file is a graph still."""
    try:
        from_json(text, graph.tensors)
    except VynapseError as error:
        return str(error)
    return None


def test_mutated_files_give_clean_errors_alone(traced):
    rng, refused = random.Random(5), 0
    count = 2000 if "VYNAPSE_EVIDENCE" in os.environ else 200
    graphs = [declare(YAML), traced("mlp")[2], traced("shapes")[2], traced("depthwise_block")[2]]
    for number in range(count):
        graph = graphs[number % len(graphs)]
        text = to_json(graph)
        if rng.random() < 0.2:
            place = rng.randrange(len(text))
            text = text[:place] + rng.choice(["", "}", '"', "9", text[:5]]) + text[place + 1 :]
        else:
            text = json.dumps(mutate(json.loads(text), rng))
        sentence = refusal(text, graph)
        refused += sentence is not None
        assert sentence is None or (sentence.strip() and "\n" not in sentence)
    assert refused > count / 2
