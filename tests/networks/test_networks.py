# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks as data: NumPy and torch agree, weights survive every trip, hashes tell apart."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from vynapse.errors import CheckpointError, ConfigError
from vynapse.networks import arrays
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.flops import module_flops
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import build, isolated_generators, predictor, to_tensors
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure, canonical_json, from_json, parse_network
from vynapse.seeding import Streams

ACTIVATIONS = ["tanh", "relu", "sigmoid", "gelu", "identity"]
mlps = st.builds(
    MLP,
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4).map(tuple),
    hidden=st.sampled_from(ACTIVATIONS),
    output=st.sampled_from(ACTIVATIONS),
    bias=st.booleans(),
)


def tiny_dropout_net(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Linear(2, width), nn.Dropout(0.5), nn.Linear(width, 1))


def broken_net() -> nn.Module:
    raise RuntimeError("a fault of the user's")


@given(structure=mlps, seed=st.integers(0, 2**64 - 1))
def test_an_mlp_predicts_alike_in_numpy_and_torch(structure, seed) -> None:
    network = initial_state(structure, Streams(seed))
    inputs = Streams(seed).stream("inputs").normal(5 * structure.sizes[0])
    inputs = inputs.reshape(5, structure.sizes[0])
    in_numpy, in_torch = network.predictor()(inputs), predictor(network.module())(inputs)
    assert np.allclose(in_numpy, in_torch, rtol=1e-5, atol=1e-6)
    assert list(network.tensors) == list(network.module().state_dict())


@given(structure=mlps, count=st.integers(1, 6))
def test_a_population_runs_like_its_members_and_in_any_chunks(structure, count) -> None:
    genomes = np.stack(
        [arrays.flatten(initial_state(structure, Streams(i)).tensors) for i in range(count)]
    )
    inputs = Streams(1).stream("x").normal(4 * structure.sizes[0]).reshape(4, -1)
    together = arrays.forward(structure, genomes, inputs)
    assert together.shape == (count, 4, structure.sizes[-1])
    for index in range(count):
        alone = arrays.forward(structure, genomes[index : index + 1], inputs)
        assert np.array_equal(alone[0], together[index])


