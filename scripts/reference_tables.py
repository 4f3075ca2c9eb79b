# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Write the tables of the documentation that repeat what the code knows.

    <!-- table: keys modes sgd -->
    …
    <!-- end of table -->

What stands between the two marks is written by this script. The first says which table is wanted:
`kinds GROUP`, `keys GROUP`, `keys GROUP NAME`, `keys run`, `keys budget`, `keys checkpoint`,
`keys fitness`, `keys refine`, `keys refine.optimizer`, `keys sweep`, `keys sweep.search`,
`keys sweep.prune`, `tasks`, `modes`, `events`, `extras`, `extensions` or `growth-features`.

python scripts/reference_tables.py            write all tables
python scripts/reference_tables.py --check    exit 1 if one is not up to date
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import vynapse.testing
from vynapse.catalogue import CATALOGUE
from vynapse.deploy.target import Target
from vynapse.esper.kasmina.blueprints import Blueprint
from vynapse.esper.simic.features import by_part as features_by_part
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.evolution.evaluators.kind import EvaluatorKind
from vynapse.evolution.strategies.kind import Strategy
from vynapse.experiment.recipe import BudgetSettings, CheckpointSettings, RunSettings
from vynapse.experiment.sweeps.settings import PruneSettings, SearchSettings, SweepSettings
from vynapse.imports import import_object
from vynapse.networks.structure import StructureKind
from vynapse.registry import Choice, Kind
from vynapse.settings import Settings
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.registry import LossKind
from vynapse.tasks.registry import TASKS
from vynapse.telemetry.events import KINDS
from vynapse.telemetry.sink import SinkKind
from vynapse.trainers.composite import FitnessKeys
from vynapse.trainers.mode import MODES, Mode
from vynapse.trainers.refine import RefineKeys, RefineOptimizer

ROOT: Final = Path(__file__).parent.parent
_BLOCK: Final = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end of table -->)", re.DOTALL)
_BOUNDS: Final = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
}
_MODELS: Final[Mapping[str, type[Settings]]] = {
    "run": RunSettings,
    "budget": BudgetSettings,
    "checkpoint": CheckpointSettings,
    "fitness": FitnessKeys,
    "refine": RefineKeys,
    "refine.optimizer": RefineOptimizer,
    "sweep": SweepSettings,
    "sweep.search": SearchSettings,
    "sweep.prune": PruneSettings,
}
_EXTENSIONS: Final[Mapping[str, tuple[type[Kind[Any]], str, str]]] = {
    "modes": (Mode, "the stage, settings", "check_mode"),
    "tasks": (TaskKind, "settings", "check_task"),
    "losses": (LossKind, "settings", "check_loss"),
    "structures": (StructureKind, "settings: the structure itself", "check_structure"),
    "strategies": (Strategy, "settings, the ground to grow on", "check_population"),
    "evaluators": (EvaluatorKind, "settings", "check_evaluator"),
    "controllers": (ControllerKind, "settings, random streams", "check_controller"),
    "blueprints": (Blueprint, "settings, the shape of features", "check_blueprint"),
    "exports": (Target, "settings", "check_export"),
    "sinks": (SinkKind, "settings, the run's directory", "check_sink"),
}
"""Group -> the class of its kinds, what one is built from, and what checks what was built."""


def table(wanted: str) -> str:
    """The table that a mark asks for, as Markdown.

    Raises:
        ValueError: there is no such table.
    """
    what, *rest = wanted.split()
    if what in _WHOLE and not rest:
        return _WHOLE[what]()
    if what == "kinds" and len(rest) == 1 and rest[0] in CATALOGUE:
        rows = ([f"`{name}`", line] for name, (_, line) in CATALOGUE[rest[0]].items())
        return _markdown([rest[0].removesuffix("s"), "what it is"], rows)
    if what == "keys" and len(rest) == 1 and rest[0] in _MODELS:
        return keys(_MODELS[rest[0]])
    if what == "keys" and len(rest) == 2 and rest[1] in CATALOGUE.get(rest[0], ()):
        kind: Any = import_object(CATALOGUE[rest[0]][rest[1]][0], wanted)
        return keys(kind.settings)
    if what == "keys" and len(rest) == 1 and rest[0] in CATALOGUE:
        return keys_of_all(rest[0])
    raise ValueError(f"there is no table {wanted!r}")


def keys(model: type[Settings]) -> str:
    """A row for each key of a model: its default, what it means and its range."""
    rows = _key_rows(model)
    return _markdown(["key", "default", "meaning"], rows) if rows else "There are no keys.\n"


