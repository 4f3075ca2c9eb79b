# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether growth earns its place: tables in which every row has the same budget in FLOPs.

    python benchmarks/growth.py table cifar10 --seeds 0,1,2,3,4    # the heuristic and its controls
    python benchmarks/growth.py upgrade cifar10 --seeds 0,1,2,3,4  # a network trained before
    python benchmarks/growth.py ablation glyphs --seeds 0,1,2      # one setting at a time
    python benchmarks/growth.py thresholds glyphs --seeds 0,1,2    # settings of the heuristic
    python benchmarks/growth.py unequal cifar10 --seeds 0          # as the seed project compared

Budgets are counted in epochs of the largest network that growth aims at, so growth never sees more
than a network of that size would in so many epochs, and a small network sees more. Runs are kept in
--out: those that have ended are not repeated, and one that was interrupted is gone on with.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from growth_runs import (
    Run,
    batches,
    cells,
    drops,
    epoch_batches,
    epoch_flops,
    finish,
    markdown,
    say,
)

from vynapse.cli.grow import existing_network_overrides
from vynapse.experiment.arms import CONTROLS, growth_arms, rebuilt
from vynapse.experiment.compare import Comparison, Finished
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe

EPOCHS: Final[Mapping[str, float]] = {"cifar10": 25, "glyphs": 10, "text": 2.5}
"""Of the largest network, by task: what every row of a table may spend."""
HOST_EPOCHS, ADDED_EPOCHS = 12, 4
"""Before growth, of the host; afterwards, of the largest network."""
STATIC_EPOCHS, GROWN_EPOCHS, LOWERED_EPOCHS = 10, 25, 5
"""Of the unequal protocol: of the host; with growth and from scratch; of these, at the end."""
TRANSFORMER: Final = (
    "network={factory: 'vynapse.esper.kasmina.hosts:transformer', "
    "options: {width: 16, layers: 1, expansion: 1}}"
)
SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "cifar10": ("task.augment=[flip, {crop: 4}]",),
    "text": (TRANSFORMER, "task.train=200000", "task.test=10000"),
}
"""Beside the presets, by task: of the task and the host."""
GROWTH: Final[Mapping[str, tuple[str, ...]]] = {"text": ("epoch_steps=300", "probe_examples=2000")}
"""Beside the presets, by task: of mode grow alone."""

ACCURACY: Final = ("accuracy", "%", 100, 2)
FIGURES: Final = {"text": ("loss", "nats", 1, 4)}
"""What a task's rows are compared by: its name in a summary, unit, factor, digits."""
ESPER: Final = "Esper (Heuristic)"
NAMES: Final[Mapping[str, str]] = {
    "grow (heuristic)": ESPER,
    "static-initial": "Static Baseline (static-initial)",
    "static-final": "From-Scratch (static-final)",
    "grow (fixed)": "fixed schedule",
    "grow (random)": "random",
    "grow (no-op)": "no-op",
}
CHEAPER: Final = 0.75
"""Share of the budget of the row that has to match From-Scratch for less."""
HOST: Final = "the host as it was"
PRESET: Final = ("isolation=joint", "controller.live_seeds=4")
"""For a network that was trained before and may be harmed a little while it grows."""

CLOCK: Final = "controller={kind: fixed, begin: 0, every: 9, live_seeds: 9, training_epochs: 1}"
"""A seed in every slot at once, so that nothing but the setting in question differs."""
DEFAULTS: Final = "defaults: shadow, kept, add, linear, 1 epoch"
ABLATION: Final[Mapping[str, tuple[str, ...]]] = {
    DEFAULTS: (CLOCK,),
    "isolation straight_through": (CLOCK, "isolation=straight_through"),
    "isolation frozen": (CLOCK, "isolation=frozen"),
    "isolation joint": (CLOCK, "isolation=joint"),
    "optimizer_state reset": (CLOCK, "optimizer_state=reset"),
    "operator interpolate": (CLOCK, "operator=interpolate"),
    "operator gate": (CLOCK, "operator=gate"),
    "rise cosine": (CLOCK, "rise=cosine"),
    "rise sigmoid": (CLOCK, "rise=sigmoid"),
    "blend_epochs 0.5": (CLOCK, "blend_epochs=0.5"),
    "blend_epochs 2": (CLOCK, "blend_epochs=2"),
    "no growth": ("controller=no-op",),
}
THRESHOLDS: Final[Mapping[str, tuple[str, ...]]] = {
    "defaults": (),
    "seed_clip_norm null": ("seed_clip_norm=null",),
    "plateau_gain 0.03": ("controller.plateau_gain=0.03",),
    "plateau_gain 0.3": ("controller.plateau_gain=0.3",),
    "chances 1": ("controller.chances=1",),
    "narrow limits": (
        "controller.least_gain=0", "controller.largest_drop=0.05", "controller.largest_harm=0.05",
        "controller.stable_rise=0.05", "controller.regression_rise=0.1",
    ),
    "isolation straight_through": ("isolation=straight_through",),
    "isolation frozen": ("isolation=frozen",),
    "isolation joint": ("isolation=joint",),
    "no growth": ("controller=no-op",),
}  # fmt: skip
"""From a fresh host; what the heuristic's defaults were chosen among, on seeds of their own."""