@given(structure=mlps)
def test_closed_form_flops_equal_counted_ones(structure) -> None:
    counted = module_flops(build(structure), (structure.sizes[0],))
    assert arrays.forward_flops(structure) == structure.flops(()) == counted


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.MultiheadAttention(32, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.heads(x, x, x, need_weights=False)[0]
        return output


@pytest.mark.parametrize(
    ("module", "products"),
    [
        (Attends(), 4 * 16 * 32 * 32 + 2 * 16 * 16 * 32),
        (
            nn.TransformerEncoderLayer(32, 4, 64, batch_first=True),
            4 * 16 * 32 * 32 + 2 * 16 * 16 * 32 + 2 * 16 * 32 * 64,
        ),
        (nn.LSTM(32, 32, batch_first=True), 4 * 16 * 2 * 32 * 32),
        (nn.GRU(32, 32, batch_first=True), 3 * 16 * 2 * 32 * 32),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_torch_computes_at_once_is_counted_by_its_parts(module, products) -> None:
    backends = torch.backends.mha, torch.backends.mkldnn
    before = backends[0].get_fastpath_enabled(), backends[1].enabled
    assert 2 * products <= module_flops(module, (16, 32)) <= 2.4 * products
    assert (backends[0].get_fastpath_enabled(), backends[1].enabled) == before


def test_flops_of_a_cnn_count_convolutions_norms_activations_and_pools() -> None:
    structure = CNN(channels=(4,), input_shape=(1, 8, 8), outputs=2)
    convolution, block = 2 * 9 * 1 * 4 * 64, 4 * 64
    assert structure.flops((1, 8, 8)) == convolution + 3 * block + 4 * 16 + 2 * 4 * 2


def test_flops_do_not_depend_on_how_pictures_lie_in_memory() -> None:
    """A GPU's convolutions may lay out what they give in another way than a CPU's."""
    structure = CNN(channels=(4, 6), input_shape=(1, 8, 8), outputs=2)
    module = build(structure)
    plain = module_flops(module, (1, 8, 8))
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert module_flops(module, (1, 8, 8)) == plain


def test_buffers_are_no_parameters() -> None:
    structure = CNN(channels=(4,), input_shape=(1, 8, 8), outputs=2)
    network = initial_state(structure, Streams(0))
    assert "1.running_mean" in network.tensors
    assert network.parameters() == 9 * 4 + 2 * 4 + 4 * 2 + 2


@given(structure=mlps)
def test_a_structure_survives_json(structure) -> None:
    assert from_json(structure.model_dump(mode="json")) == structure


@pytest.mark.parametrize(
    "structure",
    [
        MLP(sizes=(3, 4, 2), output="identity"),
        CNN(channels=(4, 8), input_shape=(3, 16, 16), outputs=5),
        Factory(factory=f"{__name__}:tiny_dropout_net", options={"width": 3}),
    ],
    ids=lambda structure: structure.kind,
)
def test_a_network_survives_its_file(structure, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("sys").modules[__name__])
    network = initial_state(structure, Streams(9))
    path = tmp_path / "network.safetensors"
    path.write_bytes(network.to_bytes())
    again = NetworkState.read(path)
    assert again.structure == network.structure
    assert again.sha256() == network.sha256()
    assert NetworkState(structure, to_tensors(again.module())).sha256() == network.sha256()


def test_initialisation_is_a_function_of_structure_seed_and_attempt() -> None:
    structures: list[Structure] = [MLP(sizes=(3, 4, 2)), CNN(input_shape=(3, 16, 16), outputs=5)]
    for structure in structures:
        same = {initial_state(structure, Streams(1)).sha256() for _ in range(2)}
        others = {
            initial_state(structure, Streams(2)).sha256(),
            initial_state(structure, Streams(1), attempt=1).sha256(),
        }
        assert len(same) == 1
        assert len(same | others) == 3


def test_initial_weights_of_an_mlp_have_the_spread_of_torch() -> None:
    tensors = initial_state(MLP(sizes=(400, 200, 1)), Streams(0)).tensors
    assert np.abs(tensors["0.weight"]).max() <= 1 / 20
    assert tensors["0.weight"].std() == pytest.approx(1 / 20 / np.sqrt(3), rel=0.01)
    assert np.abs(tensors["0.bias"]).max() <= 1 / 20


def test_the_hash_sees_weights_names_shapes_and_structure() -> None:
    base = initial_state(MLP(sizes=(2, 2)), Streams(0))
    changed = {name: tensor.copy() for name, tensor in base.tensors.items()}
    changed["0.weight"][0, 0] += 1e-6
    turned = {**base.tensors, "0.weight": base.tensors["0.weight"].reshape(1, 4)}
    renamed = {f"x{name}": tensor for name, tensor in base.tensors.items()}
    other = NetworkState(MLP(sizes=(2, 2), hidden="relu"), base.tensors)
    variants = [NetworkState(base.structure, t) for t in (changed, turned, renamed)]
    assert len({n.sha256() for n in [base, *variants, other]}) == 5
    shuffled = dict(reversed(base.tensors.items()))
    assert NetworkState(base.structure, shuffled).sha256() == base.sha256()


def test_global_generators_come_back_as_they_were() -> None:
    before = random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()
    with isolated_generators(1):
        first = random.random(), float(np.random.rand()), float(torch.rand(()))
    with isolated_generators(1):
        second = random.random(), float(np.random.rand()), float(torch.rand(()))
    after = random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()
    assert first == second
    assert before == after


def test_predicting_leaves_the_module_in_its_mode() -> None:
    module = tiny_dropout_net().train()
    inputs = np.ones((3, 2), np.float32)
    assert np.array_equal(predictor(module)(inputs), predictor(module)(inputs))
    assert module.training


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"mpl": [2, 1]}, "unknown kind of network 'mpl': did you mean 'mlp'"),
        ({"mlp": [2, 1], "cnn": [3]}, "one kind of network was wanted, got 'mlp' and 'cnn'"),
        ({"mlp": 3}, "network.mlp: a list or a mapping was wanted, got 3"),
        ({"mlp": [4]}, "network.mlp.sizes"),
        ({"mlp": {"sizes": [2, 1], "hiden": "relu"}}, "did you mean 'hidden'"),
        ({"factory": "nowhere"}, "network.factory"),
        ("mlp", "a mapping like"),
    ],
)
def test_a_wrong_network_is_refused_in_a_sentence(value, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse_network(value)


@pytest.mark.parametrize(
    ("factory", "sentence"),
    [
        ("no_such_package:net", "cannot import 'no_such_package'"),
        ("vynapse.errors:nothing", "has no 'nothing'"),
        ("vynapse.errors:suggestion", "refused"),
        (f"{__name__}:broken_net", "broken_net refused: a fault of the user's"),
        ("builtins:dict", "must return a torch.nn.Module, it returned dict"),
    ],
)
def test_a_wrong_factory_is_refused_in_a_sentence(factory, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        build(Factory(factory=factory))


def test_weights_that_do_not_fit_are_refused() -> None:
    tensors = initial_state(MLP(sizes=(2, 3)), Streams(0)).tensors
    with pytest.raises(ConfigError, match="weight '0.weight' of shape"):
        build(MLP(sizes=(2, 4)), tensors)
    with pytest.raises(ConfigError, match="missing"):
        build(MLP(sizes=(2, 3, 1)), tensors)


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_network_file_is_refused(damage, tmp_path: Path) -> None:
    path = tmp_path / "n.safetensors"
    if damage is not None:
        whole = initial_state(MLP(sizes=(2, 3)), Streams(0)).to_bytes()
        path.write_bytes(whole[: len(whole) // 2] if damage == b"" else damage)
    with pytest.raises(CheckpointError, match=r"n\.safetensors"):
        NetworkState.read(path)


def test_canonical_json_is_one_text() -> None:
    one, other = Factory(factory="a:b", options={"x": 1, "y": 2}), {"y": 2, "x": 1}
    assert canonical_json(one) == canonical_json(Factory(factory="a:b", options=other))
