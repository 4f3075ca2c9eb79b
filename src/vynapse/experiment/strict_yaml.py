# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""YAML for recipes: plain words by the core schema of YAML 1.2, and nothing that misleads.

Refused, with the line: a key that stands twice in a mapping at any depth, aliases that stand inside
what they name or multiply without end, deep nesting, and whole numbers of hundreds of digits.
"""

from __future__ import annotations

import re
from typing import Any, Final, final

import yaml

from vynapse.plain import DEEPEST, DIGITS, MOST, shown

_TAG: Final = "tag:yaml.org,2002:"
_WHOLE: Final = re.compile(r"[-+]?(0|[1-9]\d*)")
_FLOAT: Final = re.compile(
    r"[-+]?((0|[1-9]\d*)\.\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|(0|[1-9]\d*)[eE][-+]?\d+"
    r"|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
NUMBER: Final = re.compile(f"{_WHOLE.pattern}|{_FLOAT.pattern}")
"""What is plainly a number. Leading zeros, colons and underscores make a text."""


class StrictYamlError(yaml.YAMLError):
    """YAML that a recipe may not hold.

    Attributes:
        line: the number of the line, from 1.
        sentence: what is wrong.
    """

    def __init__(self, node: yaml.Node | yaml.Event, sentence: str) -> None:
        super().__init__(sentence)
        mark = node.start_mark
        self.line = 1 if mark is None else mark.line + 1
        self.sentence = sentence


@final
class StrictLoader(yaml.SafeLoader):
    """Composes nodes as PyYAML does, and looks at each."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._sizes: dict[int, int] = {}  # values below a node, by the id of the node

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node, with all that stands below it."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        self._depth += 1
        if self._depth > DEEPEST + 1:
            raise StrictYamlError(
                event, f"at most {DEEPEST} levels of lists and mappings were wanted, got more"
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent) and id(node) not in self._sizes:
            raise StrictYamlError(
                event, f"the alias *{event.anchor} stands inside what it names: write it out"
            )
        if node is not None and id(node) not in self._sizes:
            if isinstance(node, yaml.MappingNode):
                _refuse_twice(node)
            self._sizes[id(node)] = self._size(node, event)
        return node

    def _size(self, node: yaml.Node, event: yaml.Event) -> int:
        below = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for item in below for part in (item if isinstance(item, tuple) else (item,))]
        size = 1 + sum(self._sizes[id(part)] for part in parts)
        if size > MOST:
            raise StrictYamlError(event, f"at most {MOST:,} values were wanted, aliases make more")
        return size


def _refuse_twice(node: yaml.MappingNode) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == f"{_TAG}merge":
            continue
        if key.value in lines:
            raise StrictYamlError(
                key,
                f"the key {shown(key.value)} stands twice, first in line {lines[key.value]}: "
                "remove one",
            )
        lines[key.value] = key.start_mark.line + 1


def _whole(_loader: StrictLoader, node: yaml.ScalarNode) -> int:
    digits = len(node.value.lstrip("+-"))
    if digits > DIGITS:
        raise StrictYamlError(
            node, f"a number that fits was wanted, got a whole number of {digits:,} digits"
        )
    return int(node.value)


for _name, _pattern, _first in (
    ("null", re.compile(r"(~|null|Null|NULL|)"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"(true|True|TRUE|false|False|FALSE)"), list("tTfF")),
    ("int", _WHOLE, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("merge", re.compile(r"(<<)"), ["<"]),
):
    StrictLoader.add_implicit_resolver(
        f"{_TAG}{_name}", re.compile(f"^(?:{_pattern.pattern})$"), _first
    )
StrictLoader.add_constructor(f"{_TAG}int", _whole)


@final
class _StrictDumper(yaml.SafeDumper):
    """Puts texts in quotes that `StrictLoader` would take for something else."""


_StrictDumper.add_implicit_resolver(
    f"{_TAG}float", re.compile(f"^(?:{_FLOAT.pattern})$"), list("-+.0123456789")
)


def dump_yaml(value: object, *, flow: bool = False) -> str:
    """A YAML text from which `StrictLoader` makes an equal value.

    Args:
        value: JSON values.
        flow: whether it is written on one line.
    """
    text: str = yaml.dump(
        value,
        Dumper=_StrictDumper,
        sort_keys=False,
        default_flow_style=flow,
        width=float("inf") if flow else 80,
    )
    return text
