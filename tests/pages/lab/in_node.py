# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The worker of the lab in Node: quicker than a browser, and the same script."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from vynapse.pages.lab.app import application

_NODE: Final = shutil.which("node")
needs_node: Final = pytest.mark.skipif(_NODE is None, reason="node is not installed")
_SHIM: Final = """
const fs = require("fs"), [, , script, wasm, asked] = process.argv;
const said = [];
globalThis.postMessage = (message) => said.push(message);
(0, eval)(fs.readFileSync(script, "utf8"));
(async () => {
  await globalThis.onmessage({ data: { do: "load", module: fs.readFileSync(wasm) } });
  for (const one of JSON.parse(fs.readFileSync(asked, "utf8")))
    await globalThis.onmessage({ data: { do: "measure", ...one } });
  console.log(JSON.stringify(said.filter((message) => message.kind !== "ready")));
  process.exit(0);
})();
"""


def measured(asked: Sequence[Any], folder: Path) -> list[dict[str, Any]]:
    """What the worker says of each order with its data, one after the other."""
    files = application()
    for name in ("worker.js", "lab.wasm"):
        (folder / name).write_bytes(files[name])
    (folder / "shim.cjs").write_text(_SHIM, encoding="utf-8")
    (folder / "asked.json").write_text(json.dumps(list(asked)), encoding="utf-8")
    names = ("shim.cjs", "worker.js", "lab.wasm", "asked.json")
    done = subprocess.run(
        [_NODE or "node", *(str(folder / name) for name in names)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
