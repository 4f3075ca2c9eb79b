# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs that are named where a network may stand: `run:PATH`, and `last` for the newest in `runs`.

    weights: last
    network: run:runs/first
    controller: {blueprints: [run:runs/evolved, mlp]}

A name is resolved once, when a recipe is read. The recipe then has the absolute path, and the run a
copy of what it needs, so that the other run may go.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from vynapse.errors import ConfigError

_PREFIX: Final = "run:"
_LAST: Final = "last"
_ROOT: Final = Path("runs")
_LEARNT: Final = "run"
"""The controller that decides by the network of a run."""
LIMITS: Final = ("blueprints", "live_seeds", "seeds_per_slot", "parameter_limit")
"""The keys of controllers about size."""
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def means_a_run(text: str) -> bool:
    """Whether a text is the name of a run rather than a path, a module or anything else."""
    return text == _LAST or text.startswith(_PREFIX)


def named(text: str, key: str) -> str:
    """The absolute path of the run that is meant; any other text as it is.

    Args:
        text: what stands under the key.
        key: the key, for the sentence of an error.

    Raises:
        ConfigError: there is no such run.
    """
    if text == _LAST:
        return str(_newest(key).absolute())
    if not text.startswith(_PREFIX):
        return text
    path = Path(text.removeprefix(_PREFIX)).expanduser()
    if text == _PREFIX or not _is_run(path):
        raise ConfigError(f"{key}: {text!r}: there is no run in {str(path)!r}")
    return str(path.absolute())


def absolute(text: str, key: str) -> str:
    """run:PATH with the absolute path of the run that is meant.

    A path that is absolute already stands in the recipe of a run, which has a copy of the network.
    So it is not looked for.

    Args:
        text: run:PATH, or last.
        key: the key, for the sentence of an error.

    Raises:
        ConfigError: there is no such run.
    """
    if Path(text.removeprefix(_PREFIX)).is_absolute():
        return text
    return _PREFIX + named(text, key)


def with_absolute_names(
    stage: Mapping[str, Any], where: str, preset: Mapping[str, Any] = _NOTHING
) -> dict[str, Any]:
    """The keys of a stage, in which runs that are named for their networks have absolute paths.

    `controller: run:PATH` becomes a mapping. It keeps within the limits that other controllers have
    on the task, where it says nothing of them. A file of logged episodes has an absolute path too.

    Args:
        stage: the keys.
        where: the key that they stand under, for the sentence of an error.
        preset: what the stage would have where nothing was said.

    Raises:
        ConfigError: there is no such run.
    """
    controller = stage.get("controller")
    if isinstance(controller, str) and means_a_run(controller):
        controller = {"kind": _LEARNT, "path": controller}
    own = dict(controller) if isinstance(controller, Mapping) else {}
    names, path = own.get("blueprints"), own.get("path")
    if own.get("kind") == _LEARNT and isinstance(path, str):
        path = path if means_a_run(path) else _PREFIX + path
        usual = preset.get("controller", {})
        limits = {key: usual[key] for key in LIMITS if key in usual}
        own = {**limits, **own, "path": absolute(path, f"{where}.controller.path")}
    if isinstance(names, (list, tuple)):
        key = f"{where}.controller.blueprints"
        own["blueprints"] = [
            absolute(name, key) if isinstance(name, str) and means_a_run(name) else name
            for name in names
        ]
    changed = {**stage, "controller": own} if own else dict(stage)
    return _with_absolute_data(changed, where)


def _with_absolute_data(stage: dict[str, Any], where: str) -> dict[str, Any]:
    """The keys of a stage, in which the log, or those who play for it, have absolute paths."""
    data = stage.get("data")
    if isinstance(data, str):
        return {**stage, "data": str(Path(data).expanduser().absolute())}
    names = data.get("behaviour") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(names, (list, tuple)):
        return stage
    key = f"{where}.data.behaviour"
    found = [
        absolute(name, key) if isinstance(name, str) and means_a_run(name) else name
        for name in names
    ]
    return {**stage, "data": {**data, "behaviour": found}}


def _newest(key: str) -> Path:
    """The run that was begun last, by the time of its record, which is written once."""
    found: list[tuple[int, str]] = []
    for path in _ROOT.glob("[!.]*"):  # a run that is just being made has a name with a dot
        with suppress(OSError):
            found.append(((path / "run.json").stat().st_mtime_ns, path.name))
    if not found:
        raise ConfigError(f"{key}: 'last' is the newest run in {str(_ROOT)!r}, and there is none")
    return _ROOT / max(found)[1]


def _is_run(path: Path) -> bool:
    return (path / "run.json").is_file()
