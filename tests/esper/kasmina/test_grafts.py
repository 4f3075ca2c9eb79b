# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks as blueprints: a seed begins as a copy of one, and changes nothing at birth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.evidence import EVIDENCE
from vynapse.core import Interface
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blueprints import Blueprint, offers, positions_of
from vynapse.esper.kasmina.grafts import graft
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.esper.kasmina.pruning import prunable
from vynapse.esper.kasmina.scaled import Scaled
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.evolution.neat.genome import Gene, NodeGene
from vynapse.evolution.neat.structure import Neat
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.trace import trace
from vynapse.networks.cnn import CNN
from vynapse.networks.donor import Donor
from vynapse.networks.factory import Factory
from vynapse.networks.graph_structure import GraphStructure
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import isolated_generators, to_tensors
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.testing import check_blueprint


def evolved(*, recurrent: bool = False) -> Neat:
    """Inputs 0 to 2, bias 3, outputs 4 and 5, a hidden node 6; one gene is disabled."""
    ends = [(0, 6), (1, 6), (6, 4), (2, 5), (3, 5), (0, 4), *([(6, 6)] if recurrent else [])]
    return Neat(
        inputs=3,
        outputs=2,
        recurrent=recurrent,
        updates=2 if recurrent else 1,
        nodes=(
            NodeGene(id=4, activation="steep-sigmoid"),
            NodeGene(id=5, activation="identity"),
            NodeGene(id=6, activation="tanh"),
        ),
        connections=tuple(
            Gene(innovation=n, source=source, target=target, enabled=n != 5)
            for n, (source, target) in enumerate(ends)
        ),
    )


GRAPH: dict[str, Any] = {
    "inputs": {"x": {"shape": ["batch", 3]}},
    "parameters": {"w": {"shape": [5, 3]}, "last": {"shape": [4, 5]}},
    "nodes": [
        {"name": "sum", "op": "linear", "inputs": ["x", "w"]},
        {"name": "hidden", "op": "tanh", "inputs": ["sum"]},
        {"name": "y", "op": "linear", "inputs": ["hidden", "last"]},
    ],
    "outputs": ["y"],
}
STRUCTURES: dict[str, tuple[Structure, tuple[int, ...]]] = {
    "mlp": (MLP(sizes=(6, 4, 6)), (6,)),
    "mlp of another size": (MLP(sizes=(5, 4, 3), hidden="relu"), (5,)),
    "mlp of pictures": (MLP(sizes=(16, 3, 2)), (1, 4, 4)),
    "neat": (evolved(), (3,)),
    "recurrent neat": (evolved(recurrent=True), (3,)),
    "graph": (GraphStructure(graph=GRAPH), (3,)),
    "cnn": (CNN(channels=(3,), dropout=0.2), (2, 4, 4)),
}
DONORS = list(STRUCTURES)
SHAPES = [(6,), (3,), (5, 6), (5, 3), (6, 4, 4), (1, 4, 4)]


def donor_of(name: str, seed: int = 0) -> Donor:
    structure, inputs = STRUCTURES[name]
    fitted = structure.fit(Interface("t", inputs, outputs_of(structure)))
    return Donor(initial_state(fitted, Streams(seed)), inputs)


def outputs_of(structure: Structure) -> int:
    if isinstance(structure, MLP):
        return structure.sizes[-1]
    return 4 if isinstance(structure, GraphStructure) else 2


def blueprint_of(donor: Donor, name: str = "run:evolved@0") -> Blueprint:
    return graft(name, donor.network.structure, donor.inputs, donor.network.tensors)


def body_of(donor: Donor, shape: tuple[int, ...]) -> Scaled:
    with isolated_generators(1):
        body = blueprint_of(donor).body(shape)
    assert isinstance(body, Scaled)
    return body


def inner(body: Scaled) -> nn.Module:
    found: nn.Module = body.module.get_submodule("network")
    return found


@pytest.mark.parametrize("name", DONORS)
def test_it_is_the_identity_at_birth_and_learns(name: str) -> None:
    if len(STRUCTURES[name][1]) == 1:
        check_blueprint(blueprint_of(donor_of(name)))
    for shape in SHAPES:
        if not blueprint_of(donor_of(name)).fits(shape):
            continue
        body = body_of(donor_of(name), shape)
        h = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
        assert body(h).shape == h.shape
        assert not body(h).any()
        optimiser = torch.optim.Adam(body.parameters(), 0.05)
        for _ in range(3):
            optimiser.zero_grad()
            (body(h) - h).square().mean().backward()
            optimiser.step()
        assert body(h).any(), (name, shape)
        before = donor_of(name).network.tensors
        moved = to_tensors(inner(body))
        assert any(not np.array_equal(moved[key], before[key]) for key in before), (name, shape)


