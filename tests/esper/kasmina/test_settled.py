# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A grown network at rest is called, traced, scripted and exported as its host is."""

import copy
import io
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vynapse.core import Interface
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.assembly import growing_tensors
from vynapse.esper.kasmina.assembly import plant as plant_plan
from vynapse.esper.kasmina.attach import HostWithSlots, attach
from vynapse.esper.kasmina.blueprints import blueprint, blueprint_names
from vynapse.esper.kasmina.grown import Grown, as_grown
from vynapse.esper.kasmina.hosts import residual, transformer
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.esper.kasmina.settled import CalledPart, GrownPart, names_at_rest, settle, settles
from vynapse.esper.leyline.options import Operator
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import load_tensors, to_tensors
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.testing import check_structure

from .networks import HOSTS as SMALL
from .networks import SHAPE

PICTURE, WORDS = (3, 16, 16), (6,)
OPERATORS: tuple[Operator, ...] = ("add", "interpolate", "gate")
IN_PICTURES = [name for name in blueprint_names() if 3 in blueprint(name).layouts]
IN_WORDS = [name for name in blueprint_names() if 2 in blueprint(name).layouts]


def grow(
    host: nn.Module,
    places: tuple[str, ...],
    shape: tuple[int, ...],
    name: str,
    operator: Operator = "add",
    share: float = 1.0,
) -> HostWithSlots:
    """A network in which a seed that is not the identity has grown at each place."""
    network = attach(host, places, shape)
    for place in places:
        seed = plant_plan(network, place, SeedPlan("s0", name, operator, share))
        network.slot(place).fossilize()
        for parameter in seed.parameters():
            nn.init.normal_(parameter, std=0.3)
    return network.eval()


def picture_net(name: str = "conv_light", operator: Operator = "add") -> HostWithSlots:
    torch.manual_seed(0)
    return grow(residual(5, PICTURE, (8, 12)), ("stem", "stage1"), PICTURE, name, operator, 0.7)


def word_net(name: str = "block") -> HostWithSlots:
    torch.manual_seed(0)
    return grow(transformer(7, WORDS), ("block1", "block2"), WORDS, name)


NETS: dict[str, tuple[Callable[[], HostWithSlots], Callable[[], Tensor]]] = {
    "pictures": (picture_net, lambda: torch.randn(4, *PICTURE)),
    "words": (word_net, lambda: torch.randint(0, 7, (4, *WORDS)).float()),
}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", [*IN_PICTURES, f"{__name__}:own_part"])
def test_it_computes_what_the_growing_network_does_to_the_bit(name, operator) -> None:
    network = picture_net(name, operator)
    inputs = torch.randn(4, *PICTURE)
    wanted = network(inputs)
    module = settle(copy.deepcopy(network))
    assert type(module) is nn.Sequential, "it is the host"
    assert torch.equal(module(inputs), wanted)
    assert torch.equal(module(input=inputs), wanted), "by name, as the host takes it"
    assert not any(part._forward_hooks for part in module.modules())


def own_part(shape: tuple[int, ...]) -> nn.Module:
    return nn.Conv2d(shape[0], shape[0], 1)


@pytest.mark.parametrize("name", [*IN_PICTURES, *IN_WORDS])
def test_it_is_exported_with_a_free_batch(name: str) -> None:
    in_pictures = name in IN_PICTURES
    network = picture_net(name, "gate") if in_pictures else word_net(name)
    inputs = NETS["pictures" if in_pictures else "words"][1]()
    wanted = network(inputs)
    module = settle(network)
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(module, (inputs,), dynamic_shapes=({0: batch},)).module()
    for size in (1, 3):
        torch.testing.assert_close(exported(inputs[:size]), wanted[:size])


SCRIPT = """
import torch, warnings
warnings.simplefilter("ignore")
from tests.esper.kasmina import test_settled as own
from tests.esper.kasmina.test_settled import IN_PICTURES, IN_WORDS, NETS
for name in [*IN_PICTURES, *IN_WORDS]:
    kind = "pictures" if name in IN_PICTURES else "words"
    network = own.picture_net(name, "gate") if kind == "pictures" else own.word_net(name)
    inputs = NETS[kind][1]()
    wanted = network(inputs)
    module = own.settle(network)
    assert torch.equal(torch.fx.symbolic_trace(module)(inputs), wanted)
    torch.testing.assert_close(torch.jit.script(module)(inputs), wanted)
print("done")
"""