def usual(task: str) -> tuple[str, ...]:
    """What every run of mode grow has beside the presets."""
    return (*SETTINGS.get(task, ()), *GROWTH.get(task, ()), "threads=1")


def grow(task: str, *overrides: str) -> Recipe:
    """A run of mode grow with the settings of these tables."""
    return load_recipe(task=task, mode="grow", overrides=[*usual(task), *overrides])


def budget(flops: float) -> tuple[str, str]:
    """Overrides that end a run after so many operations and by nothing else."""
    return f"budget.flops={flops:g}", "budget.epochs=null"


def table(task: str, seeds: Sequence[int], out: Path) -> None:
    """The heuristic and its controls from a fresh host, at equal FLOPs."""
    flops = EPOCHS[task] * epoch_flops(grow(task))
    comparison = Comparison(
        [task], ["grow"], seeds, out / task, {"flops": flops},
        usual(task), CONTROLS,
    )  # fmt: skip
    rows = {NAMES[row.mode]: row.runs for row in comparison.run(_told).rows}
    places = {
        NAMES[arm.name]: out / task / f"{task}-{arm.name}".replace(" (", "-").replace(")", "")
        for arm in comparison.arms()
    }
    cheaper = f"{ESPER}, {CHEAPER:.0%} of the budget"
    places[cheaper] = out / task / f"{task}-cheaper"
    rows[cheaper] = [
        finish(
            grow(task, f"seed={seed}", *budget(CHEAPER * flops)), places[cheaper] / f"seed-{seed}"
        ).summary
        for seed in seeds
    ]
    lines = []
    for name, runs in rows.items():
        used = [batches(places[name] / f"seed-{run['seed']}") for run in runs]
        lines.append(
            {
                "": name,
                "seeds": str(len(runs)),
                **_figures(task, runs, rows[ESPER]),
                "parameters": cells([run["parameters"] for run in runs], 0),
                "GFLOP": cells([run["cost"]["flops"] / 1e9 for run in runs], 0),
                "batches": cells(used, 0),
                "minutes": cells([run["seconds"] / 60 for run in runs], 1),
            }
        )
    print(f"{task}: {flops:.4g} FLOP a run, {EPOCHS[task]:g} epochs of the largest network\n")
    print(markdown(lines))
    against = _figures(task, rows[NAMES["static-final"]], rows[cheaper])["Esper minus this"]
    print(f"{cheaper}, minus {NAMES['static-final']}: {against}")


