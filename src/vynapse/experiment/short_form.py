# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The short form of a recipe of one stage: its mode and that mode's keys stand at the top.

task: xor
mode: deap
seed: 1
budget: {steps: 100}
sigma: 0.3
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vynapse.experiment.overrides import TOP
from vynapse.experiment.problems import Problems


def written_out(raw: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The content of a recipe file with its only stage under `stages`; any other as it is."""
    if "mode" not in raw:
        return dict(raw)
    if raw.get("stages"):
        problems.add("mode: it stands for a single stage, and the recipe has stages: leave one out")
        return {key: value for key, value in raw.items() if key != "mode"}
    stage = {key: value for key, value in raw.items() if key not in TOP}
    return {**{key: raw[key] for key in raw if key in TOP}, "stages": [stage]}
