# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Presets of mode hybrid: spirals are told apart, where evolution and one layer of sgd are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evidence import many
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session


def summary(task: str, mode: str, seed: int, out: Path, *keys: str) -> dict[str, Any]:
    return Session.create(load_recipe(task, mode, seed=seed, overrides=list(keys)), out).run()


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_spirals_are_told_apart_within_thirty_generations(seed: int, tmp_path: Path) -> None:
    learnt = summary("spirals", "hybrid", seed, tmp_path / "hybrid", "budget={steps: 30}")
    assert learnt["metrics"]["accuracy"] >= 0.85
    assert learnt["hidden_nodes"] >= 32
    keys = "refine=null", "budget={steps: 200}"
    alone = summary("spirals", "hybrid", seed, tmp_path / "alone", *keys)
    assert alone["metrics"]["accuracy"] < learnt["metrics"]["accuracy"] - 0.1


def test_digits_are_learnt_by_a_sparse_network(tmp_path: Path) -> None:
    learnt = summary("digits", "hybrid", 0, tmp_path / "run", "budget={steps: 20}")
    assert learnt["metrics"]["accuracy"] >= 0.9
    assert learnt["connections"] <= 800
