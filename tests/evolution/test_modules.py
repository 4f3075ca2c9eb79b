# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of any module: batched where possible, one by one where not."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution import modules
from vynapse.evolution.modules import ModuleEncoding
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams

SOURCE = '''
import torch
from torch import nn

def norm():
    return nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.5),
                         nn.Linear(6, 2))

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.last = nn.Linear(3, 2)
    def forward(self, x):
        return self.last(torch.tanh(self.second(torch.tanh(self.first(x)))))

class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
    def forward(self, x):
        y = self.layer(x)
        return y if y.sum() > 0 else -2 * y

class Counting(nn.Module):
    """Writes to a buffer in every forward pass, in evaluation mode too."""
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.register_buffer("seen", torch.zeros(1))
    def forward(self, x):
        self.seen += 1
        return self.layer(x) * self.seen

class PartlyFrozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(3, 4), nn.Linear(4, 2)
        self.body.requires_grad_(False)
    def forward(self, x):
        return self.head(torch.tanh(self.body(x)))

def drawing():
    class Drawing(nn.Linear):
        def forward(self, x):
            return super().forward(x) + torch.rand(1)
    return Drawing(3, 2)

def double():
    return nn.Linear(3, 2).double()

def nothing():
    return nn.Tanh()
'''


@pytest.fixture(autouse=True, scope="module")
def _factories(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder: Path = tmp_path_factory.mktemp("factories")
    (folder / "vynapse_evolved_modules.py").write_text(SOURCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield


def network(structure: Structure | str, seed: int = 0) -> NetworkState:
    if isinstance(structure, str):
        structure = Factory(factory=f"vynapse_evolved_modules:{structure}")
    return initial_state(structure, Streams(seed))


def around(encoding: ModuleEncoding, start: NetworkState, count: int) -> np.ndarray:
    genome = encoding.encode(None, start)
    noise = Streams(1).stream("noise").normal(genome.size, 0, np.arange(count))
    return genome + np.float32(0.3) * noise


def inputs(shape: tuple[int, ...], count: int) -> np.ndarray:
    size = int(np.prod(shape))
    return Streams(2).stream("x").normal(size, 0, np.arange(count)).reshape(count, *shape)


CASES: list[tuple[Structure | str, tuple[int, ...], str]] = [
    ("norm", (3,), "vmap"),
    ("Tied", (3,), "vmap"),
    ("PartlyFrozen", (3,), "vmap"),
    (MLP(sizes=(2, 2, 1), output="sigmoid"), (2,), "vmap"),
    ("Branching", (3,), "loop"),
    ("Counting", (3,), "vmap"),
    (CNN(channels=(2, 3), input_shape=(1, 8, 8), outputs=4), (1, 8, 8), "recorded"),
]


@pytest.mark.parametrize(("structure", "shape", "path"), CASES, ids=lambda case: str(case)[:20])
def test_forward_is_what_each_decoded_network_gives(
    structure: Structure | str, shape: tuple[int, ...], path: str
) -> None:
    start = network(structure)
    encoding = ModuleEncoding(start, shape)
    assert encoding.path == path
    genomes, x = around(encoding, start, 5), inputs(shape, modules.DATA_CHUNK + 3)
    x.flags.writeable = False  # as a memory-mapped task would have it
    outputs = encoding.forward(genomes, x)
    assert outputs.shape[:2] == (5, len(x))
    for genome, output in zip(genomes, outputs, strict=True):
        decoded = encoding.decode(genome)
        np.testing.assert_array_equal(encoding.encode(genome, decoded), genome)
        if structure != "Counting":  # whose outputs change from call to call
            chunks = [x[: modules.DATA_CHUNK], x[modules.DATA_CHUNK :]]
            alone = np.concatenate([decoded.module()(torch.tensor(c)).detach() for c in chunks])
            np.testing.assert_allclose(output, alone, rtol=1e-4, atol=1e-5)


@settings(max_examples=many(sample=10, evidence=80))
@given(case=st.sampled_from(CASES), count=st.integers(2, 35), cut=st.integers(1, 34))
def test_population_chunks_change_no_bit(
    case: tuple[Structure | str, tuple[int, ...], str], count: int, cut: int
) -> None:
    structure, shape, _ = case
    start = network(structure)
    encoding = ModuleEncoding(start, shape)
    genomes, x = around(encoding, start, count), inputs(shape, 5)
    cut = 1 + cut % (count - 1)
    parts = [encoding.forward(genomes[:cut], x), encoding.forward(genomes[cut:], x)]
    np.testing.assert_array_equal(np.concatenate(parts), encoding.forward(genomes, x))


def test_a_module_that_writes_to_its_buffers_is_the_same_for_every_genome() -> None:
    start = network("Counting")
    encoding = ModuleEncoding(start, (3,))
    genome, x = encoding.encode(None, start), inputs((3,), 4)
    outputs = encoding.forward(np.stack([genome] * 3), x)
    assert (outputs == outputs[0]).all()
    assert (encoding.forward(genome[None], x) == outputs[0]).all()


def test_buffers_and_frozen_parameters_stay_as_given() -> None:
    for name in ("norm", "PartlyFrozen"):
        start = network(name)
        encoding = ModuleEncoding(start, (3,))
        decoded = encoding.decode(around(encoding, start, 1)[0])
        changed = {n for n, t in start.tensors.items() if not np.array_equal(t, decoded.tensors[n])}
        assert changed == set(encoding.layout)
    assert "body.weight" not in changed


def test_a_tied_parameter_is_one_stretch_of_the_genome() -> None:
    encoding = ModuleEncoding(network("Tied"), (3,))
    assert set(encoding.layout) == {
        "first.weight", "first.bias", "second.bias", "last.weight", "last.bias",
    }  # fmt: skip
    decoded = encoding.decode(around(encoding, network("Tied"), 1)[0])
    np.testing.assert_array_equal(decoded.tensors["first.weight"], decoded.tensors["second.weight"])


def test_heavy_modules_are_not_batched() -> None:
    assert ModuleEncoding(network(MLP(sizes=(300, 300, 2))), (300,)).path == "loop"


def test_global_generators_are_untouched() -> None:
    before = torch.random.get_rng_state()
    python_before = random.getstate()
    start = network("drawing")
    encoding = ModuleEncoding(start, (3,))
    genomes = around(encoding, start, 2)
    first = encoding.forward(genomes, inputs((3,), 4))
    np.testing.assert_array_equal(encoding.forward(genomes, inputs((3,), 4)), first)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert random.getstate()[0] == python_before[0]


def test_the_choice_is_part_of_the_state() -> None:
    start = network("norm")
    encoding = ModuleEncoding(start, (3,))
    encoding.load({"path": "loop", "device": "cpu"})
    assert encoding.state() == {"path": "loop", "device": "cpu"}
    encoding.forward(around(encoding, start, 3), inputs((3,), 2))
    for state in ({"path": "numpy", "device": "cpu"}, {"path": "vmap", "device": "cuda"}):
        with pytest.raises(CheckpointError, match="resume on the device"):
            encoding.load(state)


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        ("double", (3,), "'weight' is float64"),
        ("nothing", (3,), "it has none"),
        ("norm", (4,), "cannot take an input of shape"),
    ],
)
def test_networks_that_cannot_be_evolved(name: str, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        ModuleEncoding(network(name), shape)


def test_flops_count_every_genome() -> None:
    start = network(MLP(sizes=(2, 2, 1), output="sigmoid"))
    encoding = ModuleEncoding(start, (2,))
    assert encoding.flops(around(encoding, start, 7)) == 7 * encoding.flops(
        around(encoding, start, 1)
    )
    assert encoding.flops(around(encoding, start, 1)) >= 15
