# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a result depends on beside its recipe: versions, revision, machine, data."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import vynapse
from vynapse.data.prints import file_print
from vynapse.kernels import native

PACKAGES = ("torch", "numpy", "pydantic", "safetensors")


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a result; absent ones are left out.

    Looked for in the text, as `importlib.metadata.version` parses all of it like an e-mail.
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            metadata = distribution(name).read_text("METADATA") or ""
        except PackageNotFoundError:
            continue
        if stated := re.search("^Version: (.+)$", metadata, re.MULTILINE):
            found[name] = stated[1]
    return found


def collect(fingerprint: str, device: str, files: Iterable[str] = ()) -> dict[str, Any]:
    """The provenance record of a run.

    Args:
        fingerprint: SHA-256 over the task's data.
        device: the device that was chosen.
        files: those that the data were read from.
    """
    return {
        "vynapse": vynapse.__version__,
        "revision": _revision(Path(vynapse.__file__).parents[2]),
        "packages": package_versions(),
        "platform": _platform(),
        "processor": _processor(),
        "command": sys.argv,
        "data_sha256": fingerprint,
        "data_files": [file_print(Path(file)) for file in files],
        "device": device,
        "kernels": native.status().name,
    }


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 over what a run began with, from its record: the recipe and the data.

    Checkpoints and the summary hold it, so that a record which somebody edits is no longer theirs.
    """
    held = {"recipe": record["recipe"], "data_sha256": record["provenance"]["data_sha256"]}
    return sha256_of(held)


def sha256_of(content: object) -> str:
    """SHA-256 over JSON values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def changes(record: dict[str, Any]) -> list[str]:
    """How the packages here differ from those of a provenance record, one phrase each."""
    then, now = {**record["packages"], "vynapse": record["vynapse"]}, package_versions()
    now["vynapse"] = vynapse.__version__
    return [
        f"{name} was {then.get(name, 'absent')} and is {now.get(name, 'absent')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]


def _revision(folder: Path) -> str | None:
    """Git revision of the source tree, "+changes" when it differs from it; None if installed."""
    if not (folder / ".git").exists():
        return None
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+changes", "--exclude=*"],
            cwd=folder, capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()


def _platform() -> str:
    """System, release, machine and C library; `platform.platform` starts a process to say it."""
    system = platform.uname()
    parts = system.system, system.release, system.machine, *platform.libc_ver()
    return "-".join(part for part in parts if part)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
