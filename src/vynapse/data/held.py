# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples as arrays, in memory and as a safetensors file.

inputs, targets                          all examples, or those that train
validation_inputs, validation_targets    those that validate, where they were chosen
test_inputs, test_targets                those that test, where they were chosen

Inputs are (n, …). Targets are (n,) or (n, outputs). Where they are positions in a list of classes,
the header of the file holds the list under `classes`, as JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_safetensors

from vynapse.core import Array
from vynapse.errors import DataError

PARTS: Final[Mapping[Literal["train", "validation", "test"], str]] = {
    "train": "",
    "validation": "validation_",
    "test": "test_",
}


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Arrays by name, as in the docstring of the module.

    Attributes:
        tensors: the arrays.
        classes: names of the classes that targets are positions of; None for other targets.
    """

    tensors: Mapping[str, Array]
    classes: tuple[str, ...] | None = None

    def sha256(self) -> str:
        """Over names, types, shapes, bytes and classes."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for name in sorted(self.tensors):
            tensor = np.ascontiguousarray(self.tensors[name])
            digest.update(f"{name}:{tensor.dtype.name}:{tensor.shape};".encode())
            digest.update(tensor.tobytes())
        return digest.hexdigest()

    def to_bytes(self) -> bytes:
        """The file."""
        header = {} if self.classes is None else {"classes": json.dumps(self.classes)}
        plain = {name: np.ascontiguousarray(tensor) for name, tensor in self.tensors.items()}
        return save_safetensors(plain, header)

    @classmethod
    def read(cls, path: Path) -> Held:
        """The arrays in a file.

        Raises:
            DataError: it is absent or damaged, or lacks inputs or targets.
        """
        try:
            with safe_open(path, "numpy") as file:
                header = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            classes = json.loads(header["classes"]) if "classes" in header else None
        except FileNotFoundError:
            raise DataError(f"{path} does not exist: put the file of arrays back") from None
        except (SafetensorError, OSError, ValueError, TypeError) as error:
            raise DataError(f"{path}: a safetensors file of arrays was wanted: {error}") from None
        for name in ("inputs", "targets"):
            if name not in tensors:
                raise DataError(
                    f"{path}: an array {name!r} was wanted, it has {', '.join(tensors)}"
                )
        return cls(tensors, None if classes is None else tuple(map(str, classes)))
