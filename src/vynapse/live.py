# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objects of a call in Python that no other process could import: classes of a script, lambdas, ….

A recipe names such an object by a path like that of any other, with `python` for its module:
`python:Net.1f0c3a92`. It is found as long as the process lasts that has made it known; a run that
needs one has the origin "python".
"""

from __future__ import annotations

import sys
from typing import Any, Final

from vynapse.errors import ConfigError

MODULE: Final = "python"
_OBJECTS: Final[dict[str, Any]] = {}


def enrol(name: str, digest: str, value: Any) -> str:
    """Make an object known to this process.

    Args:
        name: what it is called.
        digest: hexadecimal digits that tell it from others of that name; the same object made
            again has the same.
        value: the object.

    Returns:
        The path by which a recipe names it.
    """
    plain = "".join(letter if letter.isalnum() else "_" for letter in name)
    path = f"{MODULE}:{plain}.{digest[:12]}"
    _OBJECTS[path] = value
    return path


def is_live(path: str) -> bool:
    """Whether a path names an object that only the process that made it has."""
    return path.startswith(f"{MODULE}:")


def find_live(path: str, key: str) -> Any:
    """The object that `enrol` gave this path.

    Args:
        path: what stands in a recipe.
        key: where it stands there; it begins the sentence of an error.

    Raises:
        ConfigError: this process has not made it known.
    """
    if path not in _OBJECTS:
        name = path.partition(":")[2].rpartition(".")[0]
        raise ConfigError(
            f"{key}: {name} was made in Python and cannot be imported (origin: python): go on by "
            "the same call of vynapse.run with resume=RUN, or move it into a module"
        )
    return _OBJECTS[path]


def path_of(value: Any) -> str | None:
    """package.module:name of a class or a function that another process can import; else None."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else None
