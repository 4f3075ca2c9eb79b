# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Kill a run at any moment, resume it, and it ends with the same bytes as if nothing had happened.

Each attempt is a forked child that is killed with SIGKILL, at a random moment or at a chosen one
inside the writing of a checkpoint. `make evidence` runs the full count of kills and seeds.
"""

import csv
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from vynapse.experiment import files
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import read_summary
from vynapse.kernels import native
from vynapse.trainers.mode import MODES

Note = Callable[[str], None]

EVIDENCE = bool(os.environ.get("VYNAPSE_EVIDENCE"))
KILLS = 20 if EVIDENCE else 3
SEEDS = range(5) if EVIDENCE else range(2)

LONG = "budget={steps: 300, target: null}"
OVERRIDES = {
    "deap": [
        "strategy.mu=4",
        "strategy.offspring=10",
        "strategy.restart_patience=10",
        "generations_per_call=7",
        "budget={steps: 300, target: null}",
    ],
    "sgd": [
        "batch_size=2",
        "restart_patience=40",
        "budget={steps: 300, target: null}",
        "schedule=step",
        "step_every=70",
    ],
    "neat": ["population=20", "add_node=0.2", "log_every=3", "budget={steps: 90, target: null}"],
    "nsga2": ["task.low=0", "task.high=1", "task.start=0.5", "task.objectives=3", LONG],
    "map-elites": ["task.descriptors=2", "batch=8", LONG],
    # every stage of a seed's life comes by
    "grow": [
        "network={mlp: [2, 4, 4, 1]}",
        "controller={kind: random, germinate: 0.7, fossilize: 0.7, cull: 0.3, seeds_per_slot: 3}",
        "training.batch_size=2",
        "epoch_steps=1",
        "embargo_epochs=1",
        "budget={steps: 41, target: null}",
    ],
}
TWO_STAGES = {
    "task": "spirals",
    "network": {"mlp": [2, 6, 2]},
    "stages": [
        {"mode": "deap", "budget": {"steps": 60}, "strategy": {"mu": 4, "offspring": 10}},
        {"mode": "sgd", "budget": {"steps": 120}, "batch_size": 32},
    ],
}
# mode deap as it computes elsewhere than in C: VYNAPSE_KERNELS, the network, the strategy
SHORT = "budget={steps: 40, target: null}"
PATHS = {
    "deap in NumPy": ("numpy", ["generations_per_call=3"]),
    "deap by products": ("", ["strategy.selection=roulette"]),
    "deap by vmap": ("", ["network={factory: 'vynapse_resume_networks:light'}"]),
    "deap one by one": ("", ["network={factory: 'vynapse_resume_networks:convolution'}"]),
}
KINDS = [*MODES.names(), "two stages"]
ATTEMPTS = [(kind, seed) for kind in KINDS for seed in SEEDS]
ATTEMPTS += [(path, seed) for path in PATHS for seed in (SEEDS if EVIDENCE else [0])]


@pytest.fixture(autouse=True)
def _where_it_computes(request, monkeypatch, tmp_path) -> Iterator[None]:
    """What the name of a path stands for, here and in forked children."""
    (tmp_path / "vynapse_resume_networks.py").write_text(
        "from torch import nn\n"
        "def light():\n"
        "    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid())\n"
        "def convolution():\n"
        "    return nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 3, 1), nn.Flatten(),\n"
        "                         nn.Tanh(), nn.Linear(6, 1), nn.Sigmoid())\n"
        "def function(x):\n"
        "    return [(x**2).sum(), ((x - 1)**2).sum(), x[0]]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    case = getattr(request.node, "callspec", None)
    kernels, _ = PATHS.get(case.params.get("mode") if case else "", ("", []))
    monkeypatch.setenv(native.VARIABLE, kernels)
    native.status.cache_clear()
    yield
    native.status.cache_clear()


def recipe_for(mode: str, seed: int, saving: Sequence[str] = ()) -> Recipe:
    if mode == "two stages":
        from vynapse.experiment.config import resolve

        whole = resolve(TWO_STAGES).as_file() | {"seed": seed}
        recipe = resolve(whole)
        every = [text for text in saving if text.startswith("checkpoint.every_steps=")]
        if every:
            checkpoint = recipe.checkpoint.model_copy(
                update={"every_steps": int(every[0].partition("=")[2])}
            )
            recipe = recipe.model_copy(update={"checkpoint": checkpoint})
        return recipe
    if mode in PATHS:
        small = ["strategy.mu=4", "strategy.offspring=10", "strategy.restart_patience=4"]
        keys = [*PATHS[mode][1], *small, SHORT]
        return load_recipe("xor", "deap", overrides=[*keys, f"seed={seed}", *saving])
    own = OVERRIDES.get(mode, ["budget={steps: 300, target: null}"])
    if "examples" not in MODES.get(mode).accepts:
        function = ["task.path=vynapse_resume_networks:function", "task.size=3", *own]
        return load_recipe("function", mode, overrides=[*function, f"seed={seed}", *saving])
    return load_recipe("xor", mode, overrides=[*own, f"seed={seed}", *saving])


def rows_without_time(run: Path) -> list[list[str]]:
    with (run / "metrics.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0][-1] == "seconds"
    return [row[:-1] for row in rows]


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child; its process id."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent sees the exit code
            os._exit(1)
    return child


def resume(path: Path) -> None:
    Session.open(path).run()


def killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return False


@pytest.mark.parametrize(("mode", "seed"), ATTEMPTS)
def test_killed_at_random_moments(
    mode, seed, tmp_path: Path, evidence: Callable[[str], None]
) -> None:
    whole = Session.create(recipe_for(mode, seed), tmp_path / "whole").run()
    # the length of a run that saves, once everything is loaded
    begin = time.perf_counter()
    Session.create(recipe_for(mode, seed, ["checkpoint.every_steps=7"]), tmp_path / "again").run()
    length = time.perf_counter() - begin
    moments = np.random.default_rng(seed)
    kills = runs = 0
    while kills < KILLS:
        path = tmp_path / f"killed{runs}"
        Session.create(recipe_for(mode, seed, ["checkpoint.every_steps=7"]), path)
        while kills < KILLS and read_summary(path)["status"] != "finished":
            child = in_child(partial(resume, path))
            time.sleep(moments.uniform(0, length))
            os.kill(child, signal.SIGKILL)
            kills += killed(child)
        resume(path)
        runs += 1
        assert read_summary(path)["network_sha256"] == whole["network_sha256"]
        assert rows_without_time(path) == rows_without_time(tmp_path / "whole")
    evidence(f"| {mode} | {seed} | {kills} | {runs} | identical |")


@pytest.mark.parametrize("moment", ["half written", "before the rename", "after the rename"])
@pytest.mark.parametrize("mode", KINDS)
def test_killed_inside_the_writing_of_a_checkpoint(mode, moment, tmp_path, monkeypatch) -> None:
    recipe = recipe_for(mode, 0, ["checkpoint.every_steps=20"])
    whole = Session.create(recipe_for(mode, 0), tmp_path / "whole").run()
    path = tmp_path / "killed"
    Session.create(recipe, path)

    write, calls = files.write_atomically, [0]

    def deadly(target: Path, content: bytes) -> None:
        calls[0] += target.suffix == ".ckpt"
        if target.suffix == ".ckpt" and calls[0] == 2:
            if moment == "half written":
                target.with_name(f".{target.name}.1.tmp").write_bytes(content[: len(content) // 2])
            elif moment == "before the rename":
                target.with_name(f".{target.name}.1.tmp").write_bytes(content)
            else:
                write(target, content)
            os.kill(os.getpid(), signal.SIGKILL)
        write(target, content)

    with monkeypatch.context() as patch:
        patch.setattr("vynapse.experiment.checkpoint.write_atomically", deadly)
        assert killed(in_child(lambda: resume(path)))
    resume(path)

    assert read_summary(path)["network_sha256"] == whole["network_sha256"]
    assert rows_without_time(path) == rows_without_time(tmp_path / "whole")
    assert not list((path / "checkpoints").glob(".*"))


@pytest.mark.parametrize("mode", [*KINDS, *PATHS])
def test_saving_at_every_step_changes_nothing(mode, tmp_path: Path) -> None:
    often = Session.create(recipe_for(mode, 3, ["checkpoint.every_steps=1"]), tmp_path / "often")
    never = Session.create(recipe_for(mode, 3), tmp_path / "never")
    assert often.run()["network_sha256"] == never.run()["network_sha256"]
    assert rows_without_time(tmp_path / "often") == rows_without_time(tmp_path / "never")
    assert len(list((tmp_path / "often" / "checkpoints").glob("*.ckpt"))) == 2


@pytest.mark.parametrize(
    ("mode", "threads"),
    [(mode, n) for mode in [*KINDS, *PATHS] for n in (1, 2) if (mode, n) != ("grow", 2)],
)
def test_same_seed_same_bytes(mode, threads, tmp_path: Path) -> None:
    """Also across 1 and 2 threads, where these tasks are small enough that torch splits nothing.

    In mode grow torch's fused updates share even the smallest tensor among threads.
    """
    runs = []
    for index, count in enumerate((1, threads)):
        recipe = recipe_for(mode, 5).model_copy(update={"threads": count})
        Session.create(recipe, tmp_path / str(index)).run()
        runs.append(rows_without_time(tmp_path / str(index)))
    assert runs[0] == runs[1]


def test_different_seeds_differ(tmp_path: Path) -> None:
    hashes = {
        Session.create(recipe_for(mode, seed), tmp_path / f"{mode}{seed}").run()["network_sha256"]
        for mode in MODES.names()
        for seed in range(3)
    }
    assert len(hashes) == 3 * len(MODES.names())


@pytest.mark.parametrize(
    ("mode", "path"),
    list(zip(["deap", *PATHS], ["fused", "fused", "numpy", "vmap", "loop"], strict=True)),
)
def test_the_paths_are_those_that_are_meant(mode, path, tmp_path: Path) -> None:
    (stage,) = Session.create(recipe_for(mode, 0), tmp_path / "run").run()["stages"]
    assert stage["choices"]["path"] == path
