# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Options that several commands share, and their translation to keys of a recipe."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter, Token

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
MOST_SEEDS: Final = 10_000
"""Runs that one command makes with one recipe."""

Json = Annotated[bool, Parameter(name="--json", show_default=False)]


def whole_number(_type: object, tokens: Sequence[Token]) -> int:
    """The whole number that an option was given; 1e6 is one, 1.5 and true are none.

    Raises:
        ConfigError: it is not one.
    """
    from vynapse.experiment.strict_yaml import NUMBER
    from vynapse.plain import DIGITS

    text, name = tokens[0].value.strip(), tokens[0].keyword or "the option"
    if NUMBER.fullmatch(text) and len(text) <= DIGITS:
        if text.lstrip("+-").isdecimal():
            return int(text)
        value = float(text)
        if value.is_integer():
            return int(value)
    raise ConfigError(f"{name}: a whole number was wanted, got {text[:99]!r}")


Whole = Annotated[int, Parameter(converter=whole_number)]
"""An option that takes a whole number."""


def run_named(_type: object, tokens: Sequence[Token]) -> Path:
    """The directory of the run that a word names: a path, run:PATH, or last.

    Raises:
        ConfigError: there is no such run.
    """
    from vynapse.experiment.named_runs import named

    return Path(named(tokens[0].value, tokens[0].keyword or "RUN"))


Run = Annotated[Path, Parameter(converter=run_named)]
"""An argument that names a run."""


def refuse_too_many(seeds: int, option: str) -> None:
    """Refuse a number of runs that no command makes.

    Raises:
        ConfigError: it is below 1 or above `MOST_SEEDS`.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise ConfigError(
            f"{option}: a number from 1 on, at most {MOST_SEEDS:,}, was wanted, got {seeds}"
        )


def words_of(text: str | None, option: str) -> list[str] | None:
    """The words of a text with commas between them; None for no text.

    Raises:
        ConfigError: there is no word, or one is empty.
    """
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ConfigError(f"{option}: names with commas between them were wanted, got {text!r}")
    return words


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
        value = _number(text.strip())
        if not name or value is None:
            raise ConfigError(
                f"--budget: NAME=NUMBER was wanted, e.g. flops=1e9, got {part[:99]!r}"
            )
        if limits.get(name, value) != value:
            raise ConfigError(
                f"--budget: each limit once was wanted, got {name}={limits[name]} and {part}"
            )
        limits[name] = value
    return limits


def _number(text: str) -> int | float | None:
    """The finite number that a text plainly is; a whole one as an integer."""
    from vynapse.experiment.strict_yaml import NUMBER
    from vynapse.plain import DIGITS

    if len(text) > DIGITS or not NUMBER.fullmatch(text) or text[-1:] in "fFnN":
        return None
    if text.lstrip("+-").isdecimal():
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def parse_network(text: str) -> Any:
    """The `network` key for `mlp:2,2,1`, `cnn:16,32`, `package.module:name` or a mapping in YAML.

    Numbers may stand behind any kind of network that has a short form.

    Raises:
        ConfigError: what stands behind the kind is not whole numbers, or it has no short form; or
            the text is no YAML.
    """
    from vynapse.experiment.named_runs import means_a_run
    from vynapse.experiment.reading import text_value
    from vynapse.networks.structure import STRUCTURES, structure_class

    if not text.strip():
        raise ConfigError("--network: a network such as mlp:2,2,1 was wanted, got an empty text")
    if means_a_run(text):
        return text
    kind, colon, rest = text.partition(":")
    if colon and kind in STRUCTURES.names() and not rest.startswith(" "):
        if structure_class(kind, "--network").short is None:
            raise ConfigError(
                f"--network: keys of {kind} as a mapping were wanted, like {{{kind}: {{key: "
                f"value}}}}, got {text!r}"
            )
        if not re.fullmatch(r"\d+(,\d+)*", rest):
            raise ConfigError(f"--network: numbers like {kind}:16,32 were wanted, got {text!r}")
        widths = rest.split(",")
        if max(map(len, widths)) > 18:
            raise ConfigError(
                f"--network: widths of at most 18 digits were wanted, got {text[:99]}"
            )
        return {kind: [int(width) for width in widths]}
    if re.fullmatch(r"[\w.]+:[\w.]+", text):
        return {"factory": text}
    if re.match(r"\w+: ", text):
        text = f"{{{text}}}"
    return text_value(text, "--network")


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
    slots: str | None = None,
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
    if slots is not None:
        keys.append(("slots", words_of(slots, "--slots")))
    keys += [(f"budget.{name}", value) for name, value in limits.items()]
    return [*keys, *settings]
