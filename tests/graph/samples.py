# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One call of every differentiable op, at points away from kinks, for finite differences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sample:
    """Float inputs are differentiated but `fixed` ones; `outputs` are what has a gradient."""

    inputs: tuple[Any, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[int, ...] = (0,)
    fixed: tuple[int, ...] = ()


def real(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Tensor:
    """Distinct numbers at equal distances, none within 0.02 of -1, 0, 1 or 3."""
    count = max(1, torch.Size(shape).numel())
    grid = torch.linspace(low, high, count + 2, dtype=torch.float64)[1:-1]
    for kink in (-3.0, -1.0, 0.0, 1.0, 3.0):
        near = (grid - kink).abs() < 0.02
        grid = torch.where(near, torch.full_like(grid, kink + 0.05), grid)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return grid[order].reshape(shape)


def positive(*shape: int, seed: int = 0) -> Tensor:
    return real(*shape, low=0.2, high=1.8, seed=seed)


def whole(*values: Any) -> Tensor:
    return torch.tensor(values[0] if len(values) == 1 else values)


X = real(2, 3)
UNARY = {
    "neg abs exp expm1 sin cos erf tanh sigmoid relu silu gelu elu leaky_relu softplus hardtanh "
    "hardsigmoid hardswish mish clone alias _to_copy log_sigmoid_forward": X,
    "log log1p sqrt rsqrt reciprocal": positive(2, 3),
}
SAMPLES: dict[str, Sample] = {
    f"aten.{op}.default": Sample((point,)) for names, point in UNARY.items() for op in names.split()
}
PICTURE, KERNEL = real(2, 4, 5, 5), real(4, 2, 3, 3, seed=1)
MAX = torch.nn.functional.max_pool2d(real(1, 2, 4, 4), 2, return_indices=True)[1]
STATS = (real(2, 1, seed=4), positive(2, 1, seed=5))
HOW = {
    "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1), "transposed": False,
    "output_padding": (0, 0), "groups": 2,
}  # fmt: skip
SAMPLES |= {
    f"aten.{op}.default": Sample((real(2, 3, seed=2), point), attributes)
    for op, point, attributes in (
        ("tanh_backward", X, {}),
        ("sigmoid_backward", X, {}),
        ("threshold_backward", X, {"threshold": 0.5}),
        ("silu_backward", X, {}),
        ("gelu_backward", X, {"approximate": "tanh"}),
        ("elu_backward", X, {"alpha": 1.5, "scale": 1.0, "input_scale": 1.0, "is_result": False}),
        ("leaky_relu_backward", X, {"negative_slope": 0.1, "self_is_result": False}),
        ("softplus_backward", X, {"beta": 1.0, "threshold": 20.0}),
        ("hardtanh_backward", X, {"min_val": -1.0, "max_val": 1.0}),
        ("hardsigmoid_backward", X, {}),
        ("hardswish_backward", X, {}),
        ("_softmax_backward_data", X, {"dim": 1, "input_dtype": "torch.float64"}),
        ("_log_softmax_backward_data", X, {"dim": 1, "input_dtype": "torch.float64"}),
        ("mse_loss_backward", X, {}),
    )
}
ROWS_OF = {
    "clamp.default": Sample((X,), {"min": -1.0, "max": 1.0}),
    "celu.default": Sample((X,), {"alpha": 0.7}),
    "clamp_min.default": Sample((X,), {"min": 0.0}),
    "clamp_max.default": Sample((X,), {"max": 1.0}),
    "pow.Tensor_Scalar": Sample((positive(2, 3),), {"exponent": 2.5}),
    "rsub.Scalar": Sample((X,), {"other": 2.0, "alpha": 3.0}),
    "mul.Scalar": Sample((X,), {"other": 3.0}),
    "div.Scalar": Sample((X,), {"other": 3.0}),
    "add.Scalar": Sample((X,), {"other": 3.0}),
    "sub.Scalar": Sample((X,), {"other": 3.0}),
    "add.Tensor": Sample((X, real(3, seed=1)), {"alpha": 2.0}),
    "sub.Tensor": Sample((X, real(2, 1, seed=1)), {"alpha": 2.0}),
    "mul.Tensor": Sample((X, real(3, seed=1))),
    "div.Tensor": Sample((X, positive(2, 1, seed=1))),
    "maximum.default": Sample((X, real(2, 3, seed=1) + 0.01)),
    "minimum.default": Sample((X, real(2, 3, seed=1) + 0.01)),
    "where.self": Sample((X > 0.5, X, real(3, seed=1))),
    "masked_fill.Scalar": Sample((X, X > 0.5), {"value": -3.0}),
    "pow.Tensor_Tensor": Sample((positive(2, 3), real(2, 3, seed=1))),
    "pow.Scalar": Sample((X,), {"self": 1.7}),
    "lerp.Scalar": Sample((X, real(2, 3, seed=1)), {"weight": 0.3}),
    "lerp.Tensor": Sample((X, real(2, 3, seed=1), real(3, seed=2))),
    "addcmul.default": Sample((X, real(3, seed=1), real(2, 3, seed=2)), {"value": 0.5}),
    "addcdiv.default": Sample((X, real(3, seed=1), positive(2, 3)), {"value": 0.5}),
    "sum.default": Sample((X,)),
    "mean.default": Sample((X,)),
    "sum.dim_IntList": Sample((real(2, 3, 4),), {"dim": (0, -1)}),
    "mean.dim": Sample((real(2, 3, 4),), {"dim": (1,), "keepdim": True}),
    "amax.default": Sample((real(2, 3, 4),), {"dim": (1,)}),
    "amin.default": Sample((real(2, 3, 4),), {"dim": (0, 2), "keepdim": True}),
    "max.dim": Sample((X,), {"dim": 1}),
    "min.dim": Sample((X,), {"dim": 0, "keepdim": True}),
    "topk.default": Sample((X,), {"k": 2}),
    "sort.default": Sample((X,), {"dim": 0, "descending": True}),
    "var.correction": Sample((X,), {"dim": (1,), "correction": 1}),
    "std.correction": Sample((X,), {"dim": (0, 1), "correction": 0}),
    "var_mean.correction": Sample((X,), {"dim": (1,), "keepdim": True}, (0, 1)),
    "logsumexp.default": Sample((X,), {"dim": (1,)}),
    "linalg_vector_norm.default": Sample((X,), {"dim": (1,)}),
    "norm.ScalarOpt_dim": Sample((X,), {"p": 2, "dim": (0,)}),
    "cumsum.default": Sample((X,), {"dim": 1}),
    "_softmax.default": Sample((X,), {"dim": -1, "half_to_float": False}),
    "_log_softmax.default": Sample((X,), {"dim": 0, "half_to_float": False}),
    "view.default": Sample((X,), {"size": (3, 2)}),
    "reshape.default": Sample((X,), {"shape": (6,)}),
    "_unsafe_view.default": Sample((X,), {"size": (1, 6)}),
    "unsqueeze.default": Sample((X,), {"dim": 1}),
    "squeeze.dim": Sample((real(2, 1, 3),), {"dim": 1}),
    "squeeze.dims": Sample((real(1, 2, 1),), {"dim": (0, 2)}),
    "squeeze.default": Sample((real(1, 2, 1),)),
    "expand.default": Sample((real(2, 1),), {"size": (4, 2, 3)}),
    "permute.default": Sample((real(2, 3, 4),), {"dims": (2, 0, -2)}),
    "transpose.int": Sample((real(2, 3, 4),), {"dim0": 0, "dim1": -1}),
    "t.default": Sample((X,)),
    "slice.Tensor": Sample((real(7, 2),), {"dim": 0, "start": 1, "end": 6, "step": 2}),
    "select.int": Sample((real(2, 3, 4),), {"dim": 1, "index": -1}),
    "cat.default": Sample(([X, real(2, 2, seed=1)],), {"dim": 1}),
    "stack.default": Sample(([X, real(2, 3, seed=1)],), {"dim": 1}),
    "split.Tensor": Sample((real(5, 2),), {"split_size": 2}, (0, 2)),
    "unsafe_split.Tensor": Sample((real(2, 4),), {"split_size": 2, "dim": 1}, (1,)),
    "split_with_sizes.default": Sample((real(5, 2),), {"split_sizes": (1, 4)}, (0, 1)),
    "unbind.int": Sample((X,), {}, (0, 1)),
    "repeat.default": Sample((X,), {"repeats": (2, 1, 3)}),
    "flip.default": Sample((X,), {"dims": (0, 1)}),
    "constant_pad_nd.default": Sample((X,), {"pad": (1, 2, 0, 1)}),
    "tril.default": Sample((real(3, 3),), {"diagonal": -1}),
    "triu.default": Sample((real(3, 3),)),
    "mm.default": Sample((X, real(3, 2, seed=1))),
    "bmm.default": Sample((real(2, 2, 3), real(2, 3, 2, seed=1))),
    "addmm.default": Sample((real(2, seed=2), X, real(3, 2, seed=1)), {"beta": 0.5, "alpha": 2.0}),
    "baddbmm.default": Sample((real(2, 2, 2, seed=2), real(2, 2, 3), real(2, 3, 2, seed=1))),
    "mv.default": Sample((X, real(3, seed=1))),
    "dot.default": Sample((real(3), real(3, seed=1))),
    "vdot.default": Sample((real(3), real(3, seed=1))),
    "_trilinear.default": Sample(
        (real(2, 3), real(4, 3, 2, seed=1), real(2, 2, seed=2)),
        {"expand1": (1, 3), "expand2": (0,), "expand3": (1, 2), "sumdim": (2, 3)},
    ),
    "_weight_norm_interface.default": Sample(
        (real(4, 3), positive(4, 1, seed=1)), {"dim": 0}, (0, 1)
    ),
    "linear.default": Sample((real(2, 2, 3), real(4, 3, seed=1), real(4, seed=2))),
    "_scaled_dot_product_flash_attention_for_cpu.default": Sample(
        tuple(real(1, 2, 4, 8, seed=s) for s in range(3)), {"is_causal": True}
    ),
    "convolution.default": Sample((PICTURE, KERNEL, real(4, seed=2)), HOW),
    "convolution_backward.default": Sample(
        (real(2, 4, 3, 3, seed=3), PICTURE, KERNEL),
        {**HOW, "bias_sizes": (4,), "output_mask": (True, True, True)},
        (0, 1, 2),
    ),
    "max_pool2d_with_indices.default": Sample((real(1, 2, 4, 4),), {"kernel_size": (2, 2)}),
    "avg_pool2d.default": Sample((real(1, 2, 5, 7),), {"kernel_size": (2, 2), "stride": (2, 3)}),
    "_adaptive_avg_pool2d.default": Sample((real(1, 2, 4, 6),), {"output_size": (2, 3)}),
    "max_pool2d_with_indices_backward.default": Sample(
        (real(1, 2, 2, 2, seed=1), real(1, 2, 4, 4), MAX),
        {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1),
         "ceil_mode": False},
    ),
    "avg_pool2d_backward.default": Sample(
        (real(1, 2, 3, 3, seed=1), real(1, 2, 5, 5)),
        {"kernel_size": (3, 3), "stride": (2, 2), "padding": (1, 1), "ceil_mode": False,
         "count_include_pad": True, "divisor_override": None},
    ),
    "_adaptive_avg_pool2d_backward.default": Sample((real(1, 2, 2, 3), real(1, 2, 4, 6, seed=1))),
    "gather.default": Sample((X, whole([[0, 2], [1, 1]])), {"dim": 1}),
    "scatter_add.default": Sample((X, whole([[0, 2], [1, 1]]), real(2, 2, seed=1)), {"dim": 1}),
    "index_select.default": Sample((X, whole([2, 0, 2])), {"dim": 1}),
    "index_add.default": Sample(
        (X, whole([2, 0, 2, 1]), real(2, 4, seed=1)), {"dim": 1, "alpha": 0.5}
    ),
    "index.Tensor": Sample((real(3, 4), [whole([2, 0, 2]), None])),
    "index_put.default": Sample(
        (real(3, 4), [whole([2, 0, 2])], real(3, 4, seed=1)), {"accumulate": True}
    ),
    "embedding.default": Sample((real(4, 3), whole([[1, 2], [1, 0]])), {"padding_idx": 3}),
    "embedding_dense_backward.default": Sample(
        (real(2, 2, 3), whole([[1, 3], [1, 0]])),
        {"num_weights": 4, "padding_idx": -1, "scale_grad_by_freq": False},
    ),
    "slice_backward.default": Sample(
        (real(3, 2),), {"input_sizes": (7, 2), "dim": 0, "start": 1, "end": 6, "step": 2}
    ),
    "select_backward.default": Sample((real(2),), {"input_sizes": (3, 2), "dim": 0, "index": -1}),
    "native_layer_norm.default": Sample(
        (real(2, 3, 4), real(4, seed=1), real(4, seed=2)),
        {"normalized_shape": (4,), "eps": 0.1},
        (0, 1, 2),
    ),
    "native_group_norm.default": Sample(
        (real(2, 4, 3), real(4, seed=1), real(4, seed=2)),
        {"N": 2, "C": 4, "HxW": 3, "group": 2, "eps": 0.1},
        (0, 1, 2),
    ),
    "native_batch_norm.default": Sample(
        (real(3, 2, 2), real(2, seed=1), real(2, seed=2), real(2, seed=3), positive(2)),
        {"training": False, "momentum": 0.1, "eps": 0.1},
    ),
    "_native_batch_norm_legit_functional.default": Sample(
        (real(3, 2, 2), real(2, seed=1), real(2, seed=2), real(2, seed=3), positive(2)),
        {"training": True, "momentum": 0.1, "eps": 0.1},
        (0, 1, 2, 3, 4),
    ),
    "_native_batch_norm_legit_no_training.default": Sample(
        (real(3, 2, 2), real(2, seed=1), real(2, seed=2), real(2, seed=3), positive(2)),
        {"momentum": 0.1, "eps": 0.1},
    ),
    "native_layer_norm_backward.default": Sample(
        (real(2, 3), real(2, 3, seed=1), *STATS, real(3, seed=2), real(3, seed=3)),
        {"normalized_shape": (3,), "output_mask": (True, True, True)},
        (1, 2),
    ),
    "native_group_norm_backward.default": Sample(
        (real(2, 2, 3), real(2, 2, 3, seed=1), *STATS, real(2, seed=2)),
        {"N": 2, "C": 2, "HxW": 3, "group": 1, "output_mask": (True, True, True)},
        (1, 2),
    ),
    "native_batch_norm_backward.default": Sample(
        (real(3, 2, 2), real(3, 2, 2, seed=1), real(2, seed=2), real(2, seed=3), positive(2),
         None, None),
        {"train": False, "eps": 0.1, "output_mask": (True, True, True)},
        (0, 1, 2),
    ),
    "mse_loss.default": Sample((X, real(2, 3, seed=1))),
    "smooth_l1_loss.default": Sample((X * 2, real(2, 3, seed=1)), {"beta": 0.7}),
    "huber_loss.default": Sample((X * 2, real(2, 3, seed=1)), {"delta": 0.7, "reduction": 2}),
    "binary_cross_entropy.default": Sample((positive(2, 3) / 2, positive(2, 3, seed=1) / 2)),
    "binary_cross_entropy_with_logits.default": Sample((X, positive(2, 3, seed=1) / 2)),
    "nll_loss_forward.default": Sample(
        (X, whole([2, 0]), positive(3)), {"reduction": 1, "ignore_index": -100}
    ),
    "smooth_l1_loss_backward.default": Sample(
        (real(seed=1) + 0.3, X * 2, real(2, 3, seed=1)), {"reduction": 1, "beta": 0.7}
    ),
    "huber_loss_backward.default": Sample(
        (real(seed=1) + 0.3, X * 2, real(2, 3, seed=1)), {"reduction": 2, "delta": 0.7}
    ),
    "binary_cross_entropy_backward.default": Sample(
        (real(seed=1) + 0.3, positive(2, 3) / 2, positive(2, 3, seed=1) / 2)
    ),
    "nll_loss_backward.default": Sample(
        (real(seed=1) + 0.3, X, whole([2, 0]), None, torch.tensor(2.0, dtype=torch.float64)),
        {"reduction": 1, "ignore_index": -100},
    ),
}  # fmt: skip
SAMPLES |= {f"aten.{op}": sample for op, sample in ROWS_OF.items()}
SAMPLES["aten.mse_loss_backward.default"] = Sample(
    (real(2, 3, seed=2), X, real(2, 3, seed=1)), {"reduction": 0}
)
SAMPLES["aten.log_sigmoid_backward.default"] = Sample(
    (real(2, 3, seed=2), X, torch.exp(-X.abs())), fixed=(1, 2)
)
SAMPLES["aten._softmax_backward_data.default"] = Sample(
    (real(2, 3, seed=2), X.softmax(1)), {"dim": 1, "input_dtype": "torch.float64"}
)
