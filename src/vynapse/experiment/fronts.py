# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The file `front.safetensors` of a run: a menu of networks, or of vectors.

Networks have tensors "N.NAME", and their structures stand in the header as "structures". Vectors
are the rows of "vectors"; their structure is that of the winner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from vynapse.core import Array
from vynapse.errors import UNREADABLE, CheckpointError, ConfigError, RunDirectoryError
from vynapse.experiment.directory import RunDirectory
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import from_json
from vynapse.networks.vector import NAME

Row = dict[str, Any]
"""What is known of one network, by name."""


def file_of(front: Mapping[str, Array | str]) -> bytes:
    """What a trainer gave, as a file: arrays are its tensors, texts stand in its header."""
    texts = {name: text for name, text in front.items() if isinstance(text, str)}
    arrays = {name: array for name, array in front.items() if not isinstance(array, str)}
    return save_safetensors(arrays, texts or None)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """The front of a run.

    Attributes:
        path: the run directory.
        arrays: the tensors of the file.
        structures: JSON forms of the networks; None for vectors.
        terms: names of the objectives; none where they have no names.
    """

    path: Path
    arrays: Mapping[str, Array]
    structures: list[dict[str, Any]] | None = None
    terms: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.arrays["vectors"]) if self.structures is None else len(self.structures)

    def network(self, number: int, winner: NetworkState) -> NetworkState:
        """One of them.

        Args:
            number: its number, from 0.
            winner: that of the run.

        Raises:
            ConfigError: there are not so many.
            CheckpointError: the file is damaged.
        """
        if not 0 <= number < len(self):
            raise ConfigError(
                f"front: a number from 0 to {len(self) - 1} was wanted for {self.path}, got "
                f"{number}: vynapse show {self.path} --front lists them"
            )
        if self.structures is None:
            vector = self.arrays["vectors"][number].astype(winner.tensors[NAME].dtype)
            return NetworkState(winner.structure, {NAME: vector})
        first = f"{number}."
        named = {name: array for name, array in self.arrays.items() if name.startswith(first)}
        tensors = {name.removeprefix(first): array for name, array in named.items()}
        try:
            return NetworkState(from_json(self.structures[number]), tensors)
        except (ConfigError, *UNREADABLE) as error:
            raise _damaged(self.path, error) from None

    def rows(self, winner: NetworkState) -> list[Row]:
        """What each of them costs, in the order of their numbers.

        Networks have loss and accuracy of the validation split, parameters, FLOPs of one example,
        bytes of a file with the network, and the objectives that the search saw. Vectors have their
        objectives, or loss, cell and descriptors.

        Args:
            winner: that of the run.
        """
        arrays, networks = self.arrays, self.structures is not None
        rows = []
        for number in range(len(self)):
            row: Row = {"number": number}
            names = ("losses", "accuracies", "parameters", "flops", "cells", "descriptors")
            for name in names:
                if name in arrays:
                    row[_ONE.get(name, name)] = arrays[name][number].tolist()
            if networks:
                row["bytes"] = len(self.network(number, winner).to_bytes())
            if "objectives" in arrays:
                objectives = arrays["objectives"][number].tolist()
                named = dict(zip(self.terms, objectives, strict=bool(self.terms)))
                row["objectives"] = named or objectives
            rows.append(row)
        return rows


_ONE = {"losses": "loss", "accuracies": "accuracy", "cells": "cell"}


def read_front(run: Path | str) -> Front:
    """The front of a run.

    Raises:
        RunDirectoryError: no run is there, or it has none.
        CheckpointError: the file is damaged.
    """
    directory = RunDirectory.open(Path(run))
    try:
        raw = directory.front.read_bytes()
    except FileNotFoundError:
        raise RunDirectoryError(
            f"{run} has no front: finish a run of mode nsga2 or map-elites, or of mode neat or "
            "hybrid with the key objectives"
        ) from None
    try:
        arrays = load_safetensors(raw)
        length = int.from_bytes(raw[:8], "little")
        texts = json.loads(raw[8 : 8 + length]).get("__metadata__") or {}
        if "structures" not in texts:
            return Front(directory.path, {"vectors": arrays["vectors"], **arrays})
        structures, terms = json.loads(texts["structures"]), json.loads(texts["terms"])
        return Front(directory.path, arrays, structures, terms)
    except (SafetensorError, *UNREADABLE) as error:
        raise _damaged(directory.path, error) from None


def _damaged(path: Path, error: object) -> CheckpointError:
    return CheckpointError(f"{path / 'front.safetensors'} is damaged: {error}")
