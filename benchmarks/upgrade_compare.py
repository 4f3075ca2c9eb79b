# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What differs between two run directories, in words; files are read without Vynapse."""

import csv
import hashlib
import json
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from safetensors.numpy import load_file

SUMMARY: Final = (
    "loss", "metrics", "test", "test_per_class", "converged", "stop", "steps", "cost",
    "parameters", "network_sha256", "growth",
)  # fmt: skip
STAGE: Final = ("mode", "steps", "loss", "stop", "cost", "choices")
RENAMED: Final = "the same weights under other names"


def differences(old: Path, new: Path) -> list[str]:
    """One phrase for everything in which the run `new` is not the run `old`; times do not count."""
    found = []
    before, after = _summary(old), _summary(new)
    first, second = (weights(run / "best.safetensors") for run in (old, new))
    if first != second:
        renamed = sorted(first.values()) == sorted(second.values())
        found.append(RENAMED if renamed else "other weights")
    keys = before.keys() | after.keys()
    found += [
        f"{key}: {_short(after.get(key))} instead of {_short(before.get(key))}"
        for key in keys - ({"network_sha256"} if RENAMED in found else set())
        if before.get(key) != after.get(key)
    ]
    return sorted(found) + rows(old / "metrics.csv", new / "metrics.csv")


def weights(network: Path) -> dict[str, str]:
    """SHA-256 over type, shape and bytes of each tensor by name, whatever the header says."""
    return {
        name: hashlib.sha256(
            f"{tensor.dtype.name}:{tensor.shape};".encode() + tensor.tobytes()
        ).hexdigest()
        for name, tensor in load_file(network).items()
    }


_NO_ROW: dict[str, str] = {}


def rows(old: Path, new: Path) -> list[str]:
    """Where two `metrics.csv` first differ, but for `seconds` and the order of the columns.

    An empty cell counts as absent: a later version has columns that an older one does not know.
    """
    before, after = (
        [{name: cell for name, cell in row.items() if cell} for row in _read(run)]
        for run in (old, new)
    )
    for number, (one, other) in enumerate(zip_longest(before, after, fillvalue=_NO_ROW), 1):
        if one != other:
            names = sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))
            return [f"metrics.csv: row {number} of {len(before)} differs in {', '.join(names)}"]
    return []


def story(run: Path) -> str:
    """What a run came to: ways to compute, steps, restarts, what grew."""
    content = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    ways = [stage["choices"].get("path", stage["mode"]) for stage in content["stages"]]
    found = [" + ".join(ways), f"{content['steps']:,} steps"]
    restarts = float(_read(run / "metrics.csv")[-1].get("restarts") or 0)
    found += [f"{restarts:.0f} restarts"] if restarts else []
    counts = {k: n for k, n in content.get("growth", {}).items() if isinstance(n, int) and n}
    return ", ".join([*found, *(f"{count} {kind}" for kind, count in counts.items())])


def _read(metrics: Path) -> list[dict[str, str]]:
    with metrics.open(encoding="utf-8", newline="") as file:
        return [
            {name: cell for name, cell in row.items() if name != "seconds"}
            for row in csv.DictReader(file)
        ]


def _summary(run: Path) -> dict[str, Any]:
    """What counts in `summary.json`, flat: "cost.flops", "stages.0.stop"."""
    content = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    kept = {key: content.get(key) for key in SUMMARY}
    kept["stages"] = [{key: stage.get(key) for key in STAGE} for stage in content["stages"]]
    return {key: value for key, value in _flat(kept) if not key.endswith(".seconds")}


def _flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = {str(index): inner for index, inner in enumerate(value)}.items()
    else:
        return [(path, value)]
    return [leaf for key, inner in items for leaf in _flat(inner, f"{path}.{key}".lstrip("."))]


def _short(value: Any) -> str:
    return value[:8] if isinstance(value, str) and len(value) == 64 else str(value)
