# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Make the stubs of the protocol anew, or check that they are those of the .proto file.

    python scripts/protocol.py            writes them
    python scripts/protocol.py --check    says whether they are up to date, and lints the file

It needs grpcio-tools and buf-bin; both work without a network.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PROTO = "vynapse/evaluation/v1/evaluation.proto"
HEADER = """\
# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""


def generated(folder: Path) -> dict[str, str]:
    """The text of each file, by its path below `src`."""
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={SOURCE}"),
        *(f"--{kind}_out={folder}" for kind in ("python", "pyi", "grpc_python")),
        PROTO,
    ]
    subprocess.run(command, check=True)
    files = sorted(folder.rglob("*.py*"))
    return {str(file.relative_to(folder)): HEADER + file.read_text() for file in files}


def main() -> int:
    """Write or check; 0 where all is well."""
    with tempfile.TemporaryDirectory() as folder:
        texts = generated(Path(folder))
    if "--check" not in sys.argv[1:]:
        for path, text in texts.items():
            (SOURCE / path).write_text(text)
        return 0
    stale = [path for path, text in texts.items() if (SOURCE / path).read_text() != text]
    for path in stale:
        print(f"{path} is not what the protocol says: run python scripts/protocol.py")
    buf = Path(sys.executable).with_name("buf")
    lint = subprocess.run([buf, "lint", "--path", f"src/{PROTO}"], cwd=ROOT, check=False)
    return 1 if stale or lint.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
