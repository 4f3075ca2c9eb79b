# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of sweeps search: recipes that run in milliseconds, and known surfaces."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = "tests.experiment.sweeps.surfaces"


def bowl(x: npt.NDArray[np.float64]) -> float:
    return float(x @ x)


def narrow(x: npt.NDArray[np.float64]) -> float:
    """A function that some of its points have no value of."""
    if x[0] > 1e6:
        raise ValueError("too far")
    return float(x @ x)


RECIPE: dict[str, Any] = {
    "task": {"name": "function", "path": f"{HERE}:bowl", "size": 3, "start": 2.0},
    "mode": "deap",
    "budget": {"steps": 8, "target": None},
}

SPACE: dict[str, Any] = {
    "strategy.sigma": {"low": 0.001, "high": 1.0, "log": True},
    "strategy.mu": {"low": 2, "high": 9, "int": True},
    "strategy.selection": ["tournament", "rank"],
    "strategy.tournament_size": {"values": [2, 3], "when": {"strategy.selection": "tournament"}},
}

GRID: dict[str, Any] = {
    "strategy.sigma": {"low": 0.001, "high": 1.0, "log": True, "count": 3},
    "strategy.mu": [2, 5],
}


def content(kind: str, **more: Any) -> dict[str, Any]:
    """A sweep file."""
    search = {"kind": kind, "space": GRID if kind == "grid" else SPACE, **more.pop("search", {})}
    if kind != "grid":
        search.setdefault("trials", 6)
    return {"recipe": RECIPE, "search": search, "seeds": [0, 1], **more}


def same(folder: Path) -> dict[str, Any]:
    """What must be the same of two sweeps: all but times, memory and where they lie."""
    rows = list(csv.DictReader((folder / "sweep.csv").read_text().splitlines()))
    for row in rows:
        row.pop("seconds")
    held = json.loads((folder / "sweep.json").read_text())
    held["spent"].pop("seconds", None)
    best = [
        line
        for line in (folder / "best.yaml").read_text().splitlines()
        if "data.safetensors" not in line
    ]
    return {"rows": rows, "result": held, "best": best}


def surface(point: Mapping[str, Any]) -> float:
    """A known loss: lowest at a rate of 0.01, 40 units, relu and a momentum of 0.8."""
    rate, width = math.log10(point["learning_rate"]) + 2, (point["width"] - 40) / 64
    hidden = {"relu": 0.0, "tanh": 0.15, "sigmoid": 0.4}[point["hidden"]]
    momentum = point["momentum"] - 0.8
    return float(rate * rate / 2 + 2 * width * width + hidden + momentum * momentum)


SURFACE: dict[str, Any] = {
    "learning_rate": {"low": 1e-5, "high": 1.0, "log": True},
    "width": {"low": 1, "high": 128, "int": True},
    "hidden": ["relu", "tanh", "sigmoid"],
    "momentum": {"low": 0, "high": 0.99},
}
