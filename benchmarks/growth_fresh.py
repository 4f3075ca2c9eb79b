# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tables of `growth.py` that begin with a fresh host."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from growth_runs import (
    Run,
    batches,
    cells,
    epoch_batches,
    epoch_flops,
    figures,
    finish,
    keep,
    lead,
    markdown,
    reached,
    say,
)
from growth_settings import EPOCHS, budget, grow, usual

from vynapse.esper.tolaria.controls import CONTROLS
from vynapse.experiment.arms import arms_of
from vynapse.experiment.compare import Comparison, Finished

ESPER: Final = "Esper (Heuristic)"
NAMES: Final[Mapping[str, str]] = {
    "grow (heuristic)": ESPER,
    "static-initial": "Static Baseline (static-initial)",
    "static-final": "From-Scratch (static-final)",
    "grow (fixed)": "fixed schedule",
    "grow (random)": "random",
    "grow (no-op)": "no-op",
}
WANTED: Final = {"text": ("no-op", "static-final")}
"""Controls, where not all of them."""
VARIANTS: Final[Mapping[str, tuple[float, tuple[str, ...]]]] = {
    "isolation joint": (1.0, ("isolation=joint",)),
    "germination after 8 epochs": (1.0, ("controller.host_epochs=8",)),
    "75 % of the FLOPs": (0.75, ()),
    "isolation joint, 75 % of the FLOPs": (0.75, ("isolation=joint",)),
}
"""Of the heuristic: what share of the budget they may spend, and their settings."""
STATIC_EPOCHS, GROWN_EPOCHS, LOWERED_EPOCHS = 10, 25, 5
"""Of the unequal protocol: of the host; with growth and from scratch; of these, at the end."""
THRESHOLDS: Final[Mapping[str, tuple[str, ...]]] = {
    "defaults": (),
    "seed_clip_norm null": ("seed_clip_norm=null",),
    "plateau_gain 0.03": ("controller.plateau_gain=0.03",),
    "plateau_gain 0.3": ("controller.plateau_gain=0.3",),
    "chances 1": ("controller.chances=1",),
    "narrow limits": (
        "controller.least_gain=0", "controller.largest_drop=0", "controller.largest_harm=0",
        "controller.stable_rise=0.05", "controller.regression_rise=0.15",
    ),
    "isolation straight_through": ("isolation=straight_through",),
    "isolation frozen": ("isolation=frozen",),
    "isolation joint": ("isolation=joint",),
    "no growth": ("controller=no-op",),
}  # fmt: skip
"""From a fresh host; what the heuristic's defaults were chosen among, on seeds of their own."""


def table(task: str, seeds: Sequence[int], out: Path) -> None:
    """The heuristic and its controls from a fresh host, at equal FLOPs."""
    flops = EPOCHS[task] * epoch_flops(grow(task))
    rows = compared(task, seeds, out)
    lines = []
    for name, runs in rows.items():
        summaries = [run.summary for run in runs]
        lines.append(
            {
                "": name,
                "seeds": str(len(runs)),
                **figures(task, summaries, [run.summary for run in rows[ESPER]]),
                "parameters": cells([run["parameters"] for run in summaries], 0),
                "GFLOP": cells([run["cost"]["flops"] / 1e9 for run in summaries], 0),
                "batches": cells([batches(run.path) for run in runs], 0),
                "minutes": cells([run["seconds"] / 60 for run in summaries], 1),
            }
        )
    print(f"{task}: {flops:.4g} FLOP a run, {EPOCHS[task]:g} epochs of the largest network\n")
    print(markdown(lines))
    keep(task, rows, out / f"{task}-table.csv")


def variants(task: str, seeds: Sequence[int], out: Path) -> None:
    """Other settings of the heuristic, each against the final network from scratch."""
    flops = EPOCHS[task] * epoch_flops(grow(task))
    rows = compared(task, seeds, out, ["static-final"])
    scratch = rows[NAMES["static-final"]]
    for name, (share, settings) in VARIANTS.items():
        folder = name.replace(",", "").replace(" %", "%").replace(" ", "-")
        place = out / f"{task}-variants" / folder
        rows[f"{ESPER}, {name}"] = [
            finish(
                grow(task, f"seed={seed}", *budget(share * flops), *settings),
                place / f"seed-{seed}",
            )
            for seed in seeds
        ]
    lines = []
    for name, runs in rows.items():
        summaries, others = ([run.summary for run in found] for found in (runs, scratch))
        lines.append(
            {
                "": name,
                "seeds": str(len(runs)),
                **reached(task, summaries),
                **{
                    f"minus From-Scratch, {split}": ""
                    if runs is scratch
                    else lead(task, summaries, others, split)
                    for split in ("validation", "test")
                },
                "GFLOP": cells([run["cost"]["flops"] / 1e9 for run in summaries], 0),
                "batches": cells([batches(run.path) for run in runs], 0),
            }
        )
    print(markdown(lines))
    keep(task, rows, out / f"{task}-variants.csv")


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
            (_, arm) = arms_of(task, constant, [control])
            recipe = arm.begins_with(grown.path)
            name = f"{NAMES[control]}, {epochs} epochs at a constant rate"
            rows.setdefault(name, []).append(finish(recipe, place / control))
    print(markdown(_short(task, rows)))
    keep(task, rows, out / f"{task}-unequal.csv")


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
    keep(task, rows, out / f"{task}-thresholds.csv")


def compared(
    task: str, seeds: Sequence[int], out: Path, controls: Sequence[str] | None = None
) -> dict[str, list[Run]]:
    """The runs of `table`, by name of the row; without `controls`, all that the task has there."""
    flops = EPOCHS[task] * epoch_flops(grow(task))
    wanted = WANTED.get(task, tuple(CONTROLS)) if controls is None else controls
    comparison = Comparison(
        [task], ["grow"], seeds, out / task, {"flops": flops}, usual(task), wanted
    )
    return {
        NAMES[row.mode]: [
            Run(comparison.place(row.task, row.mode, run["seed"]), run) for run in row.runs
        ]
        for row in comparison.run(_told).rows
    }


def _short(task: str, rows: Mapping[str, Sequence[Run]]) -> list[dict[str, str]]:
    """Lines of a table of what was reached for what."""
    first = [run.summary for run in next(iter(rows.values()))]
    return [
        {
            "": name,
            "seeds": str(len(runs)),
            **figures(task, [run.summary for run in runs], first),
            "parameters": cells([run.summary["parameters"] for run in runs], 0),
            "GFLOP": cells([run.summary["cost"]["flops"] / 1e9 for run in runs], 0),
            "batches": cells([batches(run.path) for run in runs], 0),
        }
        for name, runs in rows.items()
    ]


def _told(item: Finished) -> None:
    accuracy, seconds = item.summary["metrics"]["accuracy"], item.summary["wall_seconds"]
    say(f"{item.number}/{item.total} {item.arm.name} {item.seed}: {accuracy:.2%}, {seconds:.0f} s")
