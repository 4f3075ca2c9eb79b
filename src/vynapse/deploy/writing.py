# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Export a network into files."""

from __future__ import annotations

import json
from pathlib import Path

from vynapse.deploy.target import TARGETS, Files, Subject, Target
from vynapse.errors import storage_errors


def exported(subject: Subject, name: str, where: str = "--format") -> tuple[Target, Files]:
    """What the target of this name makes, run beside eager.

    Raises:
        ConfigError: there is no such target.
        GraphError: the network has no such form, or the export differs from eager.
    """
    choice = TARGETS.choose(name, where)
    files: Files = choice.build()(subject)
    return choice.kind, files


def write(files: Files, path: Path) -> list[Path]:
    """Write the file and those beside it; where they lie.

    Raises:
        StorageError: one cannot be written.
    """
    written = [path]
    content = files.content
    for ending, beside in files.beside.items():
        other = path.with_suffix(ending)
        written.append(other)
        content = _naming(content, other.name)
        with storage_errors(other):
            other.write_bytes(beside)
    with storage_errors(path):
        path.write_bytes(content)
    return written


def _naming(content: bytes, name: str) -> bytes:
    """The JSON of a graph says which file holds its tensors."""
    return content.replace(b'"file": ""', f'"file": {json.dumps(name)}'.encode(), 1)
