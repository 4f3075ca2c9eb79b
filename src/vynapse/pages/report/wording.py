# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Numbers and results in the words of a report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from vynapse.core import NOTHING_FINITE
from vynapse.pages import figures

_SHARES: Final = (
    "accuracy", "balanced_accuracy", "exact_match", "label_accuracy", "terminated"
)  # fmt: skip
_JUDGED: Final = (
    "accuracy", "balanced_accuracy", "exact_match", "f1", "auc", "mae", "r2", "return", "return_min"
)  # fmt: skip
_PREFIXES: Final = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_COSTS: Final[Mapping[str, str]] = {
    "forwards": "forward passes",
    "backwards": "backward passes",
    "env_steps": "steps of the environment",
}
_NAMES: Final[Mapping[str, str]] = {
    "mae": "mean absolute error",
    "r2": "R²",
    "f1": "F1",
    "auc": "AUC",
    "exact_match": "rows with all labels right",
    "return_min": "lowest return",
    "episode_steps": "steps of an episode",
    "terminated": "episodes that ended by themselves",
    "cross_entropy": "cross-entropy",
    "mse": "mean squared error",
}
_ENDS: Final[Mapping[str, str]] = {
    "target": "the best network had reached the target",
    NOTHING_FINITE: "no network of a generation had a finite loss",
    "patience": "the loss had not improved for as long as its patience allows",
}


def number(value: float | int | None) -> str:
    """Four significant digits, whole numbers in full; a dash for what is not known."""
    if value is None:
        return "–"
    whole = isinstance(value, int) or (1 <= abs(value) < 1e7 and value == round(value))
    return f"{value:,.0f}" if whole else figures.number(value)


def measured(name: str, value: float) -> str:
    """A metric: shares in per cent, others as numbers."""
    return f"{100 * value:.4g} %" if name in _SHARES else number(value)


def called(name: str) -> str:
    """A metric or a loss by the name that people use."""
    return _NAMES.get(name, name.replace("_", " "))


def amount(value: float, unit: str) -> str:
    """Three digits and a prefix, as 1.2 GFLOP."""
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}"


def duration(seconds: float | None) -> str:
    """`0.42 s`, `12.3 s`, `1:05 min` or `1:02:03 h`; a dash for what is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(math.ceil(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d} h"


def cost_words(cost: Mapping[str, float]) -> list[str]:
    """What was spent, each as a number with its unit."""
    words = [amount(cost["flops"], "FLOP")] if "flops" in cost else []
    return words + [f"{number(cost[name])} {text}" for name, text in _COSTS.items() if name in cost]


def end_words(stop: str) -> str:
    """Why a stage ended, as the end of a sentence behind "because"."""
    known = stop in ("steps", "epochs", "flops", "forwards", "backwards", "seconds", "env_steps")
    limit = f"its budget of {stop.replace('_', ' ')} was spent" if known else f"of {stop}"
    return _ENDS.get(stop, limit)


def metrics_words(values: Mapping[str, float]) -> list[str]:
    """The metrics by which people judge, each with its name."""
    return [
        f"{called(name)} {measured(name, values[name])}"
        for name in _JUDGED
        if values.get(name) is not None
    ]


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def figures_of(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The most important numbers of a run by name."""
    found: list[tuple[str, str]] = []
    metrics, test = summary.get("metrics") or {}, summary.get("test") or {}
    if "return" in summary:
        found.append(("validation return", number(summary["return"])))
    elif isinstance(summary.get("loss"), (int, float)):
        found.append(("validation loss", number(float(summary["loss"]))))
    for name in ("accuracy", "exact_match", "mae"):
        if metrics.get(name) is not None:
            found.append((f"validation {called(name)}", measured(name, metrics[name])))
    for name in ("accuracy", "exact_match", "mae", "return"):
        if test.get(name) is not None:
            found.append((f"test {called(name)}", measured(name, test[name])))
    steps = summary.get("steps", summary.get("step"))
    found += [("steps", number(steps))] if steps is not None else []
    found += [("time", duration(summary["seconds"]))] if "seconds" in summary else []
    if "parameters" in summary:
        found.append(("parameters", number(summary["parameters"])))
    if "flops" in summary.get("cost", {}):
        found.append(("operations", amount(summary["cost"]["flops"], "FLOP")))
    return found
