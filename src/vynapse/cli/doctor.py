# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse doctor`: what is here, what is missing and how to get it. It works without torch."""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from vynapse.cli.options import Json
from vynapse.errors import DataError

DATA_FILES: Final = {
    "mnist": (
        (
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ),
    ),
    "cifar10": (("cifar-10-binary.tar.gz",), ("cifar10-train.zip", "cifar10-test.zip")),
    "text": (("tinyshakespeare.txt",), ("small/tinyshakespeare.txt",)),
}
"""For each task that needs files: the sets of files, any one of which will do."""

_ABSENT: Final = {
    "mnist": "not found, it is downloaded",
    "cifar10": "not found, it is downloaded",
    "text": "not found, give it another text with task.file",
}


def doctor(*, json: Json = False) -> None:
    """Say what is installed, what is missing and where data are looked for.

    Args:
        json: one JSON object instead of lines.
    """
    from vynapse.cli.output import print_json, print_line

    found = examine()
    if json:
        print_json(found)
        return
    for line in _lines(found):
        print_line(line)


def examine() -> dict[str, Any]:
    """Everything `doctor` says, as JSON data; what is absent is None."""
    return {
        "vynapse": metadata.version("vynapse"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": usable_cores(),
        "torch": _torch(),
        "numpy": _numpy(),
        "kernels": _kernels(),
        "compiler": next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None),
        "extras": _extras(),
        "data": _data(),
        "runs": _runs(Path("runs")),
    }


def _kernels() -> dict[str, str]:
    from vynapse.kernels import native

    status = native.status()
    return {"in_use": status.name, "reason": status.reason}


def usable_cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _torch() -> dict[str, Any] | None:
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError):
        return None
    gpus = range(torch.cuda.device_count())
    return {
        "version": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "cuda": [torch.cuda.get_device_name(number) for number in gpus],
    }


def _numpy() -> dict[str, Any]:
    import numpy as np
    from threadpoolctl import threadpool_info

    libraries = [info for info in threadpool_info() if info.get("user_api") == "blas"]
    names = [f"{info['internal_api']} {info['version']}" for info in libraries]
    return {"version": np.__version__, "blas": names[0] if names else None}


def _extras() -> dict[str, dict[str, Any]]:
    """For each extra that users install: whether it is complete, what is missing, the command."""
    missing: dict[str, list[str]] = {}
    for requirement in metadata.requires("vynapse") or ():
        package = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", requirement)
        if package and extra and extra[1] not in ("all", "dev"):
            absent = missing.setdefault(extra[1], [])
            if not _is_installed(package[0]):
                absent.append(package[0])
    return {
        extra: {
            "installed": not absent,
            "missing": absent,
            "command": f"pip install 'vynapse[{extra}]'",
        }
        for extra, absent in sorted(missing.items())
    }


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _data() -> dict[str, Any]:
    from vynapse.data.locate import cache_folder, data_folder, find

    try:
        folders = list(dict.fromkeys([str(data_folder()), str(cache_folder())]))
    except DataError as error:
        return {"problem": str(error), "folders": [str(cache_folder())], "sets": {}}
    sets = {
        task: any(all(find(name) is not None for name in files) for files in choices)
        for task, choices in DATA_FILES.items()
    }
    return {"problem": None, "folders": folders, "sets": sets}


def _runs(folder: Path) -> dict[str, Any]:
    """Space where runs are written: at `folder`, or at its nearest parent that exists."""
    existing = next(path for path in [folder.resolve(), *folder.resolve().parents] if path.exists())
    return {
        "folder": str(folder.resolve()),
        "writable": os.access(existing, os.W_OK),
        "free_bytes": shutil.disk_usage(existing).free,
    }


def _lines(found: dict[str, Any]) -> list[str]:
    torch, data, runs = found["torch"], found["data"], found["runs"]
    lines = [
        f"vynapse   {found['vynapse']}",
        f"python    {found['python']} on {found['platform']}, {found['cores']} cores",
        f"numpy     {found['numpy']['version']}, BLAS {found['numpy']['blas'] or 'not found'}",
    ]
    if torch is None:
        lines.append("torch     missing or broken: run pip install torch")
    else:
        gpus = ", ".join(torch["cuda"]) or "no GPU"
        lines.append(f"torch     {torch['version']}, {torch['threads']} threads, {gpus}")
    kernels = found["kernels"]
    reason = f": {kernels['reason']}" if kernels["reason"] else ""
    lines.append(f"kernels   {kernels['in_use']}{reason}")
    lines.append(f"compiler  {found['compiler'] or 'none: install gcc or clang'}")
    for extra, state in found["extras"].items():
        absent = ", ".join(state["missing"])
        words = "installed" if state["installed"] else f"no {absent}: run {state['command']}"
        lines.append(f"extra     {extra}: {words}")
    lines += [f"data      looked for in {folder}" for folder in data["folders"]]
    if data["problem"]:
        lines.append(f"data      {data['problem']}")
    for task, there in data["sets"].items():
        lines.append(f"data      {task}: {'found' if there else _ABSENT[task]}")
    state = "" if runs["writable"] else ", not writable"
    lines.append(f"runs      {runs['folder']}, {runs['free_bytes'] / 1e9:.1f} GB free{state}")
    return lines
