# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Repeated runs of a comparison: whether their bytes are the same, and how their times spread.

The first run of a seed is the one that counts; the others are kept beside it, and only compared.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Repeats:
    """What the repeated runs of an arm have shown.

    Attributes:
        count: runs of each seed.
        different: seeds whose runs differ in their bytes.
        spreads: interquartile range over median of the processor times of the runs of each seed.
    """

    count: int
    different: tuple[int, ...]
    spreads: tuple[float, ...]

    @property
    def same_bytes(self) -> bool:
        """Whether all runs of each seed have the same bytes."""
        return not self.different

    def json(self) -> dict[str, Any]:
        """What stands in table.json."""
        return {
            "count": self.count,
            "same_bytes": self.same_bytes,
            "different_seeds": list(self.different),
            "cpu_seconds_spread": list(self.spreads),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Repeats:
        """What `json` wrote."""
        return cls(
            int(content["count"]),
            tuple(content["different_seeds"]),
            tuple(map(float, content["cpu_seconds_spread"])),
        )


def repeats_of(
    seeds: Sequence[int], runs: Sequence[Sequence[tuple[Path, dict[str, Any]]]]
) -> Repeats:
    """What the runs of each seed have shown.

    Args:
        seeds: the seeds of the arm.
        runs: the directory and the summary of each run of each seed.
    """
    different, spreads = [], []
    for seed, same in zip(seeds, runs, strict=True):
        if len({fingerprint(path) for path, _ in same}) > 1:
            different.append(seed)
        times = [float(summary["cpu_seconds"]) for _, summary in same]
        low, median, high = np.quantile(times, (0.25, 0.5, 0.75)).tolist()
        spreads.append((high - low) / median if median > 0 else 0.0)
    return Repeats(len(runs[0]), tuple(different), tuple(spreads))


def fingerprint(run: Path) -> str:
    """SHA-256 of what must be the same in two runs: the network, and the metrics less times."""
    digest = hashlib.sha256((run / "best.safetensors").read_bytes())
    front = run / "front.safetensors"
    if front.exists():
        digest.update(front.read_bytes())
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            row.pop("seconds", None)
            digest.update(repr(sorted(row.items())).encode())
    return digest.hexdigest()