def keys_of_all(group: str) -> str:
    """A row for each key of the kinds of a group, and which of them have it in that meaning."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name, (target, _) in CATALOGUE[group].items():
        kind: Any = import_object(target, group)
        for row in _key_rows(kind.settings):
            found.setdefault(tuple(row), []).append(f"`{name}`")
    order = list(dict.fromkeys(key for key, *_ in found))
    rows = [
        [key, _among(names, [f"`{name}`" for name in CATALOGUE[group]]), *more]
        for (key, *more), names in sorted(found.items(), key=lambda item: order.index(item[0][0]))
    ]
    return _markdown(["key", "of", "default", "meaning"], rows)


def _among(names: list[str], every: list[str]) -> str:
    others = [name for name in every if name not in names]
    if not others:
        return "all"
    return ", ".join(names) if len(names) <= len(others) else f"all but {', '.join(others)}"


def _key_rows(model: type[Settings]) -> list[list[str]]:
    rows = []
    schema = model.model_json_schema()
    required = schema.get("required", ())
    for name, about in schema.get("properties", {}).items():
        forms = [about, *(form for form in about.get("anyOf", ()) if form.get("type") != "null")]
        merged: dict[str, Any] = {}
        for form in reversed(forms):
            merged |= form
        bounds = [
            f"{sign} {'2^64' if merged[key] == 2**64 else merged[key]}"
            for key, sign in _BOUNDS.items()
            if key in merged
        ]
        if (choices := merged.get("enum")) is not None:
            bounds.append(", ".join(f"`{choice}`" for choice in choices))
        field = model.model_fields[name]
        default = (
            "required"
            if name in required
            else f"`{_shown(field.get_default(call_default_factory=True))}`"
        )
        text = (field.description or "").strip()
        rows.append([f"`{name}`", default, text + (f" ({'; '.join(bounds)})" if bounds else "")])
    return rows


def _shown(default: Any) -> str:
    if isinstance(default, Settings):
        return "its own keys"
    if isinstance(default, Choice):
        name: str = default.kind.name
        return name
    if isinstance(default, str):
        return default
    return json.dumps(default, default=str)


def _tasks() -> str:
    rows = []
    for name in TASKS.names():
        kind = TASKS.get(name)
        network = "one hidden layer of 16" if kind.network is None else _network(kind.network)
        others = {m: MODES.get(m).networks.get(name) for m in MODES.names()}
        networks = [network, *(f"{m}: {_network(n)}" for m, n in others.items() if n is not None)]
        budget = ", ".join(f"{key} {value:g}" for key, value in kind.comparison.items())
        rows.append([f"`{name}`", kind.summary, "; ".join(networks), budget])
    return _markdown(["task", "what it is", "default network", "budget of `compare`"], rows)


def _network(key: Mapping[str, Any]) -> str:
    return f"`{json.dumps(dict(key))}`"


def _modes() -> str:
    rows = []
    for name in MODES.names():
        mode = MODES.get(name)
        limits = ", ".join(f"`{limit}`" for limit in mode.limits())
        rows.append([f"`{name}`", mode.summary, " or ".join(mode.accepts), limits])
    return _markdown(["mode", "what it does", "a task with", "limits of its budget"], rows)


def _events() -> str:
    rows = [[f"`{kind}`", "every run", text] for kind, text in KINDS.items()]
    for name in MODES.names():
        rows += [[f"`{kind}`", f"`{name}`", text] for kind, text in MODES.get(name).events.items()]
    return _markdown(["kind", "of", "what it says"], rows)


def _extras() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    rows = [
        [f"`{extra}`", ", ".join(f"`{_package(p)}`" for p in packages)]
        for extra, packages in project["optional-dependencies"].items()
    ]
    return _markdown(["extra", "packages"], rows)


def _extensions() -> str:
    rows = []
    for group in CATALOGUE:
        kind, made_from, checker = _EXTENSIONS[group]
        if checker not in vynapse.testing.__all__:
            raise ValueError(f"vynapse.testing has no {checker}")
        place = f"{kind.__module__}.{kind.__name__}"
        rows.append([f"`vynapse.{group}`", f"`{place}`", made_from, f"`{checker}`"])
    return _markdown(["entry-point group", "class of the kind", "built from", "checker"], rows)


def _package(requirement: str) -> str:
    return re.split(r"[<>=!;~ ]", requirement, maxsplit=1)[0]


def _growth_features() -> str:
    """What a policy sees of a growing network."""
    rows = [[part, ", ".join(names)] for part, names in features_by_part().items()]
    return _markdown(["part", "features"], rows)


_WHOLE: Final[Mapping[str, Callable[[], str]]] = {
    "tasks": _tasks,
    "modes": _modes,
    "events": _events,
    "extras": _extras,
    "extensions": _extensions,
    "growth-features": _growth_features,
}


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def filled(text: str) -> str:
    """A page with every table between its marks written anew."""
    return _BLOCK.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", text)


def main() -> int:
    """Write or check the pages."""
    old = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (wanted := filled(text)) != text:
            old.append(page.name)
            if "--check" not in sys.argv[1:]:
                page.write_text(wanted, encoding="utf-8")
    if old and "--check" in sys.argv[1:]:
        sys.stderr.write(
            f"not up to date: {', '.join(old)}: run python scripts/reference_tables.py\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
