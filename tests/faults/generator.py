# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bad inputs, made from the schemas of all settings and from the table of commands.

A new kind, key or command is met by the generator without an edit here: models come from the
registries, their keys and ranges from their JSON schemas, commands from `vynapse.cli.commands`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.case import DEEP, LONG, Case
from tests.faults.commands import of_commands
from tests.faults.finished import of_neat_python, of_runs
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.evolution.evaluators.kind import EVALUATORS
from vynapse.evolution.strategies.kind import STRATEGIES
from vynapse.experiment.recipe import (
    BudgetSettings,
    CheckpointSettings,
    RunSettings,
    TelemetrySettings,
)
from vynapse.networks.structure import STRUCTURES, structure_class
from vynapse.registry import Registry
from vynapse.settings import Settings
from vynapse.tasks.losses.registry import LOSSES
from vynapse.tasks.registry import TASKS
from vynapse.telemetry.sink import SINKS
from vynapse.trainers.mode import MODES

Schema = Mapping[str, Any]

DATA: Final = "size,kind\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(20))


@dataclass(frozen=True, slots=True)
class Place:
    """A settings model and where its keys stand in a recipe that is right without them."""

    key: str
    model: type[Settings]
    recipe: Mapping[str, Any]


def cases() -> Iterator[Case]:
    """All of them, always in the same order."""
    for place in places():
        yield from _of_values(place)
        yield from _of_keys(place)
    yield from _of_files()
    yield from of_commands()
    yield from of_runs()
    yield from of_neat_python()


def places() -> Iterator[Place]:
    """Every settings model that a recipe may hold."""
    plain = _recipe("xor", "sgd")
    yield Place("", RunSettings, plain)
    yield Place("checkpoint", CheckpointSettings, plain)
    yield Place("telemetry", TelemetrySettings, plain)
    yield Place("stages.0.budget", BudgetSettings, plain)
    for name in TASKS.names():
        recipe = _recipe(name, _mode_for(name), **_GIVEN.get(name, {}))
        yield Place("task", TASKS.get(name).settings, recipe)
    for name in MODES.names():
        whole = Place("stages.0", MODES.get(name).settings, _for_mode(name))
        yield whole
        yield from _within(whole)
    for name in STRUCTURES.names():
        model = structure_class(name)
        yield Place(
            "network" if name == "factory" else f"network.{name}",
            model,
            {
                **(_recipe("xor", "neat") if name == "neat" else plain),
                "network": {name: "math:fsum" if name == "factory" else {}},
            },
        )
    for name in EVALUATED:
        yield from _chosen(EVALUATORS, "stages.0.evaluator", _for_mode(name))
    for registry, key, mode in (
        (STRATEGIES, "strategy", "deap"),
        (CONTROLLERS, "controller", "grow"),
    ):
        yield from _chosen(registry, f"stages.0.{key}", _recipe("xor", mode))
    yield from _chosen(LOSSES, "loss", _recipe("glyphs", "sgd"))
    yield from _chosen(SINKS, "telemetry.sinks.0", {**plain, "telemetry": {"sinks": [{}]}})


_FUNCTION: Final = {"path": "math:fsum", "size": 2}
_GIVEN: Final[dict[str, dict[str, Any]]] = {
    "arrays": {"file": "arrays.safetensors"},
    "csv": {"path": "data.csv", "target": "kind"},
    "function": _FUNCTION,
    "images": {"path": "pictures"},
}
"""Keys that a task cannot do without."""


def _within(place: Place) -> Iterator[Place]:
    """The models that are keys of a model."""
    for key, field_info in place.model.model_fields.items():
        found = field_info.annotation
        if isinstance(found, type) and issubclass(found, Settings):
            yield Place(f"{place.key}.{key}", found, place.recipe)


EVALUATED: Final = ("deap", "neat", "nsga2", "map-elites")
"""Modes that measure somewhere."""


def _mode_for(task: str) -> str:
    """A mode that the task can be used by."""
    if task == "function":
        return "deap"
    return "neat" if TASKS.get(task).episodes else "sgd"


