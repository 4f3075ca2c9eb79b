# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Elementary functions: the stated errors, the limits, NaN, and the same bits in C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.evidence import EVIDENCE
from vynapse.kernels import native
from vynapse.kernels.evolve import NativeEvolution, evolution
from vynapse.kernels.reference import functions
from vynapse.kernels.reference.evolve import ReferenceEvolution
from vynapse.kernels.reference.law import GenerationRule, Problem
from vynapse.seeding import F32, Streams

Reference = Callable[[Any], Any]

STRIDE = 31 if EVIDENCE else 10007
"""Every so-many-th float32 is looked at: a prime, so that all last bits come up."""
CHUNK = 1 << 20


def floats(low: float, high: float) -> list[F32]:
    """Numbers of both signs with magnitudes from `low` to `high`, evenly among all float32."""
    first, last = (int(np.float32(limit).view(np.int32)) for limit in (low, high))
    bits = np.append(np.arange(first, last, STRIDE, dtype=np.int32), np.int32(last))
    positive = bits.view(np.float32)
    every = np.concatenate([positive, -positive])
    return [every[begin : begin + CHUNK] for begin in range(0, len(every), CHUNK)]


def ulp(exact: Any) -> Any:
    """The distance of float32 numbers at `exact`."""
    return np.exp2(np.maximum(np.floor(np.log2(np.abs(exact))), -126) - 23)


def largest_error(
    function: Callable[[F32], F32], exact: Reference, numbers: list[F32], unit: Reference = ulp
) -> float:
    worst = 0.0
    for x in numbers:
        wanted = exact(x.astype(np.float64))
        worst = max(worst, float((np.abs(function(x) - wanted) / unit(wanted)).max()))
    return worst


def exact_gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def test_tanh_is_as_exact_as_it_says() -> None:
    assert largest_error(functions.tanh, np.tanh, floats(2.5e-36, 40)) < 6.9
    assert largest_error(functions.tanh, np.tanh, floats(0, 2.5e-36), np.ones_like) < 4e-43


def test_exp_is_as_exact_as_it_says() -> None:
    below = [x[x <= 88] for x in floats(1e-12, 87)]
    assert largest_error(functions.exp, np.exp, below) < 1


def test_log_is_as_exact_as_it_says() -> None:
    positive = [x[x != 1] for x in map(np.abs, floats(1.1754944e-38, 3.4028235e38))]
    assert largest_error(functions.log, np.log, positive) < 2


def test_sigmoid_is_as_exact_as_it_says() -> None:
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    assert largest_error(functions.sigmoid, sigmoid, floats(1e-12, 80), np.ones_like) < 2.3e-7


def test_gelu_is_as_exact_as_it_says() -> None:
    numbers = floats(1e-12, 1e4)
    errors = [np.abs(functions.gelu(x) - exact_gelu(x.astype(np.float64))) for x in numbers]
    worst = max(
        float((e / np.maximum(1, np.abs(x))).max()) for e, x in zip(errors, numbers, strict=True)
    )
    assert worst < 2.9e-7


def test_the_limits() -> None:
    infinite = np.array([np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(functions.tanh(infinite), [1, -1])
    np.testing.assert_array_equal(functions.sigmoid(infinite), [1, 0])
    np.testing.assert_array_equal(
        functions.exp(infinite), functions.exp(np.array([88, -87], np.float32))
    )
    np.testing.assert_array_equal(functions.relu(infinite), [np.inf, 0])
    zero = np.zeros(1, np.float32)
    assert functions.exp(zero) == 1
    assert functions.log(zero + np.float32(1)) == 0
    assert functions.sigmoid(zero) == 0.5
    for odd in (functions.tanh, functions.gelu):
        assert odd(zero) == 0
    with np.errstate(over="ignore"):  # the cube
        large = np.array([30, 1e20, 3e38], np.float32)
        np.testing.assert_array_equal(functions.gelu(large), large)
        np.testing.assert_array_equal(functions.gelu(-large), 0 * large)


def test_no_value_leaves_the_range_of_its_function() -> None:
    for x in floats(1e-38, 3.4028235e38):
        t = functions.tanh(x)
        assert np.abs(t).max() <= 1
        assert (functions.tanh(-x) == -t).all()
        s = functions.sigmoid(x)
        assert s.min() >= 0
        assert s.max() <= 1
        e = functions.exp(x)
        assert e.min() >= np.finfo(np.float32).tiny
        assert e.max() < np.inf


@pytest.mark.parametrize("name", [*functions.ACTIVATIONS, "exp"])
def test_what_is_not_a_number_stays_so(name: str) -> None:
    x = np.array([1, np.nan, 2], np.float32)
    assert np.isnan(getattr(functions, name)(x)).tolist() == [False, True, False]


@pytest.mark.parametrize("name", functions.ACTIVATIONS)
def test_shapes_are_kept_and_arguments_left_alone(name: str) -> None:
    x = np.linspace(-3, 3, 24, dtype=np.float32).reshape(2, 3, 4)
    before = x.copy()
    y = functions.ACTIVATIONS[name](x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.ravel(), functions.ACTIVATIONS[name](x.ravel()))
    np.testing.assert_array_equal(x, before)


def any_law() -> GenerationRule:
    stream = Streams(0).stream("any")
    return GenerationRule(1, 1, 1, 1, 0.0, 1.0, None, "inherited", 0.0, stream, stream, None, 0.0)


def one_weight(activation: str) -> Problem:
    """The loss of a genome (w,) is activation(w)^2."""
    one, target = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    return Problem((1, 1), "identity", activation, False, "mse", one, target)


def two_weights() -> Problem:
    """The loss of a genome (v, w) is log(exp(v) + exp(w)) - v."""
    return Problem(
        (1, 2), "identity", "identity", False, "cross_entropy",
        np.ones((1, 1), np.float32), np.zeros(1, np.int32),
    )  # fmt: skip


@pytest.mark.skipif(not native.libraries(), reason="no kernels were compiled")
@pytest.mark.parametrize("activation", functions.ACTIVATIONS)
def test_c_gives_the_same_bits(activation: str) -> None:
    problem, law = one_weight(activation), any_law()
    special = np.array([0, np.inf, -np.inf, np.nan, 1e-45, 3e38], np.float32)
    for x in [special, *floats(1e-12, 1e10)]:
        wanted = ReferenceEvolution(problem, law).measure(x[:, None])
        for library in native.libraries():
            found = NativeEvolution(problem, law, library).measure(x[:, None])
            assert found.tobytes() == wanted.tobytes(), library.instruction_set


@pytest.mark.skipif(not native.libraries(), reason="no kernels were compiled")
def test_c_gives_the_same_bits_of_exp_and_log() -> None:
    problem, law = two_weights(), any_law()
    rng = np.random.default_rng(0)
    for x in floats(1e-2, 60):
        genomes = np.stack([x, rng.permutation(x)], axis=1)
        wanted = ReferenceEvolution(problem, law).measure(genomes)
        assert np.isfinite(wanted).all()
        for library in native.libraries():
            found = NativeEvolution(problem, law, library).measure(genomes)
            assert found.tobytes() == wanted.tobytes(), library.instruction_set


def test_cross_entropy_is_the_logarithm_of_a_share() -> None:
    rng = np.random.default_rng(0)
    genomes = rng.normal(0, 5, (200, 2)).astype(np.float32)
    v, w = genomes.astype(np.float64).T
    found = evolution(two_weights(), any_law()).measure(genomes)
    np.testing.assert_allclose(found, np.log1p(np.exp(w - v)), rtol=1e-5, atol=1e-6)
