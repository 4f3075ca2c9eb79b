# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `graph`: a network written down node by node.

    network: {graph: net.yaml}
    network: {graph: net.json}

The file (docs/graph.md) is read once: the structure, and so the recipe of a run, holds what stands
in it. Weights without values are drawn by the run's seed. A JSON file is a graph that was saved;
its tensors are weights, with which a run begins that names no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import yaml
from pydantic import Field

from vynapse.core import Array, Interface
from vynapse.errors import ConfigError
from vynapse.networks.structure import Structure, StructureKind, structure_kind
from vynapse.settings import validate

if TYPE_CHECKING:
    from torch import nn

    from vynapse.graph.ir import Graph


class GraphStructure(Structure):
    """A network whose ops are named one by one."""

    kind: Literal["graph"] = "graph"
    graph: dict[str, Any] = Field(
        description="inputs, parameters, constants, nodes and outputs, or the file that holds "
        "them: YAML, or JSON with its tensors beside it"
    )

    def fit(self, interface: Interface) -> GraphStructure:
        graph = self.build(0)
        given, results = graph.inputs, graph.outputs
        if len(given) != 1 or len(results) != 1:
            raise ConfigError(
                f"network.graph: one input and one output were wanted, got {len(given)} and "
                f"{len(results)}"
            )
        wanted = {
            "input": (given[0].name, interface.inputs),
            "output": (results[0], (interface.outputs,)),
        }
        for what, (name, shape) in wanted.items():
            node = graph[name]
            if [str(size) for size in node.shape] != ["batch", *map(str, shape)]:
                sizes = ", ".join(str(size) for size in node.shape)
                raise ConfigError(
                    f"network.graph: task {interface.name!r} wants the {what} {name!r} of shape "
                    f"({', '.join(['batch', *map(str, shape)])}), the graph has ({sizes})"
                )
        return self

    def module(self) -> nn.Module:
        import torch

        from vynapse.networks.graph_module import GraphNetwork

        # the caller has isolated and seeded the global generators
        return GraphNetwork(self.build(int(torch.randint(2**62, ()))))

    def build(self, seed: int) -> Graph:
        """The graph, with the weights that are drawn under this seed.

        Raises:
            ConfigError: it is no graph; the key or the node is named.
        """
        from vynapse.errors import GraphError
        from vynapse.graph.declare import declare

        try:
            return declare(self.graph, seed)
        except GraphError as error:
            raise ConfigError(f"network.graph: {error}") from None

    def flops(self, input_shape: tuple[int, ...], examples: Array | None = None) -> int:
        from vynapse.graph.cost import cost

        counted = cost(self.build(0), batch=1)
        if counted.uncounted or not counted.flops:
            return super().flops(input_shape, examples)
        return counted.flops

    def stochastic(self) -> bool:
        import torch

        from vynapse.graph.schema import STRUCTURAL, signature

        ops = {node.op for node in self.build(0) if node.op not in STRUCTURAL}
        random = torch.Tag.nondeterministic_seeded
        return any(random in signature(op).call.tags for op in ops)

    def in_recipe(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return self.as_key()

    def as_key(self) -> dict[str, Any]:
        """{graph: {inputs: …, parameters: …, nodes: …, outputs: …}}."""
        return self.model_dump(mode="json", exclude={"kind"})

    @classmethod
    def from_key(cls, value: Mapping[str, Any], where: str) -> GraphStructure:
        """The inverse of `as_key`; a text under `graph` is the path of a file."""
        content = value.get("graph")
        if isinstance(content, str):
            content = _read(Path(content).expanduser(), where)
        return validate(cls, {**value, "graph": content}, where)

    @classmethod
    def key_schema(cls) -> dict[str, Any]:
        schema = cls.model_json_schema()
        schema["properties"].pop("kind")
        own = schema["properties"]["graph"]
        schema["properties"]["graph"] = {"anyOf": [{"type": "string"}, own]}
        return schema


def _read(file: Path, where: str) -> dict[str, Any]:
    if file.suffix == ".json":
        return _saved(file, where)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{where}.graph: {file} cannot be read: {reason}") from None
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{where}.graph: {file} is not YAML: {' '.join(str(error).split())}"
        ) from None
    if not isinstance(content, dict):
        raise ConfigError(f"{where}.graph: {file}: the keys inputs, nodes and outputs were wanted")
    return content


def _saved(file: Path, where: str) -> dict[str, Any]:
    from vynapse.errors import GraphError
    from vynapse.graph.declaration import declaration
    from vynapse.graph.formats.json import load

    try:
        return declaration(load(file))
    except GraphError as error:
        raise ConfigError(f"{where}.graph: {error}") from None


KIND: Final[StructureKind] = structure_kind(
    GraphStructure,
    "a network written down node by node: graph: net.yaml, or saved: graph: net.json",
)
