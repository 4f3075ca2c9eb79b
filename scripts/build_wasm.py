# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compile the WebAssembly modules from the C of the kernels; `make wasm`.

The modules are committed beside a record of how they were made, so that nobody needs a compiler to
use them, and everybody can make them again, to the byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src/vynapse/kernels/c"
BUILT = ROOT / "src/vynapse/deploy/built"
COMPILER = "clang-14"
FLAGS = (
    "--target=wasm32", "-std=gnu99", "-ffreestanding", "-ffp-contract=off", "-nostdlib",
    "-fvisibility=hidden", "-fuse-ld=/usr/bin/wasm-ld-14", "-Wl,--no-entry", "-Wl,--export-dynamic",
    "-Wl,--strip-all", "-Wl,--export=__heap_base", "-Wl,-z,stack-size=65536", "-Wl,--stack-first",
)  # fmt: skip
MODULES = {"network": ("-Os",), "control": ("-Os",), "lab": ("-O2", "-msimd128")}
"""Name of the source wasm_NAME.c -> its own flags."""


def main() -> int:
    """Build all modules into the package, or into the folder that is named."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else BUILT
    into.mkdir(parents=True, exist_ok=True)
    for name, flags in MODULES.items():
        (into / f"{name}.wasm").write_bytes(built(name, flags))
    (into / "build.json").write_text(json.dumps(record(into), indent=1) + "\n", encoding="utf-8")
    return 0


def built(name: str, flags: tuple[str, ...]) -> bytes:
    """The bytes of a module."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "module.wasm"
        source = f"wasm_{name}.c"
        subprocess.run([COMPILER, *FLAGS, *flags, "-o", str(to), source], cwd=SOURCES, check=True)
        return to.read_bytes()


def record(into: Path) -> dict[str, object]:
    """What the modules were made with and from."""
    version = subprocess.run(
        [COMPILER, "--version"], capture_output=True, text=True, check=True
    ).stdout
    return {
        "compiler": re.sub(r"\s+", " ", version.splitlines()[0]),
        "flags": list(FLAGS),
        "modules": {
            name: {
                "flags": list(flags),
                "sha256": hashlib.sha256((into / f"{name}.wasm").read_bytes()).hexdigest(),
                "sources_sha256": sources_hash(name),
            }
            for name, flags in MODULES.items()
        },
    }


def sources_hash(name: str) -> str:
    """One hash of the source and of every header that it reads, in order."""
    digest = hashlib.sha256()
    for path in sorted(_read_by(SOURCES / f"wasm_{name}.c")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read_by(path: Path) -> set[Path]:
    found = {path}
    for name in re.findall(r'#include "(\w+\.h)"', path.read_text(encoding="utf-8")):
        found |= _read_by(path.with_name(name))
    return found


if __name__ == "__main__":
    sys.exit(main())
