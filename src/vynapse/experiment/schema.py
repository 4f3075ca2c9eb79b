# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recipes for people and for editors: commented YAML and a JSON schema, both from the models."""

from __future__ import annotations

from typing import Any

import yaml

from vynapse.experiment.recipe import BudgetSettings, CheckpointSettings, Recipe
from vynapse.networks.structure import network_schema
from vynapse.settings import Settings
from vynapse.tasks.registry import task_names, task_settings
from vynapse.trainers.mode import MODES

_LIMITS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
    "minItems": "items >=",
}


def to_yaml(recipe: Recipe, comments: bool = False) -> str:
    """The recipe as a YAML file that `load_recipe` reads back to an equal recipe.

    Args:
        recipe: a complete recipe.
        comments: put what each key means, and its range, above it.
    """
    content = recipe.as_file()
    if not comments:
        return yaml.safe_dump(content, sort_keys=False)
    lines: list[str] = []
    options = task_settings(recipe.task.name)
    top = _properties(Recipe)
    for key, value in content.items():
        if key == "task":
            _comment(lines, "what the network is for (vynapse tasks)", "")
            lines.append("task:")
            _mapping(lines, value, _properties(options) if options else {}, "  ")
        elif key == "checkpoint":
            _comment(lines, top[key].get("description", ""), "")
            lines.append("checkpoint:")
            _mapping(lines, value, _properties(CheckpointSettings), "  ")
        elif key == "stages":
            _comment(lines, top[key].get("description", ""), "")
            lines.append("stages:")
            for stage in value:
                _stage(lines, stage)
        else:
            _entry(lines, key, value, top, "")
    return "\n".join(lines) + "\n"


def json_schema() -> dict[str, Any]:
    """A JSON schema (2020-12) of recipe files, with the keys of all tasks and modes that exist."""
    schema = Recipe.model_json_schema()
    properties = schema["properties"]
    properties["task"] = {
        "description": "what the network is for",
        "anyOf": [{"type": "string"}, *(_task_schema(name) for name in task_names())],
    }
    properties["network"] = {
        "description": "structure of the network; by default the task's",
        **network_schema(),
    }
    properties["stages"] = {
        "description": "each stage starts from the best network of the one before",
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [_stage_schema(name) for name in MODES.names()]},
    }
    schema.pop("$defs", None)
    properties["checkpoint"] = CheckpointSettings.model_json_schema()
    return schema | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Vynapse recipe",
        "required": ["task", "stages"],
    }


def _stage(lines: list[str], stage: dict[str, Any]) -> None:
    lines.append(f"  - mode: {stage['mode']}")
    lines.append("    # when the stage stops: at the first of these limits")
    lines.append("    budget:")
    _mapping(lines, stage["budget"], _properties(BudgetSettings), "      ")
    own = {key: value for key, value in stage.items() if key not in ("mode", "budget")}
    _mapping(lines, own, _properties(MODES.get(stage["mode"]).settings), "    ")


def _mapping(
    lines: list[str], content: dict[str, Any], properties: dict[str, Any], indent: str
) -> None:
    for key, value in content.items():
        _entry(lines, key, value, properties, indent)


def _entry(lines: list[str], key: str, value: Any, properties: dict[str, Any], indent: str) -> None:
    about = properties.get(key, {})
    limits = ", ".join(
        f"{sign} {'2^64' if about[name] == 2**64 else about[name]}"
        for name, sign in _LIMITS.items()
        if name in about
    )
    choices = " | ".join(str(choice) for choice in about.get("enum", ()))
    bounds = " · ".join(part for part in (limits, choices) if part)
    text = about.get("description", "")
    _comment(lines, f"{text} ({bounds})" if bounds else text, indent)
    shown = yaml.safe_dump(value, default_flow_style=True, width=10**6).strip()
    lines.append(f"{indent}{key}: {shown.removesuffix('...').strip()}")


def _comment(lines: list[str], text: str, indent: str) -> None:
    if text:
        lines.append(f"{indent}# {text}")


def _properties(model: type[Settings]) -> dict[str, Any]:
    """JSON-schema properties by key, with the limits of `X | None` fields lifted to the top."""
    found = model.model_json_schema().get("properties", {})
    for about in found.values():
        for choice in about.get("anyOf", ()):
            if choice.get("type") != "null":
                about.update({k: v for k, v in choice.items() if k not in about})
    return dict(found)


def _task_schema(name: str) -> dict[str, Any]:
    settings = task_settings(name)
    schema: dict[str, Any] = settings.model_json_schema() if settings else {"type": "object"}
    schema["properties"] = {"name": {"const": name}, **schema.get("properties", {})}
    return schema | {"required": ["name", *schema.get("required", ())]}


def _stage_schema(name: str) -> dict[str, Any]:
    schema = MODES.get(name).settings.model_json_schema()
    schema["properties"] = {
        "mode": {"const": name},
        "budget": BudgetSettings.model_json_schema(),
        **schema.get("properties", {}),
    }
    return schema | {"required": ["mode", *schema.get("required", ())]}
