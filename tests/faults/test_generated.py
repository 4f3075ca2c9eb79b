# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every generated bad input ends in sentences, quickly, and leaves nothing behind.

150 of them here, chosen by a seed; all of them with `make evidence`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.case import Case
from tests.faults.generator import cases
from vynapse.cli.commands import VYNAPSE
from vynapse.cli.main import main

CHOSEN = 150
SECONDS = 5.0
EVIDENCE = bool(os.environ.get("VYNAPSE_EVIDENCE"))


def sample() -> list[Case]:
    every = list(cases())
    return every if EVIDENCE else random.Random(20261129).sample(every, CHOSEN)


def faults_of(case: Case, json_too: bool, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is wrong with the answer to a case, in the working directory."""
    for name, content in case.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    before = sorted(Path().rglob("*"))
    has_json = case.words[:1] and case.words[0] in {"run", "show", "evaluate", "compare", "resume"}
    words = [*case.words, "--json"] if json_too and has_json else list(case.words)
    began = time.process_time()
    try:
        code = main(words)
    except BaseException as error:  # noqa: BLE001 - whatever comes out is a fault
        capsys.readouterr()
        return [f"{type(error).__name__}: {error}"[:300]]
    seconds = time.process_time() - began
    out, err = capsys.readouterr()
    told = [line for line in err.splitlines() if "WARNING" not in line]
    faults = [] if code in {1, 2} else [f"exit code {code}"]
    if seconds > SECONDS:
        faults.append(f"took {seconds:.1f} s")
    if not told or not all(line.startswith("vynapse: ") for line in told):
        faults.append(f"said {err[-300:]!r}")
    if any(len(line) > 1500 for line in told):
        faults.append(f"said {max(map(len, told))} characters in a line")
    if len(told) != len(set(told)):
        faults.append("said something twice")
    if words != list(case.words) and code in {1, 2}:
        last = json.loads(out.splitlines()[-1])
        if last.keys() != {"error", "kind", "exit_code"} or last["exit_code"] != code:
            faults.append(f"answered {last}")
    if sorted(Path().rglob("*")) != before:
        faults.append(f"left {sorted({*Path().rglob('*')} - {*before})[:3]}")
    return faults


def test_a_bad_input_is_answered_in_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found: dict[str, list[str]] = {}
    for number, case in enumerate(sample()):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        if faults := faults_of(case, number % 3 == 0, capsys):
            found[f"{case.name} :: {' '.join(case.words)[:200]}"] = faults
    assert not found, "\n".join(f"{name}\n    {faults}" for name, faults in found.items())


def test_there_are_enough_of_them() -> None:
    every = list(cases())
    assert len(every) >= 2000
    assert len({(case.words, str(case.files)) for case in every}) >= 2000


COMMANDS = [command.name for command in VYNAPSE.commands] if EVIDENCE else ["tasks", "runs"]
OUTPUTS = {
    "closed": (">&-", {2}),
    "full": ("> /dev/full", {1}),
    "standard error closed": ("2>&-", {0, 1, 2}),
    "standard error full": ("2> /dev/full", {0, 1, 2}),
    "both closed": (">&- 2>&-", {2}),
    "all closed": ("<&- >&- 2>&-", {2}),
}


@pytest.mark.parametrize("how", OUTPUTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_an_output_that_takes_nothing_is_one_sentence(
    command: str, how: str, tmp_path: Path
) -> None:
    redirected, codes = OUTPUTS[how]
    (tmp_path / "runs").mkdir()
    words = {"run": "run --help", "compare": "compare --help"}.get(command, command)
    words = words if command in {"tasks", "modes", "schema", "doctor", "runs"} else f"{command} -h"
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m vynapse {words} {redirected}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in codes, done
    assert "Traceback" not in done.stderr
    if how in {"closed", "full"}:
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stderr.startswith("vynapse: standard output")
