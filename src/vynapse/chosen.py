# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A field of a settings model that holds a choice from a registry.

    strategy: Annotated[Choice[Strategy], Chosen(STRATEGIES)] = Field("mu+lambda", …)

Its value is validated once, with the keys of the kind that it names, and travels as a `Choice`; it
is written as a mapping of the kind and all its keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from vynapse.errors import ConfigError
from vynapse.registry import Choice, Registry
from vynapse.settings import NESTED


@final
class Chosen:
    """The annotation of such a field; set `validate_default=True` where the default is a name.

    Args:
        registry: where the kinds are.
        optional: None is allowed as well.
    """

    def __init__(self, registry: Registry[Any], *, optional: bool = False) -> None:
        self._registry, self._optional = registry, optional

    def keys(self) -> Iterable[str]:
        """The keys that may stand below the field, of any kind."""
        return self._registry.keys()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._choose,
            serialization=core_schema.plain_serializer_function_ser_schema(self._as_data),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = self._registry.json_schema()
        return {"anyOf": [*found["anyOf"], {"type": "null"}]} if self._optional else found

    def _choose(self, value: Any) -> Choice[Any] | None:
        if value is None and self._optional:
            return None
        try:
            return self._registry.choose(value)
        except ConfigError as error:
            raise PydanticCustomError(NESTED, "wrong", {"problems": error.problems}) from None

    def _as_data(self, choice: Choice[Any] | None) -> dict[str, Any] | None:
        return None if choice is None else choice.as_data(self._registry.key)
