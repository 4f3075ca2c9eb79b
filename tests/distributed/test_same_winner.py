# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The winner and every row are the same wherever genomes are measured, and by however many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.distributed.test_grpc import served
from tests.evidence import EVIDENCE
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

MODES = {"deap": ["strategy=snes"], "neat": [], "hybrid": ["refine.steps=3"]}


def bytes_of(mode: str, evaluator: str, folder: Path) -> Any:
    """The hash of the winner, and all rows without their times."""
    overrides = [*MODES[mode], f"evaluator={evaluator}", "budget.steps=3"]
    run = Session.create(load_recipe("spirals", mode, overrides=overrides), folder).run()
    rows = (folder / "metrics.csv").read_text().splitlines()
    return run["network_sha256"], [row.rpartition(",")[0] for row in rows]


@pytest.mark.parametrize("mode", MODES)
def test_workers_over_grpc_change_no_byte(mode: str, tmp_path: Path) -> None:
    """Two that are threads here; as evidence 1 to 32 processes."""
    wanted = bytes_of(mode, "inline", tmp_path / "inline")
    with served() as one, served() as other:
        named = f"{{kind: grpc, workers: ['{one}', '{other}']}}"
        assert bytes_of(mode, named, tmp_path / "there") == wanted
    assert (tmp_path / "there" / "cluster.jsonl").exists()
    for count in (1, 2, 8, 32) if EVIDENCE else ():
        folder = tmp_path / str(count)
        assert bytes_of(mode, f"{{kind: grpc, count: {count}}}", folder) == wanted
