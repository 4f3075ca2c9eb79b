# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Options that several commands share, and their translation to keys of a recipe."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from vynapse.errors import ConfigError
from vynapse.telemetry.log import Level, configure

if TYPE_CHECKING:
    from vynapse.experiment.overrides import Override


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Logging:
    """What is logged to standard error beside the progress.

    Attributes:
        log_level: the lowest level of messages to show.
        log_json: messages as JSON, one object a line.
    """

    log_level: Level = "warning"
    log_json: Annotated[bool, Parameter(show_default=False)] = False

    def apply(self) -> None:
        """Configure the "vynapse" loggers."""
        configure(self.log_level, self.log_json)


DryRun = Annotated[bool, Parameter(name="--dry-run", show_default=False)]

Json = Annotated[bool, Parameter(name="--json", show_default=False)]


def parse_budget(texts: Sequence[str]) -> dict[str, int | float]:
    """Limits by name from `["flops=1e9", "seconds=10,target=0.01"]`.

    Whole numbers become integers, since steps and counts are. Which names exist is for the recipe
    to say.

    Raises:
        ConfigError: not NAME=NUMBER.
    """
    limits: dict[str, int | float] = {}
    for part in ",".join(texts).split(",") if texts else ():
        name, _, text = part.strip().partition("=")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not name or not math.isfinite(value):
            raise ConfigError(f"--budget: NAME=NUMBER was wanted, e.g. flops=1e9, got {part!r}")
        limits[name] = int(value) if value.is_integer() else value
    return limits


def parse_network(text: str) -> Any:
    """The `network` key for `mlp:2,2,1`, `cnn:16,32`, `package.module:name` or a mapping in YAML.

    Numbers may stand behind any kind of network that has a short form.

    Raises:
        ConfigError: what stands behind the kind is not whole numbers, or it has no short form; or
            the text is no YAML.
    """
    from vynapse.experiment.reading import parse_text
    from vynapse.networks.structure import STRUCTURES, structure_class

    kind, colon, rest = text.partition(":")
    if colon and kind in STRUCTURES.names() and not rest.startswith(" "):
        if structure_class(kind, "--network").short is None:
            raise ConfigError(
                f"--network: keys of {kind} as a mapping were wanted, like {{{kind}: {{key: "
                f"value}}}}, got {text!r}"
            )
        if not re.fullmatch(r"\d+(,\d+)*", rest):
            raise ConfigError(f"--network: numbers like {kind}:16,32 were wanted, got {text!r}")
        return {kind: [int(width) for width in rest.split(",")]}
    if re.fullmatch(r"[\w.]+:[\w.]+", text):
        return {"factory": text}
    return parse_text(text, "--network")


def overrides(
    *,
    seed: int | None = None,
    device: str | None = None,
    threads: int | None = None,
    log_every: int | None = None,
    network: str | None = None,
    weights: Path | None = None,
    steps: int | None = None,
    budget: Sequence[str] = (),
    settings: Sequence[str] = (),
) -> list[Override]:
    """Keys and values for `load_recipe`; those of --set come last and win."""
    given = {
        "seed": seed,
        "device": device,
        "threads": threads,
        "log_every": log_every,
        "network": None if network is None else parse_network(network),
        "weights": None if weights is None else str(weights),
    }
    limits = parse_budget(budget)
    if steps is not None:
        limits["steps"] = steps
    keys: list[Override] = [(key, value) for key, value in given.items() if value is not None]
    keys += [(f"budget.{name}", value) for name, value in limits.items()]
    return [*keys, *settings]
