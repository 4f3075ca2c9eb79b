# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Kill a run at any moment, resume it, and it ends with the same bytes as if nothing had happened.

Each attempt is a forked child that is killed, at a random moment or at a chosen one
inside the writing of a checkpoint. `make evidence` runs the full count of kills and seeds.
"""

import csv
import functools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, product
from pathlib import Path

import numpy as np
import pytest

from tests.evidence import EVIDENCE, many
from vynapse.experiment import files
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import read_summary
from vynapse.kernels import native
from vynapse.trainers.mode import MODES

Note = Callable[[str], None]

KILLS = many(sample=2, evidence=20)
SEEDS = range(many(sample=1, evidence=5))

LONG = "budget={steps: 100, target: null}"
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
    "static": [
        "batch_size=3",  # the last batch of an epoch has a graph of its own
        "executor=planned",
        "restart_patience=20",
        "budget={steps: 100, target: null}",
    ],
    "neat": ["population=20", "add_node=0.2", "log_every=3", "budget={steps: 90, target: null}"],
    # most of the time goes into refinements, so that is where the run is killed
    "hybrid": [
        "population=20",
        "refine={top_k: 4, steps: 4, batch_size: 3, rate: 0.5}",
        "log_every=3",
        "budget={steps: 70, target: null}",
    ],
    "nsga2": ["task.low=0", "task.high=1", "task.start=0.5", "task.objectives=3", LONG],
    "map-elites": ["task.start=0.5", "task.descriptors=2", "batch=8", LONG],
    "prune": [
        "network={mlp: [2, 8, 8, 1]}",
        "controller={kind: pruning, rest: 1, tolerance: 10, target: 0.2}",
        "training.batch_size=2",
        "epoch_steps=1",
        "budget={steps: 41, target: null}",
    ],
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
# a mode whose network is written down node by node
ON_A_GRAPH = {"static on a graph": "static"}
GRAPH = {
    "inputs": {"x": {"shape": ["batch", 2]}},
    "parameters": {"w": {"shape": [5, 2]}, "b": {"shape": [5]}, "last": {"shape": [1, 5]}},
    "nodes": [
        {"name": "sum", "op": "linear", "inputs": ["x", "w", "b"]},
        {"name": "hidden", "op": "tanh", "inputs": ["sum"]},
        {"name": "score", "op": "linear", "inputs": ["hidden", "last"]},
        {"name": "y", "op": "sigmoid", "inputs": ["score"]},
    ],
    "outputs": ["y"],
}
# mode deap as it computes elsewhere than in C: VYNAPSE_KERNELS, the network, the strategy
SHORT = "budget={steps: 40, target: null}"
PATHS = {
    "deap in NumPy": ("numpy", ["generations_per_call=3"]),
    "deap by products": ("", ["strategy.selection=roulette"]),
    "deap by vmap": ("", ["network={factory: 'vynapse_resume_networks:light'}"]),
    "deap recorded": ("", ["network={factory: 'vynapse_resume_networks:convolution'}"]),
    "deap one by one": ("", ["network={factory: 'vynapse_resume_networks:branching'}"]),
}
# episodes of a control task: mode and keys
CONTROL = {
    "neat on cartpole": ("neat", ["population=4", "episodes=1", "normalize_observations=true"]),
    "deap on cartpole": (
        "deap",
        ["network={mlp: [4, 3, 1]}", "strategy.mu=2", "strategy.offspring=4", "episodes=1"],
    ),
}
# layers become wider and slots deeper, in every stage of their lives
WIDER = "grow, wider and deeper"
WIDER_KEYS = [
    "network={mlp: [2, 4, 4, 1]}",
    "controller='tests.conformance.wider:make'",
    "training.batch_size=2",
    "epoch_steps=1",
    "embargo_epochs=1",
    "budget={steps: 41, target: null}",
]
# rounds of a learner, and what an environment of Gymnasium is brought back by
ROUNDS = ["environments=2", "rollout=8", "batch_size=8", "epochs=2", "normalize_observations=true"]
ON_GYM = {"policy on gym": "gym:CartPole-v1", "policy with masks": "gym:tests.rl.locks:Locks"}
CONTROL |= {"policy": ("policy", ROUNDS), **dict.fromkeys(ON_GYM, ("policy", ROUNDS))}
CONTROL["policy with masks"] = "policy", [*ROUNDS, "rollout=4", "epochs=1"]
# a population, a learner and their replay, which is so small that the oldest steps go
ACTORS = [
    "strategy={kind: mu+lambda, mu: 1, offspring: 2, sigma: 0.01, initial_sigma: 0.01}",
    "network={mlp: [4, 6, 1]}",
    "inject_every=3",
    "warmup=50",
    "replay=300",
    "batch_size=8",
    "updates_per_step=0.05",
    "learning_rate=0.0001",  # episodes of an actor that learns are long
    "critic=[8]",
]
CONTROL |= {"actor-critic": ("actor-critic", ACTORS)}
# the episodes that are learnt from are played in the first step, and saved
LOGGED = [
    "data={behaviour: [random], episodes: 6}",
    "network={mlp: [4, 6, 1]}",
    "critic=[8]",
    "batch_size=32",
    "learning_rate=0.0001",
    "evaluate_every=2",
]
CONTROL |= {"iql": ("iql", LOGGED)}
# populations that exchange genomes
ON_ISLANDS = {"deap on islands": "deap", "neat on islands": "neat"}
ARCHIPELAGO = [
    "islands={count: 2, interval: 3, migrants: 2, topology: random, select: random}",
    "budget={steps: 60, target: null}",
]
KINDS = list(
    dict.fromkeys([*MODES.names(), *ON_A_GRAPH, WIDER, "two stages", *CONTROL, *ON_ISLANDS])
)
ATTEMPTS = [(kind, seed) for kind in KINDS for seed in SEEDS]
ATTEMPTS += [(path, seed) for path in PATHS for seed in SEEDS]


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
        "class Branching(nn.Sequential):\n"
        "    def forward(self, x):\n"
        "        y = super().forward(x)\n"
        "        return y if y.sum() > 0 else y * 1.5\n"
        "def branching():\n"
        "    return Branching(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid())\n"
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
    if mode in CONTROL:
        name, own = CONTROL[mode]
        few = ["task.validation_episodes=1", "task.test_episodes=1", "evaluate_every=15"]
        keys = [*few, "budget={steps: 41, target: null}", *own, f"seed={seed}"]
        return load_recipe(ON_GYM.get(mode, "cartpole"), name, overrides=[*keys, *saving])
    if mode == WIDER:
        return load_recipe("xor", "grow", overrides=[*WIDER_KEYS, f"seed={seed}", *saving])
    if mode in PATHS:
        small = ["strategy.mu=4", "strategy.offspring=10", "strategy.restart_patience=4"]
        keys = [*PATHS[mode][1], *small, SHORT]
        return load_recipe("xor", "deap", overrides=[*keys, f"seed={seed}", *saving])
    if mode in ON_A_GRAPH:
        mode = ON_A_GRAPH[mode]
        saving = [*saving, f"network={json.dumps({'graph': GRAPH})}"]
    if mode in ON_ISLANDS:
        name = ON_ISLANDS[mode]
        keys = [*OVERRIDES[name], *ARCHIPELAGO, f"seed={seed}"]
        return load_recipe("xor", name, overrides=[*keys, *saving])
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


def resume(path: Path, seconds: float | None = None) -> None:
    """Go on with a run; die after so much time of the processor, where that is given.

    SIGPROF ends a process at once as SIGKILL does, wherever it is. Its own time of the processor
    does not depend on what else the machine does.
    """
    if seconds is not None:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-6))
    Session.open(path).run()


def killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return False


@dataclass(frozen=True)
class Whole:
    """What a run is when nothing interrupts it and nothing is saved on the way."""

    path: Path
    sha: str
    rows: list[list[str]]
    seconds: float


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Whole]:
    """Of a kind and a seed; each is run once."""

    @functools.cache
    def run(mode: str, seed: int) -> Whole:
        path = tmp_path_factory.mktemp("whole") / "run"
        begin = time.process_time()
        sha = Session.create(recipe_for(mode, seed), path).run()["network_sha256"]
        return Whole(path, sha, rows_without_time(path), time.process_time() - begin)

    return run


def assert_same(path: Path, whole: Whole) -> None:
    assert read_summary(path)["network_sha256"] == whole.sha
    assert rows_without_time(path) == whole.rows


def test_every_stage_of_what_is_wider_or_deeper_comes_by(whole) -> None:
    lines = (whole(WIDER, 0).path / "events.jsonl").read_text().splitlines()
    data = [e["data"] for e in map(json.loads, lines) if e["kind"] == "growth.stage"]
    stages = {"blending", "fossilized", "culled", "embargoed", "dormant"}
    for wider in (True, False):
        assert {d["to"] for d in data if (d["blueprint"] == "wider") == wider} >= stages


@pytest.mark.parametrize(("mode", "seed"), ATTEMPTS)
def test_killed_at_random_moments(
    mode, seed, whole, tmp_path: Path, evidence: Callable[[str], None]
) -> None:
    wanted = whole(mode, seed)
    recipe = recipe_for(mode, seed, ["checkpoint.every_steps=7"])
    length = wanted.seconds
    if EVIDENCE:  # more exactly: that of a run that saves, once everything is loaded
        begin = time.process_time()
        Session.create(recipe, tmp_path / "again").run()
        length = time.process_time() - begin
    moments = np.random.default_rng(seed)
    kills = runs = 0
    # where runs are too short for the clock of the system, some attempts kill nothing
    for attempt in range(20 * KILLS):
        path = tmp_path / f"killed{runs}"
        if attempt == 0 or read_summary(path)["status"] == "finished":
            runs += attempt > 0
            path = tmp_path / f"killed{runs}"
            Session.create(recipe, path)
        kills += killed(in_child(partial(resume, path, moments.uniform(0, length))))
        if kills == KILLS:
            break
    runs += 1
    resume(path)
    for number in range(runs):
        path = tmp_path / f"killed{number}"
        assert_same(path, wanted)
    evidence(f"| {mode} | {seed} | {kills} | {runs} | identical |")


MOMENTS = ("half written", "before the rename", "after the rename")


@pytest.mark.parametrize(
    ("mode", "moment"),
    # what a moment leaves behind is the same of every kind: in every run each kind has one of them
    product(KINDS, MOMENTS) if EVIDENCE else list(zip(KINDS, cycle(MOMENTS), strict=False)),
)
def test_killed_inside_the_writing_of_a_checkpoint(
    mode, moment, whole, tmp_path, monkeypatch
) -> None:
    recipe = recipe_for(mode, 0, ["checkpoint.every_steps=20"])
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

    assert_same(path, whole(mode, 0))
    assert not list((path / "checkpoints").glob(".*"))


@pytest.mark.parametrize("mode", [*KINDS, *PATHS])
def test_saving_at_every_step_changes_nothing(mode, whole, tmp_path: Path) -> None:
    Session.create(recipe_for(mode, 0, ["checkpoint.every_steps=1"]), tmp_path / "often").run()
    assert_same(tmp_path / "often", whole(mode, 0))
    assert len(list((tmp_path / "often" / "checkpoints").glob("*.ckpt"))) == 2


@pytest.mark.parametrize(
    ("mode", "threads"),
    # in every run two threads alone, which says the same of one; what torch alone computes has one
    [
        (mode, n)
        for mode in [*KINDS, *PATHS]
        for n in (
            (1,)
            if mode.startswith(("grow", "policy", "actor-critic", "iql"))
            else range(many(sample=2, evidence=1), 3)
        )
    ],
)
def test_same_seed_same_bytes(mode, threads, whole, tmp_path: Path) -> None:
    """Also across 1 and 2 threads, where these tasks are small enough that torch splits nothing.

    In mode grow torch's fused updates share even the smallest tensor among threads.
    """
    wanted = whole(mode, 0)
    recipe = recipe_for(mode, 0)
    assert recipe.threads == 1
    Session.create(recipe.model_copy(update={"threads": threads}), tmp_path / "again").run()
    assert_same(tmp_path / "again", wanted)


@pytest.mark.parametrize("mode", ["sgd", "deap"])
def test_two_threads_give_the_same_bytes_where_the_library_shares_products(
    mode: str, tmp_path: Path
) -> None:
    """Digits: products of these sizes were split by the number of threads when it was validated."""
    own = {"sgd": ["steps_per_call=5"], "deap": ["mu=4", "offspring=10"]}[mode]
    keys = ["network.mlp=[64, 32, 10]", "budget={steps: 15, target: null}", "evaluate_every=1"]
    found = []
    for threads in (1, 2):
        recipe = load_recipe("digits", mode, overrides=[*keys, *own, f"threads={threads}"])
        summary = Session.create(recipe, tmp_path / str(threads)).run()
        if summary["stages"][0]["choices"]["path"] == "torch":
            pytest.skip("the kernels are not compiled here")
        known = [summary[name] for name in ("loss", "metrics", "test", "network_sha256")]
        found.append((rows_without_time(tmp_path / str(threads)), known))
    assert found[0] == found[1]


@pytest.mark.parametrize("mode", MODES.names())
def test_different_seeds_differ(mode, whole) -> None:
    seeds = range(many(sample=2, evidence=5))
    assert len({whole(mode, seed).sha for seed in seeds}) == len(seeds)


@pytest.mark.parametrize(
    ("mode", "path"),
    list(
        zip(["deap", *PATHS], ["fused", "fused", "numpy", "vmap", "recorded", "loop"], strict=True)
    ),
)
def test_the_paths_are_those_that_are_meant(mode, path, whole) -> None:
    (stage,) = read_summary(whole(mode, 0).path)["stages"]
    assert stage["choices"]["path"] == path
