# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode hybrid beside gradient descent and evolution alone, each at the same FLOPs.

    python benchmarks/hybrid.py spirals --seeds 10        # validation accuracy of every seed
    python benchmarks/hybrid.py mnist --seeds 3           # beside sgd on a random topology
    python benchmarks/hybrid.py small --seeds 3           # the same, at most 3,000 connections
    python benchmarks/hybrid.py inheritance --seeds 5     # on xor, spirals and digits

Tables are printed. Runs are kept in --out, and those that have ended are not repeated.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from hybrid_topology import on_random_topology

from vynapse.experiment.compare import Comparison
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

CONTROLS: Final = ["sgd-restarts", "evolution", "baldwinian"]
DECAY: Final = ("optimizer=adamw", "weight_decay=0.3")
INHERITANCE: Final = {"xor": 4e6, "spirals": 5e9, "digits": 5e9}
SPIRALS: Final = 4.5e10
BASELINE: Final = "network={mlp: {sizes: [784, 128, 10], hidden: relu}}"
LAYERS: Final = "network={mlp: {sizes: [2, 18, 18, 2], hidden: tanh}}"
"""About as many parameters as the winners of mode hybrid on spirals have connections."""
SMALL: Final = [
    *("sparse_hidden=100", "sparse_inputs=18", "activation=gelu", "batch_size=2000"),
    *("refine.batch_size=256", "refine.steps=800", "refine.optimizer.learning_rate=0.003"),
]
SPIRALS_ARMS: Final[dict[str, list[str]]] = {
    "hybrid": [],
    "sgd, two layers": [LAYERS],
    "adamw, two layers": [LAYERS, *DECAY],
}
NUMBER_BYTES: Final = 4


def run(task: str, mode: str, seed: int, keys: list[str], out: Path) -> dict[str, Any]:
    """The summary of a run, made now or before."""
    if not (out / "summary.json").exists():
        Session.create(load_recipe(task, mode, seed=seed, overrides=keys), out).run()
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return summary


def tell(name: str, seed: int, summary: dict[str, Any]) -> None:
    """One line of a table."""
    size, flops = summary["parameters"], summary["cost"]["flops"]
    accuracies = summary["metrics"]["accuracy"], summary["test"]["accuracy"]
    shown = " | ".join(f"{100 * accuracy:.2f} %" for accuracy in accuracies)
    print(f"| {name} | {seed} | {shown} | {size} | {size * NUMBER_BYTES} | {flops / 1e9:.1f} |")


def head() -> None:
    print("| | seed | validation | test | parameters | bytes | GFLOP |")
    print("| --- | --- | --- | --- | --- | --- | --- |")


def spirals(seeds: range, out: Path) -> None:
    head()
    budget = f"budget={{steps: null, flops: {SPIRALS}}}"
    for name, keys in SPIRALS_ARMS.items():
        mode = "sgd" if keys else "hybrid"
        for seed in seeds:
            own = out / name.replace(", ", "-").replace(" ", "-") / str(seed)
            tell(name, seed, run("spirals", mode, seed, [*keys, budget], own))
    table("spirals", SPIRALS, ["sgd-restarts"], seeds, out)


def mnist(seeds: range, out: Path, keys: list[str]) -> None:
    head()
    for seed in seeds:
        summary = run("mnist", "hybrid", seed, keys, out / f"hybrid-{seed}")
        tell("hybrid", seed, summary)
        tell("sgd, random topology", seed, on_random_topology(seed, keys, summary["cost"]["flops"]))
    if not keys:
        epochs = [BASELINE, "budget={epochs: 10}"]
        tell("sgd, 784-128-10", 0, run("mnist", "sgd", 0, epochs, out / "sgd"))


def table(task: str, flops: float, controls: list[str], seeds: range, out: Path) -> None:
    comparison = Comparison(
        tasks=[task],
        modes=["hybrid"],
        controls=controls,
        seeds=len(seeds),
        budget={"flops": flops},
        overrides=["budget.steps=null", "budget.target=null"],
        directory=out / f"compare-{task}-{len(controls)}",
    )
    print(f"\n{comparison.run().markdown()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("spirals", "mnist", "small", "inheritance"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/hybrid"))
    given = parser.parse_args()
    seeds, out = range(given.seeds), given.out / given.what
    if given.what == "spirals":
        spirals(seeds, out)
    elif given.what == "inheritance":
        for task, flops in INHERITANCE.items():
            table(task, flops, CONTROLS, seeds, out)
    else:
        mnist(seeds, out, SMALL if given.what == "small" else [])


if __name__ == "__main__":
    main()
