# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run on a CSV file that is read in place takes little memory: 50 MB here, 2 GB as evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evidence import many

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "csv_memory.py"


@pytest.mark.skipif(sys.platform != "linux", reason="RssAnon is told by Linux alone")
def test_anonymous_memory_stays_below_300_mb(tmp_path: Path) -> None:
    size = many(sample=50, evidence=2000)
    words = [sys.executable, str(BENCHMARK), "--megabytes", str(size), "--folder", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["bytes"] >= size * 1e6
    assert 0 < found["over"] <= 300e6
