# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every kind of structure keeps its promises; the checker catches those that do not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import nn

from vynapse.core import Array, FunctionPolicy, Interface, Policy
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.evolution.neat.structure import Neat
from vynapse.networks import arrays, structure
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.graph_structure import GraphStructure
from vynapse.networks.mlp import MLP
from vynapse.networks.normalized import Normalized
from vynapse.networks.structure import STRUCTURES, Structure
from vynapse.networks.vector import Vector
from vynapse.seeding import Stream
from vynapse.testing import check_structure

NUMBERS = Interface("a function", (0,), 2)
VECTOR, PICTURE = Interface("small", (3,), 2), Interface("pictures", (2, 8, 8), 3, "sigmoid")
FACTORY = "vynapse.esper.kasmina.hosts:residual"
CASES: dict[str, list[tuple[Structure, Interface]]] = {
    "mlp": [
        (MLP(sizes=(3, 4, 2)), VECTOR),
        (MLP(sizes=(128, 5, 4, 3), hidden="gelu", bias=False), PICTURE),
        (MLP(sizes=(3, 2), hidden="identity"), VECTOR),
    ],
    "cnn": [
        (CNN(channels=(4, 3)), PICTURE),
        (CNN(channels=(4,), norm=False, dropout=0.5), PICTURE),
    ],
    "graph": [
        (
            GraphStructure(
                graph={
                    "inputs": {"x": {"shape": ["batch", 3]}},
                    "parameters": {
                        "w": {"shape": [4, 3]},
                        "last.weight": {"shape": [2, 4]},
                        "last.bias": {"shape": [2], "init": "zeros"},
                    },
                    "nodes": [
                        {"name": "sum", "op": "linear", "inputs": ["x", "w"]},
                        {"name": "hidden", "op": "tanh", "inputs": ["sum"]},
                        {
                            "name": "y",
                            "op": "linear",
                            "inputs": ["hidden", "last.weight", "last.bias"],
                        },
                    ],
                    "outputs": ["y"],
                }
            ),
            VECTOR,
        )
    ],
    "factory": [(Factory(factory=FACTORY, options={"widths": [4, 6]}), PICTURE)],
    "grown": [
        (
            Grown(
                host=MLP(sizes=(3, 4, 2), output="identity").model_dump(mode="json"),
                input_shape=(3,),
                slots={"1": (SeedPlan("s0", "norm", "add", 1.0),)},
            ),
            VECTOR,
        ),
    ],
    "neat": [(Neat(), VECTOR), (Neat(), PICTURE), (Neat(recurrent=True, updates=2), VECTOR)],
    "normalized": [
        (Normalized(network={"mlp": [3, 4, 2]}, shift=(1, 2, 0), scale=(1, 0.5, 3)), VECTOR),
        (Normalized(network={"neat": {}}), PICTURE),
        (Normalized(network={"neat": {"recurrent": True}}, scale=(2, 1, 1)), VECTOR),
        (Normalized(network={"factory": FACTORY, "options": {"widths": [4, 6]}}), PICTURE),
    ],
    "vector": [(Vector(), Interface("a function", (0,), 3)), (Vector(size=2), NUMBERS)],
}


@pytest.mark.parametrize("name", STRUCTURES.names())
def test_a_kind_keeps_its_promises(name: str) -> None:
    for made, interface in CASES[name]:
        check_structure(partial(copy.copy, made), interface)


class Sound(MLP):
    kind: Literal["mlp"] = "mlp"

    def fit(self, interface: Interface) -> Sound:
        return self


class OtherShapes(Sound):
    def layout(self) -> dict[str, tuple[int, ...]]:
        return {name: shape[::-1] for name, shape in super().layout().items()}


class OtherOrder(Sound):
    def layout(self) -> dict[str, tuple[int, ...]]:
        return dict(reversed(super().layout().items()))


class OtherOutputs(Sound):
    def in_arrays(self, tensors: Mapping[str, Array]) -> Policy:
        predict = arrays.predictor(self, tensors)
        return FunctionPolicy(lambda inputs: predict(inputs) + np.float32(0.01))


