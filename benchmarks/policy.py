# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
# mypy: ignore-errors
# The peer has no types.
"""Mode policy: what its presets reach, and its speed beside plain Stable-Baselines3 in one run.

    pip install 'vynapse[rl,gym]'
    python benchmarks/policy.py FOLDER [TASK ...]
    python benchmarks/policy.py FOLDER > benchmarks/results/policy.md

Runs are kept in FOLDER: with tasks named it does those that are missing and prints no table. So two
processes may do different tasks. Without tasks it does all that is missing and prints the tables.
The speed counts processor time of whole rounds, acting and learning, with the same keys on both
sides: networks of 64-64 and the CartPole of each side, kernels here, `DummyVecEnv` of Gymnasium
there.
"""

import json
import os
import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.pop(0)  # a file of this folder may have the name of a package

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare
from vynapse.experiment.session import Session

# task -> how many seeds, and the mean test return that is wanted
TASKS = {
    "cartpole": (10, 475),
    "acrobot": (5, -100),
    "mountain-car-continuous": (5, 90),
    "pendulum": (5, -200),
}
REPEATS = 4
KEYS = {
    "preset of cartpole": {"environments": 8, "rollout": 32, "epochs": 20},
    "defaults": {"environments": 8, "rollout": 128, "epochs": 10},
    "64 environments": {"environments": 64, "rollout": 32, "epochs": 4},
}


def reached(folder, task, seed):
    """The summary of a run, and its processor time in seconds."""
    path = folder / f"{task}-{seed}"
    kept = folder / f"{task}-{seed}.json"
    if not kept.exists():
        began = time.process_time()
        recipe = load_recipe(task, "policy", overrides=[f"seed={seed}"])
        summary = Session.create(recipe, path).run()
        kept.write_text(json.dumps({"summary": summary, "cpu": time.process_time() - began}))
    return json.loads(kept.read_text())


def ours(keys, rounds):
    """Environment steps per second of rounds of mode policy."""
    own = [f"{name}={value}" for name, value in keys.items()]
    more = ["batch_size=256", f"evaluate_every={rounds + 1}", f"budget={{steps: {rounds + 1}}}"]
    trainer, _ = prepare(load_recipe("cartpole", "policy", overrides=[*own, *more])).build(0, None)
    trainer.step()  # the first one validates
    began = time.process_time()
    for _ in range(rounds):
        trainer.step()
    return rounds * keys["environments"] * keys["rollout"] / (time.process_time() - began)


def theirs(keys, rounds):
    """The same of `PPO.learn`."""
    environments = make_vec_env("CartPole-v1", keys["environments"], seed=1)
    size = keys["environments"] * keys["rollout"]
    model = PPO(
        "MlpPolicy",
        environments,
        n_steps=keys["rollout"],
        n_epochs=keys["epochs"],
        batch_size=256,
        learning_rate=0.001,
        gamma=0.98,
        gae_lambda=0.8,
        seed=1,
        device="cpu",
        verbose=0,
    )
    model.learn(size)
    began = time.process_time()
    model.learn(rounds * size, reset_num_timesteps=False)
    return rounds * size / (time.process_time() - began)


def told_of_tasks(folder):
    print("| task | wanted | reached | test return per seed | environment steps per seed, in 1,000 "
          "| processor seconds, median |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- |")
    for task, (seeds, wanted) in TASKS.items():
        runs = [reached(folder, task, seed) for seed in range(1, seeds + 1)]
        returns = [run["summary"]["test"]["return"] for run in runs]
        steps = [run["summary"]["cost"]["env_steps"] / 1000 for run in runs]
        good = sum(own >= wanted for own in returns)
        print(f"| `{task}` | ≥ {wanted} | {good} of {seeds} | "
              f"{', '.join(f'{own:.4g}' for own in returns)} | "
              f"{', '.join(f'{own:.0f}' for own in steps)} | "
              f"{statistics.median(run['cpu'] for run in runs):.0f} |")  # fmt: skip


def told_of_speed():
    print("| keys | steps in a round | Stable-Baselines3 | mode policy | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for name, keys in KEYS.items():
        size = keys["environments"] * keys["rollout"]
        rounds = max(4, 4096 // size)
        pairs = [(theirs(keys, rounds), ours(keys, rounds)) for _ in range(REPEATS)]
        peer, own = (max(column) for column in zip(*pairs, strict=True))
        print(f"| {name}: {keys['environments']} × {keys['rollout']}, {keys['epochs']} epochs | "
              f"{size:,} | {peer:,.0f} | {own:,.0f} | {own / peer:.2f} |")  # fmt: skip


def main():
    folder, tasks = Path(sys.argv[1]), sys.argv[2:]
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        for seed in range(1, TASKS[task][0] + 1):
            told = reached(folder, task, seed)
            about = told["summary"]["test"]["return"], told["summary"]["cost"]["env_steps"]
            print(task, seed, *about, round(told["cpu"]), file=sys.stderr, flush=True)
    if tasks:
        return
    # REUSE-IgnoreStart
    print("<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->")
    print("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n")
    # REUSE-IgnoreEnd
    print("# Mode policy\n")
    print(f"`python benchmarks/policy.py FOLDER`, {datetime.now(UTC):%Y-%m-%d}, one core of")
    print(f"{platform.machine()}, one thread, CPython {platform.python_version()}, torch")
    print(f"{torch.__version__}, Stable-Baselines3 {version('stable-baselines3')}, NumPy")
    print(f"{np.__version__}, Gymnasium {gymnasium.__version__}. Seeds are 1, 2, 3, …; times are "
          "those of the")  # fmt: skip
    print("processor, as other work loaded the machine.\n")
    print("## What the presets reach\n")
    print("Every run begins with a fresh network and the preset of its task. It is scored on 100")
    print("fresh episodes at its end. Environment steps count those of the validation episodes.")
    print("The preset of Pendulum was chosen by runs of its seeds 1, 2 and 4.\n")
    told_of_tasks(folder)
    print("\n## Speed on CartPole\n")
    print("Environment steps per second of processor time, acting and learning: both sides in turn")
    print(f"in one process, {REPEATS} times, the best of each. Keys are the same, networks are")
    print("64-64, batches have 256 steps.\n")
    told_of_speed()


if __name__ == "__main__":
    main()
