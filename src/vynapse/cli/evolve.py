# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper iql` and `esper evolve`: controllers that learn from others, or by evolution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from vynapse.cli.learn import Learning, growth_keys, learn
from vynapse.cli.options import Whole, refuse_too_many, words_of
from vynapse.errors import ConfigError

if TYPE_CHECKING:
    from vynapse.experiment.overrides import Override

_HIDDEN: Final = 8
"""Hidden units of a network that is evolved: few, as evolution tries each weight."""


def iql(*, asked: Learning, behaviour: str = "heuristic,clock,random", passes: Whole = 40) -> None:
    """Let a controller learn from logged episodes of others.

    Args:
        asked: what grows; --episodes is how many are logged.
        behaviour: who plays them, with commas between: heuristic, clock, no-op, random, run:PATH.
        passes: how often the log is gone through.
    """
    asked.logging.apply()
    keys, _ = growth_keys(asked)
    players = words_of(behaviour, "--behaviour") or []
    data = {"behaviour": players, "episodes": asked.episodes, "environments": asked.n_envs}
    keys += [("data", data), ("budget.steps", passes)]
    learn("iql", keys, asked)


def evolve(
    *,
    asked: Learning,
    policy: Literal["network", "heuristic"] = "network",
    strategy: Literal["snes", "cma-es"] | None = None,
    population: Whole = 10,
    recipe: Path | None = None,
) -> None:
    """Evolve a controller.

    Args:
        asked: what grows; --episodes is how many runs of growth the search takes, and --n-envs by
            how many each candidate is measured.
        policy: what is evolved: a small network, or the thresholds of the heuristic.
        strategy: how: by default snes for a network and cma-es for thresholds.
        population: candidates of a generation.
        recipe: a file for the recipe of mode grow with the best thresholds; by default
            evolved.yaml in the directory of the run.
    """
    asked.logging.apply()
    refuse_too_many(population, "--population")
    steps = max(1, asked.episodes // (population * asked.n_envs))
    own: dict[str, Any] = {"offspring": population}
    if policy == "network":
        if recipe is not None:
            raise ConfigError(
                "--recipe: it is for --policy heuristic; a network is named as controller: run:PATH"
            )
        keys, _ = growth_keys(asked)
        sizes = _value(keys, "network")["mlp"]
        keys += [
            ("network", {"mlp": [sizes[0], _HIDDEN, sizes[-1]]}),
            ("strategy", {"kind": strategy or "snes", **own}),
            ("episodes", asked.n_envs),
            ("evaluate_every", min(steps, 5)),
            ("budget.steps", steps),
        ]
        learn("deap", keys, asked)
        return
    keys = _threshold_keys(asked)
    keys += [("strategy", {"kind": strategy or "cma-es", "sigma": 0.15, **own})]
    keys += [("budget.steps", steps)]
    if asked.processes > 1:
        keys += [("evaluator", {"kind": "processes", "workers": asked.processes})]
    _write_recipe(learn("deap", keys, asked), recipe, as_json=asked.json)


def _threshold_keys(asked: Learning) -> list[Override]:
    """Keys of a recipe for task heuristic.

    Raises:
        ConfigError: a number is none, a GPU is not there, or several were named.
    """
    given = _value(growth_keys(asked)[0], "task")
    if len(given["devices"]) > 1:
        raise ConfigError("--devices: thresholds are evolved on one device: name it by --device")
    task = {"name": "heuristic", "task": asked.task, "seeds": asked.n_envs}
    task |= {"first_seed": asked.seed + 1, "device": given["devices"][0]}
    if asked.max_epochs is not None:
        task["epochs"] = asked.max_epochs
    return [("task", task), ("device", "cpu")]


def _value(keys: list[Override], name: str) -> Any:
    """What stands under a key."""
    return next(key[1] for key in keys if not isinstance(key, str) and key[0] == name)


def _write_recipe(run: Path, file: Path | None, *, as_json: bool) -> None:
    """Write the recipe of mode grow with the thresholds that a run has found."""
    from vynapse.cli.output import print_line
    from vynapse.esper.simic.thresholds import heuristic
    from vynapse.experiment.config import load_recipe
    from vynapse.experiment.files import write_atomically
    from vynapse.experiment.schema import to_yaml
    from vynapse.experiment.store import load
    from vynapse.networks.vector import NOTHING

    found = load(run)
    keys, task = found.recipe["task"], found.recipe["task"]["task"]
    vector = found.network.predictor()(NOTHING)[0]
    inner = task["name"] if isinstance(task, dict) else task
    wanted: list[Override] = [("task", task), ("controller", heuristic(vector, inner))]
    for key in ("epochs", "flops"):
        if keys.get(key) is not None:
            wanted.append((f"budget.{key}", keys[key]))
    if keys.get("network") is not None:
        wanted.append(("network", keys["network"]))
    grown = load_recipe(mode="grow", overrides=wanted)
    path = file or run / "evolved.yaml"
    write_atomically(path, to_yaml(grown).encode())
    if as_json:
        return
    print_line(f"  {path}: vynapse run --recipe {path} grows by these thresholds")