def test_it_is_traced_symbolically_and_scripted() -> None:
    """In a process of its own, since the type checks of the tests refuse tracers."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.stdout == "done\n", done.stderr[-2000:]


@pytest.mark.parametrize("net", NETS)
def test_onnx_has_the_inputs_of_the_host_and_a_free_batch(net: str) -> None:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    make, draw = NETS[net]
    network, inputs = make(), draw()
    wanted = network(inputs).detach().numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        batch = torch.export.Dim("batch", min=1, max=64)
        program = torch.onnx.export(
            settle(network), (inputs,), dynamo=True, dynamic_shapes=({0: batch},), verbose=False
        )
        assert program is not None
        file = io.BytesIO()
        onnx.save(program.model_proto, file)
    (entry,) = onnx.load_from_string(file.getvalue()).graph.input
    assert entry.name == "input", "as torch.nn.Sequential calls it"
    assert entry.type.tensor_type.shape.dim[0].dim_param
    session = runtime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    for size in (1, 3):
        (found,) = session.run(None, {"input": inputs[:size].numpy()})
        np.testing.assert_allclose(found, wanted[:size], rtol=1e-3, atol=1e-4)


class Named(nn.Module):
    """Its parts are called by name and with a second argument, and it uses a weight of one."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(4, 6, bias=False)
        self.mix = Mix()
        self.act = nn.ReLU()

    def forward(self, x: Tensor, *, scale: float = 1.0) -> Tensor:
        h = self.act(input=self.mix(self.embed(x), scale=scale))
        output: Tensor = h @ self.embed.weight
        return output


class Mix(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, h: Tensor, scale: float) -> Tensor:
        output: Tensor = self.layer(h) * scale
        return output


def test_parts_are_called_as_the_host_calls_them_and_show_their_own_attributes() -> None:
    torch.manual_seed(0)
    places = ("embed", "mix", "act")
    assert settles(Named(), places, (4,))
    network = grow(Named(), places, (4,), "low_rank")
    x = torch.randn(5, 4)
    wanted = network(x, scale=2.0)
    assert not torch.equal(wanted, network(x)), "arguments by name reach the host"
    module = settle(network)
    assert type(module.embed) is GrownPart
    assert type(module.mix) is type(module.act) is CalledPart
    assert torch.equal(module(x=x, scale=2.0), wanted)


class Hidden(nn.Module):
    """It calls a part by a list of its own, past its name."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 6), nn.Linear(6, 3)
        self.order = [self.one]

    def forward(self, x: Tensor) -> Tensor:
        for part in self.order:
            x = part(x)
        output: Tensor = self.two(torch.relu(x))
        return output


def hidden() -> nn.Module:
    return Hidden()


def test_a_fossil_is_not_passed_by_where_the_host_hides_its_part() -> None:
    structure = Factory(factory=f"{__name__}:hidden")
    assert not settles(Hidden(), ("one",), (4,))
    growing = GrowingNetwork(
        initial_state(structure, Streams(0)), ("one",), (4,), torch.device("cpu")
    )
    state = with_fossil(growing, "one", "low_rank")
    assert state.structure.model_dump()["hooks"]
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    growing.module.eval()
    expected = growing.module(torch.from_numpy(inputs)).detach().numpy()
    np.testing.assert_array_equal(state.predictor()(inputs), expected)
    with growing.module.alpha({"one": 0.0}):
        assert not np.array_equal(growing.module(torch.from_numpy(inputs)).detach(), expected)
    again = GrowingNetwork(state, ("one",), (4,), torch.device("cpu"))
    assert again.winner().sha256() == state.sha256()


def with_fossil(growing: GrowingNetwork, place: str, name: str) -> NetworkState:
    seed = growing.plant(place, SeedPlan("s0", name, "add", 1.0), 1)
    for parameter in seed.parameters():
        nn.init.normal_(parameter, std=0.3)
    growing.module.slot(place).fossilize()
    return growing.winner()


@pytest.mark.parametrize("host", SMALL)
def test_names_lead_back_to_the_growing_network(host: str) -> None:
    make, places = SMALL[host]
    torch.manual_seed(0)
    network = grow(make(), places, SHAPE, "conv_light")
    own = to_tensors(network)
    twin = copy.deepcopy(network)
    names = names_at_rest(twin.host, places, own)
    assert set(names.values()) == set(own), "every tensor has a name at rest"
    module = settle(twin)
    assert set(module.state_dict()) == set(names)
    for name, tensor in module.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), own[names[name]])


class Nested(nn.Module):
    """A place within another one, and one that has two names."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
        self.alias = self.block[0]

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.block(x)
        return output


