# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A state tree as one file: safetensors with the JSON part in its header, compressed with zstd.

Never pickle. The header holds a SHA-256 over all names, shapes, bytes and the JSON part, so a
truncated file and a file that somebody edited are both told from a whole one.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from vynapse.core import Array, State
from vynapse.errors import UNREADABLE, CheckpointError
from vynapse.experiment.compression import ZstdError, compress, decompress
from vynapse.experiment.files import write_atomically

FORMAT = 1
_KEY = "$array"


def write_checkpoint(path: Path, state: State) -> None:
    """Write a state tree atomically.

    Raises:
        StorageError: the disk refuses.
        TypeError: a leaf is neither a NumPy array nor a JSON value.
    """
    arrays: dict[str, Array] = {}
    # in its own order: a trainer may number what it keeps by it
    text = json.dumps({"format": FORMAT, "state": _pack(state, "", arrays)})
    metadata = {"vynapse": text, "sha256": _digest(text, arrays)}
    write_atomically(path, compress(save_safetensors(arrays, metadata), level=1))


def read_checkpoint(path: Path) -> State:
    """The state tree that `write_checkpoint` wrote.

    Raises:
        CheckpointError: the file is absent, truncated, tampered with or of a newer format.
    """
    try:
        raw = decompress(path.read_bytes())
        length = int.from_bytes(raw[:8], "little")
        metadata = json.loads(raw[8 : 8 + length])["__metadata__"]
        text, digest = metadata["vynapse"], metadata["sha256"]
        arrays = load_safetensors(raw)
        content = json.loads(text)
        version, packed = int(content["format"]), content["state"]
    except FileNotFoundError:
        raise CheckpointError(f"checkpoint {path} does not exist") from None
    except (ZstdError, SafetensorError, *UNREADABLE) as error:
        raise CheckpointError(
            f"checkpoint {path} is damaged ({error}): remove it to resume from an earlier state"
        ) from None
    if digest != _digest(text, arrays):
        raise CheckpointError(
            f"checkpoint {path} was changed after it was written: "
            "remove it to resume from an earlier state"
        )
    if version > FORMAT:
        raise CheckpointError(
            f"checkpoint {path} has format {version}, this version reads up to "
            f"{FORMAT}: install a newer vynapse"
        )
    tree: State = _unpack(packed, arrays)
    return tree


def _digest(text: str, arrays: dict[str, Array]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _pack(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    if isinstance(value, np.ndarray):
        arrays[path] = np.asarray(value, order="C")
        return {_KEY: path}
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"state {path!r}: keys must be strings, got {key!r}")
        return {key: _pack(inner, f"{path}/{key}", arrays) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_pack(inner, f"{path}/{index}", arrays) for index, inner in enumerate(value)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"state {path!r}: a NumPy array or a JSON value was wanted, got {type(value).__name__}"
    )


def _unpack(value: Any, arrays: dict[str, Array]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_KEY}:
            return arrays[value[_KEY]].copy()
        return {key: _unpack(inner, arrays) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unpack(inner, arrays) for inner in value]
    return value