class NoArrays(Sound):
    def in_arrays(self, tensors: Mapping[str, Array]) -> Any:
        return None


class OtherLayers(Sound):
    def dense(self) -> MLP:
        return MLP(sizes=self.sizes, hidden="relu", output=self.output)


class Free(Sound):
    def flops(self, input_shape: tuple[int, ...], examples: Any = None) -> int:
        return 0


class SameWeights(Sound):
    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        return {name: np.zeros(shape, np.float32) for name, shape in self.layout().items()}


class Unsteady(Sound):
    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        return {n: t + np.float32(id(t) % 9973) for n, t in super().initial(stream, 0).items()}


class LosesKeys(Sound):
    def as_key(self) -> dict[str, Any]:
        return {"mlp": {"sizes": list(self.sizes)}}


class LosesWidths(Sound):
    def with_widths(self, widths: Mapping[str, int]) -> tuple[Sound, dict[str, int]]:
        return self, {}


class Wider(Sound):
    def fit(self, interface: Interface) -> Wider:
        return self.model_copy(update={"sizes": (*self.sizes[:-1], self.sizes[-1] + 1)})


class Noise(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = super().forward(x)
        return outputs + torch.rand(()) if self.training else outputs


class Draws(Sound):
    def module(self) -> nn.Module:
        return Noise(*super().module().children())


class Leaks(Sound):
    def module(self) -> nn.Module:
        return super().module()

    def flops(self, input_shape: tuple[int, ...], examples: Any = None) -> int:
        torch.rand(())
        return 5


class MeanOfBatch(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = super().forward(x)
        return outputs - outputs.mean(0)


class Mixes(Sound):
    def module(self) -> nn.Module:
        return MeanOfBatch(*super().module().children())

    def in_arrays(self, tensors: Mapping[str, Array]) -> Any:
        return None

    def layout(self) -> Any:
        return None

    def dense(self) -> Any:
        return None


class ForgetsBias(Sound):
    """Its JSON data lose a key."""

    def model_dump(self, **how: Any) -> dict[str, Any]:
        return {**super().model_dump(**how), "bias": True}


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (OtherShapes, r"layout\(\) gives .*, the module has|initial\(\) gives"),
        (OtherOrder, r"layout\(\) gives .* in this order"),
        (OtherOutputs, r"in_arrays\(\) and the module compute different outputs"),
        (NoArrays, r"layout\(\) says that arrays suffice"),
        (OtherLayers, r"dense\(\) and the module compute different outputs"),
        (Free, r"flops\(\) must count the operations of one example, got 0"),
        (SameWeights, "the same weights for another seed or attempt"),
        (Unsteady, r"initial\(\) differs between two calls"),
        (LosesKeys, r"comes back from as_key\(\) as"),
        (LosesWidths, r"with_widths\(\) must give back"),
        (Wider, r"fit\(\) changes a structure that fits already"),
        (Draws, r"stochastic\(\) is False, the module draws"),
        (Leaks, "a global random generator was changed"),
        (Mixes, "outputs of example 0 depend on the examples beside it"),
        (ForgetsBias, "comes back from its JSON data as"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_structure_is_caught(
    broken: type[Sound], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(broken, monkeypatch)
    bias = broken is not ForgetsBias
    with pytest.raises(AssertionError, match=sentence):
        check_structure(lambda: broken(sizes=(3, 4, 2), output="sigmoid", bias=bias), VECTOR)


def test_the_structure_that_the_broken_ones_are_made_of_is_sound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(Sound, monkeypatch)
    check_structure(lambda: Sound(sizes=(3, 4, 2)), VECTOR)


def register(model: type[Structure], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name "mlp" stand for another class."""
    known: Callable[[str, str], type[Structure]] = structure.structure_class

    def instead(name: str, where: str = "network") -> type[Structure]:
        return model if name == "mlp" else known(name, where)

    monkeypatch.setattr(structure, "structure_class", instead)
