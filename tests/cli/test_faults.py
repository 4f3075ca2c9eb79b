# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Kinds of faults that users have met on the command line, each with the right answer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vynapse.cli.main import main
from vynapse.cli.output import refuse_overwriting, times
from vynapse.errors import ConfigError

RUN = ("run", "xor", "--mode", "sgd", "--steps", "2", "--out", "new")
DEAP = ("run", "xor", "--mode", "deap", "--steps", "2", "--out", "new")
GROW = ("run", "xor", "--mode", "grow", "--steps", "1", "--out", "new")
SECONDS = 2.0


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sentence(words: tuple[str, ...], capsys: pytest.CaptureFixture[str], code: int = 2) -> str:
    """What a wrong command is told; quickly, and with nothing left behind."""
    before = sorted(Path().rglob("*"))
    began = time.process_time()
    assert main(list(words)) == code
    assert time.process_time() - began < SECONDS
    told = [line for line in capsys.readouterr().err.splitlines() if "WARNING" not in line]
    assert len(told) == 1, told
    assert told[0].startswith("vynapse: ")
    assert sorted(Path().rglob("*")) == before
    return told[0]


# numbers that would be rounded, and booleans where numbers are wanted
@pytest.mark.parametrize("value", ["2.7", "true", "inf", "1_0", "9" * 5000, ""])
@pytest.mark.parametrize("option", ["--seed", "--steps", "--threads", "--log-every"])
def test_an_option_takes_whole_numbers_alone(option: str, value: str, capsys) -> None:
    words = ("run", "xor", "--mode", "sgd", "--out", "new", option, value)
    told = sentence(words, capsys)
    assert f"{option}: a whole number was wanted, got" in told


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "xor", "--modes", "sgd", "--seeds", "1.5"),
        ("grow-existing", "x", "--seed", "0.5"),
        ("grow-existing", "x", "--threads", "true"),
    ],
)
def test_so_do_other_commands(words: tuple[str, ...], capsys) -> None:
    assert "a whole number was wanted" in sentence(words, capsys)


def test_a_whole_number_may_be_written_with_an_exponent() -> None:
    assert main([*RUN, "--seed", "1e3"]) == 0
    assert json.loads(Path("new/run.json").read_text())["recipe"]["seed"] == 1000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--set", "budget.target=.nan"), "target: a finite number was wanted, got nan"),
        (("--set", "budget.target=nan"), "target: a finite number was wanted, got nan"),
        (("--set", "budget.flops=.inf"), "flops: a finite number was wanted, got inf"),
        (("--set", "learning_rate=-.inf"), "learning_rate: a finite number was wanted, got -inf"),
        (("--set", "learning_rate=inf"), "learning_rate: a finite number was wanted, got inf"),
        (("--set", "clip_norm=.inf"), "clip_norm: a finite number was wanted, got inf"),
        (("--set", "betas=[0.9, .nan]"), "betas.1: a finite number was wanted, got nan"),
        (("--set", "checkpoint.every_seconds=.inf"), "a finite number was wanted, got inf"),
        (("--set", "network={factory: 'a:b', options: {x: .inf}}"), "options.x: a finite number"),
        (("--set", "learning_rate=" + "9" * 400), "a number that fits was wanted"),
        (("--set", "seed=true"), "seed: a valid integer was wanted, got true"),
        (("--set", "seed=010"), 'seed: a valid integer was wanted, got "010"'),
        (("--set", "learning_rate=1:30"), 'a valid number was wanted, got "1:30"'),
        (("--set", "nesterov=yes"), 'a valid boolean was wanted, got "yes"'),
        (("--set", "seed={a: 1, a: 2}"), 'the key "a" stands twice'),
        (("--budget", "steps=3,steps=4"), "each limit once"),
        (("--set", "budget.steps=2.5"), "steps: a valid integer was wanted, got 2.5"),
        (("--budget", "target=inf"), "NAME=NUMBER was wanted"),
    ],
)
def test_numbers_that_are_none(words: tuple[str, ...], says: str, capsys) -> None:
    assert says in sentence((*RUN, *words), capsys)


