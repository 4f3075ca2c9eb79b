# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Epochs of tiny networks that grow: the same bits in C and in NumPy, and torch's gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vynapse.kernels import growth, native
from vynapse.kernels.reference import growth as reference
from vynapse.kernels.reference.growth import (
    ABSENT,
    APART,
    EXAMPLES,
    FOUND,
    INPUTS,
    OUTPUTS,
    RATES,
    SHAPE,
    TRAINED,
    VALIDATED,
    WEIGHTS,
    WITHIN,
    Records,
)
from vynapse.seeding import F32

LIBRARIES = native.libraries()
NAMES = [library.instruction_set for library in LIBRARIES]

World = tuple[Records, Records, Records, F32, F32, Records]


def world(count: int, seed: int, steps: int = 6) -> World:
    """Networks of all shapes, with bodies that are absent, apart and within."""
    rng = np.random.default_rng(seed)
    shapes, rates = np.zeros(count, SHAPE), np.zeros(count, RATES)
    shapes["inputs"] = rng.integers(1, 9, count)
    shapes["outputs"] = rng.integers(1, 5, count)
    shapes["width"] = rng.integers(1, 33, count)
    shapes["kept"] = np.where(rng.random(count) < 0.5, shapes["width"], (shapes["width"] + 1) // 2)
    shapes["inner"] = rng.integers(1, 17, (count, 2))
    shapes["mode"] = rng.integers(0, 3, (count, 2))
    shapes["live"] = (shapes["mode"] == APART) | (
        (shapes["mode"] == WITHIN) & (rng.random((count, 2)) < 0.5)
    )
    shapes["examples"] = 2 ** rng.integers(5, 10, count)
    shapes["stride"] = 2 * rng.integers(0, 200, count) + 1
    shapes["offset"] = rng.integers(0, 500, count)
    shapes["steps"], shapes["active"] = steps, 1
    rates["alpha"] = rng.random((count, 2))
    rates["rate"], rates["fall"] = 0.02, 0.004
    flat = np.zeros((count, 3, WEIGHTS.itemsize // 4), np.float32)
    flat[:, 0] = 0.5 * rng.standard_normal(flat[:, 0].shape)
    weights = flat.view(WEIGHTS)[..., 0]
    inputs = rng.standard_normal((count, EXAMPLES, INPUTS)).astype(np.float32)
    targets = rng.standard_normal((count, EXAMPLES, OUTPUTS)).astype(np.float32)
    found = np.zeros(count, FOUND)
    found["best"] = 1e9
    return shapes, rates, weights, inputs, targets, found


def copied(parts: World) -> World:
    return tuple(part.copy() for part in parts)  # type: ignore[return-value]


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_c_and_numpy_give_the_same_bits(library: native.Library, seed: int):
    ours = world(6, seed, 4)
    theirs = copied(ours)
    for _ in range(2):
        growth.epoch(*ours, library=library)
        reference.epoch(*theirs)
    for own, other in zip(ours, theirs, strict=True):
        assert own.tobytes() == other.tobytes()
    seen = growth.outputs(*ours[:4], library=library)
    assert seen.tobytes() == reference.outputs(*theirs[:4]).tobytes()


@pytest.mark.threads
@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_threads_change_no_bit(library: native.Library):
    one = world(12, 9)
    three = copied(one)
    growth.epoch(*one, library=library)
    growth.epoch(*three, library=library, threads=3)
    for own, other in zip(one, three, strict=True):
        assert own.tobytes() == other.tobytes()


def test_networks_at_rest_stay_as_they_are():
    parts = world(6, 5)
    parts[0]["active"] = [0, 1, 0, 1, 0, 0]
    before = copied(parts)
    growth.epoch(*parts)
    changed = (parts[2] != before[2]).any(axis=1)
    assert changed.tolist() == [False, True, False, True, False, False]


def torch_loss(
    parts: World, n: int, rows: np.ndarray, shares: dict[int, float], width: int | None = None
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Losses of examples and the leaves, by torch in float64."""
    shapes, _, weights, inputs, targets, _ = parts
    shape = shapes[n]
    width = int(shape["width"]) if width is None else width
    leaves = {
        name: torch.tensor(weights[n, 0][name].astype(np.float64), requires_grad=True)
        for name in ("in", "up", "down", "out")
    }
    ins, outs = int(shape["inputs"]), int(shape["outputs"])
    x = torch.tensor(inputs[n, rows, :ins].astype(np.float64))
    first = leaves["in"][:width]
    h = torch.tanh(x @ first[:, 1 : 1 + ins].T + first[:, 0])
    for slot, share in sorted(shares.items()):
        inner = int(shape["inner"][slot])
        up, down = leaves["up"][slot][:inner], leaves["down"][slot][:width, :inner]
        h = h + share * (torch.tanh(h @ up[:, 1 : 1 + width].T + up[:, 0]) @ down.T)
    last = leaves["out"][:outs]
    y = h @ last[:, 1 : 1 + width].T + last[:, 0]
    wanted = torch.tensor(targets[n, rows, :outs].astype(np.float64))
    return ((y - wanted) ** 2).mean(1), leaves


@pytest.mark.parametrize("seed", range(3))
def test_the_first_step_follows_torchs_gradient(seed: int):
    """The first step of Adam is the sign of the gradient; its square is the second moment."""
    parts = world(10, 20 + seed, steps=1)
    before = copied(parts)
    growth.epoch(*parts)
    for n in range(10):
        shape = before[0][n]
        rows = (int(shape["offset"]) + int(shape["stride"]) * np.arange(16)) % shape["examples"]
        modes, alpha = shape["mode"].tolist(), before[1][n]["alpha"]
        within = {s: float(alpha[s]) for s in (0, 1) if modes[s] == WITHIN}
        alone = {s: 1.0 for s in (0, 1) if modes[s] == APART}
        held = copied(before)
        if alone:  # the seeds learn first, in a pass of their own
            losses, leaves = torch_loss(held, n, rows, within | alone)
            losses.mean().backward()
            for slot in alone:
                for name in ("up", "down"):
                    grad = leaves[name].grad
                    assert grad is not None
                    moved = parts[2][n, 1][name][slot]
                    np.testing.assert_allclose(moved, grad[slot], rtol=2e-3, atol=2e-6)
        losses, leaves = torch_loss(held, n, rows, within)
        losses.mean().backward()
        assert parts[5][n]["training"] == pytest.approx(float(losses.mean().detach()), rel=1e-5)
        for name in ("in", "out"):
            grad = leaves[name].grad
            assert grad is not None
            np.testing.assert_allclose(parts[2][n, 1][name], grad, rtol=2e-3, atol=2e-6)
        for slot in within:
            grad = leaves["up"].grad
            assert grad is not None
            np.testing.assert_allclose(parts[2][n, 1]["up"][slot], grad[slot], rtol=2e-3, atol=2e-6)


def test_counterfactuals_are_paired_differences():
    parts = world(12, 31, steps=0)
    growth.epoch(*parts)
    rows = np.arange(TRAINED, TRAINED + VALIDATED)
    for n in range(12):
        shape, found = parts[0][n], parts[5][n]
        modes, alpha = shape["mode"].tolist(), parts[1][n]["alpha"]
        within = {s: float(alpha[s]) for s in (0, 1) if modes[s] == WITHIN}
        as_is = torch_loss(parts, n, rows, within)[0].detach()
        assert found["validation"] == pytest.approx(float(as_is.mean()), rel=1e-5)
        for slot in (0, 1):
            if not shape["live"][slot]:
                assert found["differences"][slot] == 0
                continue
            other = {s: share for s, share in within.items() if s != slot}
            if modes[slot] == APART:
                other[slot] = 1.0
            gap = torch_loss(parts, n, rows, other)[0].detach() - as_is
            gap = -gap if modes[slot] == APART else gap
            assert found["differences"][slot] == pytest.approx(float(gap.sum()), rel=1e-3, abs=1e-3)
            assert found["squares"][slot] == pytest.approx(float((gap**2).sum()), rel=1e-3)
        if shape["kept"] < shape["width"]:
            gap = torch_loss(parts, n, rows, within, int(shape["kept"]))[0].detach() - as_is
            assert found["differences"][2] == pytest.approx(float(gap.sum()), rel=1e-3, abs=1e-3)


def test_it_learns():
    parts = world(4, 3, steps=32)
    shapes, _, _, inputs, targets, found = parts
    shapes["inputs"], shapes["mode"], shapes["live"] = 3, ABSENT, 0
    shapes["width"] = shapes["kept"] = 16
    parts[1]["fall"] = 0
    targets[...] = np.tanh(inputs[..., :1] + inputs[..., 1:2])
    losses = []
    for _ in range(20):
        growth.epoch(*parts)
        losses.append(found["validation"].copy())
    assert (losses[-1] < 0.05 * losses[0]).all()
    assert (found["best"] <= losses[-1]).all()


def test_arrays_that_do_not_fit_are_refused():
    parts = world(3, 1)
    with pytest.raises(ValueError, match=r"targets: shape \(3, 896, 4\)"):
        growth.epoch(*parts[:4], parts[4][:2], parts[5])
