# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network without some channels is the network whose readers ignore them, and is smaller."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from vynapse.errors import ConfigError
from vynapse.esper.kasmina import hosts
from vynapse.esper.kasmina.assembly import plant
from vynapse.esper.kasmina.at_rest import form_of, taking_part
from vynapse.esper.kasmina.attach import HostWithSlots, attach
from vynapse.esper.kasmina.grown import Grown, as_grown
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.esper.kasmina.pruning import importance, narrow, prunable, shrink, strongest
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.flops import module_flops
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import build
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure


class Own(nn.Module):
    """A module of a user's: branches, with a sequence in one of them and one in that."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, padding=1)
        self.branch = nn.Sequential(
            nn.Conv2d(5, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
            nn.BatchNorm1d(6 * 9), nn.Dropout(0.5), nn.Linear(6 * 9, 7), nn.Tanh(), nn.Linear(7, 4),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(x)
        output: Tensor = self.branch(h) + h.mean((2, 3))[:, :4]
        return output


def grown(blueprint: str, shape: tuple[int, ...]) -> HostWithSlots:
    """A residual host, or an MLP, with a fossil in its first slot; the others are empty."""
    if len(shape) == 3:
        network = attach(hosts.residual(4, (3, 16, 16), (16, 6, 8)), ["stem", "stage1"], shape)
        place = "stem"
    else:
        network = attach(build(MLP(sizes=(12, 9, 8, 4))), ["1", "3"], shape)
        place = "1"
    plant(network, place, SeedPlan("s0", blueprint, "add", 1.0))
    network.slot(place).fossilize()
    return network


PICTURE, VECTOR = (3, 16, 16), (12,)
SEED = "slots.stem.seeds.s0.body.residual."
CASES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], tuple[str, ...]]] = {
    "mlp": (lambda: build(MLP(sizes=(12, 9, 8, 4), hidden="sigmoid")), VECTOR, ("0", "2")),
    "linear": (lambda: build(MLP(sizes=(12, 9, 4), hidden="identity")), VECTOR, ("0",)),
    "cnn": (
        lambda: build(CNN(channels=(5, 6), dropout=0.3, input_shape=PICTURE, outputs=4)),
        PICTURE,
        ("0", "4"),
    ),
    "plain cnn": (
        lambda: build(CNN(channels=(5, 6), norm=False, input_shape=PICTURE, outputs=4)),
        PICTURE,
        ("0", "3"),
    ),
    "residual": (
        lambda: hosts.residual(4, PICTURE, (5, 6, 8)),
        PICTURE,
        ("stem.0", "stage1.0", "stage2.0"),
    ),
    "transformer": (
        lambda: hosts.transformer(5, (6,), width=8, layers=2),
        (6,),
        ("block1.places.1", "block2.places.1"),
    ),
    "own": (Own, (3, 8, 8), ("branch.0", "branch.7")),
    "fossil conv_heavy": (
        lambda: grown("conv_heavy", PICTURE),
        PICTURE,
        ("host.stage1.0", "host.stage2.0", SEED + "0"),
    ),
    "fossil bottleneck": (
        lambda: grown("bottleneck", PICTURE),
        PICTURE,
        ("host.stage1.0", "host.stage2.0", SEED + "0", SEED + "3"),
    ),
    "fossil mlp": (
        lambda: grown("mlp", VECTOR),
        VECTOR,
        ("host.2", "slots.1.seeds.s0.body.1"),
    ),
    "fossil low_rank": (
        lambda: grown("low_rank", VECTOR),
        VECTOR,
        ("host.2", "slots.1.seeds.s0.body.0"),
    ),
}


def lively(module: nn.Module, seed: int) -> nn.Module:
    """In evaluation mode and float64, with parameters and statistics of which none is trivial."""
    generator = torch.Generator().manual_seed(seed)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            draw = torch.randn(tensor.shape, generator=generator) * 0.5
            # what shifts and scales is positive, so that rectifiers let something through
            tensor.copy_(draw.abs() + 0.5 if tensor.dim() == 1 else draw)
    return module.double().eval()


def inputs_of(case: str, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    draw = torch.randn(7, *CASES[case][1], generator=generator, dtype=torch.float64)
    return draw.abs().clamp(0, 4).round() if case == "transformer" else draw


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def flops_of(case: str, module: nn.Module) -> int:
    return module_flops(copy.deepcopy(module).float(), CASES[case][1])


def reader_of(module: nn.Module, layer: str) -> str:
    """The layer whose inputs become fewer when this one is narrowed."""
    again = copy.deepcopy(module)
    (reader,) = (c.tensor for c in narrow(again, layer, [0]) if c.axis == 1)
    return reader


@pytest.mark.parametrize("case", CASES)
def test_what_can_be_narrower_is_found(case: str) -> None:
    make, _, layers = CASES[case]
    assert tuple(found.layer for found in prunable(make())) == layers


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", CASES)
def test_without_channels_it_is_the_network_that_ignores_them(case: str, seed: int) -> None:
    module = lively(CASES[case][0](), seed)
    inputs = inputs_of(case, seed)
    numbers, mattered = np.random.default_rng(seed), []
    for layer in CASES[case][2]:
        (found,) = (f for f in prunable(module) if f.layer == layer)
        size, flops = parameters(module), flops_of(case, module)
        count = int(numbers.integers(1, found.channels))
        keep = sorted(numbers.choice(found.channels, count, replace=False).tolist())
        gone = [c for c in range(found.channels) if c not in keep]
        ignoring = copy.deepcopy(module)
        weight = dict(ignoring.named_parameters())[reader_of(module, layer)]
        with torch.no_grad():
            weight.reshape(len(weight), found.channels, -1)[:, gone] = 0
        expected = ignoring(inputs)
        mattered.append(not torch.allclose(module(inputs), expected, atol=1e-4))
        narrow(module, layer, keep)
        torch.testing.assert_close(module(inputs), expected, rtol=1e-10, atol=1e-10)
        assert len(importance(module, layer)) == len(keep)
        assert parameters(module) == size - found.parameters * len(gone)
        assert flops_of(case, module) < flops
    assert sum(mattered) > len(mattered) / 2, "most channels had something to say"


def test_tensors_keep_names_kinds_and_what_they_ask_for() -> None:
    module = lively(CASES["cnn"][0](), 0).train()
    module.get_parameter("4.weight").requires_grad_(False)
    before = module.state_dict()
    cuts = narrow(module, "4", [0, 2, 5])
    after = module.state_dict()
    assert list(after) == list(before)
    assert {c.tensor for c in cuts} == {
        "4.weight", "5.weight", "5.bias", "5.running_mean", "5.running_var", "11.weight"
    }  # fmt: skip
    for cut in cuts:
        rows = before[cut.tensor].index_select(cut.axis, torch.tensor(cut.keep))
        assert torch.equal(after[cut.tensor], rows)
    assert not module.get_parameter("4.weight").requires_grad
    assert module.get_parameter("11.weight").requires_grad
    assert all(part.training for part in module.modules())
    assert isinstance(module.get_parameter("5.bias"), nn.Parameter)
    assert "Conv2d(5, 3" in repr(module)
    assert "BatchNorm2d(3" in repr(module)
    module.zero_grad()
    module(inputs_of("cnn")).sum().backward()
    assert module.get_parameter("5.bias").grad is not None


def _shared() -> nn.Module:
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.ReLU(), layer, nn.ReLU())


def _tied() -> nn.Module:
    first, other = nn.Linear(4, 6), nn.Linear(4, 6)
    other.weight = first.weight
    return nn.ModuleList([nn.Sequential(first, nn.ReLU(), nn.Linear(6, 4)), other])


def _repeated() -> nn.Module:
    softmax = nn.Softmax(-1)
    return nn.Sequential(softmax, nn.Linear(3, 4), softmax, nn.Linear(4, 3))


def _watched(*, before: bool) -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 4))
    if before:
        module[1].register_forward_pre_hook(lambda *_: None)
    else:
        module[0].register_forward_hook(lambda *_: None)
    return module


class _Doubling(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        h = self[0](x)
        return torch.cat([h, self[1](h)], 1)


BARRIERS: dict[str, Callable[[], nn.Module]] = {
    "group norm": lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4), nn.Conv2d(4, 3, 1)),
    "layer norm": lambda: nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 3)),
    "softmax": lambda: nn.Sequential(nn.Linear(3, 4), nn.Softmax(-1), nn.Linear(4, 3)),
    "groups": lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1, groups=4)),
    "of groups": lambda: nn.Sequential(nn.Conv2d(4, 4, 1, groups=2), nn.Conv2d(4, 3, 1)),
    "places": lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(9), nn.Linear(4, 3)),
    "sequence": lambda: nn.Sequential(nn.Linear(3, 4), nn.Flatten(), nn.Linear(8, 3)),
    "flat": lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten(2), nn.Linear(4, 3)),
    "rows": lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Linear(4, 3)),
    "pool": lambda: nn.Sequential(nn.Linear(3, 4), nn.AdaptiveAvgPool2d(2), nn.Linear(2, 3)),
    "indices": lambda: nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.MaxPool2d(2, return_indices=True), nn.Conv2d(4, 3, 1)
    ),
    "end": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU()),
    "shared": _shared,
    "repeated": _repeated,
    "tied": _tied,
    "hook": lambda: _watched(before=False),
    "hook before": lambda: _watched(before=True),
    "parametrized": lambda: nn.Sequential(
        parametrizations.weight_norm(nn.Linear(3, 4)), nn.Linear(4, 3)
    ),
    "subclass": lambda: _Doubling(nn.Linear(3, 4), nn.Linear(4, 3)),
    "no sequence": lambda: nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 3)]),
}


@pytest.mark.parametrize("case", BARRIERS)
def test_what_is_not_known_to_be_safe_is_left_alone(case: str) -> None:
    assert prunable(BARRIERS[case]()) == ()


def test_the_same_sequences_without_the_barrier_can_be_narrower() -> None:
    """Else the test above would say little."""
    assert prunable(nn.Sequential(nn.Conv2d(3, 4, 1), nn.MaxPool2d(2), nn.Conv2d(4, 3, 1)))
    assert prunable(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
    assert prunable(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten(), nn.Linear(16, 3)))


def test_a_seed_in_a_slot_is_a_barrier_and_a_live_one_is_left_alone() -> None:
    network = attach(build(MLP(sizes=(12, 9, 8, 4))), ["1", "3"], VECTOR)
    assert [found.layer for found in prunable(network)] == ["host.0", "host.2"]
    plant(network, "1", SeedPlan("s0", "mlp", "add", 0.0))
    assert [found.layer for found in prunable(network)] == ["host.2"]
    network.slot("1").fossilize()
    assert [f.layer for f in prunable(network)] == ["host.2", "slots.1.seeds.s0.body.1"]
    network.slot("1").remove("s0")
    assert [found.layer for found in prunable(network)] == ["host.0", "host.2"]


def test_an_empty_slot_becomes_narrower_with_the_layer_before_it() -> None:
    network = attach(hosts.residual(4, PICTURE, (5, 6, 8)), ["stem", "stage1"], PICTURE)
    narrow(network, "host.stage1.0", [0, 3, 4])
    assert network.slot("stage1").shape == (3, 4, 4)
    assert network.slot("stem").shape == (5, 8, 8)
    plant(network, "stage1", SeedPlan("s0", "conv_light", "gate", 1.0))
    assert network(torch.randn(2, *PICTURE)).shape == (2, 4)
    copied = copy.deepcopy(network)
    narrow(copied, "host.stage2.0", [1])
    assert network(torch.randn(2, *PICTURE)).shape == (2, 4), "a copy is its own"


@pytest.mark.parametrize("case", ["mlp", "cnn", "plain cnn", "own"])
def test_a_channel_that_is_not_read_is_worth_nothing(case: str) -> None:
    module = lively(CASES[case][0](), 1)
    layer = CASES[case][2][0]
    weight = dict(module.named_parameters())[reader_of(module, layer)]
    channels = len(importance(module, layer))
    with torch.no_grad():
        weight.reshape(len(weight), channels, -1)[:, 2] = 0
    worth = importance(module, layer)
    assert worth[2] == 0
    assert (np.delete(worth, 2) > 0).all()
    keep = strongest(worth, channels - 1)
    assert keep == tuple(c for c in range(channels) if c != 2)
    expected = module(inputs_of(case))
    narrow(module, layer, keep)
    torch.testing.assert_close(module(inputs_of(case)), expected, rtol=1e-10, atol=1e-10)


def test_importance_is_gain_or_norm_times_what_reads_it() -> None:
    plain = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    normed = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    for module in (plain, normed):
        module[0].weight.data = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
        module[2].weight.data = torch.tensor([[2.0, -6.0]])
    normed[1].weight.data = torch.tensor([-0.5, 0.1])
    np.testing.assert_allclose(importance(plain, "0"), [10, 12])
    np.testing.assert_allclose(importance(normed, "0"), [1, 0.6], rtol=1e-6)
    free = nn.Sequential(normed[0], nn.BatchNorm1d(2, affine=False), normed[2])
    np.testing.assert_allclose(importance(free, "0"), [2, 6])
    assert strongest(np.array([1.0, 2.0, 1.0, 2.0]), 3) == (0, 1, 3), "of equals the first"


@pytest.mark.parametrize(
    ("layer", "keep", "sentence"),
    [
        ("host.2", [0], "no layer 'host.2' of the network can become narrower: valid names are 0"),
        ("5", [0], "no layer '5' of the network can become narrower: valid names are 0, 2"),
        ("0", [], "0: some of its 9 channels in ascending order were wanted, got []"),
        ("0", [1, 0], "0: some of its 9 channels in ascending order were wanted, got [1, 0]"),
        ("0", [1, 1], "0: some of its 9 channels"),
        ("0", [-1, 1], "0: some of its 9 channels"),
        ("0", list(range(30)), "were wanted, got 30 numbers from 0"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(layer: str, keep: list[int], sentence: str) -> None:
    module = CASES["mlp"][0]()
    with pytest.raises(ValueError, match="narrower|channels") as caught:
        narrow(module, layer, keep)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="can become narrower: none can"):
        narrow(nn.Sequential(nn.Linear(2, 2)), "0", [0])


def test_widths_that_do_not_fit_are_said_in_a_sentence() -> None:
    module = CASES["mlp"][0]()
    with pytest.raises(ConfigError, match=r"network.options.widths: 0: some of its 9 channels"):
        shrink(module, {"0": 10})
    with pytest.raises(ConfigError, match=r"network.options.widths: no layer '7' of the network"):
        shrink(module, {"7": 1})


HOSTS: dict[str, tuple[Structure, tuple[int, ...], tuple[str, ...]]] = {
    "mlp": (MLP(sizes=(12, 9, 8, 4), hidden="relu"), VECTOR, ("1", "3")),
    "linear": (MLP(sizes=(12, 9, 4), hidden="identity", bias=False), VECTOR, ("0",)),
    "cnn": (CNN(channels=(5, 6), input_shape=PICTURE, outputs=4), PICTURE, ("2", "6")),
    "plain cnn": (
        CNN(channels=(5, 6), norm=False, input_shape=PICTURE, outputs=4),
        PICTURE,
        ("1", "4"),
    ),
    "residual": (
        Factory(
            factory="vynapse.esper.kasmina.hosts:residual",
            options={"outputs": 4, "input_shape": list(PICTURE), "widths": [5, 6, 8]},
        ),
        PICTURE,
        ("stem", "stage1"),
    ),
}


@pytest.mark.parametrize("with_seeds", [False, True])
@pytest.mark.parametrize("case", HOSTS)
def test_a_pruned_network_survives_as_data(case: str, with_seeds: bool) -> None:
    """So do a seed that was planted after its host was pruned, and one that was pruned itself."""
    structure, shape, places = HOSTS[case]
    network = attach(build(structure), places, shape)
    widths: dict[str, int] = {}

    def prune(layer: str) -> None:
        widths[layer] = len(importance(network, layer)) - 1
        narrow(network, layer, range(1, widths[layer] + 1))

    prune(prunable(network)[0].layer)
    if with_seeds:
        blueprint = "mlp" if shape == VECTOR else "conv_heavy"
        plant(network, places[0], SeedPlan("s0", blueprint, "add", 1.0))
        network.slot(places[0]).fossilize()
        for found in prunable(network):
            prune(found.layer)
        assert any(layer.startswith("slots.") for layer in widths)
    state = form_of(
        network, as_grown(structure, shape), structure, widths, taking_part(network)
    ).state(network)
    again = NetworkState.from_parts(state.structure.model_dump(mode="json"), dict(state.tensors))
    draw = torch.randn(5, *shape)
    expected = network.eval()(draw).detach().numpy()
    np.testing.assert_allclose(again.predictor()(draw.numpy()), expected, rtol=1e-5, atol=1e-6)
    assert again.parameters() == sum(parameter.numel() for parameter in network.parameters())
    in_structure = isinstance(structure, MLP | CNN)
    assert isinstance(again.structure, Grown) == (with_seeds or not in_structure)
    parts = as_grown(again.structure, shape)
    own = {layer: width for layer, width in widths.items() if layer.startswith("slots.")}
    assert dict(parts.widths) == (own if in_structure else widths)


def test_widths_of_an_mlp_are_in_its_sizes() -> None:
    structure = HOSTS["mlp"][0]
    network = attach(build(structure), ("1", "3"), VECTOR)
    narrow(network, "host.2", [1, 4, 7])
    state = form_of(
        network, as_grown(structure, VECTOR), structure, {"host.2": 3}, taking_part(network)
    ).state(network)
    assert state.structure == MLP(sizes=(12, 9, 3, 4), hidden="relu")
    assert list(state.tensors) == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]
    assert state.tensors["4.weight"].shape == (4, 3)
