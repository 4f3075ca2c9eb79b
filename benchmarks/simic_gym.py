# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# ruff: noqa: ARG001
# What decides is given all that any decider may need.
"""The millisecond gym: who decides best on held-out tasks, and what it cost to learn that.

    python benchmarks/simic_gym.py search NAME --seconds 300     one search, kept in simic_gym/
    python benchmarks/simic_gym.py choose                        the pace of the tuned schedule
    python benchmarks/simic_gym.py policy NAME > policy.json     the winner, for controller paced
    python benchmarks/simic_gym.py speed
    python benchmarks/simic_gym.py table > benchmarks/results/simic_gym.md

Searches count processor time. The tasks of a search, those by which its winner and the best static
size are chosen, and the held-out ones have seeds of their own. What was played is kept in the
folder that --played names. A network of mode `policy` or `iql` is read from the run that --run
names.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.append(sys.path.pop(0))  # a file of this folder may have the name of a package

import numpy as np
import numpy.typing as npt
from simic_gym_search import (
    CHOOSER,
    EQUAL,
    KEPT,
    SEARCHES,
    choose,
    decider_of,
    of_the_round,
    policy,
    search,
)

from vynapse.core.control import Legal
from vynapse.esper.simic.gym import acting, searching
from vynapse.esper.simic.gym.controllers import controllers
from vynapse.esper.simic.gym.features import encode
from vynapse.esper.simic.gym.playing import Decider, Played, play
from vynapse.esper.simic.gym.task import GymSettings, GymTask
from vynapse.esper.simic.gym.world import World
from vynapse.experiment.store import load
from vynapse.seeding import I64, Streams

HELD_OUT = Streams(0).stream("gym.benchmark.held-out.2").seed_for()
"""Tasks that nobody looked at before the table was made; an earlier table used up another seed."""
TASKS = 4096
CONTROLS = 1024
"""Of these, how many the others play."""
AT_ONCE = 1024
STATIC = (2, 3, 4, 5, 6, 8, 12, 16, 24, 32)


def waits(world: World, legal: Legal, episodes: I64) -> I64:
    return np.zeros((len(world), 2), np.int64)


def deepened(bodies: int, size: int) -> Decider:
    """So many bodies from the first epochs on."""

    def decide(world: World, legal: Legal, episodes: I64) -> I64:
        actions = np.zeros((len(world), 2), np.int64)
        for slot in range(bodies):
            at = 1 + 5 * slot
            due = legal[:, at + acting.DEEPEN] & (world.epoch == slot)
            actions[due] = [at + acting.DEEPEN, size]
            actions[legal[:, at + acting.FOSSILIZE] & ~due] = [at + acting.FOSSILIZE, 0]
        return actions

    return decide


def policy_of(path: Path) -> Decider:
    """The network of a run, greedy."""
    policy, task = load(path).network.policy(), GymTask(GymSettings())

    def decide(world: World, legal: Legal, episodes: I64) -> I64:
        outputs, _ = policy(encode(world), policy.start(len(world)))
        return np.asarray(task.act(outputs, legal), np.int64)

    return decide


Make = Callable[[], Decider]


class Table:
    """Rows of what was played on the held-out tasks."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Played, str]] = []

    def add(self, name: str, played: Played, cost: str = "–") -> None:
        self.rows.append((name, played, cost))
        print(f"{name}: {played.scores.mean():.4f}", file=sys.stderr, flush=True)

    def of(self, name: str) -> Played | None:
        return next((played for known, played, _ in self.rows if known == name), None)

    def lines(self, against: tuple[str, ...]) -> list[str]:
        heads = (
            "".join(f" minus {name} |" for name in against) + " tasks | width | bodies | epochs |"
        )
        result = [
            f"| who decides | score |{heads} spent | cost of the search |",
            "| --- | --- |" + " --- |" * (6 + len(against)),
        ]
        for name, played, cost in self.rows:
            cells = [name, interval(played.scores)]
            for other in against:
                rival = self.of(other)
                same = rival is None or other == name
                cells.append("" if same or rival is None else paired(played, rival))
            cells += [f"{len(played.scores):,}", f"{played.width.mean():.1f}"]
            cells.append(f"{played.bodies.mean():.2f}")
            cells += [f"{played.epochs.mean():.1f}", f"{100 * played.spent.mean():.1f} %", cost]
            result.append("| " + " | ".join(cells) + " |")
        return result


def paired(one: Played, other: Played) -> str:
    """The difference, on the tasks that both played."""
    both = min(len(one.scores), len(other.scores))
    return interval(one.scores[:both] - other.scores[:both])


def interval(values: npt.NDArray[np.float64]) -> str:
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    return f"{values.mean():+.4f} ± {half:.4f}"


