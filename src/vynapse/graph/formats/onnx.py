# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as an ONNX model, run beside eager before it is handed over.

Torch's exporter translates the ops. What it translates wrongly is taken apart first: the backward
pass of the cross-entropy, and a division of whole numbers, which it sends through floats.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from vynapse.errors import GraphError, MissingExtra, storage_errors
from vynapse.graph.examples import assert_close, random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats.module import GraphModule
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import TUPLE
from vynapse.graph.ops.table import ROWS
from vynapse.graph.rewrite.expand import expanded
from vynapse.graph.values import Dim

RTOL: Final = 1e-4
ATOL: Final = 1e-5
"""Float32 parity, relative and absolute."""

_EXPANDED: Final = frozenset(
    op
    for op, row in ROWS.items()
    if row.expand is not None
    and ("backward" in op or "nll_loss" in op or "_functional" in op or "_trilinear" in op)
)
_SET: Final = 21
_IMPORTED: Final = ("onnx", "onnxscript", "onnxruntime")


def to_onnx(
    graph: Graph,
    inputs: Sequence[Tensor] | None = None,
    metadata: Mapping[str, str] | None = None,
    names: Sequence[str] | None = None,
) -> bytes:
    """The model as the bytes of an .onnx file.

    Args:
        graph: any; a size that follows the batch stays open.
        inputs: the inputs of the check; random ones by default.
        metadata: texts to be carried by the model, e.g. the classes.
        names: the names of the outputs; "output.0" and so on by default.

    Raises:
        MissingExtra: onnx, onnxscript or onnxruntime is not installed.
        GraphError: an op has no translation, or the model differs from eager: the first node that
            differs is named.
    """
    require_onnx("an ONNX export")
    graph = _translatable(graph)
    example = tuple(inputs) if inputs is not None else random_inputs(graph)
    outputs = list(names) if names is not None else _numbered(graph.outputs)
    model = _export(graph, example, outputs)
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=value)
    content: bytes = model.SerializeToString()
    _check(graph, content, example, outputs)
    return content


def save_onnx(graph: Graph, path: Path, inputs: Sequence[Tensor] | None = None) -> None:
    """Write an .onnx file; see `to_onnx`."""
    content = to_onnx(graph, inputs)
    with storage_errors(path):
        path.write_bytes(content)


def require_onnx(purpose: str) -> None:
    """Refuse where the extra `onnx` is not installed.

    Raises:
        MissingExtra: one of its packages is absent.
    """
    import importlib.util

    for package in _IMPORTED:
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package, "onnx", purpose)


def session(content: bytes, threads: int = 1) -> Any:
    """A session of ONNX Runtime on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def run_session(opened: Any, graph: Graph, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The outputs of a session of this graph, in order; inputs in the order of the graph.

    An exporter leaves out inputs that are not read.
    """
    taken = {given.name for given in opened.get_inputs()}
    feed = {
        node.name: tensor.detach().contiguous().numpy()
        for node, tensor in zip(graph.inputs, inputs, strict=True)
        if node.name in taken
    }
    return [torch.from_numpy(np.array(result)) for result in opened.run(None, feed)]


def _translatable(graph: Graph) -> Graph:
    """The graph without what the exporter cannot translate, or translates wrongly."""
    for node in graph:
        mode = dict(node.attributes).get("rounding_mode")
        if node.op == "aten.div.Tensor_mode" and mode and node.dtype.startswith("int"):
            raise GraphError(
                f"node {node.name!r}: ONNX export divides whole numbers by way of floats, which "
                "is wrong for large ones: use a shift (>>)"
            )
    return expanded(graph, _EXPANDED)


def _numbered(outputs: Sequence[str]) -> list[str]:
    """Names that no value within the model has."""
    return [f"output.{number}" for number in range(len(outputs))]


def _export(graph: Graph, example: tuple[Tensor, ...], outputs: list[str]) -> Any:
    batch = torch.export.Dim("batch", min=1)
    shapes = tuple(
        {i: batch for i, size in enumerate(node.shape) if size == Dim(1)} for node in graph.inputs
    )
    try:
        with _quiet():
            program = torch.onnx.export(
                GraphModule(graph).eval(),
                example,
                dynamo=True,
                verbose=False,
                opset_version=_SET,
                input_names=[node.name for node in graph.inputs],
                output_names=outputs,
                dynamic_shapes=(shapes,) if graph.batch is not None else None,
                optimize=True,
            )
    except Exception as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise GraphError(f"ONNX export: torch cannot translate the graph: {first[:200]}") from error
    if program is None:
        raise GraphError("ONNX export: torch gave no model")
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's notes about packages that have nothing to do with us."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _check(
    graph: Graph, content: bytes, example: tuple[Tensor, ...], outputs: Sequence[str]
) -> None:
    wanted = Interpreter(graph).run(*example)
    got = run_session(session(content), graph, example)
    try:
        assert_close(outputs, got, wanted, RTOL, ATOL, "ONNX export")
    except GraphError:
        first = _first_difference(graph, example)
        raise GraphError(
            f"ONNX export: the model differs from eager, first at node {first!r}"
            if first
            else "ONNX export: the model differs from eager"
        ) from None


def _first_difference(graph: Graph, example: tuple[Tensor, ...]) -> str:
    """The first node whose value differs when every value is an output of the model."""
    names = [
        n.name for n in graph if n.op not in {"input", "parameter", "constant"} and n.dtype != TUPLE
    ]
    whole = Graph(graph.nodes, tuple(names), graph.tensors, graph.batch)
    opened = session(_export(whole, example, _numbered(names)).SerializeToString())
    got = run_session(opened, whole, example)
    for name, mine, eager in zip(names, got, Interpreter(whole).run(*example), strict=True):
        same = mine.shape == eager.shape
        if not (same and torch.allclose(mine.double(), eager.double(), RTOL, ATOL, equal_nan=True)):
            return name
    return ""
