# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Boards of runs as metrics of Prometheus: names, units and labels by its conventions.

Every metric has the label `run`; what else is known of a run stands once, in `vynapse_run_info`.
Amounts that are never less than before end in `_total`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

Read = tuple[Mapping[str, Any], Mapping[str, float]]
"""Whose values, and the values."""

_LABELS: Final = ("run", "task", "mode", "seed", "version")
_HELP: Final[Mapping[str, str]] = {
    "loss": "Loss of the best network so far on the validation split.",
    "stage": "Index of the present stage, from 0.",
    "steps": "Steps, counted over all stages.",
    "run_seconds": "Time spent on steps, over all stages.",
    "forwards": "Examples run forward, times networks.",
    "backwards": "Examples run backward, times networks.",
    "flops": "Floating-point operations.",
    "env_steps": "Steps of environments.",
    "events": "Events of the run in this process.",
    "checkpoints": "Checkpoints that this process saved.",
    "warnings": "Warnings of the run in this process.",
    "run_finished": "1 once all stages are done, else 0.",
    "run_ended": "1 once no process works on the run any more, else 0.",
    "last_update_timestamp_seconds": "When the run last logged a step, since 1970.",
    "process_cpu_seconds": "CPU time of the process of the run.",
    "process_resident_memory_bytes": "Memory that the process of the run holds.",
}
COUNTERS: Final = frozenset(
    {
        *("steps", "run_seconds", "forwards", "backwards", "flops", "env_steps", "events"),
        *("checkpoints", "warnings", "process_cpu_seconds"),
    }
)
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def families(boards: Iterable[Read]) -> Iterator[Metric]:
    """The metrics of all boards, each family once."""
    info = InfoMetricFamily("vynapse_run", "What the run is.", labels=_LABELS)
    found: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for about, values in boards:
        words = {name: str(about.get(name, "")) for name in _LABELS}
        info.add_metric([words[name] for name in _LABELS], {})
        of_process = _of_process(about.get("pid"))
        for name, value in {**values, **of_process}.items():
            metric = found.get(name) or found.setdefault(name, _family(name))
            metric.add_metric([words["run"]], value)
    yield info
    yield from found.values()


def _family(name: str) -> CounterMetricFamily | GaugeMetricFamily:
    word = re.sub(r"[^a-zA-Z0-9_]", "_", name)
    about = _HELP.get(name, f"Column {name} of metrics.csv.")
    kind = CounterMetricFamily if name in COUNTERS else GaugeMetricFamily
    return kind(f"vynapse_{word}", about, labels=["run"])


def _of_process(pid: Any) -> dict[str, float]:
    """What the system knows of a process; nothing once it has ended, or where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return {}
    return {
        "process_cpu_seconds": (int(fields[11]) + int(fields[12])) / _TICKS,
        "process_resident_memory_bytes": float(int(fields[21]) * _PAGE),
    }