def test_places_within_places_and_places_with_two_names() -> None:
    torch.manual_seed(0)
    places = ("block.0", "block")
    network = grow(Nested(), places, (4,), "mlp")
    own, x = to_tensors(network), torch.randn(5, 4)
    names = names_at_rest(network.host, places, own)
    wanted = network(x)
    module = settle(network)
    assert torch.equal(module(x), wanted)
    assert set(module.state_dict()) == set(names)
    assert {"block.part.0.part.weight", "alias.part.weight", "alias.seeds.s0.body.1.bias"} <= set(
        names
    )


OLD: dict[str, tuple[Structure, tuple[int, ...], str, str]] = {
    "mlp": (MLP(sizes=(4, 6, 3), hidden="relu"), (4,), "1", "mlp"),
    "residual": (
        Factory(
            factory="vynapse.esper.kasmina.hosts:residual",
            options={"outputs": 4, "input_shape": [3, 16, 16], "widths": [5, 6]},
        ),
        PICTURE,
        "stem",
        "conv_light",
    ),
}


@pytest.mark.parametrize("case", OLD)
def test_an_older_file_is_loaded_computes_and_grows_on(case: str, tmp_path: Any) -> None:
    """There a grown network is a factory, and its tensors have the names of a growing network."""
    host, shape, place, name = OLD[case]
    torch.manual_seed(0)
    growing = GrowingNetwork(initial_state(host, Streams(0)), None, shape, torch.device("cpu"))
    new = with_fossil(growing, place, name)
    parts = as_grown(new.structure, shape)
    slots = {p: [vars_of(plan) for plan in plans] for p, plans in parts.slots.items()}
    options = {"host": host.model_dump(mode="json"), "input_shape": list(shape), "slots": slots}
    structure = Factory(factory="vynapse.esper.kasmina.grown:build", options=options)
    (tmp_path / "old.safetensors").write_bytes(
        NetworkState(structure, to_tensors(growing.module)).to_bytes()
    )
    old = NetworkState.read(tmp_path / "old.safetensors")
    inputs = np.random.default_rng(0).normal(size=(5, *shape)).astype(np.float32)
    np.testing.assert_array_equal(old.predictor()(inputs), new.predictor()(inputs))
    again = GrowingNetwork(old, None, shape, torch.device("cpu"))
    assert again.winner().sha256() == new.sha256(), "what it grows into is of the new kind"
    module = old.module()
    load_tensors(module, dict(old.tensors))


def vars_of(plan: SeedPlan) -> dict[str, Any]:
    return {key: getattr(plan, key) for key in ("name", "blueprint", "operator", "alpha")}


@pytest.mark.parametrize("case", OLD)
def test_a_grown_network_survives_as_data_and_grows_on(case: str) -> None:
    host, shape, place, name = OLD[case]
    growing = GrowingNetwork(initial_state(host, Streams(0)), None, shape, torch.device("cpu"))
    state = with_fossil(growing, place, name)
    again = NetworkState.from_parts(state.structure.model_dump(mode="json"), state.tensors)
    assert again.sha256() == state.sha256()
    assert set(again.module().state_dict()) == set(state.tensors)
    later = GrowingNetwork(again, None, shape, torch.device("cpu"))
    np.testing.assert_equal(to_tensors(later.module), to_tensors(growing.module))
    own = growing_tensors(as_grown(again.structure, shape), again.tensors, later.module)
    assert own.keys() == to_tensors(later.module).keys()


@pytest.mark.parametrize("case", OLD)
def test_a_grown_structure_keeps_the_promises_of_structures(case: str) -> None:
    host, shape, place, name = OLD[case]

    def make() -> Grown:
        slots = {place: (SeedPlan("s0", name, "gate", 1.0),)}
        return Grown(host=host.model_dump(mode="json"), input_shape=shape, slots=slots)

    outputs = 3 if case == "mlp" else 4
    check_structure(make, Interface("task", shape, outputs, "identity"))
    with pytest.raises(ConfigError, match=r"network\.grown\.input_shape: task 'task' has \(9,\)"):
        make().fit(Interface("task", (9,), outputs, "identity"))
