# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs that are named for their networks: as blueprints, as what decides, as what plays.

    controller: {blueprints: [run:runs/evolved, mlp]}
    controller: run:runs/learnt
    data: {behaviour: [run:runs/learnt, random]}

A recipe keeps the absolute path, `run:/home/me/runs/evolved`, and a run a copy of the network under
its hash, `blueprint-3f9a1c….safetensors`, so that the other run may go. Modes see a name without a
path, `run:evolved@3f9a1c07b2d4`, so that what comes of it is the same wherever the other run lay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from vynapse.errors import CheckpointError, ConfigError, RunDirectoryError, VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.kept import located
from vynapse.experiment.named_runs import absolute, means_a_run
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.store import load
from vynapse.networks.donor import Donor
from vynapse.networks.state import NetworkState
from vynapse.registry import Choice
from vynapse.settings import Settings
from vynapse.tasks.registry import make_any_task

RECORD: Final = "blueprints"
"""The key of run.json that has the hash and the inputs of each network, by what the recipe says."""
_SHOWN: Final = 12


def read_donors(recipe: Recipe) -> dict[str, Donor]:
    """The networks that a recipe names as blueprints, by what it says, from their runs.

    Raises:
        ConfigError: there is no such run, or it has saved no network yet.
    """
    return {text: _read(text, where) for text, where in _named(recipe).items()}


def copies(donors: Mapping[str, Donor]) -> dict[str, Callable[[], bytes]]:
    """The files that a run keeps of networks, by name."""
    return {_file(donor.network.sha256()): donor.network.to_bytes for donor in donors.values()}


def recorded(donors: Mapping[str, Donor]) -> dict[str, Any]:
    """What run.json says of networks, by what the recipe says."""
    return {
        text: {"sha256": donor.network.sha256(), "inputs": list(donor.inputs)}
        for text, donor in donors.items()
    }


def kept_donors(files: RunDirectory) -> dict[str, Donor]:
    """The networks of which a run keeps copies, by what its recipe says.

    Raises:
        RunDirectoryError: a copy is absent, or not the one any more.
    """
    found = {}
    for text, own in files.record().get(RECORD, {}).items():
        path = files.path / _file(own["sha256"])
        try:
            network = NetworkState.read(path)
        except CheckpointError as error:
            raise RunDirectoryError(f"{error}: restore it from a copy to resume the run") from None
        if network.sha256() != own["sha256"]:
            raise RunDirectoryError(
                f"{path} is not the network that the run began with: restore it from a copy to "
                "resume the run"
            )
        found[text] = Donor(network, tuple(own["inputs"]))
    return found


def by_mode_name(donors: Mapping[str, Donor]) -> dict[str, Donor]:
    """Networks by the names that modes see."""
    return {_seen(text, donor): donor for text, donor in donors.items()}


def as_seen(settings: Settings, donors: Mapping[str, Donor]) -> Settings:
    """The settings of a stage, in which networks have the names that modes see."""
    settings = _players_as_seen(settings, donors)
    names, path = _blueprints(settings), _decides(settings)
    changed: dict[str, Any] = {}
    if any(name in donors for name in names):
        seen = (_seen(name, donors[name]) if name in donors else name for name in names)
        changed["blueprints"] = tuple(seen)
    if path in donors:
        changed["path"] = _seen(path, donors[path])
    if not changed:
        return settings
    controller: Choice[Any] = getattr(settings, "controller")  # noqa: B009 - of some modes alone
    own = controller.settings.model_copy(update=changed)
    return settings.model_copy(update={"controller": Choice(controller.kind, own)})


def _named(recipe: Recipe) -> dict[str, str]:
    """What the recipe says for each run that is a blueprint, and the key where it stands first."""
    found: dict[str, str] = {}
    for index, stage in enumerate(recipe.stages):
        for name in _blueprints(stage.settings):
            if means_a_run(name):
                found.setdefault(name, f"stages.{index}.controller.blueprints")
        if means_a_run(path := _decides(stage.settings)):
            found.setdefault(path, f"stages.{index}.controller.path")
        for name in filter(means_a_run, _players(stage.settings)):
            found.setdefault(name, f"stages.{index}.data.behaviour")
    return found


def _blueprints(settings: Settings) -> list[str]:
    """The blueprints that a stage names; none where it plants none."""
    controller = getattr(getattr(settings, "controller", None), "settings", None)
    names = getattr(controller, "blueprints", None)
    return [name for name in names or () if isinstance(name, str)]


def _decides(settings: Settings) -> str:
    """The run whose network decides in a stage; no text where none does."""
    controller = getattr(settings, "controller", None)
    if not getattr(getattr(controller, "kind", None), "learnt", False):
        return ""
    path: str | None = getattr(getattr(controller, "settings", None), "path", None)
    return path or ""


def _players(settings: Settings) -> tuple[str, ...]:
    """Those who play for the log of a stage; nobody where it wants none."""
    names: tuple[str, ...] = getattr(getattr(settings, "data", None), "behaviour", ())
    return names


def _players_as_seen(settings: Settings, donors: Mapping[str, Donor]) -> Settings:
    names = _players(settings)
    if not any(name in donors for name in names):
        return settings
    seen = tuple(_seen(name, donors[name]) if name in donors else name for name in names)
    data: Settings = getattr(settings, "data")  # noqa: B009 - of some modes alone
    return settings.model_copy(update={"data": data.model_copy(update={"behaviour": seen})})


def _read(text: str, where: str) -> Donor:
    path = Path(absolute(text, where).partition(":")[2])
    try:
        run = load(path)
        if run.preprocessing is not None and "columns" in run.preprocessing:
            from vynapse.data.preprocessing import Preprocessing

            inputs: tuple[int, ...] = Preprocessing.from_json(run.preprocessing).input_shape
        else:
            options = dict(located(run.recipe, path)["task"])
            inputs = make_any_task(options.pop("name"), options).interface().inputs
    except VynapseError as error:
        raise ConfigError(f"{where}: {text!r}: {error}") from None
    if math.prod(inputs) < 1:
        raise ConfigError(f"{where}: {text!r}: its network takes no inputs")
    return Donor(run.network, inputs)


def _seen(text: str, donor: Donor) -> str:
    return f"run:{Path(text).name}@{donor.network.sha256()[:_SHOWN]}"


def _file(sha256: str) -> str:
    return f"blueprint-{sha256}.safetensors"