@pytest.mark.parametrize("name", DONORS)
def test_weights_begin_as_those_of_the_network(name: str) -> None:
    for seed in range(3):
        donor = donor_of(name, seed)
        found = to_tensors(inner(body_of(donor, (6,))))
        np.testing.assert_equal(found, donor.network.tensors)


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(["mlp", "mlp of another size", "neat", "recurrent neat", "graph"]),
    st.sampled_from([(6,), (4, 6), (6, 2, 3), (3,), (4, 3), (3, 2, 3)]),
    st.integers(0, 2**16),
)
def test_at_each_place_it_computes_what_the_network_does(
    name: str, shape: tuple[int, ...], seed: int
) -> None:
    """Between its two linear maps, and times the factor."""
    donor = donor_of(name, seed)
    body = body_of(donor, shape).eval()
    h = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed))
    nn.init.constant_(body.factor, 2.0)
    axis = 1 if len(shape) == 3 else -1
    rows = h.movedim(axis, -1).reshape(-1, h.shape[axis])
    front, back = (body.module.get_submodule(part) for part in ("front", "back"))
    answer = donor.network.module()(front(rows))
    wanted = 2 * back(answer).reshape(*h.movedim(axis, -1).shape).movedim(-1, axis)
    torch.testing.assert_close(body(h), wanted, rtol=1e-4, atol=1e-5)


def test_a_network_of_the_width_of_the_slot_needs_no_linear_maps() -> None:
    body = body_of(donor_of("mlp"), (6,))
    parameters = sum(p.numel() for p in body.parameters())
    assert parameters == donor_of("mlp").network.parameters() + 6
    (offer,) = offers(["g"], (6,), own={"g": blueprint_of(donor_of("mlp"), "g")})
    assert (offer.blueprint, offer.parameters) == ("g", parameters)


def test_a_network_of_pictures_answers_for_the_whole_picture() -> None:
    donor = donor_of("cnn")
    body = body_of(donor, (2, 4, 4)).eval()
    nn.init.ones_(body.factor)
    h = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    answer = torch.from_numpy(donor.network.predictor()(h.numpy()))
    torch.testing.assert_close(body(h), answer[:, :, None, None].expand(-1, -1, 4, 4))


HOSTS: dict[int, tuple[Structure, tuple[int, ...]]] = {
    1: (MLP(sizes=(7, 6, 2)), (7,)),
    3: (CNN(channels=(6, 3), input_shape=(1, 8, 8), outputs=2), (1, 8, 8)),
}


def growing(rank: int, donors: Mapping[str, Donor]) -> tuple[GrowingNetwork, str]:
    structure, shape = HOSTS[rank]
    start = initial_state(structure, Streams(0))
    network = GrowingNetwork(start, None, shape, torch.device("cpu"), None, donors)
    return network, network.module.places[0]


@pytest.mark.parametrize(
    ("rank", "name"),
    [(1, name) for name in DONORS]
    + [(3, name) for name in DONORS if len(STRUCTURES[name][1]) == 1],
)
def test_the_host_computes_what_it_did_when_it_germinates(rank: int, name: str) -> None:
    network, place = growing(rank, {"g": donor_of(name)})
    network.module.eval()
    inputs = torch.randn(5, *HOSTS[rank][1], generator=torch.Generator().manual_seed(0))
    before = network.module(inputs)
    for operator in ("add", "interpolate", "gate"):
        seed = network.plant(place, SeedPlan(operator, "g", operator, 1.0), 3)
        network.module.slot(place).flow = "open"
        network.module.eval()
        torch.testing.assert_close(network.module(inputs), before, rtol=0, atol=0)
        assert seed.blueprint == "g"
        network.remove(place, operator)


@pytest.mark.parametrize("name", ["mlp", "neat", "graph", "cnn"])
def test_a_grown_network_holds_all_that_loads_it(name: str) -> None:
    rank = 1
    network, place = growing(rank, {"g": donor_of(name), "unused": donor_of("mlp")})
    seed = network.plant(place, SeedPlan("s0", "g", "add", 1.0), 3)
    nn.init.constant_(seed.get_parameter("body.factor"), 0.7)
    network.module.slot(place).fossilize()
    winner = network.winner()
    held = winner.structure.model_dump(mode="json")
    assert set(held["donors"]) == {"g"}, "those that take part, and no other"
    again = NetworkState.from_parts(held, winner.tensors)
    assert again.sha256() == winner.sha256()
    inputs = np.random.default_rng(0).normal(size=(5, *HOSTS[rank][1])).astype(np.float32)
    network.module.eval()
    wanted = network.module(torch.from_numpy(inputs)).detach().numpy()
    np.testing.assert_allclose(again.predictor()(inputs), wanted, rtol=1e-5, atol=1e-6)
    # it grows on, beside a network of the same name in another run
    later = GrowingNetwork(
        again, None, HOSTS[rank][1], torch.device("cpu"), None, {"h": donor_of("mlp")}
    )
    assert later.winner().sha256() == winner.sha256()
    later.plant(place, SeedPlan("s1", "h", "add", 1.0), 3)
    later.module.slot(place).fossilize()
    assert set(later.winner().structure.model_dump()["donors"]) == {"g", "h"}


