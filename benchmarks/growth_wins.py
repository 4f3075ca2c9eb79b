# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether growth reaches with three quarters of the FLOPs what its network reaches from scratch.

    python benchmarks/growth_wins.py glyphs --seeds 0,1,2,3,4

The protocol was fixed before the first run of a test seed. Every side has the same six trials, of
learning rate and schedule, on two seeds that are no test seeds; the best mean of its validation
accuracy is its setting. Growth may spend three quarters of the budget in its trials and tests. From
scratch are tuned, each for itself: the network that growth ended with, and every smaller one on its
way. Then each runs with the test seeds. Runs are kept in --out, so that several processes may share
the work (--only) before the table is made.
"""

import argparse
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from growth_runs import Run, cells, finish, markdown, say
from growth_settings import budget

from vynapse.esper.tolaria.path import path as way_of
from vynapse.experiment.arms import arms_of
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.store import load
from vynapse.statistics import mean_of
from vynapse.telemetry.reading import read_events

TUNING: Final = (200, 201)
SHARE: Final = 0.75
"""What growth may spend of what the networks from scratch may."""


@dataclass(frozen=True)
class Case:
    """A task at a budget.

    Attributes:
        task: its name.
        settings: of every side.
        rates: learning rates that are tried.
        clocks: when growth germinates, two that are tried.
        flops: the budget of a network from scratch.
        warmups: of the networks from scratch, two that are tried: batches.
    """

    task: str
    settings: tuple[str, ...]
    rates: tuple[float, ...]
    clocks: tuple[str, ...]
    flops: float
    warmups: tuple[int, ...] = (0, 100)


def clock(blueprint: str, begin: int, at_once: int) -> str:
    """A controller that germinates a seed in each slot, so many slots at once."""
    return (
        f"controller={{kind: fixed, begin: {begin}, every: 1, live_seeds: {at_once}, "
        f"blueprints: [{blueprint}], parameter_limit: 8}}"
    )


def widening(begin: int, every: int) -> str:
    """A controller that doubles all layers by the clock, up to 32 channels."""
    keys = f"kind: 'growth_widening:Wider', begin: {begin}, every: {every}, most: 32"
    return f"controller={{{keys}}}"


PRESET: Final = "training.schedule=cosine"
ADAM: Final = "training={optimizer: adam, weight_decay: 0, batch_size: 32, schedule: cosine}"
GLYPHS: Final = ((0.05, 0.1, 0.2), (clock("conv_heavy", 1, 1), clock("conv_heavy", 3, 3)))
CASES: Final[Mapping[str, Case]] = {
    # 4 and 2 epochs of the largest network
    "glyphs": Case("glyphs", (), *GLYPHS, 9.737216e10),
    "glyphs-short": Case("glyphs", (), *GLYPHS, 4.869e10),
    # the second search of growth: a warm-up, and all seeds early
    "glyphs-warm": Case(
        "glyphs", ("training.warmup=100",), (0.05, 0.1, 0.2),
        (clock("conv_heavy", 1, 1), clock("conv_heavy", 1, 3)), 9.737216e10,
    ),
    # as many trials more for the networks from scratch
    "glyphs-more": Case(
        "glyphs", (), (0.15, 0.3, 0.4), GLYPHS[1], 9.737216e10, warmups=(100, 300)
    ),
    # 8 epochs of 64-32-32-10
    "digits": Case(
        "digits", ("network={mlp: {sizes: [64, 4, 4, 10], hidden: tanh}}", ADAM),
        (0.005, 0.01, 0.02), (widening(1, 1), widening(1, 2)), 1.95e8, (0, 17),
    ),
    # 24 epochs of it, by the preset's rule
    "digits-long": Case(
        "digits", ("network={mlp: {sizes: [64, 4, 4, 10], hidden: tanh}}", PRESET),
        (0.005, 0.01, 0.02), (widening(1, 2), widening(2, 3)), 5.85e8, (0, 17),
    ),
}  # fmt: skip
"""By name; the network is the one that growth begins with."""


class Side:
    """What is tuned for itself: growth, or a network from scratch.

    Args:
        case: the task, and what is tried.
        name: of its row.
        network: as a key of a recipe; None for growth, and for the network that it begins with.
        grows: whether it is growth.
    """

    def __init__(
        self, case: Case, name: str, network: Mapping[str, Any] | None, *, grows: bool, out: Path
    ) -> None:
        self.name, self.network, self.grows = name, network, grows
        self._case, self._out = case, out
        self.trials: list[tuple[float, Any]] = list(
            itertools.product(self._case.rates, self._case.clocks if grows else self._case.warmups)
        )

    def recipe(self, trial: tuple[float, Any], seed: int, share: float) -> Recipe:
        """A run of it with a share of the budget."""
        rate, other = trial
        keys = [*self._case.settings, f"training.learning_rate={rate}", f"seed={seed}", "threads=1"]
        spent = budget(share * self._case.flops)
        if self.grows:
            return load_recipe(
                self._case.task, "grow", overrides=[*keys, other, "isolation=joint", *spent]
            )
        like = load_recipe(
            self._case.task, "grow", overrides=[*keys, f"training.warmup={other}", *spent]
        )
        (_, arm) = arms_of(self._case.task, like, ["static-initial"])
        if self.network is None:
            return arm.recipe
        return arm.recipe.model_copy(update={"network": dict(self.network)})

    def run(self, trial: tuple[float, Any], seed: int, share: float) -> Run:
        """The run, which is kept."""
        number = self.trials.index(trial)
        folder = f"{self.name.replace(' ', '-')}-{number}-{share:g}"
        return finish(self.recipe(trial, seed, share), self._out / folder / f"seed-{seed}")

    def tuned(self) -> tuple[float, Any]:
        """The trial of the best mean accuracy on validation."""
        share = SHARE if self.grows else 1.0
        means = {
            trial: sum(self.run(trial, seed, share).accuracy for seed in TUNING)
            for trial in self.trials
        }
        return max(means, key=lambda trial: means[trial])


def sides(case: Case, out: Path) -> list[Side]:
    """Growth, and from scratch the networks on its way, the largest first."""
    growth = Side(case, "growth", None, grows=True, out=out)
    first = growth.run(growth.trials[0], TUNING[0], SHARE).path
    final = load(first).network.structure.as_key()
    way = way_of(final, read_events(first / "events.jsonl"))
    static = [
        Side(case, f"from scratch {number}", network, grows=False, out=out)
        for number, network in enumerate(way)
    ]
    return [growth, *reversed(static)]


def table(every: Sequence[Side], seeds: Sequence[int]) -> str:
    """Accuracies with the test seeds, and what growth is ahead of each row by."""
    rows = {}
    growth, *static = every
    chosen = {side.name: side.tuned() for side in every}
    rows["growth", SHARE] = [growth.run(chosen["growth"], seed, SHARE) for seed in seeds]
    for side, share in itertools.product(static, (1.0, SHARE)):
        rows[side.name, share] = [side.run(chosen[side.name], seed, share) for seed in seeds]
    ours, lines = rows["growth", SHARE], []
    for (name, share), runs in rows.items():
        rate, other = chosen[name]
        pairs = list(zip(ours, runs, strict=True))
        lines.append(
            {
                "": name,
                "budget": f"{100 * share:.0f} %",
                "rate, then warm-up or clock": f"{rate:g}, {other}".replace("controller=", ""),
                "parameters": cells([run.summary["parameters"] for run in runs], 0),
                "validation %": cells([100 * run.accuracy for run in runs], 2),
                "test %": cells([100 * run.summary["test"]["accuracy"] for run in runs], 2),
                "growth minus this, validation": difference(
                    [100 * (one.accuracy - two.accuracy) for one, two in pairs]
                ),
                "growth minus this, test": difference(
                    [100 * (tested(one) - tested(two)) for one, two in pairs]
                ),
                "GFLOP": cells([run.summary["cost"]["flops"] / 1e9 for run in runs], 1),
            }
        )
    return markdown(lines)


def tested(run: Run) -> float:
    """Accuracy on the test split."""
    return float(run.summary["test"]["accuracy"])


def difference(values: Sequence[float]) -> str:
    """Mean and interval; empty for growth itself."""
    mean = mean_of(values)
    return "" if mean is None or not any(values) else cells(values, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="with commas between them")
    parser.add_argument("--out", type=Path, default=Path("runs/growth-wins"))
    parser.add_argument("--sides", type=int, help="growth and the largest networks: so many")
    parser.add_argument("--only", type=int, help="tune and test this side alone: 0 is growth")
    given = parser.parse_args()
    began, seeds = time.process_time(), [int(seed) for seed in given.seeds.split(",")]
    every = sides(CASES[given.case], given.out / given.case)[: given.sides]
    if given.only is not None:
        side = every[given.only]
        trial = side.tuned()
        for seed, share in itertools.product(seeds, (SHARE,) if side.grows else (1.0, SHARE)):
            side.run(trial, seed, share)
        say(f"{side.name}: {trial}, {time.process_time() - began:.0f} s of CPU time")
        return
    print(table(every, seeds))


if __name__ == "__main__":
    main()