@pytest.mark.parametrize("key", ["sigma", "initial_sigma", "restart_spread"])
def test_an_infinite_step_size_is_no_default(key: str, capsys) -> None:
    told = sentence((*DEAP, "--set", f"strategy.{key}=.inf"), capsys)
    assert f"strategy.{key}: a finite number was wanted, got inf" in told


# keys that are no identifiers
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("learning-rate=0.1", "stages.0.learning-rate: unknown key: did you mean 'learning_rate'?"),
        ("checkpoint.every-steps=3", "every-steps: unknown key: did you mean 'every_steps'?"),
        ("log-every=3", "log-every: unknown key: did you mean 'log_every'?"),
        ("task.na-me=3", "task.na-me: unknown key"),
        ("budget.max steps=3", "budget.max steps: unknown key"),
        ("0=1", "0: unknown key"),
        ("é=1", "é: unknown key"),
        ("int=1", "stages.0.int: unknown key"),
        ("network={c-nn: [2, 1]}", "unknown kind of network 'c-nn'"),
        ("network={mlp: [2, 1], hidden-size: 3}", "'hidden-size'"),
        ("network={mlp: {sizes: [2, 1], bi-as: true}}", "network.mlp.bi-as: unknown key"),
        ("loss={kind: cross-entropy}", "did you mean 'cross_entropy'?"),
        (".=1", "key=value was wanted"),
        ("a..b=1", "key=value was wanted"),
        ("lr=0.1", "did you mean 'learning_rate'?"),
        ("epochs=3", "did you mean 'budget.epochs'?"),
        ("max_iter=3", "did you mean 'budget.steps'?"),
        ("random_state=3", "did you mean 'seed'?"),
    ],
)
def test_keys_that_nobody_knows(text: str, says: str, capsys) -> None:
    told = sentence((*RUN, "--set", text), capsys)
    assert says in told
    key, _, hint = told.rpartition(": unknown key: did you mean ")
    assert not hint or f"'{key.rpartition(': ')[2]}'?" != hint, "a key is not like itself"


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--lr", "0.1"), "write --set learning_rate=VALUE"),
        (("--epochs", "3"), "write --budget epochs=5"),
        (("--max-steps", "3"), "write --budget steps=100"),
        (("--batch_size", "3"), "--set KEY=VALUE"),
        (("--sead", "3"), "Did you mean --seed?"),
    ],
)
def test_habits_of_other_programs(option: tuple[str, str], says: str, capsys) -> None:
    assert says in sentence((*RUN, *option), capsys)


# sizes
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*DEAP, "--set", "strategy.offspring=99999999999"), "offspring: less than or equal to"),
        ((*DEAP, "--set", f"strategy.mu={10**12}"), "mu: less than or equal to"),
        ((*DEAP, "--set", f"strategy.tournament_size={10**9}"), "tournament_size: less than"),
        ((*DEAP, "--set", "strategy.tournament_size=1e9"), "tournament_size: a valid integer"),
        ((*DEAP, "--set", "strategy.offspring=10000000", "--network", "mlp:2,9999,1"), "GB"),
        ((*DEAP, "--set", f"evaluator={{kind: processes, workers: {10**6}}}"), "workers: less"),
        ((*RUN, "--set", "network.mlp=[2,0,1]"), "sizes.1: greater than or equal to 1"),
        ((*RUN, "--set", "network.mlp=[2,-1,1]"), "sizes.1: greater than or equal to 1"),
        ((*RUN, "--set", f"network.mlp=[2,{10**11},1]"), "sizes.1: less than or equal to"),
        ((*RUN, "--network", f"mlp:2,{10**11},1"), "sizes.1: less than or equal to"),
        ((*RUN, "--network", f"mlp:2,{'9' * 5000},1"), "at most 18 digits"),
        ((*RUN, "--network", "mlp:2,9999999,9999999,1"), "GB"),
        ((*RUN, "--set", "seed=" + "9" * 5000), "a whole number of 5,000 digits"),
        ((*RUN, "--set", f"warmup={10**30}"), "warmup: a whole number below 2^64"),
        ((*RUN, "--threads", "100000"), "threads: less than or equal to 1024"),
        (("compare", "xor", "--modes", "sgd", "--seeds", str(10**12)), "at most 10,000"),
        ((*RUN, "--set", "a=" + "[" * 5000 + "]" * 5000), "levels of lists"),
        ((*RUN, "--set", ".".join("a" * 900) + "=1"), "levels of lists"),
        ((*RUN, "--set", "batch_size=[&a [*a]]"), "stands inside what it names"),
        (("run", "digits", "--mode", "sgd", "--out", "new", "--set",
          f"network={{cnn: [{10**7}, {10**7}]}}"), "GB"),
    ],
)  # fmt: skip
def test_sizes_that_fit_nowhere(words: tuple[str, ...], says: str, capsys) -> None:
    assert says in sentence(words, capsys)


