# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Functions with odd attributes, for what is exported as loops; the shapes of their inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

Function = Callable[..., Tensor | tuple[Tensor, ...]]
Case = tuple[Function, tuple[tuple[int, ...], ...]]

ROW = ((2, 12),)
PAIR = ((2, 12), (2, 12))
MAP = ((2, 3, 8, 7),)


def _generator(name: str) -> torch.Generator:
    return torch.Generator().manual_seed(sum(map(ord, name)))


def _w(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=_generator(str(shape)))


_W: Final = {
    shape: _w(*shape)
    for shape in (
        (4, 3, 3), (4, 3, 3, 3), (6, 1, 3, 3), (4, 3, 3, 2, 2), (4, 2, 3, 2), (4,), (6,), (5, 12),
        (5,), (12,), (1, 12), (3, 12), (7, 4), (2, 3, 8, 7),
    )
}  # fmt: skip
_NONE: Final = torch.zeros(0, 12)

ELEMENTS: Final[Mapping[str, Function]] = {
    "softplus": lambda x: F.softplus(x, beta=2.5, threshold=3),
    "softplus_far": lambda x: F.softplus(x, beta=1, threshold=200),
    "elu": lambda x: F.elu(x, alpha=0.7),
    "celu": lambda x: F.celu(x, alpha=1.7),
    "selu": torch.selu,
    "leaky": lambda x: F.leaky_relu(x, 0.3),
    "leaky_negative": lambda x: F.leaky_relu(x, -2.0),
    "hardtanh": lambda x: F.hardtanh(x, -0.3, 0.6),
    "relu6": F.relu6,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "mish": F.mish,
    "log_sigmoid": F.logsigmoid,
    "log_of_sigmoid": lambda x: torch.log(torch.sigmoid(8 * x)),
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "softsign": F.softsign,
    "tanhshrink": F.tanhshrink,
    "clamp": lambda x: x.clamp(-0.4, 0.2),
    "clamp_crossed": lambda x: x.clamp(0.5, -0.5),
    "clamp_min": lambda x: x.clamp(min=0.1),
    "clamp_max": lambda x: x.clamp(max=0.1),
    "relu": torch.relu,
    "sign": torch.sign,
    "abs": torch.abs,
    "inverse_of_abs": lambda x: 1 / x.abs(),
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "round": torch.round,
    "sin": torch.sin,
    "sin_far": lambda x: torch.sin(torch.round(x * 3e6)),
    "cos": torch.cos,
    "exp": torch.exp,
    "exp_far": lambda x: torch.exp(60 * x),
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal,
    "erf": torch.erf,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "isnan": torch.isnan,
    "not": lambda x: ~(x > 0),
    "logical_not": torch.logical_not,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "root": lambda x: x**0.5,
    "power": lambda x: x**-2.5,
    "power_negative": lambda x: x**-3.0,
    "power_high": lambda x: x**71.0,
    "power_of_two": lambda x: torch.pow(2.0, x),
    "power_of_negative": lambda x: torch.pow(-2.0, torch.round(x)),
    "remainder": lambda x: x % 0.3,
    "remainder_negative": lambda x: x % -0.7,
    "remainder_zero": lambda x: x % 0.0,
    "remainder_infinite": lambda x: x % float("inf"),
    "rsub": lambda x: 3 - x,
    "rsub_scaled": lambda x: torch.rsub(x, 2.0, alpha=3),
    "add_scaled": lambda x: torch.add(x, 2.0, alpha=-3),
    "sub_scaled": lambda x: torch.sub(x, x.exp(), alpha=0.5),
    "to_whole": lambda x: (100 * x.clamp(-3, 3)).to(torch.int64).float(),
    "to_truth": lambda x: x.to(torch.bool).float(),
    "truths_added": lambda x: ((x > 0) + (x > -1)).float(),
    "divided_whole": lambda x: (50 * x.clamp(-2, 2)).to(torch.int32) // 7,
    "remainder_whole": lambda x: (50 * x.clamp(-2, 2)).to(torch.int32) % -7,
    "where_scalar": lambda x: torch.where(x > 0, 1.5, x),
    "masked": lambda x: x.masked_fill(x < 0, float("-inf")),
    "lerp": lambda x: torch.lerp(x, x.exp(), 0.3),
}
"""Functions of each element by itself."""

PAIRS: Final[Mapping[str, Function]] = {
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "remainder_pair": torch.remainder,
    "divided": torch.div,
    "divided_floor": lambda x, y: torch.div(x, y, rounding_mode="floor"),
    "divided_trunc": lambda x, y: torch.div(x, y, rounding_mode="trunc"),
    "power_pair": torch.pow,
    "addcmul": lambda x, y: torch.addcmul(x, x, y, value=-0.5),
    "addcdiv": lambda x, y: torch.addcdiv(x, x, y, value=2),
    "lerp_pair": lambda x, y: torch.lerp(x, y, y),
    "ge": lambda x, y: (x >= y) & (y != 0) | (x == y),
    "logical": lambda x, y: torch.logical_or(torch.logical_and(x, y), x > 1),
    "where": lambda x, y: torch.where(x > y, x, -y),
    "masked_pair": lambda x, y: x.masked_fill(y > 0, 7.0),
}
"""Functions of two numbers."""

