# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes as modules and as JSON, and back: over a thousand random ones, also recurrent."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.errors import ConfigError
from vynapse.evolution.neat.genome import check, from_json, to_json
from vynapse.evolution.neat.network import NeatNetwork
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import neat
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.seeding import Streams

WILD = {
    "add_node": 0.5,
    "add_connection": 0.7,
    "toggle": 0.3,
    "delete_node": 0.05,
    "delete_connection": 0.1,
    "activations": ("steep-sigmoid", "tanh", "relu", "gauss", "sigmoid", "gelu", "identity"),
    "activation_mutation": 0.2,
    "sigma": 0.5,
    "replacement": 1.0,
    "initial_weight": 1.0,
}


def grown(seed: int, recurrent: bool, population: int = 100, generations: int = 8) -> Neat:
    settings = NeatSettings(population=population, recurrent=recurrent, **WILD)
    search = Neat(settings, 1 + seed % 4, 1 + seed % 3, Streams(seed))
    for generation in range(generations):
        stream = Streams(seed).stream("losses")
        search.tell(stream.uniform(population, generation, 0).astype(np.float64))
    return search


def same(a: Genomes, b: Genomes) -> bool:
    mine, theirs = a.arrays(), b.arrays()
    return all(mine[name].tobytes() == theirs[name].tobytes() for name in mine)


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("seed", range(many(sample=2, evidence=6)))
def test_a_module_is_the_genome(seed: int, recurrent: bool):
    """Round trip without a changed bit, and the same outputs as the kernels'."""
    search = grown(seed, recurrent)
    genomes = search.ask()
    inputs = np.random.default_rng(seed).normal(size=(5, genomes.inputs)).astype(np.float32)
    wanted = neat.forward(search.programs(), neat.Batch(inputs), updates=3)
    assert np.ptp(genomes.nodes) > 2
    for row in range(len(genomes)):
        module = NeatNetwork(genomes, row, recurrent, updates=3)
        assert same(module.genome(), genomes.take(np.array([row])))
        with torch.no_grad():
            outputs = module(torch.from_numpy(inputs)).numpy()
        np.testing.assert_allclose(outputs, wanted[row], rtol=2e-4, atol=2e-5)
        text = json.dumps(to_json(genomes, row, recurrent))
        again, cyclic = from_json(json.loads(text))
        assert cyclic is recurrent
        assert same(again, genomes.take(np.array([row])))


def test_state_goes_from_step_to_step():
    search = grown(3, recurrent=True)
    genomes, programs = search.ask(), search.programs()
    rng = np.random.default_rng(1)
    for row in range(10):
        module, state = NeatNetwork(genomes, row, recurrent=True), None
        held = np.zeros((len(genomes), genomes.node_room, 2), np.float32)
        for _ in range(4):
            inputs = rng.normal(size=(2, genomes.inputs)).astype(np.float32)
            wanted = neat.forward(programs, neat.Batch(inputs), state=held)[row]
            with torch.no_grad():
                outputs, state = module.step(torch.from_numpy(inputs), state)
            np.testing.assert_allclose(outputs.numpy(), wanted, rtol=2e-4, atol=2e-5)


def test_fine_tuning_reaches_the_genome():
    """A few steps of plain PyTorch change weights, and nothing else, of the genome."""
    genomes = grown(2, recurrent=False).ask()
    row = int(np.argmax(genomes.nodes))
    module = NeatNetwork(genomes, row)
    before = module.genome()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    inputs = torch.randn(32, genomes.inputs, generator=torch.Generator().manual_seed(1))
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = (module(inputs) - 0.3).square().mean()
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    assert losses[-1] < losses[0]
    after = module.genome()
    assert not np.array_equal(before.weight, after.weight)
    before.weight[...] = after.weight
    assert same(before, after)


def test_a_module_keeps_its_weights_in_its_state():
    genomes = grown(5, recurrent=False).ask()
    module = NeatNetwork(genomes, 7)
    other = copy.deepcopy(module)
    torch.nn.init.zeros_(other.weight)
    other.load_state_dict(module.state_dict())
    assert same(other.genome(), module.genome())


def test_a_wrong_tensor_is_refused():
    module = NeatNetwork(grown(1, recurrent=False).ask(), 0)
    with pytest.raises(ConfigError, match=r"inputs: 2 numbers for each example were wanted, got 5"):
        module(torch.zeros(3, 5))
    with pytest.raises(Exception, match="torch.Tensor"):
        module.step(np.zeros((3, 2)), None)  # type: ignore[arg-type]


def sound() -> dict[str, object]:
    return to_json(grown(4, recurrent=False).ask(), 3, False)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "x"}, "vynapse-neat-genome-1"),
        ({"inputs": 0}, "greater than or equal to 1"),
        ({"outputs": 9}, "nodes: each once, and the outputs"),
        ({"colour": 1}, "unknown key"),
        ({"nodes": []}, "nodes: each once"),
    ],
)
def test_a_wrong_file_is_one_sentence(change: dict[str, object], sentence: str):
    with pytest.raises(ConfigError, match=sentence):
        from_json({**sound(), **change})


@pytest.mark.parametrize(
    ("connections", "sentence"),
    [
        ([(0, 0, 9)], "names node 9, which is not there"),
        ([(0, 2, 0)], "leads to input 0"),
        ([(0, 0, 2), (1, 0, 2)], "stands there twice"),
        ([(0, 0, 2), (0, 1, 2)], "stands there twice"),
        ([(0, 3, 4), (1, 4, 3), (2, 4, 2)], "has a cycle: say recurrent: true"),
        ([(0, 3, 3)], "has a cycle"),
    ],
)
def test_wrong_connections_are_one_sentence(connections: list[tuple[int, int, int]], sentence: str):
    content = {
        "format": "vynapse-neat-genome-1",
        "inputs": 1,
        "outputs": 1,
        "recurrent": False,
        "nodes": [{"id": k, "activation": "tanh"} for k in (2, 3, 4)],
        "connections": [
            {"innovation": i, "source": s, "target": t, "weight": 1.0, "enabled": True}
            for i, s, t in connections
        ],
    }
    with pytest.raises(ConfigError, match=sentence):
        from_json(content)
    if "cycle" in sentence:
        assert from_json({**content, "recurrent": True})[1]


@given(st.integers(0, 2**32), st.booleans())
def test_evolved_genomes_are_sound(seed: int, recurrent: bool):
    check(grown(seed, recurrent, population=10, generations=6).ask(), recurrent)