def test_too_little_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 3 TiB")

    monkeypatch.setattr("vynapse.experiment.session.Session.create", fail)
    assert "there is not enough memory (Unable to allocate 3 TiB)" in sentence(RUN, capsys, code=1)


@pytest.mark.parametrize("name", ["x" * 4000, "/".join(["y" * 200] * 30)])
@pytest.mark.parametrize("option", ["--out", "--weights", "--recipe", "--network"])
def test_names_that_no_file_can_have(option: str, name: str, capsys) -> None:
    code = main([*RUN[:-2], option, name])
    told = capsys.readouterr().err.splitlines()
    assert code in {1, 2}
    assert len(told) == 1
    assert len(told[0]) < 600
    assert not list(Path().iterdir())


# empty names
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*RUN, "--network", ""), "--network"),
        ((*RUN, "--network", "  "), "--network"),
        (("compare", "xor", "--modes", ""), "--modes"),
        (("compare", "xor", "--modes", ","), "--modes"),
        (("compare", "xor", "--modes", "sgd,,deap"), "--modes"),
        (("compare", "xor", "--modes", "sgd", "--controls", ""), "--controls"),
        (("compare", "", "--modes", "sgd"), "unknown task ''"),
        ((*GROW, "--slots", ""), "--slots"),
        ((*RUN, "--mode", ""), "mode"),
        (("run", "", "--mode", "sgd"), "unknown task ''"),
    ],
)
def test_an_empty_name_is_no_name(words: tuple[str, ...], says: str, capsys) -> None:
    assert says in sentence(words, capsys)


@pytest.mark.parametrize("words", [("--slots", "1"), ("--set", "slots=[1]")])
def test_a_slot_may_be_called_by_a_number(words: tuple[str, str]) -> None:
    assert main([*GROW, "--network", "mlp:2,3,3,1", *words]) == 0
    recipe = json.loads(Path("new/run.json").read_text())["recipe"]
    assert recipe["stages"][0]["slots"] == ["1"]


def test_a_column_may_be_called_by_a_number() -> None:
    rows = "\n".join(f"{row},{row % 2}" for row in range(40))
    Path("data #1.csv").write_text(f"1,2\n{rows}\n")
    words = ("run", "csv", "--mode", "sgd", "--steps", "1", "--out", "new")
    keys = ("--set", "task.path=data #1.csv", "--set", "task.target=2", "--set", "task.columns=[1]")
    assert main([*words, *keys]) == 0


# an output over an input
@pytest.fixture
def table() -> Path:
    rows = "\n".join(f"{row},{'ab'[row % 2]}" for row in range(40))
    Path("data.csv").write_text(f"size,kind\n{rows}\n")
    words = ["run", "csv", "--mode", "sgd", "--steps", "1", "--out", "r"]
    assert main([*words, "--set", "task.path=data.csv", "--set", "task.target=kind"]) == 0
    shutil.copy("data.csv", "new.csv")
    Path("link.csv").symlink_to("new.csv")
    os.link("new.csv", "hard.csv")
    return Path("new.csv")


