# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gaussian mutation and the adaptation of its step size."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vynapse.evolution import mutation
from vynapse.evolution.mutation import Mutation
from vynapse.seeding import Streams


@pytest.mark.parametrize("seed", range(3))
def test_self_adaptation_is_log_normal_with_a_floor(seed: int) -> None:
    normal = Streams(seed).stream("n").normal(20000)
    sigma = np.full(20000, np.float32(0.5))
    adapted = mutation.self_adapted(sigma, normal, parameters=8, minimum=0.0)
    logarithm = np.log(adapted / sigma)
    assert abs(logarithm.mean()) < 0.01
    assert logarithm.std() == pytest.approx(1 / np.sqrt(2 * 8), rel=0.03)
    floored = mutation.self_adapted(sigma, normal, parameters=8, minimum=0.5)
    assert floored.min() == np.float32(0.5)
    assert (floored == np.maximum(adapted, np.float32(0.5))).all()


def test_mutation_scales_each_individual_and_spares_what_is_not_chosen() -> None:
    genomes = np.full((3, 4), -0.0, np.float32)
    normal = Streams(1).stream("n").normal(4, 0, np.arange(3))
    sigma = np.array([0.5, 2.0, np.inf], np.float32)
    everywhere = mutation.gaussian(genomes[:2], sigma[:2], normal[:2])
    np.testing.assert_array_equal(everywhere, sigma[:2, None] * normal[:2])
    chosen = np.array([True, False, False, True])
    spared = mutation.gaussian(genomes, sigma, normal, chosen)
    assert np.signbit(spared[:, 1:3]).all(), "bits are kept, the sign of zero included"
    assert (spared[:, chosen] != 0).all()


def test_the_one_fifth_rule_stands_still_at_one_fifth() -> None:
    assert mutation.one_fifth(0.3, 0.2) == 0.3
    assert mutation.one_fifth(1.0, 1.0) == pytest.approx(math.exp(1 / 3))
    # one success makes good four failures
    assert mutation.one_fifth(1.0, 0.0) ** 4 == pytest.approx(math.exp(-1 / 3))


def test_only_the_one_fifth_rule_looks_at_success() -> None:
    sigmas, better = np.array([0.5, 0.25], np.float32), np.array([True, True])
    for kind in ("none", "decay", "self"):
        np.testing.assert_array_equal(Mutation(1.0, kind).after(sigmas, 0.5, better), sigmas)
    rule = Mutation(1.0, "one-fifth", sigma_min=0.45)
    raised = np.float32(0.5 * math.exp(1 / 3))
    np.testing.assert_array_equal(rule.after(sigmas, 0.5, better), [raised, raised])
    lowered = np.float32(0.5 * math.exp(-1 / 12))
    np.testing.assert_array_equal(rule.after(sigmas, 0.5, ~better), [lowered, lowered])
    np.testing.assert_array_equal(rule.after(sigmas, 0.46, ~better), [np.float32(0.45)] * 2)
    np.testing.assert_array_equal(rule.after(sigmas, 0.5, better[:0]), sigmas)
