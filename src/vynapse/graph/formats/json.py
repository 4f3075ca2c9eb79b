# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as two files: the structure as JSON, the tensors beside it in safetensors.

    {"format": "vynapse.graph", "version": 1, "batch": null, "outputs": ["y"],
     "tensors": {"file": "net.safetensors", "sha256": "…"},
     "nodes": [{"name": "y", "op": "aten.relu.default", "inputs": ["x"], "attributes": {},
                "shape": [2, 3], "dtype": "float32"}, …]}

A size that follows the batch is {"batch": [scale, offset]}; inf and nan are {"float": "inf"}.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from vynapse.errors import GraphError, storage_errors, suggestion
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import Dim

_FORMAT: Final = "vynapse.graph"
_VERSION: Final = 1
_KEYS: Final = ("name", "op", "inputs", "attributes", "shape", "dtype")


def to_json(graph: Graph, tensors_file: str = "", tensors_sha256: str = "") -> str:
    """The structure as JSON, one node a line.

    Args:
        graph: any.
        tensors_file: name of the file beside it that holds the tensors.
        tensors_sha256: the SHA-256 of that file.
    """
    head = {
        "format": _FORMAT,
        "version": _VERSION,
        "batch": graph.batch,
        "outputs": graph.outputs,
        "tensors": {"file": tensors_file, "sha256": tensors_sha256},
    }
    nodes = ",\n  ".join(json.dumps(_node(node), allow_nan=False) for node in graph.nodes)
    return f'{json.dumps(head)[:-1]},\n "nodes": [\n  {nodes}\n ]}}\n'


def save(graph: Graph, path: Path) -> None:
    """Write `path` and the tensors beside it, under the same name with `.safetensors`.

    Raises:
        StorageError: a file cannot be written.
    """
    beside = path.with_suffix(".safetensors")
    content = save_tensors(dict(graph.tensors))
    text = to_json(graph, beside.name, hashlib.sha256(content).hexdigest())
    with storage_errors(beside):
        beside.write_bytes(content)
    with storage_errors(path):
        path.write_text(text, encoding="utf-8")


def load(path: Path) -> Graph:
    """The graph that `save` wrote.

    Raises:
        GraphError: a file is absent, damaged or not a graph; the node is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = _object(json.loads(text), str(path))
        if content.get("format") != _FORMAT:
            raise GraphError(
                f"{path}: a graph that `vynapse export --format json` wrote was wanted, its format "
                f"is {content.get('format')!r}"
            )
        entry = _object(content.get("tensors"), "tensors")
        tensors = _read_tensors(path, str(entry.get("file")), str(entry.get("sha256")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise GraphError(f"{path}: it is not the JSON of a graph: {_reason(error)}") from None
    return from_json(text, tensors)


def from_json(text: str, tensors: Mapping[str, Tensor]) -> Graph:
    """The graph of this structure with these tensors.

    Raises:
        GraphError: the text is not JSON or not a graph; the node is named.
    """
    try:
        content = _object(json.loads(text), "the file")
    except (json.JSONDecodeError, RecursionError) as error:
        raise GraphError(f"it is not the JSON of a graph: {_reason(error)}") from None
    if content.get("format") != _FORMAT:
        raise GraphError(f"format: {_FORMAT!r} was wanted, got {content.get('format')!r}")
    if content.get("version") != _VERSION:
        raise GraphError(f"version: {_VERSION} was wanted, got {content.get('version')!r}")
    batch, outputs, nodes = content.get("batch"), content.get("outputs"), content.get("nodes")
    if not (batch is None or (isinstance(batch, int) and not isinstance(batch, bool))):
        raise GraphError(f"batch: a whole number or null was wanted, got {batch!r}")
    if not isinstance(outputs, list) or not all(isinstance(o, str) for o in outputs):
        raise GraphError(f"outputs: a list of names was wanted, got {outputs!r}")
    if not isinstance(nodes, list):
        raise GraphError("nodes: a list was wanted")
    made = tuple(_read_node(item, index) for index, item in enumerate(nodes))
    return Graph(made, tuple(outputs), tensors, batch)


def _read_tensors(path: Path, name: str, digest: str) -> dict[str, Tensor]:
    if Path(name).name != name or not name:
        raise GraphError(f"{path}: tensors.file: the name of a file beside it was wanted")
    beside = path.parent / name
    if not beside.is_file():
        raise GraphError(f"{path}: its tensors are missing: {beside} is not there")
    content = beside.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise GraphError(f"{beside}: it is not the file that {path.name} was saved with")
    try:
        return load_tensors(content)
    except SafetensorError as error:
        raise GraphError(f"{beside}: it is damaged: {error}") from None


def _node(node: Node) -> dict[str, object]:
    return {
        "name": node.name,
        "op": node.op,
        "inputs": [_write(value) for value in node.inputs],
        "attributes": {key: _write(value) for key, value in node.attributes},
        "shape": [_write(size) for size in node.shape],
        "dtype": node.dtype,
    }


def _write(value: object) -> object:
    if isinstance(value, Dim):
        return {"batch": [value.scale, value.offset]}
    if isinstance(value, tuple):
        return [_write(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _read_node(item: object, index: int) -> Node:
    where = f"node {index}"
    content = _object(item, where)
    name, op, dtype = (content.get(key) for key in ("name", "op", "dtype"))
    where = f"node {name!r}" if isinstance(name, str) else where
    for key in content:
        if key not in _KEYS:
            raise GraphError(f"{where}: unknown key {key!r}{suggestion(key, _KEYS)}")
    if not (isinstance(name, str) and isinstance(op, str) and isinstance(dtype, str)):
        raise GraphError(f"{where}: texts were wanted under 'name', 'op' and 'dtype'")
    attributes = _object(content.get("attributes"), f"{where}: attributes")
    read: list[tuple[Any, ...]] = []
    for key in ("inputs", "shape"):
        values = content.get(key)
        if not isinstance(values, list):
            raise GraphError(f"{where}: a list was wanted under {key!r}, got {values!r}"[:200])
        read.append(tuple(_read(value, f"{where}: {key}") for value in values))
    inputs, shape = read
    if not all(isinstance(size, (int, Dim)) for size in shape):
        raise GraphError(
            f"{where}: sizes were wanted under 'shape', got {content['shape']!r}"[:200]
        )
    for value in inputs:
        if isinstance(value, tuple) and not all(i is None or isinstance(i, str) for i in value):
            raise GraphError(f"{where}: names of nodes were wanted under 'inputs'")
    pairs = ((key, _read(value, f"{where}: {key}")) for key, value in attributes.items())
    return Node(name, op, inputs, tuple(sorted(pairs)), shape, dtype)


def _read(value: object, where: str) -> Any:
    if isinstance(value, list):
        items = tuple(_read(item, where) for item in value)
        if any(isinstance(item, tuple) for item in items):
            raise GraphError(f"{where}: a list within a list means nothing here")
        return items
    if isinstance(value, dict):
        sizes, number = value.get("batch"), value.get("float")
        if list(value) == ["float"] and number in {"inf", "-inf", "nan"}:
            return float(str(number))
        if list(value) == ["batch"] and isinstance(sizes, list) and len(sizes) == 2:
            scale, offset = sizes
            if type(scale) is int and type(offset) is int and abs(scale) + abs(offset) < 2**40:
                return Dim(scale, offset)
        raise GraphError(f"{where}: a value was wanted, got {value!r}"[:200])
    return value


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise GraphError(f"{where}: keys and values were wanted, got {value!r}"[:200])
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) or type(error).__name__
