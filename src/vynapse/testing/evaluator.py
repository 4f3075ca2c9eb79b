# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of evaluators."""

from __future__ import annotations

import numpy as np

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluator import Evaluator, Objective
from vynapse.testing.demand import demand


def check_evaluator(
    evaluator: Evaluator, objective: Objective, encoding: Encoding, genomes: Array
) -> None:
    """An evaluator gives one loss per genome, each independent of the others."""
    losses = evaluator(objective, encoding, genomes)
    demand(losses.shape == (len(genomes),), f"one loss per genome was wanted, got {losses.shape}")
    turned = evaluator(objective, encoding, genomes[::-1].copy())
    demand(np.array_equal(turned[::-1], losses), "losses depend on the order of the genomes")
