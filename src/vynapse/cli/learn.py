# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper ppo`: a controller learns to grow networks on a task. The run is one of mode policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from vynapse.cli.metrics import Metrics, endpoint, sinks_of
from vynapse.cli.options import Json, Logging, Whole, overrides, refuse_too_many, words_of

if TYPE_CHECKING:
    from vynapse.experiment.overrides import Override
    from vynapse.experiment.recipe import Recipe
    from vynapse.experiment.session import Session, StageReport

_HIDDEN: Final = [64, 64]
_BATCH: Final = 64
"""Steps of an update of PPO, at most."""
_LOOKS: Final = 5
"""How often in a run the policy is tried on validation episodes, at least, where it can be."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Learning:
    """What grows while a controller learns, and how often.

    Attributes:
        task: what the networks are for: a name of `vynapse tasks` with examples.
        episodes: how many runs of growth it learns from.
        n_envs: how many of them go on side by side.
        max_epochs: epochs of each; by default those of mode grow on the task.
        processes: processes that they are spread over; no result depends on it.
        device: where the networks are trained: auto, cpu, cuda or cuda:1.
        devices: several of these, with commas between them, to spread the runs over.
        seed: root of all random numbers.
        settings: a key of the recipe, of task growth (task.KEY) or of the mode, as key=value; may
            be repeated.
        threads: threads of torch and NumPy; part of the result.
        out: directory of the run; by default one with a telling name below runs.
        metrics: who else may see it.
        json: JSON lines on standard output, the summary last.
        logging: what is logged beside the progress.
    """

    task: str
    episodes: Whole = 100
    n_envs: Whole = 4
    max_epochs: Whole | None = None
    processes: Whole = 1
    device: str = "auto"
    devices: str | None = None
    seed: Whole = 0
    settings: Annotated[list[str] | None, Parameter(name="--set")] = None
    threads: Whole | None = None
    out: Path | None = None
    metrics: Metrics | None = None
    json: Json = False
    logging: Logging = field(default_factory=Logging)


def ppo(*, asked: Learning, entropy_coef: float = 0.05, lr: float = 3e-4) -> None:
    """Let a controller learn by proximal policy optimisation.

    Args:
        asked: what grows.
        entropy_coef: weight of the entropy in the loss: what keeps it exploring.
        lr: step size of Adam.
    """
    asked.logging.apply()
    keys, epochs = growth_keys(asked)
    per_round = asked.n_envs * max(2, epochs)
    rounds = -(-asked.episodes * epochs // per_round)
    keys += [
        ("environments", asked.n_envs),
        ("rollout", max(2, epochs)),
        ("batch_size", _divisor(per_round, _BATCH)),
        ("evaluate_every", _divisor(rounds, max(1, rounds // _LOOKS))),
        ("entropy", entropy_coef),
        ("learning_rate", lr),
        ("budget.steps", rounds),
    ]
    learn("policy", keys, asked)


def growth_keys(asked: Learning) -> tuple[list[Override], int]:
    """Keys of a recipe for task growth and a network that decides; and the epochs of an episode.

    Raises:
        ConfigError: a number is none, a GPU is not there, or the task cannot be grown on.
    """
    refuse_too_many(asked.episodes, "--episodes")
    refuse_too_many(asked.n_envs, "--n-envs")
    from vynapse.esper.simic.features import FEATURES
    from vynapse.esper.simic.schema import FACTORS
    from vynapse.esper.simic.settings import GrowthTaskSettings
    from vynapse.experiment.process import choose_device
    from vynapse.settings import validate

    wanted = words_of(asked.devices, "--devices") or [asked.device]
    task: dict[str, Any] = {
        "task": asked.task,
        "processes": asked.processes,
        "devices": [choose_device(device, in_numpy=False) for device in wanted],
    }
    if asked.max_epochs is not None:
        task["epochs"] = asked.max_epochs
    settings = validate(GrowthTaskSettings, task, "task")
    inputs = settings.history * FEATURES
    keys: list[Override] = [
        ("task", {"name": "growth", **task}),
        ("network", {"mlp": [inputs, *_HIDDEN, sum(FACTORS)]}),
        ("device", "cpu"),
    ]
    return keys, settings.epochs


def learn(mode: str, keys: list[Override], asked: Learning) -> Path:
    """Run a recipe in which a controller learns, before the user's eyes; where the run is."""
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.directory import new_name
    from vynapse.experiment.session import Session

    given = overrides(seed=asked.seed, threads=asked.threads, settings=asked.settings or ())
    recipe: Recipe = load_recipe(mode=mode, overrides=[*keys, *given])
    out = asked.out or Path("runs") / new_name(f"esper-{asked.task}", [mode], recipe.seed)
    session = Session.create_or_open(recipe, out)
    with endpoint(asked.metrics) as served:
        _follow(session, asked, served)
    return session.directory


def _follow(session: Session, asked: Learning, served: Any) -> None:
    from vynapse.cli.live import live
    from vynapse.cli.output import headline, measurements, print_line
    from vynapse.cli.progress import JsonLines, say_stopping

    sinks = sinks_of(session.directory, session.directory.name, served)
    if asked.json:
        lines = JsonLines(1)
        lines.write(session.run([lines], sinks=sinks))
        lines.close()
        return
    title = _Title()
    with live(title) as observer:
        summary = session.run([title.notice, observer], say_stopping, sinks)
    print_line(headline(summary))
    for line in measurements(summary):
        print_line(f"  {line}")
    print_line(f"  {session.directory}")


class _Title:
    """What a line of progress is led by: episodes an hour, and what a round has measured."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}

    def notice(self, item: StageReport) -> None:
        """Remember what a report has measured: not every one measures all."""
        self._known |= item.report.metrics

    def __call__(self, item: StageReport) -> str:
        """A line of words."""
        from vynapse.cli.output import number

        cost, known = item.report.cost, self._known
        parts = [item.mode]
        steps = known.get("episode_steps")
        if cost.seconds and cost.env_steps and steps:
            hourly = cost.env_steps / steps / cost.seconds * 3600
            parts.append(f"{number(round(hourly))} episodes an hour")
        names = {"episode_return": "return", "explained_variance": "explained variance"}
        names |= {key: key.replace(".", " of ") for key in known if key.startswith("entropy.")}
        parts += [f"{name} {number(known[key])}" for key, name in names.items() if key in known]
        return ", ".join(parts)


def _divisor(of: int, most: int) -> int:
    """The largest divisor of a number that is at most another; the number itself if only 1 is."""
    found = next(size for size in range(min(of, most), 0, -1) if of % size == 0)
    return of if found == 1 < most else found
