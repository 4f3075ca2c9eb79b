# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper heuristic`, `fixed`, `random`, `no-op`, `evaluate`: episodes of growth, a seed each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from vynapse.cli.metrics import Metrics, endpoint, sinks_of
from vynapse.cli.options import Json, Logging, Whole, overrides, refuse_too_many
from vynapse.errors import ConfigError, Interrupted

if TYPE_CHECKING:
    from vynapse.experiment.recipe import Recipe
    from vynapse.telemetry.metrics.endpoint import Endpoint


_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Episodes:
    """What is grown, and how often.

    Attributes:
        task: a name of `vynapse tasks`, or package.module:Class.
        episodes: how many, each with the next seed.
        seed: the seed of the first episode.
        settings: a key of the recipe or of mode grow, as key=value; may be repeated.
        network: where to begin: mlp:2,8,1 or cnn:16,32, package.module:factory, or a mapping.
        budget: stop each at a limit, e.g. flops=1e9 or epochs=10; may be repeated.
        max_epochs: the same as --budget epochs=N.
        device: auto, cpu, cuda or cuda:1.
        threads: threads of torch and NumPy; part of the result.
        out: folder of the runs; runs that it holds are resumed; by default one with a telling name
            below runs.
        metrics: who else may see it.
        json: one JSON object per episode on standard output, its summary.
        logging: what is logged beside the progress.
    """

    task: str
    episodes: Whole = 1
    seed: Whole = 0
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None
    network: str | None = None
    budget: list[str] | None = None
    max_epochs: Whole | None = None
    device: str = "auto"
    threads: Whole | None = None
    out: Path | None = None
    metrics: Metrics | None = None
    json: Json = False
    logging: Logging = field(default_factory=Logging)


def heuristic(*, asked: Episodes) -> None:
    """Grow by what is measured."""
    _grow("heuristic", asked)


def fixed(*, asked: Episodes) -> None:
    """Grow by a fixed schedule."""
    _grow("fixed", asked)


def random(*, asked: Episodes) -> None:
    """Grow at random."""
    _grow("random", asked)


def no_op(*, asked: Episodes) -> None:
    """Never grow."""
    _grow("no-op", asked)


def evaluate(run: str, /, *, asked: Episodes) -> None:
    """Grow by what a controller has learnt.

    Args:
        run: the run in which it has learnt: its directory, run:PATH, or last.
        asked: what is grown, and how often.
    """
    _grow("run", asked, {"path": run})


def _recipe(controller: str, asked: Episodes, own: Mapping[str, str]) -> Recipe:
    """That of the first episode."""
    from vynapse.experiment.config import load_recipe

    epochs = [] if asked.max_epochs is None else [f"epochs={asked.max_epochs}"]
    keys = overrides(
        seed=asked.seed,
        device=asked.device,
        threads=asked.threads,
        network=asked.network,
        budget=[*(asked.budget or ()), *epochs],
        settings=asked.settings or (),
    )
    keys = [("controller", {"kind": controller, **own}), *keys]
    recipe = load_recipe(asked.task, "grow", overrides=keys)
    kind = recipe.stages[0].as_file()["controller"]["kind"]
    if kind != controller:
        raise ConfigError(
            f"--set controller: esper {controller} grows by controller {controller}, got {kind}: "
            f"leave it out, or use vynapse run {asked.task} --mode grow"
        )
    return recipe


def _grow(controller: str, asked: Episodes, own: Mapping[str, str] = _NOTHING) -> None:
    asked.logging.apply()
    refuse_too_many(asked.episodes, "--episodes")
    recipe = _recipe(controller, asked, own)
    with endpoint(asked.metrics) as served:
        _episodes(controller, asked, recipe, served)


def _episodes(controller: str, asked: Episodes, recipe: Recipe, served: Endpoint | None) -> None:
    from vynapse.cli.live import live
    from vynapse.cli.output import print_line, table
    from vynapse.cli.progress import JsonLines, say_stopping, stage_title
    from vynapse.experiment.directory import new_name
    from vynapse.experiment.session import Session, StageReport

    folder = asked.out or Path("runs") / new_name(f"esper-{asked.task}", [controller], recipe.seed)
    seeds = range(recipe.seed, recipe.seed + asked.episodes)
    summaries: list[dict[str, Any]] = []

    def title(item: StageReport) -> str:
        seed = seeds[len(summaries)]
        return f"{stage_title(item)} seed {seed} ({len(summaries) + 1}/{len(seeds)})"

    def episode(seed: int, observers: Sequence[Any]) -> None:
        one = recipe.model_copy(update={"seed": seed})
        try:
            session = Session.create_or_open(one, folder / f"seed-{seed}")
            sinks = sinks_of(session.directory, f"{folder.name}/seed-{seed}", served)
            summary = session.run(observers, say_stopping, sinks)
        except Interrupted:
            raise Interrupted(
                f"interrupted: {len(summaries)} of {len(seeds)} episodes have ended: go on with "
                f"the same command and --out {folder}"
            ) from None
        summaries.append(summary)

    if asked.json:
        lines = JsonLines(recipe.log_every)
        for seed in seeds:
            episode(seed, [])
            lines.write(summaries[-1])
        lines.close()
        return
    with live(title) as observer:
        for seed in seeds:
            episode(seed, [observer])
    for line in table(_HEADER, [*map(_row, summaries), *_means(summaries)]):
        print_line(line)
    print_line(f"\n{folder}")


_HEADER = ["seed", "loss", "accuracy", "test", "parameters", "FLOP", "fossils", "time"]


def _figures(summary: dict[str, Any]) -> list[int | float | None]:
    return [
        summary["loss"],
        summary["metrics"].get("accuracy"),
        (summary["test"] or {}).get("accuracy"),
        summary["parameters"],
        float(summary["cost"]["flops"]),
        _fossils(summary.get("growth")),
    ]


def _fossils(growth: dict[str, Any] | None) -> int:
    """Seeds that became a part of the network and were not taken out again."""
    seeds = growth["seeds"] if growth else ()
    return sum("fossilized" in seed.get("entered", ()) and "pruned" not in seed for seed in seeds)


def _row(summary: dict[str, Any]) -> list[str]:
    from vynapse.cli.output import duration, number

    figures = (number(value) for value in _figures(summary))
    return [str(summary["seed"]), *figures, duration(summary["seconds"])]


def _means(summaries: list[dict[str, Any]]) -> list[list[str]]:
    """A line of means with 95 % confidence intervals over seeds, where there are several."""
    from vynapse.cli.output import duration, number
    from vynapse.statistics import half_width, mean_of

    if len(summaries) < 2:
        return []
    cells = []
    for column in zip(*map(_figures, summaries), strict=True):
        mean = mean_of([float(value) for value in column if value is not None])
        text = "-" if mean is None else number(mean.value)
        width = half_width(mean) if mean else None
        cells.append(f"{text} ± {width:.2g}" if width else text)
    seconds = sum(summary["seconds"] for summary in summaries) / len(summaries)
    return [["mean", *cells, duration(seconds)]]
