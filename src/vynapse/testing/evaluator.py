# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of evaluators."""

from __future__ import annotations

import numpy as np

from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import Evaluator
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import Objective
from vynapse.testing.demand import demand


def check_evaluator(
    evaluator: Evaluator, objective: Objective[G], encoding: Encoding[G], genomes: G
) -> None:
    """An evaluator gives what the objective gives, in the order of the genomes.

    Args:
        evaluator: the evaluator.
        objective: what it measures by.
        encoding: what genomes mean.
        genomes: two genomes or more, of different losses.
    """
    wanted = objective.measure(encoding, genomes)
    measured = evaluator(objective, encoding, genomes)
    demand(isinstance(measured, Measured), f"Measured was wanted, got {type(measured).__name__}")
    demand(
        measured.losses.shape == (len(genomes),),
        f"one loss per genome was wanted, got {measured.losses.shape}",
    )
    _demand_equal(measured, wanted, "what was measured is not what the objective gives")
    demand(
        measured.cost == wanted.cost,
        f"the cost is {measured.cost}, measuring here costs {wanted.cost}",
    )
    order = np.arange(len(genomes))[::-1].copy()
    turned = evaluator(objective, encoding, encoding.select(genomes, order))
    _demand_equal(turned.select(order), wanted, "losses depend on the order of the genomes")


def _demand_equal(one: Measured, other: Measured, sentence: str) -> None:
    demand(np.array_equal(one.losses, other.losses, equal_nan=True), sentence)
    for name in ("objectives", "descriptors"):
        mine, theirs = getattr(one, name), getattr(other, name)
        known = mine is not None and theirs is not None
        same = np.array_equal(mine, theirs, equal_nan=True) if known else mine is theirs
        demand(bool(same), f"{sentence}: {name}")
