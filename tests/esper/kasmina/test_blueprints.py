# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bodies of seeds: the identity at birth, alive afterwards, and what they cost is what is said."""

import copy
import random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina import bodies
from vynapse.esper.kasmina.blueprints import Blueprint, blueprint, blueprint_names, offers
from vynapse.esper.kasmina.seed import Seed
from vynapse.networks.flops import module_flops
from vynapse.networks.modules import isolated_generators, load_tensors, to_tensors
from vynapse.registry import NoKeys

SHAPES: dict[int, list[tuple[int, ...]]] = {
    1: [(1,), (6,), (33,)],
    2: [(1, 8), (5, 6), (7, 9)],
    3: [(1, 2, 2), (3, 1, 1), (6, 5, 4), (20, 3, 3)],
}
TYPICAL: dict[int, tuple[int, ...]] = {1: (12,), 2: (6, 12), 3: (12, 4, 5)}
OWN = f"{__name__}:own_part"


def own_part(shape: tuple[int, ...]) -> nn.Module:
    if len(shape) == 3:
        return nn.Sequential(nn.BatchNorm2d(shape[0]), nn.Conv2d(shape[0], shape[0], 1))
    return nn.Linear(shape[-1], shape[-1])


def restless_part(shape: tuple[int, ...]) -> nn.Module:
    np.random.rand(), random.random(), torch.rand(1)
    return nn.Sequential(nn.Linear(shape[-1], shape[-1]), nn.Dropout(0.5))


def zero_part(shape: tuple[int, ...]) -> nn.Module:
    layer = nn.Linear(shape[-1], shape[-1])
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


_SAME = nn.Linear(4, 4)


def one_and_the_same(shape: tuple[int, ...]) -> nn.Module:
    return _SAME


class Infinite(nn.Module):
    def forward(self, h: Tensor) -> Tensor:
        return h / 0


class Several(nn.Module):
    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        return h, h


NOT_CALLABLE = 3

BOTH = [(name, TYPICAL[layout]) for name in blueprint_names() for layout in TYPICAL]
EVERY = [case for case in BOTH if len(case[1]) in blueprint(case[0]).layouts]
EVERY += [(OWN, shape) for shape in TYPICAL.values()]
every_body = pytest.mark.parametrize(("name", "shape"), EVERY, ids=str)


def born(name: str, shape: tuple[int, ...], seed: int = 0) -> Any:
    with isolated_generators(seed):
        return blueprint(name).body(shape)


def features(shape: tuple[int, ...], seed: int = 0, batch: int = 16) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, *shape, generator=generator)


def trained(body: Any, h: Tensor, steps: int = 3) -> Any:
    """After steps that pull the output towards something."""
    optimiser = torch.optim.SGD(body.parameters(), lr=0.1)
    for _ in range(steps):
        optimiser.zero_grad()
        (body(h) - h.flip(0)).square().mean().backward()
        optimiser.step()
    return body


@pytest.mark.parametrize("name", [*blueprint_names(), OWN])
@pytest.mark.parametrize("seed", range(3))
def test_a_body_gives_exactly_zero_at_birth(name, seed) -> None:
    for shape in [shape for layout in blueprint(name).layouts for shape in SHAPES[layout]]:
        for training in (True, False):
            body = born(name, shape, seed).train(training)
            for batch in (2, 7):
                h = 100 * features(shape, seed, batch)
                correction = body(h)
                assert correction.dtype == h.dtype
                assert torch.equal(correction, torch.zeros_like(h)), (shape, training, batch)


@pytest.mark.parametrize("name", blueprint_names())
def test_a_body_in_evaluation_takes_a_single_example(name) -> None:
    for shape in [shape for layout in blueprint(name).layouts for shape in SHAPES[layout]]:
        assert not born(name, shape).eval()(features(shape, batch=1)).any()