@pytest.mark.parametrize(
    ("data", "out"),
    [
        ("new.csv", "new.csv"), ("new.csv", "./r/../new.csv"), ("new.csv", "link.csv"),
        ("new.csv", "hard.csv"), ("link.csv", "new.csv"), ("validation", "data.csv"),
        ("new.csv", "data.csv"), ("new.csv", "r/run.json"), ("new.csv", "r/best.safetensors"),
        ("train", "r/preprocessing.json"),
    ],
)  # fmt: skip
def test_predictions_never_replace_what_they_come_from(
    data: str, out: str, table: Path, capsys
) -> None:
    capsys.readouterr()
    before = Path(out).read_bytes()
    assert "is read by this command" in sentence(("predict", "r", data, "--out", out), capsys)
    assert Path(out).read_bytes() == before


def test_predictions_replace_older_ones(table: Path) -> None:
    for _ in range(2):
        assert main(["predict", "r", "new.csv", "--out", "r/predicted.csv"]) == 0
        assert main(["predict", "r", "new.csv", "--out", "predicted.csv"]) == 0


def test_a_picture_never_replaces_the_run(table: Path, capsys) -> None:
    Path("loss.svg").symlink_to("r/metrics.csv")
    capsys.readouterr()
    assert "--plot: loss.svg is read" in sentence(("show", "r", "--plot", "loss.svg"), capsys)


def test_a_recipe_never_replaces_a_file(table: Path, capsys) -> None:
    capsys.readouterr()
    words = ("init", "xor", "--mode", "sgd", "--out", "data.csv")
    assert "exists already" in sentence(words, capsys)


def test_a_folder_that_is_read_may_not_be_written_into() -> None:
    Path("in").mkdir()
    Path("in/a").write_text("a")
    with pytest.raises(ConfigError, match="--out: in/a is read"):
        refuse_overwriting(Path("in/a"), "--out", [Path("in")])
    refuse_overwriting(Path("in/new"), "--out", [Path("in")])
    refuse_overwriting(None, "--out", [Path("in")])


# outputs
def of_process(words: str, redirected: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m vynapse {words} {redirected}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("json_too", ["", "--json"])
def test_a_run_goes_on_when_its_output_is_full(json_too: str) -> None:
    words = f"run xor --mode sgd --steps 300 --set batch_size=1 --out r {json_too}"
    done = of_process(words, "> /dev/full")
    told = [line for line in done.stderr.splitlines() if line.startswith("vynapse: ")]
    assert told == ["vynapse: standard output: No space left on device"]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert Path("r/summary.json").exists()


def test_a_run_without_an_output_does_not_begin() -> None:
    done = of_process("run xor --mode sgd --steps 3 --out r", ">&-")
    assert done.returncode == 2
    assert done.stderr.startswith("vynapse: standard output is closed")
    assert not Path("r").exists()


@pytest.mark.parametrize("columns", ["1", "2", "0", "x", "39"])
def test_help_in_a_narrow_terminal(columns: str, monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    began = time.process_time()
    assert main(["run", "--help"]) == 0
    assert time.process_time() - began < SECONDS
    assert "--recipe" in capsys.readouterr().out


# without a target, which xor reaches within 0.3 s
ENDLESS = (
    "run", "xor", "--mode", "sgd", "--out", "r", "--steps", "10000000",
    "--set", "budget.target=null",
)  # fmt: skip


@pytest.mark.parametrize("after", [0.003, 0.02, 0.05, 0.09, 0.15, 0.3])
@pytest.mark.parametrize("words", [("tasks",), ENDLESS], ids=["tasks", "run"])
def test_an_early_interrupt_is_one_sentence(words: tuple[str, ...], after: float) -> None:
    program = (
        "import sys; from vynapse.program import vynapse; print('.', flush=True); "
        f"sys.argv[1:] = {list(words)!r}; sys.exit(vynapse())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == ".\n"
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    assert process.returncode in {0, 130}, err
    if process.returncode == 130:
        assert [line for line in err.splitlines() if "interrupted" in line]


def test_the_time_of_a_stage_says_that_it_is_all() -> None:
    stage = {"mode": "sgd", "timings": {"training": 1.0, "total": 2.0}}
    assert times(stage) == "time of sgd: 2.00 s in all: training 50 %, bookkeeping 50 %"