def unequal(task: str, seeds: Sequence[int], out: Path) -> None:
    """As the seed project compared: constant rates, but growth ends at a tenth of its own."""
    rows: dict[str, list[Run]] = {}
    lowered = (GROWN_EPOCHS - LOWERED_EPOCHS) * epoch_batches(grow(task))
    for seed in seeds:
        place = out / f"{task}-unequal" / f"seed-{seed}"
        recipe = grow(
            task, f"seed={seed}", f"budget.epochs={GROWN_EPOCHS}",
            "training.schedule=step", f"training.step_every={lowered}", "training.step_factor=0.1",
        )  # fmt: skip
        grown = finish(recipe, place / "grown")
        name = f"Esper, {GROWN_EPOCHS} epochs, the last {LOWERED_EPOCHS} at a tenth of the rate"
        rows.setdefault(name, []).append(grown)
        for control, epochs in (("static-initial", STATIC_EPOCHS), ("static-final", GROWN_EPOCHS)):
            constant = grow(
                task, f"seed={seed}", f"budget.epochs={epochs}", "training.schedule=constant"
            )
            (_, arm) = growth_arms(task, constant, [control])
            recipe = rebuilt(arm.recipe, grown.path) if arm.rebuilds else arm.recipe
            name = f"{NAMES[control]}, {epochs} epochs at a constant rate"
            rows.setdefault(name, []).append(finish(recipe, place / control))
    first = next(iter(rows.values()))
    lines = [
        {
            "": name,
            "seeds": str(len(runs)),
            **_figures(task, [run.summary for run in runs], [run.summary for run in first]),
            "parameters": cells([run.summary["parameters"] for run in runs], 0),
            "GFLOP": cells([run.summary["cost"]["flops"] / 1e9 for run in runs], 0),
        }
        for name, runs in rows.items()
    ]
    print(markdown(lines))


def thresholds(task: str, seeds: Sequence[int], out: Path) -> None:
    """Settings of the heuristic and of isolation from a fresh host, on the validation split."""
    flops = EPOCHS[task] * epoch_flops(grow(task))
    rows = {
        name: [
            finish(
                grow(task, f"seed={seed}", *budget(flops), *settings),
                out / f"{task}-thresholds" / name.replace(" ", "-") / f"seed-{seed}",
            )
            for seed in seeds
        ]
        for name, settings in THRESHOLDS.items()
    }
    lines = [
        {
            "": name,
            "validation %": cells([100 * run.accuracy for run in runs], 2),
            "minus defaults": cells(
                [
                    100 * (run.accuracy - usual.accuracy)
                    for run, usual in zip(runs, rows["defaults"], strict=True)
                ],
                2,
            ),
            "fossils": cells([run.fossils for run in runs], 1),
            "parameters": cells([run.summary["parameters"] for run in runs], 0),
        }
        for name, runs in rows.items()
    ]
    print(f"{task}: {flops:.4g} FLOP a run, {EPOCHS[task]:g} epochs of the largest network\n")
    print(markdown(lines))


def upgrade(task: str, seeds: Sequence[int], out: Path) -> None:
    """A host trained before, given a few more epochs in different ways."""
    added = ADDED_EPOCHS * epoch_flops(grow(task))
    rows: dict[str, list[Run]] = {}
    starts = []
    for seed in seeds:
        for name, run in _upgrades(task, seed, added, out / f"{task}-upgrade"):
            rows.setdefault(name, []).append(run)
        starts.append(rows[HOST][-1].accuracy)
    esper = [run.summary for run in rows["Esper, defaults"]]
    lines = []
    for name, runs in rows.items():
        fell = [drops(run, start) for run, start in zip(runs, starts, strict=True)]
        lines.append(
            {
                "": name,
                "seeds": str(len(runs)),
                **_figures(task, [run.summary for run in runs], esper),
                "parameters": cells([run.summary["parameters"] for run in runs], 0),
                "GFLOP": cells([run.summary["cost"]["flops"] / 1e9 for run in runs], 0),
                "largest drop in training": _largest(fall.training for fall in fell),
                "in blending": _largest(fall.blending for fall in fell),
                "ever": ""
                if "scratch" in name or name == HOST
                else _largest(fall.ever for fall in fell),
            }
        )
    print(f"{task}: host {HOST_EPOCHS} epochs, then {added:.4g} FLOP, ", end="")
    print(f"{ADDED_EPOCHS} epochs of the largest network\n")
    print(markdown(lines))