def _for_mode(name: str) -> dict[str, Any]:
    if "examples" in MODES.get(name).accepts:
        return _recipe("xor", name)
    return _recipe("function", name, **_FUNCTION)


def _recipe(task: str, mode: str, **keys: Any) -> dict[str, Any]:
    stage = {"mode": mode, "budget": {"steps": 1}}
    return {"task": {"name": task, **keys}, "stages": [stage]}


def _chosen(registry: Registry[Any], key: str, recipe: Mapping[str, Any]) -> Iterator[Place]:
    for name in registry.names():
        yield Place(key, registry.get(name).settings, _with(recipe, f"{key}.kind", name))


def _with(recipe: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy of a recipe in which a dotted key has a value."""
    copy: dict[str, Any] = json.loads(json.dumps(recipe))
    tree: Any = copy
    *path, last = key.split(".")
    for part in path:
        tree = tree[int(part)] if isinstance(tree, list) else tree.setdefault(part, {})
    tree[last] = value
    return copy


# ------------------------------------------------------------------------------------- values


def _of_values(place: Place) -> Iterator[Case]:
    whole = place.model.model_json_schema()
    for key, schema in whole.get("properties", {}).items():
        if key == "kind" and place.key.startswith("network"):
            continue
        dotted = f"{place.key}.{key}" if place.key else key
        for number, (text, value) in enumerate(_values(schema)):
            if _fits(value, schema, whole.get("$defs", {})):
                continue
            name = f"{dotted} = {text[:40]}"
            if number % 2:
                words = ("--set", f"{dotted}={text}")
                yield Case(name, _run(*words), _files(place.recipe))
            else:
                yield Case(name, _run(), _files(place.recipe, dotted, text))


def _values(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Texts in YAML and the values that they stand for; some of them are right."""
    yield from (
        (".inf", math.inf),
        ("-.inf", -math.inf),
        (".nan", math.nan),
        ("1.5", 1.5),
        ("-1", -1),
        ("0", 0),
        ("-0.5", -0.5),
        ("true", True),
        ('"two"', "two"),
        ('"nan"', "nan"),
        ("yes", "yes"),
        ("010", "010"),
        ("1:30", "1:30"),
        ("[]", []),
        ("[a, b]", ["a", "b"]),
        ("{a: 1}", {"a": 1}),
        ("{a: 1, a: 2}", ...),
        ("[.inf]", [math.inf]),
        ("[true]", [True]),
        ("99999999999999999999999999", 10**26),
        ("9" * 400, ...),
        ("9" * 5000, ...),
        (DEEP, ...),
        ("2001-01-01", "2001-01-01"),
        ("&a [*a]", ...),
        ('""', ""),
        ("[[[1]]]", [[[1]]]),
    )
    for option in (schema, *schema.get("anyOf", ())):
        if "maximum" in option:
            yield str(option["maximum"] + 1), option["maximum"] + 1
        if "exclusiveMaximum" in option:
            yield str(option["exclusiveMaximum"]), option["exclusiveMaximum"]


def _fits(value: Any, schema: Schema, defs: Mapping[str, Schema]) -> bool:
    """Whether a value may be right: what this is not sure of may be."""
    if value is ...:
        return False
    if "$ref" in schema:
        return _fits(value, defs[schema["$ref"].rpartition("/")[2]], defs)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return any(_fits(value, option, defs) for option in schema[key])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    if isinstance(value, float) and not math.isfinite(value):
        return False
    kind = schema.get("type")
    if kind is None or kind == "string":
        # a name may be a whole number
        return isinstance(value, (str, int)) and not isinstance(value, bool)
    if kind == "array":
        items = schema.get("items", {})
        return isinstance(value, list) and all(_fits(item, items, defs) for item in value)
    if kind == "object":
        return isinstance(value, dict) and "additionalProperties" in schema
    if kind in {"integer", "number"}:
        return _is_number(value, kind) and _in_range(value, schema)
    kinds: dict[str, type] = {"boolean": bool, "null": type(None)}
    return isinstance(value, kinds[kind])


def _is_number(value: Any, kind: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return kind == "number" or (isinstance(value, int) and abs(value) < 2**64)


def _in_range(value: float, schema: Schema) -> bool:
    return bool(
        value >= schema.get("minimum", -math.inf)
        and value > schema.get("exclusiveMinimum", -math.inf)
        and value <= schema.get("maximum", math.inf)
        and value < schema.get("exclusiveMaximum", math.inf)
    )


# --------------------------------------------------------------------------------------- keys


def _of_keys(place: Place) -> Iterator[Case]:
    if place.model.model_config.get("extra") == "allow":
        return
    first = next(iter(place.model.model_fields), "key")
    for odd in (
        f"{first}x", first.replace("_", "-") + "-", "learning-rate", "", "a b", "0", "é", "kind.x",
        "__class__", "lr", "None", "x" * 3000, "*", "#", "model_fields", "[key]", "int", "float",
    ):  # fmt: skip
        dotted = f"{place.key}.{odd}" if place.key else odd
        name = f"unknown key {dotted[:60]!r}"
        yield Case(name, _run("--set", f"{dotted}=1"), _files(place.recipe))
        if "." not in odd:
            yield Case(name, _run(), _files(place.recipe, dotted, "1"))


def _files(recipe: Mapping[str, Any], key: str = "", text: str = "") -> dict[str, str | bytes]:
    """A recipe file in YAML, and what it needs; with a key whose value is a text in YAML."""
    marked = recipe if not key and not text else _with(recipe, key, "@value@")
    content = json.dumps(marked).replace('"@value@"', text)
    return {"recipe.yaml": content, "data.csv": DATA}


def _run(*words: str) -> tuple[str, ...]:
    return ("run", "--recipe", "recipe.yaml", "--out", "new", *words)


# -------------------------------------------------------------------------------------- files


def _of_files() -> Iterator[Case]:
    good = json.dumps(_recipe("xor", "sgd"))
    bomb = "\n".join(
        [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9) if n else 1}]" for n in range(10)]
    )
    for name, text in (
        ("nothing", ""), ("a list", "[1]"), ("a text", "words"), ("a number", "3"),
        ("bytes", b"\xff\xfe\0\1"), ("twice at the top", "task: xor\ntask: xor\n"),
        ("twice below", "task: xor\nstages: [{mode: sgd, budget: {steps: 1, steps: 2}}]"),
        ("twice in JSON", good[:-1] + ', "task": "xor"}'), ("deep", f"task: {DEEP}"),
        ("an alias bomb", bomb), ("an alias cycle", "task: &a {name: *a}"),
        ("a tag", "task: !!python/object:os.system {}"), ("a set", "task: !!set {xor}"),
        ("two documents", "task: xor\n---\ntask: xor"), ("a tab", "task:\n\t- xor"),
        ("many stages", json.dumps({"task": "xor", "stages": [{"mode": "sgd"}] * 3000})),
        ("stages of text", "task: xor\nstages: sgd"),
        ("stages of a number", "task: xor\nstages: 5"),
        ("a stage of text", "task: xor\nstages: [sgd]"), ("no mode", "task: xor\nstages: [{}]"),
        ("null", "task: null\nstages: null"), ("keys of lists", "? [a, b]\n: 1\n"),
        ("a task of numbers", "task: 3\nstages: [{mode: sgd}]"),
        ("a nul in a path", good[:-1] + ', "weights": "a\\u0000b.pt"}'),
        ("a long path", good[:-1] + f', "weights": "{LONG}.pt"}}'),
        ("a digit string", "task: xor\nseed: " + "9" * 5000),
    ):  # fmt: skip
        content = text if isinstance(text, bytes) else text.encode()
        for ending in ("yaml", "toml"):
            file = f"r.{ending}"
            yield Case(
                f"{file} of {name}", ("run", "--recipe", file, "--out", "new"), {file: content}
            )
            yield Case(
                f"{file} of {name} with a key",
                ("run", "xor", "--mode", "sgdx", "--recipe", file, "--set", "seed=x"),
                {file: content},
            )
