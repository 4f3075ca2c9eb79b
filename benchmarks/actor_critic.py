# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode actor-critic beside its parents: the same learner alone and the same population alone.

    python benchmarks/actor_critic.py SEEDS RUNS.jsonl > benchmarks/results/actor_critic.md

Every run has the same budget of environment steps, those of validation among them, and may go
beyond it by what its last generation takes. A run ends early where the winner reaches the target on
the validation episodes. What counts is the mean return of the winner on 100 fresh episodes. Runs
that stand in the file are not made again; several processes may share it, each with seeds of its
own: SEEDS is a number n for the seeds 0 to n - 1, or some of them: 0,3.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")

from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.statistics import half_width, mean_of

STEPS: Final = 20_000
TASKS: Final = ("cartpole", "acrobot", "pendulum")
ARMS: Final[dict[str, list[str]]] = {
    "both": [],
    "learner alone": ["strategy=null", "evaluate_every=10"],
    "population alone": ["updates_per_step=0"],
}
"""Keys of each. A generation of the learner alone is an episode, that of a population ten: so all
are looked at after about as many episodes."""

Run = dict[str, Any]


def run(task: str, arm: str, seed: int) -> Run:
    """One run and what it reached."""
    keys = [*ARMS[arm], f"seed={seed}", f"budget.env_steps={STEPS}", "task.validation_episodes=5"]
    recipe = load_recipe(task, "actor-critic", overrides=keys)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        session = Session.create(recipe, Path(folder) / "run")
        summary = session.run()
    return {
        "task": task,
        "arm": arm,
        "seed": seed,
        "return": -summary["test"]["loss"],
        "env_steps": summary["cost"]["env_steps"],
        "seconds": time.process_time() - began,
    }


def interval(numbers: list[float], digits: int = 1) -> str:
    """Mean and half of its 95 % interval."""
    mean = mean_of(numbers)
    if mean is None:
        return "-"
    half = half_width(mean)
    apart = "" if half is None else f" ± {half:,.{digits}f}"
    return f"{mean.value:,.{digits}f}{apart}"


def verdict(own: dict[str, list[Run]]) -> str:
    """Whether both are ahead of each parent."""
    best = statistics.mean(r["return"] for r in own["both"])
    others = [statistics.mean(r["return"] for r in own[arm]) for arm in ARMS if arm != "both"]
    return "yes" if best > max(others) else "no"


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else "5"
    seeds = [int(s) for s in wanted.split(",")] if "," in wanted else list(range(int(wanted)))
    file = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    known = file.read_text().splitlines() if file is not None and file.exists() else []
    runs: list[Run] = [json.loads(line) for line in known]
    for seed in seeds:
        for task in TASKS:
            for arm in ARMS:
                if any((r["task"], r["arm"], r["seed"]) == (task, arm, seed) for r in runs):
                    continue
                runs.append(run(task, arm, seed))
                if file is not None:
                    with file.open("a") as lines:
                        lines.write(json.dumps(runs[-1]) + "\n")
    runs = [r for r in runs if r["seed"] in seeds]
    write(runs, len(seeds))


def write(runs: list[Run], seeds: int) -> None:
    """The table."""
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# Mode actor-critic beside its parents\n")
    print(f"`python benchmarks/actor_critic.py {seeds}`, one thread. Each run has {STEPS:,}")
    print(
        "environment steps, and more by what its last generation takes; validation is among them."
    )
    print("One update for two steps, networks 64-64. Return: mean of the winner on 100 fresh")
    print(f"episodes. Each number is a mean over {seeds} seeds with its 95 % interval. The learner")
    print("is DQN on CartPole and Acrobot, and TD3 on Pendulum.\n")
    print("| task | | both | learner alone | population alone | both ahead |")
    print("| --- | --- | --- | --- | --- | --- |")
    ahead = 0
    for task in TASKS:
        own = {arm: [r for r in runs if (r["task"], r["arm"]) == (task, arm)] for arm in ARMS}
        said = verdict(own)
        ahead += said == "yes"
        cells = [interval([r["return"] for r in own[arm]]) for arm in ARMS]
        print(f"| {task} | return | {' | '.join(cells)} | {said} |")
        cells = [interval([r["env_steps"] for r in own[arm]], 0) for arm in ARMS]
        print(f"| | environment steps | {' | '.join(cells)} | |")
        cells = [interval([r["seconds"] for r in own[arm]], 0) for arm in ARMS]
        print(f"| | seconds of the processor | {' | '.join(cells)} | |")
    aim = "is reached" if ahead > 1 else "is not reached"
    print(f"\nBoth together have the higher mean on {ahead} of {len(TASKS)} tasks. The aim, two of")
    print(f"three, {aim}. Where intervals overlap, {seeds} seeds do not tell the arms apart.")


if __name__ == "__main__":
    main()
