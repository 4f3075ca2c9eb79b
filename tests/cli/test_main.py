# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The command line as a whole: instant help, one sentence per mistake, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vynapse
from tests import speed
from vynapse.cli.commands import COMMANDS
from vynapse.cli.main import main

NAMES = [command.name for command in COMMANDS]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f" {name} " in text for name in NAMES)
    for words in ([], ["-h"]):
        assert main(words) == 0
        assert capsys.readouterr().out == text


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: vynapse {name}" in text
    assert f"\n  vynapse {name}" in text.partition("Example")[2]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{vynapse.__version__}\n"


HELP_LOADS = """
import sys
from vynapse.cli.commands import COMMANDS
from vynapse.cli.main import main
main(["--help"])
for command in COMMANDS:
    main([command.name, "--help"])
heavy = {"torch", "numpy", "pydantic", "yaml", "psutil", "matplotlib"} & set(sys.modules)
sys.stderr.write(" ".join(sorted(heavy)))
"""


def test_help_loads_nothing_heavy() -> None:
    words = [sys.executable, "-c", HELP_LOADS]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_is_instant() -> None:
    spent = speed.of_command([sys.executable, "-m", "vynapse", "--help"])
    assert spent < speed.limit(0.15)


MISTAKES = [
    (["rnu"], "unknown command 'rnu': did you mean 'run'?"),
    (["run"], "a task or a recipe is needed"),
    (["run", "xor"], "--mode is needed"),
    (["run", "xor", "--mdoe", "deap"], "Unknown option: --mdoe. Did you mean --mode?"),
    (["run", "xor", "parity", "--mode", "deap"], "unexpected word 'parity'"),
    (["run", "xor", "--mode", "deap", "--seed", "x"], "--seed: a whole number was wanted, got 'x'"),
    (["run", "xor", "--mode", "deap", "--seed", "-1"], "seed: .* was wanted, got -1"),
    (["run", "xor", "--mode", "depa"], "unknown mode 'depa': did you mean 'deap'?"),
    (["run", "xro", "--mode", "deap"], "unknown task 'xro': did you mean 'xor'?"),
    (["run", "xor", "--mode", "deap", "--set", "novalue"], "key=value was wanted"),
    (["run", "xor", "--mode", "deap", "--set", "offsprin=1"], "did you mean 'strategy.offspring'?"),
    (["run", "xor", "--mode", "deap", "--budget", "many"], "NAME=NUMBER was wanted.*'many'"),
    (["run", "xor", "--mode", "deap", "--budget", "flop=1"], "did you mean 'flops'"),
    (["run", "xor", "--mode", "deap", "--network", "mlp:2-2-1"], "numbers like mlp:16,32"),
    (["run", "xor", "--mode", "deap", "--network", "mlp:3,1"], "has 2 inputs and 1 outputs"),
    (["run", "xor", "--mode", "deap", "--device", "gpu"], 'Choose from: "auto", "cpu", "cuda"'),
    (["run", "xor", "--mode", "deap", "--log-level", "warn"], 'Did you mean "warning"?'),
    (["run", "--recipe", "none.yaml"], "none.yaml: cannot read the recipe"),
    (["resume", "nowhere"], "nowhere is not a run directory"),
    (["show", "nowhere"], "nowhere is not a run directory"),
    (["show"], "requires an argument"),
    (["runs", "nowhere"], "nowhere is not a folder of runs"),
    (["evaluate", "nowhere", "train"], "nowhere is not a run directory"),
    (["predict", "nowhere", "train"], "nowhere is not a run directory"),
    (["compare", "xor", "--seeds", "many"], "many"),
    (["compare", "xor", "--modes", "deap", "--seeds", "0"], "--seeds: a number from 1 on"),
    (["compare", "xor", "--modes", "depa"], "unknown mode 'depa'"),
    (["init", "xor", "--mode", "depa"], "unknown mode 'depa'"),
]


@pytest.mark.parametrize(("words", "sentence"), MISTAKES, ids=lambda value: str(value)[:40])
def test_a_mistake_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("vynapse: ")
    assert re.search(sentence, lines[0])
    assert not Path("runs").exists()


def test_all_problems_of_a_recipe_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "xor", "--mode", "deap", "--seed", "-1", "--set", "offsprin=3"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("vynapse: ") for line in lines)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["run", "xor", "--mode", "deap", "--json", "--no-such"], "UsageError"),
        (["run", "xor", "--mode", "deap", "--json", "--set", "x=1"], "ConfigError"),
        (["show", "nowhere", "--json"], "RunDirectoryError"),
    ],
)
def test_with_json_an_error_is_an_object_too(
    words: list[str], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    (line,) = captured.out.splitlines()
    error = json.loads(line)
    assert (error["kind"], error["exit_code"]) == (kind, 2)
    assert captured.err == f"vynapse: {error['error']}\n"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "x.csv"), 1, "x.csv: Permission denied"),
    ],
)
def test_what_a_command_raises_becomes_an_exit_code(
    error: BaseException,
    code: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def tasks() -> None:
        raise error

    monkeypatch.setattr("vynapse.cli.names.tasks", tasks)
    assert main(["tasks"]) == code
    assert capsys.readouterr().err == f"vynapse: {sentence}\n"


def test_an_error_in_the_program_itself_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def tasks() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("vynapse.cli.names.tasks", tasks)
    with pytest.raises(ZeroDivisionError):
        main(["tasks"])


@pytest.mark.parametrize("word", ["tasks", "--help"])
def test_a_reader_that_goes_away_is_no_error(word: str) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-m", "vynapse", word], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def test_lists_of_tasks_and_modes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    tasks = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"xor", "parity", "spirals", "digits", "mnist", "cifar10", "csv"} <= set(tasks)
    assert main(["modes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"sgd", "deap"} <= {line.split()[0] for line in lines}
    assert all(len(line.split()) > 2 for line in lines)


def test_an_encoding_without_the_signs_is_no_error(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    words = ["run", "xor", "--mode", "deap", "--steps", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "vynapse", *words],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "xor ? deap ? seed 0" in done.stdout


def test_without_torch_a_sentence_says_so_and_small_networks_work() -> None:
    code = "import sys; sys.modules['torch'] = None; from vynapse.cli.main import main; "
    ends = []
    for index, mode in enumerate(("sgd --set optimizer=rmsprop", "sgd", "deap")):
        words = f"run xor --mode {mode} --steps 2 --out {index}".split()
        call = [sys.executable, "-c", f"{code} sys.exit(main({words!r}))"]
        ends.append(subprocess.run(call, capture_output=True, text=True, check=False))
    assert ends[0].returncode == 2
    assert ends[0].stderr == "vynapse: torch is not installed: run pip install torch\n"
    assert [end.returncode for end in ends[1:]] == [0, 0]
