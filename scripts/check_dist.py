# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Refuse a wheel or an sdist in `dist/` that lacks what a user needs."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

WHEEL = [
    "vynapse/__init__.py",
    "vynapse/py.typed",
    "vynapse/tasks/digits.csv.gz",
    "vynapse/kernels/c/train.h",
    "vynapse/pages/lab/static/index.html",
    "vynapse/pages/live/static/index.html",
    "vynapse/pages/live/static/uPlot.iife.min.js",
    "vynapse/pages/live/static/uPlot.LICENSE.txt",
    "entry_points.txt",
    "licenses/LICENSES/MIT.txt",
    "licenses/LICENSES/Apache-2.0.txt",
    "licenses/LICENSES/CC-BY-4.0.txt",
]
SDIST = [
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "constraints.txt",
    "Makefile",
    "LICENSES/MIT.txt",
    "LICENSES/Apache-2.0.txt",
    "LICENSES/CC-BY-4.0.txt",
    "src/vynapse/py.typed",
    "src/vynapse/tasks/digits.csv.gz",
    "src/vynapse/kernels/c/baseline.c",
    "src/vynapse/kernels/c/train.h",
    "src/vynapse/pages/lab/static/index.html",
    "src/vynapse/pages/live/static/index.html",
    "src/vynapse/pages/live/static/uPlot.LICENSE.txt",
    "tests/conftest.py",
]


def absent(names: list[str], wanted: list[str]) -> list[str]:
    """The wanted paths with which no name ends."""
    return [end for end in wanted if not any(f"/{name}".endswith(f"/{end}") for name in names)]


if __name__ == "__main__":
    [wheel], [sdist] = Path("dist").glob("*.whl"), Path("dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as zipped, tarfile.open(sdist) as tarred:
        missing = [f"{wheel.name} lacks {end}" for end in absent(zipped.namelist(), WHEEL)]
        missing += [f"{sdist.name} lacks {end}" for end in absent(tarred.getnames(), SDIST)]
    print("\n".join(missing) or f"{wheel.name} and {sdist.name} are complete.")
    sys.exit(bool(missing))
