# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tables of `growth.py` that begin with a network trained before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from growth_runs import Run, cells, drops, epoch_flops, figures, finish, keep, markdown
from growth_settings import SETTINGS, budget, grow

from vynapse.esper.tolaria.existing import for_a_trained_network
from vynapse.experiment.arms import arms_of
from vynapse.experiment.config import load_recipe
from vynapse.experiment.directory import RunDirectory

HOST_EPOCHS, ADDED_EPOCHS = 12, 4
"""Before growth, of the host; afterwards, of growth, and in `ablation` of the largest network."""
HOST: Final = "the host as it was"
ESPER: Final = "Esper, the defaults of grow-existing"
SCRATCH: Final = "from scratch, of the same size"
NOTHING: Final = "controller=no-op"
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
    "no growth": (NOTHING,),
}


def upgrade(task: str, seeds: Sequence[int], out: Path) -> None:
    """A host trained before, given a few more epochs in different ways."""
    rows: dict[str, list[Run]] = {}
    starts = []
    for seed in seeds:
        for name, run in _upgrades(task, seed, out / f"{task}-upgrade"):
            rows.setdefault(name, []).append(run)
        starts.append(rows[HOST][-1].accuracy)
    esper = [run.summary for run in rows[ESPER]]
    lines = []
    for name, runs in rows.items():
        fell = [drops(run, start) for run, start in zip(runs, starts, strict=True)]
        lines.append(
            {
                "": name,
                "seeds": str(len(runs)),
                **figures(task, [run.summary for run in runs], esper),
                "parameters": cells([run.summary["parameters"] for run in runs], 0),
                "GFLOP": cells([run.summary["cost"]["flops"] / 1e9 for run in runs], 0),
                "largest drop in training": _largest(fall.training for fall in fell),
                "in blending": _largest(fall.blending for fall in fell),
                "ever": "" if name in (HOST, SCRATCH) else _largest(fall.ever for fall in fell),
            }
        )
    print(f"{task}: host {HOST_EPOCHS} epochs, then the FLOPs of {ADDED_EPOCHS} epochs of growth\n")
    print(markdown(lines))
    keep(task, rows, out / f"{task}-upgrade.csv")


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
            own = (*budget(added), "isolation=shadow", *settings)
            recipe = grow(task, *_existing(seed, host), *own)
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
    keep(task, rows, out / f"{task}-ablation.csv")


def _upgrades(task: str, seed: int, out: Path) -> Iterator[tuple[str, Run]]:
    place = out / f"seed-{seed}"
    host = _host(task, seed, place)
    yield HOST, host
    known = _existing(seed, host)
    grown = finish(grow(task, *known, f"budget.epochs={ADDED_EPOCHS}"), place / "defaults")
    yield ESPER, grown
    spent = budget(grown.summary["cost"]["flops"])
    yield "the host, trained on", finish(grow(task, *known, *spent, NOTHING), place / "no-op")
    rate = grow(task).stages[0].as_file()["training"]["learning_rate"]
    whole = (*spent, f"training.learning_rate={rate:g}")
    yield f"Esper, at a rate of {rate:g}", finish(grow(task, *known, *whole), place / "whole")
    recipe = grow(task, *known, *whole, NOTHING)
    yield f"the host, trained on at {rate:g}", finish(recipe, place / "whole-no-op")
    (_, scratch) = arms_of(task, grow(task, f"seed={seed}", *spent), ["static-final"])
    again = finish(scratch.begins_with(grown.path), place / "defaults-from-scratch")
    yield SCRATCH, again


def _host(task: str, seed: int, place: Path) -> Run:
    """The host of mode grow, trained by gradient descent as mode grow would."""
    recipe = grow(task)
    training = recipe.stages[0].as_file()["training"]
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


def _existing(seed: int, host: Run) -> list[str]:
    """What `vynapse grow-existing` sets for this host."""
    stages = RunDirectory.open(host.path).record()["recipe"]["stages"]
    keys = for_a_trained_network([(stage["mode"], stage) for stage in stages])
    own = [f"{key}={json.dumps(value)}" for key, value in keys.items()]
    return [f"seed={seed}", f"weights={host.path}", *own]


def _largest(falls: Iterator[float | None]) -> str:
    known = [fall for fall in falls if fall is not None]
    return f"{100 * max(known):.2f}" if known else ""
