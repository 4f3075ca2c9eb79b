# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recipes for people and for editors: commented YAML and a JSON schema, both from the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, final

from pydantic import BaseModel

from vynapse.experiment.recipe import BudgetSettings, Recipe, RunSettings
from vynapse.experiment.strict_yaml import dump_yaml
from vynapse.networks.structure import network_schema
from vynapse.registry import Choice
from vynapse.settings import Settings
from vynapse.tasks.registry import TASKS
from vynapse.trainers.mode import MODES

_LIMITS: Final = {
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
    if not comments:
        return dump_yaml(recipe.as_file())
    page = _Page()
    page.comment("what the network is for (vynapse tasks)", "")
    page.lines.append("task:")
    page.choice(recipe.task, "name", "  ")
    page.comment(Recipe.model_fields["network"].description or "", "")
    page.lines.append(f"network: {_flow(recipe.network)}")
    page.model(recipe, RunSettings, "")
    page.comment(Recipe.model_fields["stages"].description or "", "")
    page.lines.append("stages:")
    for stage, content in zip(recipe.stages, recipe.as_file()["stages"], strict=True):
        page.lines.append(f"  - mode: {stage.mode}")
        page.comment("when the stage stops: at the first of these limits", "    ")
        page.lines.append("    budget:")
        about = _properties(BudgetSettings)
        for key, value in content["budget"].items():
            page.entry(key, value, about.get(key, {}), "      ")
        page.model(stage.settings, type(stage.settings), "    ")
    return "\n".join(page.lines) + "\n"


@final
class _Page:
    """Lines of a commented file."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def comment(self, text: str, indent: str) -> None:
        if text:
            self.lines.append(f"{indent}# {text}")

    def model(self, values: BaseModel, model: type[BaseModel], indent: str) -> None:
        """A line for each key of a model, with its meaning above; parts with keys as blocks."""
        about = _properties(model)
        plain = values.model_dump(mode="json")
        for key in model.model_fields:
            value = getattr(values, key)
            if isinstance(value, Choice):
                self.comment(about[key].get("description", ""), indent)
                self.lines.append(f"{indent}{key}:")
                self.choice(value, next(iter(plain[key])), indent + "  ")
            elif isinstance(value, Settings) and type(value).model_fields:
                self.comment(about[key].get("description", ""), indent)
                self.lines.append(f"{indent}{key}:")
                self.model(value, type(value), indent + "  ")
            else:
                self.entry(key, plain[key], about[key], indent)
        for key in plain.keys() - set(type(values).model_fields):
            self.entry(key, plain[key], {}, indent)

    def choice(self, choice: Choice[Any], key: str, indent: str) -> None:
        """The kind of a choice and its keys."""
        self.lines.append(f"{indent}{key}: {_flow(choice.kind.name)}")
        self.model(choice.settings, type(choice.settings), indent)

    def entry(self, key: str, value: Any, about: Mapping[str, Any], indent: str) -> None:
        """One key, with its meaning and its range above."""
        limits = ", ".join(
            f"{sign} {'2^64' if about[name] == 2**64 else about[name]}"
            for name, sign in _LIMITS.items()
            if name in about
        )
        choices = " | ".join(str(choice) for choice in about.get("enum", ()))
        bounds = " · ".join(part for part in (limits, choices) if part)
        text = about.get("description", "")
        self.comment(f"{text} ({bounds})" if bounds else text, indent)
        self.lines.append(f"{indent}{key}: {_flow(value)}")


def json_schema() -> dict[str, Any]:
    """A JSON schema (2020-12) of recipe files, with the keys of all kinds that exist."""
    schema = RunSettings.model_json_schema()
    found = schema["properties"]
    found["task"] = {"description": "what the network is for", **TASKS.json_schema()}
    found["network"] = {
        "description": "structure of the network; by default the task's",
        **network_schema(),
    }
    found["stages"] = {
        "description": "each stage starts from the winner of the one before",
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [_stage_schema(name) for name in MODES.names()]},
    }
    schema |= {"additionalProperties": False, "required": ["task", "stages"]}
    top = {name: value for name, value in found.items() if name != "stages"}
    short = [_short_schema(name, top) for name in MODES.names()]
    forms, definitions = lifted([schema, *short])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Vynapse recipe",
        "$defs": definitions,
        "anyOf": forms,
    }


def lifted(part: Any) -> tuple[Any, dict[str, Any]]:
    """Part of a schema without the definitions in it, and these, since references look at the top.

    Models of the same name are the same model.
    """
    found: dict[str, Any] = {}
    if isinstance(part, list):
        pairs = [lifted(item) for item in part]
        for _, own in pairs:
            found |= own
        return [item for item, _ in pairs], found
    if not isinstance(part, dict):
        return part, found
    rest = {}
    for key, value in part.items():
        below, own = lifted(value)
        found |= own
        if key == "$defs":
            found |= below
        else:
            rest[key] = below
    return rest, found


def _short_schema(mode: str, top: Mapping[str, Any]) -> dict[str, Any]:
    """The form of a recipe of one stage whose mode and keys stand at the top."""
    schema = _stage_schema(mode)
    return schema | {
        "properties": {**schema["properties"], **top},
        "required": ["task", *schema["required"]],
    }


def _stage_schema(name: str) -> dict[str, Any]:
    schema = MODES.get(name).settings.model_json_schema()
    schema["properties"] = {
        "mode": {"const": name},
        "budget": BudgetSettings.model_json_schema(),
        **schema.get("properties", {}),
    }
    return schema | {"required": ["mode", *schema.get("required", ())]}


def _flow(value: Any) -> str:
    """A value on one line."""
    text = dump_yaml(value, flow=True).strip()
    return text.removesuffix("...").strip()


def _properties(model: type[BaseModel]) -> dict[str, Any]:
    """JSON-schema properties by key, with the limits of `X | None` fields lifted to the top."""
    found = model.model_json_schema().get("properties", {})
    for about in found.values():
        for choice in about.get("anyOf", ()):
            if choice.get("type") != "null":
                about.update({k: v for k, v in choice.items() if k not in about})
    return dict(found)
