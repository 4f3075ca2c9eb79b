# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# ruff: noqa: ARG001
# What decides is given all that any decider may need.
"""The millisecond gym: who decides best on held-out tasks, and what it cost to learn that.

    python benchmarks/simic_gym.py search NAME --seconds 600     one search, kept in simic_gym/
    python benchmarks/simic_gym.py choose                        the pace of the tuned schedule
    python benchmarks/simic_gym.py speed
    python benchmarks/simic_gym.py table > benchmarks/results/simic_gym.md

Searches count processor time. The tasks of a search, those by which its winner and the best static
size are chosen, and the held-out ones have seeds of their own. What was played is kept in the
folder that --played names. A policy of mode `policy` is read from the run that --ppo names.
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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.pop(0)  # a file of this folder may have the name of a package

import numpy as np
import numpy.typing as npt

from vynapse.core.control import Legal
from vynapse.esper.simic.gym import acting, choosing, compact, continuing, schedules, searching
from vynapse.esper.simic.gym.controllers import controllers
from vynapse.esper.simic.gym.features import encode
from vynapse.esper.simic.gym.playing import Decider, Played, play
from vynapse.esper.simic.gym.task import GymSettings, GymTask
from vynapse.esper.simic.gym.world import World
from vynapse.seeding import I64, Streams

KEPT = Path(__file__).parent / "results" / "simic_gym"
HELD_OUT = Streams(0).stream("gym.benchmark.held-out").seed_for()
TASKS = 1024
TRIALS = 1500
STATIC = (2, 3, 4, 5, 6, 8, 12, 16, 24, 32)


SEARCHES: dict[str, tuple[searching.Family, npt.NDArray[np.float64] | None, dict[str, Any]]] = {
    "schedule": (
        schedules.Schedules,
        schedules.START,
        {"strategy": "cma-es", "sigma": 0.5, "size": 12, "tasks": 48},
    ),
    "evolved-widener": (
        compact.wideners,
        compact.WIDENER_START,
        {"strategy": "cma-es", "sigma": 0.5, "size": 12, "tasks": 48},
    ),
    "evolved-widener-from-trials": (
        compact.wideners,
        None,
        {"strategy": "cma-es", "sigma": 0.2, "size": 12, "tasks": 48},
    ),
    "evolved-paced-schedule": (
        schedules.Paced,
        None,
        {"strategy": "cma-es", "sigma": 0.15, "size": 12, "tasks": 48},
    ),
    **{
        f"evolved-{hidden}-{strategy}": (
            compact.Family(hidden),
            compact.start(hidden),
            {"strategy": strategy, "sigma": 0.3, "size": 16, "tasks": 64},
        )
        for hidden in (0, 4, 8)
        for strategy in ("snes", "cma-es")
    },
}


def search(name: str, seconds: float, seed: int, processes: int) -> None:
    """Search, and keep what was found after every look.

    A search for a schedule also keeps what it had found at half of its time.
    """
    family, start, keys = SEARCHES[name]
    before, episodes = 0.0, 0
    if name == "evolved-paced-schedule":
        tuned = begun(seed)
        pace = np.zeros(schedules.PACED - schedules.GENES)
        start, before = np.concatenate([tuned["genome"], pace]), tuned["seconds"]
        episodes = tuned["episodes"]
    elif start is None:
        root = Streams(seed).stream("gym.continuing").seed_for()
        found = continuing.trials(None, 0, root, TRIALS, processes)
        start, before = continuing.linear_start(found), found.seconds

    halves: list[searching.Found] = []

    def tell(found: searching.Found) -> None:
        generation, spent, score = found.story[-1]
        print(f"{name}: generation {generation}, {spent:.0f} s: {score:.4f}", flush=True)
        whole = replace(found, seconds=found.seconds + before, episodes=found.episodes + episodes)
        keep(name, seed, whole, keys)
        if name == "schedule" and spent >= seconds / 2 and not halves:
            halves.append(found)
            keep(HALF, seed, found, keys)

    searching.search(
        family, start, seconds=seconds - before, seed=seed, processes=processes, tell=tell, **keys
    )


CHOOSER = "tuned-schedule-at-a-chosen-pace"
CHOSEN_ON = 12_000
HALF = "schedule-at-half-of-its-time"


def begun(seed: int) -> dict[str, Any]:
    """What the search for a schedule had found at half of its time: where learning begins."""
    found: dict[str, Any] = json.loads((KEPT / f"{HALF}-{seed}.json").read_text())
    return found


def choose(seed: int, processes: int) -> None:
    """Learn to choose the pace of the tuned schedule, and keep the chooser."""
    tuned = begun(seed)
    root = Streams(seed).stream("gym.choosing").seed_for()
    chooser, seconds = choosing.learn(
        np.array(tuned["genome"]), root, CHOSEN_ON, processes=processes
    )
    at = time.process_time()
    looked = play(chooser.decider(512), searching.VALIDATION, np.arange(512))
    seconds += time.process_time() - at
    about = {
        "name": CHOOSER,
        "seed": seed,
        "middle": np.round(chooser.middle, 6).tolist(),
        "scale": np.round(chooser.scale, 6).tolist(),
        "weights": np.round(chooser.weights, 7).tolist(),
        "schedule": tuned["genome"],
        "validation": float(looked.scores.mean()),
        "generations": tuned["generations"],
        "episodes": tuned["episodes"] + CHOSEN_ON * len(choosing.PACES) + 512,
        "seconds": round(tuned["seconds"] + seconds, 1),
    }
    (KEPT / f"{CHOOSER}-{seed}.json").write_text(json.dumps(about) + "\n")


def chooser_of(about: dict[str, Any]) -> choosing.Chooser:
    parts = (np.array(about[part]) for part in ("schedule", "middle", "scale", "weights"))
    return choosing.Chooser(*parts)


def keep(name: str, seed: int, found: searching.Found, keys: dict[str, Any]) -> None:
    KEPT.mkdir(exist_ok=True)
    about = {
        "name": name,
        "seed": seed,
        "keys": keys,
        "genome": np.round(found.genome, 6).tolist(),
        "validation": found.score,
        "generations": found.generations,
        "episodes": found.episodes,
        "seconds": round(found.seconds, 1),
        "story": [[int(g), round(s, 1), round(v, 4)] for g, s, v in found.story],
    }
    (KEPT / f"{name}-{seed}.json").write_text(json.dumps(about, indent=1) + "\n")


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
    """The network of a run of mode policy or deap, greedy."""
    from vynapse.experiment.directory import RunDirectory
    from vynapse.networks.state import NetworkState

    files = RunDirectory(path)
    state = NetworkState.read(files.path / "network.safetensors")
    policy, task = state.policy(), GymTask(GymSettings())

    def decide(world: World, legal: Legal, episodes: I64) -> I64:
        outputs, _ = policy(encode(world), policy.start(len(world)))
        return np.asarray(task.act(outputs, legal), np.int64)

    return decide


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
        heads = "".join(f" minus {name} |" for name in against) + " width | bodies | epochs |"
        result = [
            f"| who decides | score |{heads} spent | cost of the search |",
            "| --- | --- |" + " --- |" * (5 + len(against)),
        ]
        for name, played, cost in self.rows:
            cells = [name, interval(played.scores)]
            for other in against:
                rival = self.of(other)
                same = rival is None or other == name
                cells.append(
                    "" if same or rival is None else interval(played.scores - rival.scores)
                )
            cells += [f"{played.width.mean():.1f}", f"{played.bodies.mean():.2f}"]
            cells += [f"{played.epochs.mean():.1f}", f"{100 * played.spent.mean():.1f} %", cost]
            result.append("| " + " | ".join(cells) + " |")
        return result


def interval(values: npt.NDArray[np.float64]) -> str:
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    return f"{values.mean():+.4f} ± {half:.4f}"


class Held:
    """What was played, kept in a folder, so that a table that was cut off goes on."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._which = folder, np.arange(count)
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name: str, decide: Decider, host: int | None = None) -> Played:
        """On the held-out tasks."""
        return self.on(HELD_OUT, name, decide, host)

    def on(self, seed: int, name: str, decide: Decider, host: int | None = None) -> Played:
        path = self._folder / f"{name}-{seed % 997}-{len(self._which)}.npz"
        if not path.exists():
            played = play(decide, seed, self._which, host=host)
            np.savez(path, *(getattr(played, field) for field in PLAYED))
        with np.load(path) as kept:
            return Played(*(kept[f"arr_{index}"] for index in range(len(PLAYED))))