def test_layers_of_a_network_that_was_grafted_are_pruned() -> None:
    donor = Donor(initial_state(MLP(sizes=(5, 9, 7, 3), hidden="relu"), Streams(0)), (5,))
    network, place = growing(1, {"g": donor})
    seed = network.plant(place, SeedPlan("s0", "g", "add", 1.0), 3)
    nn.init.constant_(seed.get_parameter("body.factor"), 0.7)
    network.module.slot(place).fossilize()
    before = network.parameters()
    names = [layer.layer for layer in prunable(network.module) if "network" in layer.layer]
    assert len(names) == 2
    for name in names:
        network.narrow(name, 2)
    assert network.parameters() < before
    winner = network.winner()
    again = NetworkState.from_parts(winner.structure.model_dump(mode="json"), winner.tensors)
    inputs = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    network.module.eval()
    wanted = network.module(torch.from_numpy(inputs)).detach().numpy()
    np.testing.assert_allclose(again.predictor()(inputs), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(6,), (5, 6), (6, 4, 4)])
@pytest.mark.parametrize("name", DONORS)
def test_it_becomes_a_graph_for_any_batch(name: str, shape: tuple[int, ...]) -> None:
    """Which is how a grown network is exported."""
    known = blueprint_of(donor_of(name))
    shape = shape if known.fits(shape) else (1, 4, 4)
    if not known.fits(shape):
        shape = (2, 4, 4)
    body = body_of(donor_of(name), shape).eval()
    nn.init.ones_(body.factor)
    graph = trace(body, torch.zeros(2, *shape), dynamic_batch=True)
    h = torch.randn(7, *shape, generator=torch.Generator().manual_seed(0))
    (found,) = Interpreter(graph).run(h)
    torch.testing.assert_close(found, body(h))
    # the sizes of a graph are known to itself alone
    if name != "graph" and (EVIDENCE or len(shape) == 2):
        batch = {0: torch.export.Dim("batch", max=64)}
        exported = torch.export.export(body, (torch.zeros(2, *shape),), dynamic_shapes=(batch,))
        torch.testing.assert_close(exported.module()(h), body(h))


def test_a_network_without_grafts_says_nothing_of_them() -> None:
    network, place = growing(1, {"g": donor_of("mlp")})
    network.plant(place, SeedPlan("s0", "low_rank", "add", 1.0), 3)
    network.module.slot(place).fossilize()
    assert "donors" not in network.winner().structure.model_dump(mode="json")


def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    known = blueprint_of(donor_of("cnn"))
    assert not known.fits((2, 8, 8))
    assert not known.fits((16, 6))
    assert offers(["g"], (2, 8, 8), own={"g": known}) == ()
    sentence = (
        r"blueprint 'run:evolved@0': features must be vectors \(d,\) and pictures \(c, h, w\) of "
        r"4x4 positions, those of the slot have the shape \(2, 8, 8\): choose one of "
    )
    with pytest.raises(ConfigError, match=sentence):
        known.body((2, 8, 8))
    assert [positions_of(shape) for shape in ((4,), (5, 4), (3, 5, 4))] == [(), (5,), (5, 4)]


class Pair(nn.Module):
    """Its output is no row of numbers for each input."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.one(x)[:, None, :]
        return found


class Words(nn.Module):
    """Looks up its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(9, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.table(x.abs().long()).sum(1)
        return found


class Silent(nn.Module):
    """Says 0, whatever it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.gain * x[:, :2]


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("Pair", "answers each input with some numbers was wanted, got outputs of shape"),
        ("Words", "lets no gradient through to its inputs, as one that looks up tokens"),
        ("Silent", "must not return zeros only"),
    ],
)
def test_networks_that_no_seed_can_begin_as(module: str, sentence: str) -> None:
    structure = Factory(factory=f"{__name__}:{module}")
    known = graft("g", structure, (3,), initial_state(structure, Streams(0)).tensors)
    with pytest.raises(ConfigError, match=f"blueprint 'g': .*{sentence}"):
        known.body((2,))