FOLDS: Final[Mapping[str, Case]] = {
    "sum_all": (lambda x: x.sum().reshape(1) + x[:, 0], MAP),
    "sum_negative": (lambda x: x.sum(-2), MAP),
    "sum_kept": (lambda x: x.sum((1, -1), keepdim=True), MAP),
    "sum_whole": (lambda x: (x > 0).sum(-1), MAP),
    "mean_several": (lambda x: x.mean((-1, 1)), MAP),
    "mean_kept": (lambda x: x.mean((2,), keepdim=True), MAP),
    "amax": (lambda x: x.amax((1, 3)), MAP),
    "amin": (lambda x: x.amin(-1, keepdim=True), MAP),
    "max_dim": (lambda x: (*x.max(-2),), MAP),
    "min_dim": (lambda x: (*x.min(1, keepdim=True),), MAP),
    "argmax": (lambda x: x.argmax(-1), MAP),
    "argmin_kept": (lambda x: x.argmin(2, keepdim=True), MAP),
    "softmax": (lambda x: x.softmax(1), MAP),
    "log_softmax": (lambda x: x.log_softmax(-2), MAP),
    "logsumexp": (lambda x: x.logsumexp((1, 2)), MAP),
    "norm": (lambda x: torch.linalg.vector_norm(x, dim=(1, 3), keepdim=True), MAP),
    "variance": (lambda x: x.var(1), MAP),
    "deviation": (lambda x: x.std((2, 3), keepdim=True, correction=0), MAP),
}
"""Functions of rows of a picture."""

MOVES: Final[Mapping[str, Case]] = {
    "transposed": (lambda x: x.permute(0, 3, 1, 2) * _W[2, 3, 8, 7].permute(0, 3, 1, 2)[:1], MAP),
    "transposed_relu": (lambda x: torch.relu(x.transpose(1, 3)).reshape(x.shape[0], -1), MAP),
    "strided": (lambda x: torch.tanh(x[:, ::2, 1::3].transpose(-1, -2)).flatten(1), MAP),
    "broadcast": (lambda x: x[:, :1] * x[:, :, :1] + x[..., :1], MAP),
    "expanded": (lambda x: x[:, :, :1].expand(-1, -1, 4, -1).clone(), MAP),
    "flip": (lambda x: x.flip(1, -1), MAP),
    "repeat": (lambda x: x.repeat(1, 2, 1, 3), MAP),
    "roll": (lambda x: x.roll((1, -2), (1, 3)), MAP),
    "chunk": (lambda x: torch.cat([*x.chunk(3, -1)][::-1], -1), MAP),
    "stack": (lambda x: torch.stack([x, -x, x * 2], -2), MAP),
    "stack_last": (lambda x: torch.stack([x, x + 1], 4), MAP),
    "cat_twice": (lambda x: (torch.cat([x.exp(), x.exp()], 1), x.exp()), MAP),
    "unbind": (lambda x: x.unbind(1)[2] - x.unbind(1)[0], MAP),
    "pad_negative": (lambda x: F.pad(x, (-2, 3, 1, -1), value=2.5), MAP),
    "pad_reflected": (lambda x: F.pad(x, (2, 1, 0, 3), mode="reflect"), MAP),
    "index": (lambda x: x[:, torch.tensor([2, 0, 0])], MAP),
    "index_two": (lambda x: x[:, torch.tensor([2, 0]), torch.tensor([1, 5])], MAP),
    "nothing": (lambda x: torch.cat([x[:, :0].sum(1), x[:, 0]], -1), MAP),
    "nothing_found": (lambda x: x[:, :0], MAP),
    "outputs": (lambda x: (x[:, 0], x.exp(), x.mean((1, 2, 3)), x[:, 0]), MAP),
    "edges": (
        lambda x: torch.zeros(x.shape[0], 4).index_add(
            1, torch.tensor([3, 1, 1, 0]), x[:, torch.tensor([0, 5, 5, 2])] * _W[4,]
        ),
        ROW,
    ),
    "edges_of_inputs": (
        lambda x, y: torch.zeros(x.shape[0], 3).index_add(
            1, torch.tensor([2, 1, 1]), x[:, torch.tensor([0, 5, 2])] * y[:, :3]
        ),
        PAIR,
    ),
    "edges_of_rows": (
        lambda x: torch.zeros(x.shape[0], 2, 8, 7).index_add(
            1, torch.tensor([1, 0, 1]), x[:, torch.tensor([2, 1, 1])] * _W[2, 3, 8, 7][:1, 0]
        ),
        MAP,
    ),
    "edges_scaled": (
        lambda x: torch.index_add(x, 1, torch.tensor([1, 1]), x[:, 4:6].exp(), alpha=-2), ROW
    ),
    "no_edges": (
        lambda x: x.index_add(1, torch.zeros(0, dtype=torch.int64), x[:, :0] * 2), ROW
    ),
}  # fmt: skip
"""Functions that move numbers."""

