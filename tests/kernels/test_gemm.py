# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.kernels import native
from vynapse.kernels.gemm import gemm
from vynapse.kernels.reference import gemm as reference
from vynapse.seeding import F32

LIBRARIES = native.libraries()
SIZES = st.integers(0, 70)
FACTORS = st.sampled_from([0.0, 1.0, -1.0, 0.3, 1e-30])


def matrix(rows: int, columns: int, seed: int) -> F32:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


@settings(max_examples=many(sample=37, evidence=300), derandomize=True, deadline=None)
@given(m=SIZES, n=SIZES, k=SIZES, alpha=FACTORS, beta=FACTORS, seed=st.integers(0, 2**32))
def test_c_and_numpy_agree_bit_for_bit(
    m: int, n: int, k: int, alpha: float, beta: float, seed: int
) -> None:
    a, b, c = matrix(m, k, seed), matrix(k, n, seed + 1), matrix(m, n, seed + 2)
    wanted = reference.gemm(a, b, c, np.float32(alpha), np.float32(beta))
    for library in LIBRARIES:
        result = gemm(a, b, c, alpha, beta, library=library)
        assert result.tobytes() == wanted.tobytes(), library.instruction_set


@pytest.mark.parametrize("k", [511, 512, 513, 1025])
def test_sums_do_not_depend_on_blocks(k: int) -> None:
    """One accumulator in rising k, however many blocks that takes."""
    a, b = matrix(9, k, 0), matrix(k, 49, 1)
    wanted = reference.gemm(a, b, None, np.float32(1), np.float32(0))
    for library in LIBRARIES:
        assert gemm(a, b, library=library).tobytes() == wanted.tobytes()


@settings(max_examples=many(sample=15, evidence=120), derandomize=True, deadline=None)
@given(m=st.integers(1, 40), n=st.integers(2, 60), k=SIZES, row=st.integers(0, 39), cut=st.data())
def test_an_element_depends_on_its_row_and_column_alone(
    m: int, n: int, k: int, row: int, cut: st.DataObject
) -> None:
    a, b = matrix(m, k, 3), matrix(k, n, 4)
    whole = gemm(a, b)
    row %= m
    at = cut.draw(st.integers(1, n - 1))
    assert gemm(a[row : row + 1], b)[0].tobytes() == whole[row].tobytes()
    parts = gemm(a, b[:, :at]), gemm(a, b[:, at:])
    assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()


@settings(max_examples=many(sample=15, evidence=120), derandomize=True, deadline=None)
@given(alpha=FACTORS, beta=FACTORS, seed=st.integers(0, 2**32))
def test_alpha_and_beta_are_factors_of_the_plain_product(
    alpha: float, beta: float, seed: int
) -> None:
    a, b, c = matrix(7, 11, seed), matrix(11, 19, seed + 1), matrix(7, 19, seed + 2)
    before = c.copy()
    plain = gemm(a, b)
    wanted = np.float32(alpha) * plain
    if beta != 0:
        wanted = wanted + np.float32(beta) * c
    assert gemm(a, b, c, alpha, beta).tobytes() == wanted.tobytes()
    assert c.tobytes() == before.tobytes()
    np.testing.assert_allclose(plain, a.astype(np.float64) @ b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("library", [None, *LIBRARIES], ids=str)
def test_c_is_not_read_where_beta_is_zero(library: native.Library | None) -> None:
    a, b, c = matrix(5, 6, 0), matrix(6, 7, 1), np.full((5, 7), np.nan, np.float32)
    assert np.isfinite(gemm(a, b, c, 2.0, 0.0, library=library)).all()


def test_matrices_may_lie_in_memory_as_they_like() -> None:
    a, b, c = matrix(6, 8, 0), matrix(9, 6, 1), matrix(9, 8, 2)
    one, other, third = (np.ascontiguousarray(array) for array in (a.T, b.T, c.T))
    tidy = gemm(one, other, third, 1.5, 0.5)
    assert gemm(a.T, b.T, c.T, 1.5, 0.5).tobytes() == tidy.tobytes()


WRONG: list[tuple[list[Any], dict[str, Any], str]] = [
    ([matrix(2, 3, 0), matrix(4, 2, 0)], {}, "gemm: the columns of a must be as many"),
    ([np.zeros(3, np.float32), matrix(3, 2, 0)], {}, "gemm: a must be a float32 matrix"),
    ([np.zeros((2, 3)), matrix(3, 2, 0)], {}, "gemm: a must be a float32 matrix, got float64"),
    ([matrix(2, 3, 0), np.zeros((3, 2), np.int32)], {}, "gemm: b must be a float32 matrix"),
    ([matrix(2, 3, 0), matrix(3, 2, 0), matrix(2, 3, 0)], {"beta": 1.0}, "gemm: c must have the"),
    ([matrix(2, 3, 0), matrix(3, 2, 0)], {"beta": 1.0}, "gemm: beta = 1.0 needs a matrix c"),
    (
        [np.empty((2**40, 0), np.float32), np.empty((0, 2**40), np.float32)],
        {},
        "has more bytes than can be addressed",
    ),
]


@pytest.mark.parametrize(("arrays", "keys", "sentence"), WRONG)
def test_what_does_not_fit_is_refused(
    arrays: list[Any], keys: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        gemm(*arrays, **keys)