def ablation(task: str, seeds: Sequence[int], out: Path) -> None:
    """One setting of mode grow changed at a time, on hosts that were trained before."""
    added = ADDED_EPOCHS * epoch_flops(grow(task))
    rows: dict[str, list[Run]] = {name: [] for name in ABLATION}
    starts = []
    for seed in seeds:
        place = out / f"{task}-ablation" / f"seed-{seed}"
        host = _host(task, seed, place)
        starts.append(host.accuracy)
        for name, settings in ABLATION.items():
            recipe = grow(task, f"seed={seed}", f"weights={host.path}", *budget(added), *settings)
            rows[name].append(finish(recipe, place / name.replace(":", "").replace(" ", "-")))
    defaults = rows[DEFAULTS]
    lines = []
    for name, runs in rows.items():
        fell = [drops(run, start) for run, start in zip(runs, starts, strict=True)]
        pairs = zip(runs, defaults, strict=True)
        lines.append(
            {
                "": name,
                "validation %": cells([100 * run.accuracy for run in runs], 2),
                "minus defaults": cells([100 * (a.accuracy - b.accuracy) for a, b in pairs], 2),
                "largest drop in training": _largest(fall.training for fall in fell),
                "in blending": _largest(fall.blending for fall in fell),
                "ever": _largest(fall.ever for fall in fell),
                "seconds": cells([run.summary["seconds"] for run in runs], 0),
            }
        )
    print(f"{task}: host {HOST_EPOCHS} epochs ({cells([100 * a for a in starts], 2)} %), ", end="")
    print(f"then {added:.4g} FLOP, {ADDED_EPOCHS} epochs of the largest network\n")
    print(markdown(lines))


def _upgrades(task: str, seed: int, added: float, place: Path) -> Iterator[tuple[str, Run]]:
    place = place / f"seed-{seed}"
    host = _host(task, seed, place)
    yield HOST, host
    known = [f"seed={seed}", f"weights={host.path}", *budget(added)]
    recipe = grow(task, *known, "controller=no-op")
    yield "the host, trained on", finish(recipe, place / "no-op")
    for name, more in (("defaults", ()), ("joint", PRESET)):
        recipe = grow(task, *known, *existing_network_overrides(), *more)
        grown = finish(recipe, place / name)
        yield f"Esper, {name}", grown
        (_, scratch) = growth_arms(task, recipe, ["static-final"])
        again = finish(rebuilt(scratch.recipe, grown.path), place / f"{name}-from-scratch")
        yield f"from scratch, the size of {name}", again


def _host(task: str, seed: int, place: Path) -> Run:
    """The host of mode grow, trained by gradient descent as mode grow would."""
    recipe = grow(task)
    training = recipe.stages[0].settings["training"]
    training_keys = [f"{key}={json.dumps(value)}" for key, value in training.items()]
    host = load_recipe(
        task=task,
        mode="sgd",
        overrides=[
            *training_keys, *SETTINGS.get(task, ()),
            f"network={json.dumps(recipe.as_file()['network'])}",
            f"seed={seed}", "threads=1", f"budget.epochs={HOST_EPOCHS}",
        ],
    )  # fmt: skip
    return finish(host, place / "host")


def _figures(
    task: str, runs: Sequence[dict[str, Any]], esper: Sequence[dict[str, Any]]
) -> dict[str, str]:
    """The task's figure on both splits, and that of Esper minus this row's, paired by seed."""
    name, unit, scale, digits = FIGURES.get(task, ACCURACY)
    pairs = zip(esper, runs, strict=True)
    return {
        f"validation {unit}": cells([scale * run["metrics"][name] for run in runs], digits),
        f"test {unit}": cells([scale * run["test"][name] for run in runs], digits),
        "Esper minus this": ""
        if runs is esper
        else cells([scale * (a["test"][name] - b["test"][name]) for a, b in pairs], digits),
    }


def _largest(falls: Iterator[float | None]) -> str:
    known = [fall for fall in falls if fall is not None]
    return f"{100 * max(known):.2f}" if known else ""


def _told(item: Finished) -> None:
    accuracy, seconds = item.summary["metrics"]["accuracy"], item.summary["wall_seconds"]
    say(f"{item.number}/{item.total} {item.arm.name} {item.seed}: {accuracy:.2%}, {seconds:.0f} s")


TABLES: Final = {
    "table": table,
    "upgrade": upgrade,
    "ablation": ablation,
    "thresholds": thresholds,
    "unequal": unequal,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=TABLES)
    parser.add_argument("task", choices=EPOCHS)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="with commas between them")
    parser.add_argument("--out", type=Path, default=Path("runs/growth"))
    given = parser.parse_args()
    TABLES[given.what](given.task, [int(seed) for seed in given.seeds.split(",")], given.out)


if __name__ == "__main__":
    main()
