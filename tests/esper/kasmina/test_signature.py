# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network that grows, and what comes out, are called and exported as the host is."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from vynapse.esper.kasmina.assembly import plant
from vynapse.esper.kasmina.attach import attach
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.esper.kasmina.settled import settle
from vynapse.esper.kasmina.signature import forward_like
from vynapse.networks import modules


class Host(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 3)

    def forward(self, image: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        head: torch.Tensor = self.head(self.stem(image).mean((2, 3)))
        return head * scale


def networks() -> dict[str, nn.Module]:
    """One in which a seed blends in, and one that is at rest."""
    torch.manual_seed(0)
    growing = attach(Host().eval(), ["stem"], input_shape=(1, 8, 8))
    seed = plant(growing, "stem", SeedPlan("s0", "conv_light", "add", 0.5))
    growing.slot("stem").flow = "open"
    for parameter in seed.parameters():
        nn.init.normal_(parameter, std=0.1)
    return {"growing": growing.eval(), "at rest": settle(growing).eval()}


def test_they_are_called_as_the_host_is() -> None:
    with modules.isolated_generators(0):
        for network in networks().values():
            batch = torch.randn(2, 1, 8, 8)
            assert list(inspect.signature(network.forward).parameters) == ["image", "scale"]
            assert torch.equal(network(image=batch, scale=2.0), network(batch) * 2)


# what tracers hand on is no tensor, so this needs a process without the check of types
SCRIPT = """
import torch
from tests.esper.kasmina.test_signature import networks
free = torch.export.Dim("batch", min=1, max=64)
for name, network in networks().items():
    batch, larger = torch.randn(2, 1, 8, 8), torch.randn(7, 1, 8, 8)
    exported = torch.export.export(network, (batch,), dynamic_shapes={"image": {0: free}})
    assert torch.allclose(exported.module()(larger), network(larger), atol=1e-6)
    traced = torch.fx.symbolic_trace(network, concrete_args={"scale": 1.0})
    assert torch.allclose(traced(batch), network(batch), atol=1e-6)
    compiled = torch.compile(network, backend="eager")
    assert torch.allclose(compiled(batch), network(batch), atol=1e-6)
    program = torch.onnx.export(
        network, (batch,), dynamo=True, dynamic_shapes={"image": {0: free}}, verbose=False
    )
    found = program(larger)[0]
    assert torch.allclose(found, network(larger), atol=1e-5), name
print("done")
"""


def test_they_are_exported_traced_and_compiled() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert result.stdout.endswith("done\n"), result.stderr


def test_parameters_of_every_sort_are_handed_on() -> None:
    class Inside(nn.Module):
        def forward(self, a, b=2, *rest, c, d=4, **named):
            return a, b, rest, c, d, named

    class Outside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inside = Inside()

    made = forward_like(Inside(), "inside")
    assert made(Outside(), 1, c=3) == (1, 2, (), 3, 4, {})
    assert made(Outside(), 1, 5, 6, 7, c=8, d=9, e=10) == (1, 5, (6, 7), 8, 9, {"e": 10})
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'c'"):
        made(Outside(), 1)