PLAYED = ("scores", "epochs", "width", "bodies", "spent")


def ladder(count: int, runs: list[Path], folder: Path) -> Table:
    """Play everybody on the held-out tasks."""
    table, held = Table(), Held(folder, count)
    for kind in ("no-op", "random", "fixed", "heuristic"):
        table.add(f"`{kind}`", held(kind, controllers(kind)))
    chosen = {w: held.on(searching.VALIDATION, f"static-{w}", waits, w) for w in STATIC}
    best = max(STATIC, key=lambda w: chosen[w].scores.mean())
    sizes = {w: held(f"static-{w}", waits, w) for w in STATIC}
    table.add(f"static, width {best} (best on validation)", sizes[best])
    deep = [
        held(f"static-{width}-{bodies}", deepened(bodies, 0), width)
        for bodies in (1, 2)
        for width in (2, 4, 8)
    ]
    table.add("static, the best size of each task (an oracle)", oracle([*sizes.values(), *deep]))
    for path in sorted(KEPT.glob("*.json"), reverse=True):
        about = json.loads(path.read_text())
        decide: Decider
        if about["name"] == CHOOSER:
            decide = chooser_of(about).decider(count)
        else:
            family = SEARCHES[about["name"]][0]
            decide = family(np.array(about["genome"])[None], np.zeros(count, np.int64))
        name = "tuned schedule" if about["name"] == "schedule" else about["name"]
        cost = (
            f"{about['seconds'] / 60:.1f} min, {about['episodes']:,} episodes, "
            f"{about['generations']} generations"
        )
        label = f"{name}, seed {about['seed']}" if about["seed"] else name
        key = f"{path.stem}-{about['generations']}"
        table.add(label, held(key, decide), cost)
    for path in runs:
        about = json.loads((path / "summary.json").read_text())
        cost = f"{about.get('seconds', 0) / 60:.1f} min of the clock"
        table.add(f"`{path.name}`", held(path.name, policy_of(path)), cost)
    return table


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
        f"fallen when the budget is spent. Higher is better. {count:,} held-out tasks are the same "
        "in every row, at equal budgets of operations. Differences are paired by task. Intervals "
        "are those of 95 %. The winner of a search is the generation whose centre scored best on "
        "512 validation tasks. No search saw the held-out tasks.\n"
    )
    print("\n".join(table.lines(against)))
    print("\n## Speed\n")
    print("Whole episodes with their tasks, 512 side by side, one thread; the best of three.\n")
    print("\n".join(speed()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("search", "choose", "table", "speed"))
    parser.add_argument("name", nargs="?", choices=tuple(SEARCHES))
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--played", type=Path, default=Path("played"))
    parser.add_argument("--ppo", type=Path, action="append", default=[])
    given = parser.parse_args()
    if given.what == "search":
        search(given.name, given.seconds, given.seed, given.processes)
    elif given.what == "choose":
        choose(given.seed, given.processes)
    elif given.what == "speed":
        print("\n".join(speed()))
    else:
        report(given.tasks, given.ppo, given.played)


if __name__ == "__main__":
    main()
