# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The loss of labels: against torch, and as losses have to be."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vynapse.tasks.losses.binary import BinaryCrossEntropy
from vynapse.testing import check_loss

LOSS = BinaryCrossEntropy()
LABELS = np.random.default_rng(0).integers(0, 2, (7, 3)).astype(np.float32)


def test_it_keeps_the_promises_of_a_loss() -> None:
    check_loss(LOSS, LABELS, 3)


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e4])
def test_it_is_what_torch_has_with_logits(scale: float) -> None:
    output = (np.random.default_rng(1).normal(size=(4, 7, 3)) * scale).astype(np.float32)
    wanted = [
        torch.nn.functional.binary_cross_entropy_with_logits(
            torch.tensor(one, dtype=torch.float64), torch.tensor(LABELS, dtype=torch.float64)
        )
        for one in output
    ]
    np.testing.assert_allclose(LOSS.array(output, LABELS), np.array(wanted), rtol=1e-5)


def test_the_slope_is_right_at_0_where_networks_begin() -> None:
    output = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    LOSS.tensor(output, torch.tensor([[0.0], [1.0]], dtype=torch.float64)).backward()
    assert output.grad is not None
    assert output.grad.ravel().tolist() == [0.25, -0.25]


def test_probabilities_and_labels() -> None:
    output = np.array([[0.0, 800.0, -800.0], [np.log(3.0), -1.0, 1.0]], np.float32)
    assert LOSS.probabilities(output)[0].tolist() == [0.5, 1.0, 0.0]
    assert LOSS.probabilities(output)[1, 0] == pytest.approx(0.75)
    assert LOSS.predicted(output).tolist() == [[0, 1, 0], [1, 0, 1]]


def test_other_targets_are_named() -> None:
    assert LOSS.misfit(LABELS, 3) is None
    assert LOSS.misfit(np.full((2, 3), 3, np.float32), 3) == "targets of 0 and 1 were wanted, got 3"
    assert "float32 and shape (2, 3)" in (LOSS.misfit(np.zeros((2, 2), np.float32), 3) or "")