PRODUCTS: Final[Mapping[str, Case]] = {
    "linear": (lambda x: F.linear(x, _W[5, 12], _W[5,]), ROW),
    "linear_strided": (lambda x: F.linear(x.transpose(1, 3), torch.ones(2, 3)), MAP),
    "linear_of_nothing": (lambda x: F.linear(x[:, :0], torch.zeros(3, 0), torch.ones(3)), ROW),
    "linear_to_nothing": (lambda x: F.linear(x, _NONE).sum(-1), ROW),
    "addmm": (lambda x: torch.addmm(_W[5,], x, _W[5, 12].t(), beta=0.5, alpha=-2), ROW),
    "bmm": (lambda x: x[:, 0].transpose(1, 2) @ x[:, 1], MAP),
    "matmul": (lambda x: x @ x.transpose(-1, -2), MAP),
    "baddbmm": (
        lambda x: torch.baddbmm(x[:, 0, :, :1], x[:, 1], x[:, 2].transpose(1, 2), beta=2), MAP
    ),
    "vector": (lambda x: x @ _W[12,], ROW),
    "outer": (lambda x: torch.einsum("ni,nj->nij", x, x), ROW),
    "conv1d": (lambda x: F.conv1d(x[:, :, 0], _W[4, 3, 3], _W[4,], 2, 3, 2), MAP),
    "conv2d": (lambda x: F.conv2d(x, _W[4, 3, 3, 3], None, (2, 1), (0, 2), (1, 2)), MAP),
    "conv2d_same": (lambda x: F.conv2d(x, _W[4, 3, 3, 3], _W[4,], padding="same"), MAP),
    "conv2d_groups": (lambda x: F.conv2d(x, _W[6, 1, 3, 3], _W[6,], 1, 1, 1, 3), MAP),
    "conv2d_strided": (lambda x: F.conv2d(x.transpose(2, 3), _W[4, 3, 3, 3], _W[4,]), MAP),
    "conv3d": (
        lambda x: F.conv3d(
            x.unsqueeze(2).expand(-1, -1, 4, -1, -1), _W[4, 3, 3, 2, 2], _W[4,], 1, 1
        ),
        MAP,
    ),
    "max_pool": (lambda x: F.max_pool2d(x, 3, 2, 1, 1, ceil_mode=True), MAP),
    "max_pool_dilated": (lambda x: F.max_pool2d(x, (2, 3), (1, 2), (1, 0), 2), MAP),
    "max_pool_apart": (lambda x: F.max_pool2d(x, 2, 3, ceil_mode=True), MAP),
    "max_pool1d": (lambda x: F.max_pool1d(x[:, 0], 3, 2, 1), MAP),
    "avg_pool": (lambda x: F.avg_pool2d(x, 3, 2, 1), MAP),
    "avg_pool_inside": (
        lambda x: F.avg_pool2d(x, (3, 2), 2, (1, 0), ceil_mode=True, count_include_pad=False), MAP
    ),
    "avg_pool_ceil": (lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), MAP),
    "avg_pool_divisor": (lambda x: F.avg_pool2d(x, 2, 2, divisor_override=3), MAP),
    "avg_pool1d": (lambda x: F.avg_pool1d(x[:, 0], 3, 2, 1), MAP),
    "adaptive": (lambda x: F.adaptive_avg_pool2d(x, (1, 1)), MAP),
    "batch_norm": (
        lambda x: F.batch_norm(x, _W[4, 3, 3][0, 0], _W[4, 3, 3][1, 0] ** 2, _W[4,][:3]), MAP
    ),
    "group_norm": (lambda x: F.group_norm(x, 3, _W[4,][:3], _W[4,][1:]), MAP),
    "layer_norm": (lambda x: F.layer_norm(x, (8, 7)), MAP),
    "embedding": (lambda x: F.embedding((x.abs() * 2).clamp(0, 6).to(torch.int64), _W[7, 4]), ROW),
    "attention": (lambda x: F.scaled_dot_product_attention(x, x, x, scale=0.3), MAP),
    "attention_causal": (lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True), MAP),
    "attention_masked": (
        lambda x: F.scaled_dot_product_attention(x, x, x, torch.ones(8, 8).tril().bool()), MAP
    ),
}  # fmt: skip
"""Products of matrices, convolutions, poolings, normalisations."""

CASES: Final[Mapping[str, Case]] = {
    **{name: (function, ROW) for name, function in ELEMENTS.items()},
    **{name: (function, PAIR) for name, function in PAIRS.items()},
    **FOLDS,
    **MOVES,
    **PRODUCTS,
}

HOSTILE: Final = torch.tensor(
    [
        float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 0.5, -0.5, 1.5, -2.5, 1e30, -1e30,
        3e-39, 1.0, -1.0, 2.0, -3.0, 88.5, -88.5, 100.0, 0.3,
    ]
)  # fmt: skip
"""Numbers at the edges of float32 and of functions."""