class Held:
    """What was played, kept in a folder, so that a table that was cut off goes on."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._which = folder, np.arange(count)
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name: str, make: Make, host: int | None = None) -> Played:
        """On the held-out tasks."""
        return self.on(HELD_OUT, name, make, host)

    def on(self, seed: int, name: str, make: Make, host: int | None = None) -> Played:
        """On tasks of a seed, some at once, each time with a decider that knows nothing yet."""
        path = self._folder / f"{name}-{seed % 997}-{len(self._which)}.npz"
        if not path.exists():
            parts = np.array_split(self._which, -(-len(self._which) // AT_ONCE))
            played = [play(make(), seed, part, host=host) for part in parts]
            whole = [np.concatenate([getattr(p, field) for p in played]) for field in PLAYED]
            np.savez(path, *whole)
        with np.load(path) as kept:
            return Played(*(kept[f"arr_{index}"] for index in range(len(PLAYED))))


PLAYED = ("scores", "epochs", "width", "bodies", "spent")


def ladder(count: int, runs: list[Path], folder: Path) -> Table:
    """Play everybody on the held-out tasks."""
    table, held, few = Table(), Held(folder, count), Held(folder, min(count, CONTROLS))
    table.add("`no-op`", few("no-op", lambda: waits))
    for kind in ("random", "fixed", "heuristic"):
        table.add(f"`{kind}`", few(kind, partial(controllers, kind)))
    chosen = {w: few.on(searching.VALIDATION, f"static-{w}", lambda: waits, w) for w in STATIC}
    best = max(STATIC, key=lambda w: chosen[w].scores.mean())
    sizes = {w: few(f"static-{w}", lambda: waits, w) for w in STATIC}
    table.add(f"static, width {best} (best on validation)", sizes[best])
    deep = [
        few(f"static-{width}-{bodies}", partial(deepened, bodies, 0), width)
        for bodies in (1, 2)
        for width in (2, 4, 8)
    ]
    table.add("static, the best size of each task (an oracle)", oracle([*sizes.values(), *deep]))
    for name, label in EQUAL.items():
        found = of_the_round(name)
        table.add(label, on(held, found[0]), cost(found))
        table.add(f"{label}, the other search", on(held, found[1]), "in the row above")
    for path in sorted(KEPT.glob("*-[01].json"), reverse=True):
        about = json.loads(path.read_text())
        label = f"of the first round: {about['name']}, seed {about['seed']}"
        table.add(label, on(few, about), cost([about]))
    for path in runs:
        spent = json.loads((path / "summary.json").read_text())["cost"]["env_steps"]
        table.add(f"`{path.name}`", held(path.name, partial(policy_of, path)), f"{spent:,} epochs")
    return table


def on(held: Held, about: dict[str, Any]) -> Played:
    """What a search found, on the held-out tasks."""
    name = f"{about['name']}-{about['seed']}-{about['generations']}"
    return held(name, partial(decider_of, about, AT_ONCE))


def cost(found: list[dict[str, Any]]) -> str:
    seconds = sum(about["seconds"] for about in found)
    return f"{seconds / 60:.1f} min, {sum(about['episodes'] for about in found):,} episodes"


def oracle(sizes: list[Played]) -> Played:
    scores = np.stack([played.scores for played in sizes])
    best = scores.argmax(axis=0)

    def of(name: str) -> Any:
        return np.stack([getattr(played, name) for played in sizes])[best, np.arange(len(best))]

    return Played(scores.max(axis=0), of("epochs"), of("width"), of("bodies"), of("spent"))


def speed() -> list[str]:
    """Epochs a second of processor time."""
    rows = ["| what decides | epochs an hour and core | processor time of an epoch |"]
    rows.append("| --- | --- | --- |")
    rng = np.random.default_rng(0)

    def at_random(world: World, legal: Legal, episodes: I64) -> I64:
        encode(world)
        weights = rng.random((len(world), 30)) * legal[:, :30]
        weights[:, 0] = np.where(rng.random(len(world)) < 0.8, 2, 0)
        return np.stack([weights.argmax(axis=1), rng.integers(0, 3, len(world))], axis=1)

    deciders: list[tuple[str, Callable[[], Decider]]] = [
        ("nothing", lambda: waits),
        ("chance, with all features encoded", lambda: at_random),
        ("`heuristic`, through leyline's observations", lambda: controllers("heuristic")),
    ]
    for name, make in deciders:
        figures = []
        for seed in range(3):
            begun = time.process_time()
            played = play(make(), seed, np.arange(512))
            figures.append((time.process_time() - begun) / played.epochs.sum())
        took = min(figures)
        rows.append(f"| {name} | {3600 / took:,.0f} | {1000 * took:.3f} ms |")
    return rows


def report(count: int, runs: list[Path], folder: Path) -> None:
    table = ladder(count, runs, folder)
    against = ("`heuristic`", "tuned schedule")
    command = "python benchmarks/simic_gym.py table"
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# The millisecond gym\n")
    print(
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, one core of {platform.machine()}, CPython "
        f"{platform.python_version()}, NumPy {np.__version__}. Other work loaded the machine, so "
        "times are those of the processor.\n"
    )
    print(
        "The score of an episode is by how many powers of ten the loss on test examples has "
        f"fallen when the budget is spent. Higher is better. Rows are of the first "
        f"{CONTROLS:,} held-out tasks or of all {count:,}, at equal budgets of operations. "
        "Differences are paired by task. Intervals "
        "are those of 95 %. The winner of a search is the generation whose centre scored best on "
        "512 validation tasks. No search saw the held-out tasks, and nobody looked at them before "
        "the searches had ended.\n"
    )
    print(
        "The tuned schedule and both schedules with a pace had two searches each, and the better "
        "one by validation counts. The cost is that of both searches, in which the schedule that "
        "those with a pace begin with is counted.\n"
    )
    print("\n".join(table.lines(against)))
    print("\n## Speed\n")
    print("Whole episodes with their tasks, 512 side by side, one thread; the best of three.\n")
    print("\n".join(speed()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("search", "choose", "policy", "table", "speed"))
    parser.add_argument("name", nargs="?", choices=(*SEARCHES, CHOOSER))
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--played", type=Path, default=Path("played"))
    parser.add_argument("--run", type=Path, action="append", default=[])
    given = parser.parse_args()
    if given.what == "search":
        search(given.name, given.seconds, given.seed, given.processes)
    elif given.what == "choose":
        choose(given.seed, given.processes)
    elif given.what == "policy":
        print(json.dumps(policy(given.name)))
    elif given.what == "speed":
        print("\n".join(speed()))
    else:
        report(given.tasks, given.run, given.played)


if __name__ == "__main__":
    main()
