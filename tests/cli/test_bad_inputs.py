# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The table of bad inputs: each ends non-zero with one sentence and leaves earlier results intact.

A row is a name, a function that prepares the folder and gives the words after `vynapse`, the exit
code, and what the sentence must say.
"""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

Words = list[str]
Row = tuple[str, Callable[[Path], Words], int, str]
XOR = ["run", "xor", "--mode", "deap", "--steps", "5", "--out", "new"]


def words(*given: str) -> Callable[[Path], Words]:
    return lambda _: list(given)


def recipe(text: str, name: str = "recipe.yaml") -> Callable[[Path], Words]:
    def prepare(folder: Path) -> Words:
        (folder / name).write_text(text)
        return ["run", "--recipe", name, "--out", "new"]

    return prepare


def table(text: str, *more: str) -> Callable[[Path], Words]:
    def prepare(folder: Path) -> Words:
        (folder / "data.csv").write_text(text)
        sets = ("task.path=data.csv", "task.target=kind", *more)
        options = [word for text in sets for word in ("--set", text)]
        return ["run", "csv", "--mode", "deap", "--steps", "2", "--out", "new", *options]

    return prepare


def cut_run(change: Callable[[Path], object]) -> Callable[[Path], Words]:
    """A copy of the interrupted run, changed; then `vynapse resume` of it."""

    def prepare(folder: Path) -> Words:
        shutil.copytree(folder / "cut", folder / "changed")
        change(folder / "changed")
        return ["resume", "changed"]

    return prepare


def newest(run: Path) -> Path:
    return max((run / "checkpoints").glob("*.ckpt"))


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def edit_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def tampered(content: bytes) -> bytes:
    from vynapse.experiment.compression import compress, decompress

    raw = bytearray(decompress(content))
    raw[-3] ^= 1
    return compress(bytes(raw))


def changed_start(folder: Path) -> Words:
    assert main([*XOR, "--weights", "done"]) == 0
    (folder / "new" / "summary.json").unlink()
    edit_json(folder / "new" / "run.json", weights_sha256="0" * 64)
    return ["resume", "new"]


def unwritable(folder: Path) -> Words:
    (folder / "file").write_text("not a folder")
    return [*XOR[:-1], "file/new"]


def wrong_archive(folder: Path) -> Words:
    data = folder / "data"
    data.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (data / f"{name}-ubyte.gz").write_bytes(b"not what it says")
    return ["run", "mnist", "--mode", "sgd", "--steps", "1", "--out", "new"]


ROWS = "size,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40))

TABLE: list[Row] = [
    ("unknown command", words("rum", "xor"), 2, "did you mean 'run'"),
    ("unknown option", words(*XOR, "--sede", "1"), 2, "--sede"),
    ("no task", words("run", "--mode", "deap"), 2, "TASK"),
    ("no mode", words("run", "xor"), 2, "--mode"),
    ("unknown task", words("run", "xro", "--mode", "deap"), 2, "did you mean 'xor'"),
    ("unknown mode", words("run", "xor", "--mode", "deep"), 2, "did you mean 'deap'"),
    ("unknown key", words(*XOR, "--set", "sgima=1"), 2, "did you mean 'strategy.sigma'"),
    ("unknown recipe key", words(*XOR, "--set", "sede=1"), 2, "did you mean 'seed'"),
    ("wrong type", words(*XOR, "--set", "strategy.mu=many"), 2, "mu"),
    ("out of range", words(*XOR, "--set", "strategy.sigma=-1"), 2, "greater than 0"),
    ("contradiction", words(*XOR, "--set", "elites=99"), 2, "elites"),
    ("no value", words(*XOR, "--set", "sigma"), 2, "key=value"),
    ("bad seed", words(*XOR, "--seed", "-1"), 2, "seed"),
    ("bad seed type", words(*XOR, "--seed", "one"), 2, "one"),
    ("bad budget", words(*XOR, "--budget", "flop=3"), 2, "did you mean 'flops'"),
    ("no limit", words("run", "xor", "--mode", "deap", "--set", "budget={steps: 0}"), 2, "steps"),
    ("wrong network size", words(*XOR, "--network", "mlp:3,1"), 2, "2 inputs"),
    ("unknown network", words(*XOR, "--network", "mpl:2,1"), 2, "mpl"),
    ("network of text", words(*XOR, "--network", "mlp:two"), 2, "two"),
    ("absent factory", words(*XOR, "--network", "no.module:net"), 2, "no.module"),
    ("absent user task", words("run", "no.mod:T", "--mode", "deap"), 2, "no.mod"),
    ("absent recipe", words("run", "--recipe", "no.yaml"), 2, "no.yaml"),
    ("malformed yaml", recipe("task: ["), 2, "not valid YAML"),
    ("malformed toml", recipe("task =", "r.toml"), 2, "not valid TOML"),
    ("empty recipe", recipe(""), 2, "a mapping of keys"),
    ("stages of text", recipe("task: xor\nstages: deap"), 2, "a list of stages"),
    ("binary recipe", recipe("\0\1\2"), 2, "recipe.yaml"),
    ("occupied place", words(*XOR[:-1], "done"), 2, "exists already"),
    ("absent weights", words(*XOR, "--weights", "no.pt"), 2, "no.pt does not exist"),
    ("weights of a kind unknown", words(*XOR, "--weights", "done/run.json"), 2, "a graph that"),
    ("weights of another network",
     words(*XOR, "--weights", "done", "--network", "mlp:2,3,1"), 2, "leave out network"),
    ("weights of nothing", words(*XOR, "--weights", "."), 2, "is not a run directory"),
    ("start changed", changed_start, 2, "is not the network the run began with"),
    ("grow of no file", words("grow-existing", "no.pt"), 2, "no.pt does not exist"),
    ("grow of nothing", words("grow-existing", "nowhere", "--task", "xor"), 2, "nowhere"),
    ("grow of no run", words("grow-existing", "."), 2, "is not a run directory"),
    ("unwritable place", unwritable, 1, "cannot write"),
    ("no gpu", words(*XOR, "--device", "cuda"), 2, "sees no GPU"),
    ("resume of nothing", words("resume", "nowhere"), 2, "is not a run directory"),
    ("resume of a file", words("resume", "done/run.json"), 2, "is not a run directory"),
    ("show of nothing", words("show", "nowhere"), 2, "is not a run directory"),
    ("list of nothing", words("runs", "nowhere"), 2, "is not a folder of runs"),
    (
        "truncated checkpoint",
        cut_run(lambda run: rewrite(newest(run), lambda content: content[:-9])),
        2,
        "is damaged",
    ),
    (
        "empty checkpoint",
        cut_run(lambda run: rewrite(newest(run), lambda content: b"")),
        2,
        "is damaged",
    ),
    (
        "tampered checkpoint",
        cut_run(lambda run: rewrite(newest(run), tampered)),
        2,
        "was changed after it was written",
    ),
    (
        "newer run format",
        cut_run(lambda run: edit_json(run / "run.json", format=99)),
        2,
        "install a newer vynapse",
    ),
    (
        "broken run record",
        cut_run(lambda run: (run / "run.json").write_text("{")),
        2,
        "cannot be read",
    ),
    (
        "metrics cut by hand",
        cut_run(lambda run: rewrite(run / "metrics.csv", lambda content: content[:40])),
        2,
        "metrics.csv",
    ),
    (
        "metrics deleted",
        cut_run(lambda run: (run / "metrics.csv").unlink()),
        2,
        "metrics.csv",
    ),
    (
        "other columns",
        cut_run(lambda run: rewrite(run / "metrics.csv", lambda content: b"x" + content[1:])),
        2,
        "columns",
    ),
    ("absent csv", words("run", "csv", "--mode", "deap", "--set", "task.path=no.csv",
                         "--set", "task.target=kind"), 2, "no.csv"),
    ("csv without its path", words("run", "csv", "--mode", "deap", "--set", "task.target=a"),
     2, "task.path: a value is required"),
    ("ragged csv", table(ROWS + "1,a,extra\n"), 2, "line 42"),
    ("empty csv", table(""), 2, "data.csv"),
    ("csv without target", table(ROWS.replace("kind", "knid")), 2, "did you mean 'knid'"),
    ("csv with gaps", table(ROWS + ",a\n"), 2, "size"),
    ("csv of one class", table(ROWS.replace("b", "a")), 2, "class"),
    ("csv with two columns of one name", table("kind,kind\na,b\n"), 2, "kind"),
    ("csv option of a wrong kind", table(ROWS, "task.missing=guess"), 2, "missing"),
    ("wrong archive checksum", wrong_archive, 2, "checksum"),
    ("evaluate on an unknown split", words("evaluate", "done", "tset"), 2, "tset"),
    ("evaluate on the test split", words("evaluate", "done", "test"), 2, "test"),
    ("predict from nothing", words("predict", "done", "no.csv"), 2, "no.csv"),
    ("compare of an unknown mode", words("compare", "xor", "--modes", "deap,x"), 2, "'x'"),
    ("controls without growth", words("compare", "xor", "--modes", "deap", "--controls", "no-op"),
     2, "must be among the modes"),
    ("unknown control", words("compare", "xor", "--modes", "grow", "--controls", "static-inital"),
     2, "did you mean 'static-initial'"),
    ("controls at equal steps", words("compare", "xor", "--modes", "grow", "--controls",
                                      "static-initial", "--budget", "steps=5"), 2, "budget.steps"),
    ("compare without seeds", words("compare", "xor", "--modes", "sgd", "--seeds", "0"), 2, "seed"),
    ("diverging run", words("run", "spirals", "--mode", "sgd", "--steps", "50", "--out", "new",
                            "--network", "{mlp: {sizes: [2, 9, 2], hidden: relu}}",
                            "--set", "optimizer=sgd", "--set", "learning_rate=1e30"),
     1, "lower learning_rate"),
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run and one that stopped after a checkpoint."""
    folder = tmp_path_factory.mktemp("earlier")
    overrides = [
        "budget.steps=12",
        "strategy.mu=4",
        "strategy.offspring=8",
        "checkpoint.every_steps=5",
    ]
    overrides.append("generations_per_call=1")
    loaded = load_recipe("xor", "deap", overrides=overrides)
    Session.create(loaded, folder / "done").run()
    Session.create(loaded, folder / "cut").run()
    (folder / "cut" / "summary.json").unlink()
    return folder


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(("prepare", "code", "says"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_a_bad_input_is_one_sentence(
    prepare, code, says, finished, tmp_path, monkeypatch, capsys
) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VYNAPSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    given = prepare(tmp_path)
    earlier = contents(tmp_path / "done") | contents(tmp_path / "cut")

    assert main(given) == code
    said = capsys.readouterr().err
    told = [line for line in said.splitlines() if line.startswith("vynapse: ")]
    assert len(told) == 1, said
    assert says in told[0]
    assert "Traceback" not in said
    assert contents(tmp_path / "done") | contents(tmp_path / "cut") == earlier


def test_there_are_enough_rows() -> None:
    assert len(TABLE) >= 30


@pytest.mark.parametrize("room", [2_000, 6_000, 20_000])
def test_a_full_disk_is_one_sentence(room, tmp_path) -> None:
    """A real limit of the operating system on the size of files, in a real process."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    result = subprocess.run(
        [sys.executable, "-m", "vynapse", *XOR[:3], "deap", "--steps", "3000", "--out", "new",
         "--set", "network.mlp=[2, 60, 1]", "--set", "checkpoint.every_steps=20",
         "--set", "budget.target=null"],
        cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit, check=False,
        env={**os.environ, "PYTHONWARNINGS": "error", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert result.returncode == 1, result.stderr
    told = [line for line in result.stderr.splitlines() if line.startswith("vynapse: ")]
    assert len(told) == 1
    assert "no space left" in told[0]
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.rglob("*.tmp"))