@every_body
@pytest.mark.parametrize("seed", range(3))
def test_nothing_stays_dead(name, shape, seed) -> None:
    """The last layer learns at once, and after one step every single weight has a gradient."""
    body, h = born(name, shape, seed), features(shape, seed)
    target = features(shape, seed + 100)

    def gradients() -> dict[str, Tensor]:
        body.zero_grad()
        (body(h) - target).square().mean().backward()
        return {key: value.grad.clone() for key, value in body.named_parameters()}

    assert any(bool(gradient.all()) for gradient in gradients().values())
    torch.optim.SGD(body.parameters(), lr=0.1).step()
    for key, gradient in gradients().items():
        assert gradient.isfinite().all()
        assert gradient.all(), f"{key}: {int((gradient == 0).sum())} of {gradient.numel()}"
    torch.optim.SGD(body.parameters(), lr=0.1).step()
    assert body(h).any()


@every_body
def test_a_body_learns_to_lower_a_loss(name, shape) -> None:
    body, h = born(name, shape), features(shape).relu()
    target = h / 2
    before = float((h - target).square().mean())
    optimiser = torch.optim.Adam(body.parameters(), lr=0.01)
    for _ in range(20):
        optimiser.zero_grad()
        loss = (h + body(h) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.95 * before


@every_body
def test_weights_survive_a_state_dict(name, shape) -> None:
    h = features(shape)
    body, other = trained(born(name, shape, 1), h).eval(), born(name, shape, 2).eval()
    assert not torch.equal(body(h), other(h))
    load_tensors(other, to_tensors(body))
    assert torch.equal(body(h), other(h))


@every_body
def test_a_copy_lives_its_own_life(name, shape) -> None:
    h = features(shape)
    body = trained(born(name, shape), h)
    twin = copy.deepcopy(body)
    before = to_tensors(body)
    trained(twin, h, steps=1)
    assert all(np.array_equal(before[key], value) for key, value in to_tensors(body).items())
    trained(body, h, steps=1)
    assert all(np.array_equal(value, to_tensors(twin)[k]) for k, value in to_tensors(body).items())


@every_body
def test_double_precision_works(name, shape) -> None:
    body, h = born(name, shape).double(), features(shape).double()
    assert torch.equal(body(h), torch.zeros_like(h))
    assert trained(body, h)(h).dtype == torch.float64


@every_body
def test_the_seed_decides_the_weights(name, shape) -> None:
    same, again, other = (to_tensors(born(name, shape, seed)) for seed in (4, 4, 5))
    assert all(np.array_equal(same[key], again[key]) for key in same)
    drawn = name != "norm"
    assert any(not np.array_equal(same[key], other[key]) for key in same) == drawn


@pytest.mark.parametrize(
    "name", [name for name in (*blueprint_names(), OWN) if 3 in blueprint(name).layouts]
)
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_the_memory_layout_of_pictures_is_kept(name, layout) -> None:
    shape = TYPICAL[3]
    body = born(name, shape).to(memory_format=layout)
    h = features(shape).contiguous(memory_format=layout)
    assert body(h).is_contiguous(memory_format=layout)


@pytest.mark.parametrize("name", [name for name in blueprint_names() if "conv" in name])
def test_behind_a_relu_a_convolution_is_a_residual_block(name) -> None:
    shape = TYPICAL[3]
    h = features(shape).relu()
    body = born(name, shape)
    nn.init.ones_(body.residual[-1].weight)
    summed = h + body.residual(h)
    assert (summed < 0).any()
    assert torch.allclose(h + body(h), summed.relu(), atol=1e-6)


def test_squeeze_and_excitation_scales_whole_channels_between_nothing_and_twice() -> None:
    shape = TYPICAL[3]
    h = features(shape).abs() + 0.1
    body = trained(born("squeeze_excite", shape), h, steps=30)
    factors = (h + body(h)) / h
    assert torch.allclose(factors, factors[:, :, :1, :1].expand_as(factors), atol=1e-5)
    assert factors.std() > 0.01
    assert ((factors > 0) & (factors < 2)).all()


def test_attention_looks_at_all_positions_and_at_no_other_example() -> None:
    shape = (6, 12)
    h = features(shape)
    body = trained(born("attention", shape), h)
    changed = h.clone()
    changed[3, 5] = -changed[3, 5]
    moved = (body(changed) - body(h)).detach().abs().amax(-1) > 0
    assert moved[3].all()
    assert not moved[torch.arange(16) != 3].any()
    order = torch.tensor([3, 1, 0, 5, 2, 4])
    assert torch.allclose(body(h[:, order]), body(h)[:, order], atol=1e-6)


def test_attention_equals_the_one_of_torch() -> None:
    shape, heads = (5, 8), 4
    body = trained(born("attention", shape), features(shape))
    assert isinstance(body, bodies.Attention)
    theirs = nn.MultiheadAttention(8, heads, bias=False, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(body.inputs.weight)
        theirs.out_proj.weight.copy_(body.output.weight)
        normed = body.norm(features(shape))
        expected = theirs(normed, normed, normed)[0] + body.output.bias
        assert torch.allclose(body(features(shape)), expected, atol=1e-6)


@pytest.mark.parametrize(("width", "heads"), [(8, 4), (6, 2), (7, 1)])
def test_attention_has_as_many_heads_as_divide_the_width(width, heads) -> None:
    assert bodies.Attention(width).heads == heads


@pytest.mark.parametrize(("width", "rank"), [(2, 1), (12, 3), (100, 8)])
def test_a_low_rank_body_is_linear_and_of_its_rank(width, rank) -> None:
    body = trained(born("low_rank", (width,)), features((width,)), steps=20)
    matrix = body(torch.eye(width)).detach()
    assert torch.linalg.matrix_rank(matrix, rtol=1e-4) == rank
    assert torch.allclose(body(features((width,))), features((width,)) @ matrix, atol=1e-5)


def test_an_mlp_tells_vectors_apart_that_differ_by_a_constant_or_a_factor() -> None:
    h = features((12,))
    body = trained(born("mlp", (12,)), h).eval()
    assert not torch.allclose(body(h), body(h + 1), atol=1e-3)
    assert not torch.allclose(body(h), body(3 * h), atol=1e-3)


# What bodies cost, counted by hand: a multiply-add is 2, an element of a pointwise result or one
# read by a norm or a mean is 1. The sums are in the order of the layers.

C, PIXELS = 12, 4 * 5
NARROW = 8
AROUND = 4 * C * PIXELS
"""Of a rectified sum: an addition, two ReLUs and a difference."""
COSTS: dict[tuple[str, tuple[int, ...]], tuple[int, int]] = {
    ("norm", (C, 4, 5)): (2 * C, C * PIXELS),
    ("conv1x1", (C, 4, 5)): (
        C * C + 2 * C,
        2 * C * C * PIXELS + C * PIXELS + AROUND,
    ),
    ("conv_light", (C, 4, 5)): (
        9 * C * C + 2 * C,
        2 * 9 * C * C * PIXELS + C * PIXELS + AROUND,
    ),
    ("conv_heavy", (C, 4, 5)): (
        2 * (9 * C * C + 2 * C),
        2 * (2 * 9 * C * C * PIXELS) + 3 * C * PIXELS + AROUND,
    ),
    ("depthwise", (C, 4, 5)): (
        9 * C + 2 * C + C * C + 2 * C,
        2 * 9 * C * PIXELS + 2 * C * PIXELS + 2 * C * C * PIXELS + C * PIXELS + AROUND,
    ),
    ("bottleneck", (C, 4, 5)): (
        C * NARROW + 2 * NARROW + 9 * NARROW**2 + 2 * NARROW + NARROW * C + 2 * C,
        2 * C * NARROW * PIXELS
        + 2 * NARROW * PIXELS
        + 2 * 9 * NARROW**2 * PIXELS
        + 2 * NARROW * PIXELS
        + 2 * NARROW * C * PIXELS
        + C * PIXELS
        + AROUND,
    ),
    ("squeeze_excite", (C, 4, 5)): (
        C * NARROW + NARROW + NARROW * C + C,
        C * PIXELS + 2 * C * NARROW + NARROW + 2 * NARROW * C + C + C * PIXELS,
    ),
    ("low_rank", (C,)): (2 * 3 * C, 2 * 2 * 3 * C),
    ("mlp", (C,)): (2 * C + (C + 1) * 4 * C + (4 * C + 1) * C, C + 2 * 2 * 4 * C * C + 4 * C),
    ("mlp", (6, C)): (
        2 * C + (C + 1) * 4 * C + (4 * C + 1) * C,
        6 * (C + 2 * 2 * 4 * C * C + 4 * C),
    ),
}


@pytest.mark.parametrize(("name", "shape"), COSTS, ids=str)
def test_an_offer_tells_the_true_cost(name, shape) -> None:
    (offer,) = offers([name], shape)
    assert (offer.parameters, offer.flops) == COSTS[name, shape]


@given(length=st.integers(2, 12), quarter=st.integers(1, 6))
def test_attention_costs_four_square_matrices_and_two_products_of_positions(length, quarter):
    width = 4 * quarter
    (offer,) = offers(["attention"], (length, width))
    assert offer.parameters == 2 * width + 4 * width**2 + width
    products = 2 * length * 4 * width**2 + 2 * (2 * length**2 * width)
    pointwise = 2 * length * width + 4 * length**2
    assert (
        products + pointwise
        <= offer.flops
        <= products + pointwise + 5 * length * (width + 4 * length)
    )


@every_body
def test_an_offer_is_about_the_body_that_is_built(name, shape) -> None:
    (offer,) = offers([name], shape)
    body = born(name, shape, 7)
    assert offer.blueprint == name
    assert offer.parameters == sum(parameter.numel() for parameter in body.parameters())
    assert offer.flops == module_flops(body, shape)


@every_body
def test_an_offer_counts_the_gate_of_the_seed(name, shape) -> None:
    (plain,), (gated,) = offers([name], shape), offers([name], shape, "gate")
    seed = Seed(born(name, shape, 7), name, "gate", shape)
    assert gated.parameters == sum(parameter.numel() for parameter in seed.parameters())
    assert gated.parameters > plain.parameters


def test_a_factory_that_returns_the_same_module_ties_no_seeds_together() -> None:
    one, other = (blueprint(f"{__name__}:one_and_the_same").body((4,)) for _ in range(2))
    own = [p for p in one.parameters() if any(p is q for q in other.parameters())]
    assert not own


@pytest.mark.parametrize("shape", TYPICAL.values(), ids=str)
def test_only_what_fits_is_offered_and_in_the_given_order(shape) -> None:
    names = [OWN, *reversed(blueprint_names())]
    offered = [offer.blueprint for offer in offers(names, shape)]
    assert offered == [name for name in names if len(shape) in blueprint(name).layouts]
    assert len(offered) > 1
    assert offers([], shape) == ()


def test_every_layout_has_its_blueprints() -> None:
    by_layout = {
        layout: {name for name in blueprint_names() if layout in blueprint(name).layouts}
        for layout in TYPICAL
    }
    assert by_layout == {
        1: {"norm", "low_rank", "mlp"},
        2: {"low_rank", "attention", "mlp", "block"},
        3: {"norm", "squeeze_excite", "conv1x1", "bottleneck", "depthwise", "conv_light",
            "conv_heavy"},
    }  # fmt: skip


def generators() -> tuple[object, ...]:
    in_numpy = np.random.get_state(legacy=False)["state"]
    return (
        torch.get_rng_state().tolist(),
        (in_numpy["key"].tolist(), in_numpy["pos"]),
        random.getstate(),
    )


@pytest.mark.parametrize("name", [*blueprint_names(), f"{__name__}:restless_part"])
def test_offers_leave_the_global_generators_alone(name) -> None:
    for layout in blueprint(name).layouts:
        before = generators()
        offers([name], TYPICAL[layout])
        assert generators() == before


def test_checking_a_module_of_the_users_changes_nothing_in_it() -> None:
    body = born(OWN, TYPICAL[3])
    assert body.module.training
    assert body.module[0].num_batches_tracked == 0


def test_a_module_of_the_users_has_a_factor_for_each_channel() -> None:
    for shape in TYPICAL.values():
        body, h = born(OWN, shape), features(shape)
        with torch.no_grad():
            body.factor[3] = 2.0
        correction, direct = body.eval()(h), 2 * body.module(h)
        axis = 1 if len(shape) == 3 else -1
        assert torch.equal(correction.select(axis, 3), direct.select(axis, 3))
        assert not correction.select(axis, 2).any()


def test_an_unknown_blueprint_is_met_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="'conv_hevy': did you mean 'conv_heavy'"):
        blueprint("conv_hevy")
    with pytest.raises(ConfigError, match="'zzz': valid names are .*attention.*squeeze_excite"):
        offers(["norm", "zzz"], (4,))


def test_a_blueprint_for_another_layout_is_refused_with_those_that_fit() -> None:
    with pytest.raises(
        ConfigError,
        match=r"'mlp': features must be vectors \(d,\) and sequences \(l, d\), .* shape "
        r"\(3, 8, 8\): choose one of norm, squeeze_excite",
    ):
        blueprint("mlp").body((3, 8, 8))
    with pytest.raises(ConfigError, match=r"shape \(1, 2, 3, 4\)$"):
        blueprint(OWN).body((1, 2, 3, 4))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("no_such_package:build", "cannot import 'no_such_package'"),
        (f"{__name__}:own_prt", "has no 'own_prt': did you mean 'own_part'"),
        (f"{__name__}:NOT_CALLABLE", "a class or function was wanted, .* is 3"),
        ("builtins:len", "must return a torch.nn.Module, it returned int"),
        ("torch.nn:Tanh", r"it failed for the shape \(12,\): .*argument"),
        (f"{__name__}:zero_part", "must not return zeros only"),
        (f"{__name__}:infinite_part", "must return finite numbers"),
        (f"{__name__}:several_part", r"of the shape of its input, \(2, 12\), it returned tuple"),
        (f"{__name__}:wider_part", r"its input, \(2, 12\), it returned \(2, 13\)"),
        (f"{__name__}:other_part", r"cannot take features of shape \(2, 12\) .*: mat1 and mat2"),
    ],
)
def test_a_factory_that_is_no_use_is_refused_in_one_sentence(path, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        offers([path], (12,))
    assert "\n" not in str(caught.value)


def infinite_part(shape: tuple[int, ...]) -> nn.Module:
    return Infinite()


def several_part(shape: tuple[int, ...]) -> nn.Module:
    return Several()


def wider_part(shape: tuple[int, ...]) -> nn.Module:
    return nn.Linear(shape[-1], shape[-1] + 1)


def other_part(shape: tuple[int, ...]) -> nn.Module:
    return nn.Linear(shape[-1] + 1, shape[-1])


@pytest.mark.parametrize("name", ["conv_light", "squeeze_excite", "attention", OWN])
def test_a_body_refuses_what_is_no_tensor(name) -> None:
    shape = TYPICAL[2 if name == "attention" else 3]
    with pytest.raises(TypeCheckError):
        born(name, shape)(features(shape).numpy())


def test_a_shape_is_a_tuple_of_integers() -> None:
    for shape in ([12], (12.0,)):
        with pytest.raises(TypeCheckError):
            offers(["mlp"], shape)  # type: ignore[arg-type]
    with pytest.raises(TypeCheckError):
        Blueprint("mine", "mine", NoKeys, own_part, (1,))  # type: ignore[arg-type]
