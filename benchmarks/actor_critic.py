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
    "learner alone, fewer looks": ["strategy=null", "evaluate_every=25"],
    "population alone": ["updates_per_step=0"],
}
"""Keys of each. A generation of the learner alone is an episode, that of a population ten, so that
it is looked at less often. As looks take steps of the budget, it has an arm with still fewer."""

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
    """Whether both are ahead of each other arm: by means alone, or beyond doubt, seed by seed."""
    returns = {arm: {r["seed"]: r["return"] for r in runs} for arm, runs in own.items()}
    both, clear = returns.pop("both"), True
    for other in returns.values():
        apart = mean_of([both[seed] - other[seed] for seed in both])
        if apart is None or apart.value <= 0:
            return "no"
        clear = clear and apart.half_width is not None and apart.value > apart.half_width
    return "yes, clearly" if clear else "by means alone"


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
    print(f"""# Mode actor-critic beside its parents

`python benchmarks/actor_critic.py {seeds}`, one thread. Each run has {STEPS:,} environment steps,
and more by what its last generation takes; validation is among them. It ends early where the winner
reaches the target on 5 validation episodes. A learner alone is looked at every 10 episodes, or
every 25, the others after every generation of about 10. One update for two steps, networks 64-64.
Return: mean of the winner on 100 fresh episodes. Each number is a mean over {seeds} seeds with its
95 % interval. The learner is DQN on CartPole and Acrobot, and TD3 on Pendulum. The step size of the
population, and how often each arm is looked at, were chosen after first runs with seeds of this
table.

| task | | {" | ".join(ARMS)} | both ahead |
{"| --- " * (len(ARMS) + 3)}|""")
    said = []
    for task in TASKS:
        own = {arm: [r for r in runs if (r["task"], r["arm"]) == (task, arm)] for arm in ARMS}
        said.append(verdict(own))
        cells = [interval([r["return"] for r in own[arm]]) for arm in ARMS]
        print(f"| {task} | return | {' | '.join(cells)} | {said[-1]} |")
        cells = [interval([r["env_steps"] for r in own[arm]], 0) for arm in ARMS]
        print(f"| | environment steps | {' | '.join(cells)} | |")
        cells = [interval([r["seconds"] for r in own[arm]], 0) for arm in ARMS]
        print(f"| | seconds of the processor | {' | '.join(cells)} | |")
    means, clear = sum(s != "no" for s in said), said.count("yes, clearly")
    print(f"""
The aim was to be ahead of all other arms on two of three tasks. By the means of {seeds} seeds both
together are ahead on {means}. The 95 % interval of the difference, seed by seed, is above 0 for all
of the other arms on {clear}; elsewhere {seeds} seeds do not tell them apart.""")


if __name__ == "__main__":
    main()
