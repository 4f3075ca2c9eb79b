# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of mode deap as tests write them: those of the strategy beside its name."""

from __future__ import annotations

from typing import Any

from vynapse.settings import validate
from vynapse.trainers.deap_settings import DeapSettings


def nested(keys: dict[str, Any]) -> dict[str, Any]:
    """The keys where they belong."""
    own = {key: value for key, value in keys.items() if key in DeapSettings.model_fields}
    name = own.pop("strategy", "mu+lambda")
    rest = {key: value for key, value in keys.items() if key not in DeapSettings.model_fields}
    return {**own, "strategy": {"kind": name, **rest}}


def deap_settings(**keys: Any) -> DeapSettings:
    """Settings of mode deap."""
    return validate(DeapSettings, nested(keys), "deap")
