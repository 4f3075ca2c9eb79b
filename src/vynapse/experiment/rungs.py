# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The rungs of a ladder of controllers: what each needs before it can be compared, and its recipe.

    no-op, random, fixed, heuristic    nothing
    tuned                              a schedule is searched for (`experiment.tuning`)
    ppo, iql, evolved                  a network learns on task growth (modes policy, iql, deap)
    thresholds                         thresholds of the heuristic are evolved (mode deap)
    static                             sizes of the network that does not grow are tried

All that learn play as many episodes as the others, each at the budget of those that are compared,
with seeds of their own. What was found lies in a folder, and is not searched for again.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import ConfigError, TrainingError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.files import write_atomically
from vynapse.experiment.overrides import Override
from vynapse.experiment.process import choose_device
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session
from vynapse.experiment.sizes import sizes_of
from vynapse.experiment.tuning import outcome, tune
from vynapse.networks.vector import NOTHING

SEEDS: Final = 2
"""Runs by which a schedule, a size or thresholds are measured while they are searched for."""
_LOOKED_AT: Final = 4
"""Validation episodes of a network that learns: two looks at two episodes."""
_APART: Final = 1_000_000
"""How far the seeds of searches are from those of what is compared."""
Tell = Callable[[str], None]


@final
@dataclass(frozen=True, slots=True)
class Cost:
    """What it took to make a rung.

    Attributes:
        episodes: runs of growth, those of validation and test included.
        seconds: the time of the clock.
    """

    episodes: int = 0
    seconds: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Ground:
    """What all rungs stand on.

    Attributes:
        task: a name of `vynapse tasks`.
        keys: keys of the recipe of mode grow, without its controller and budget.
        flops: operations of an episode.
        epochs: how many epochs of the network that growth begins with these are.
        episodes: how many runs of growth a search may take.
        seed: the first seed of what is compared.
        folder: where searches lie.
        tell: told of each search that begins.
    """

    task: str
    keys: Sequence[Override]
    flops: int
    epochs: int
    episodes: int
    seed: int
    folder: Path
    tell: Tell = field(repr=False)

    def recipe(self, controller: Mapping[str, Any], *more: Override, seed: int = 0) -> Recipe:
        """That of mode grow with a controller."""
        limits = [("epochs", None), ("target", None), ("patience", None), ("flops", self.flops)]
        budget = [(f"budget.{name}", value) for name, value in limits]
        keys: list[Override] = [("controller", dict(controller)), *self.keys, *budget, *more]
        return load_recipe(self.task, "grow", overrides=[*keys, ("seed", seed or self.seed)])

    def growth(self) -> dict[str, Any]:
        """The key `task` of a recipe in which a controller learns."""
        recipe = self.recipe({"kind": "heuristic"})
        stage = recipe.stages[0].as_file()
        limits, grow = stage["controller"], dict(stage)
        for name in ("mode", "budget", "controller"):
            del grow[name]
        from vynapse.esper.tamiyo.limit_settings import LimitSettings

        own = {name: limits[name] for name in LimitSettings.model_fields if name in limits}
        content = recipe.as_file()
        return {
            "name": "growth",
            "task": content["task"],
            "network": content["network"],
            "epochs": self.epochs + 1,
            "flops": float(self.flops),
            "grow": grow,
            "limits": own,
            "devices": [choose_device(recipe.device, in_numpy=False)],
            "validation_episodes": 2,
            "test_episodes": 1,
        }

    def searched(self, name: str, found: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """What a search found, with its cost; it is made once, and read from then on."""
        file = self.folder / f"{name}.json"
        if not file.is_file():
            self.tell(f"{name}: searching, {self.episodes} episodes")
            began = time.monotonic()
            content = dict(found())
            content["seconds"] = round(time.monotonic() - began, 2)
            write_atomically(file, (json.dumps(content, indent=2) + "\n").encode())
        read: dict[str, Any] = json.loads(file.read_bytes())
        return read

    def learnt(self, name: str, mode: str, keys: Sequence[Override]) -> tuple[Path, Cost]:
        """The run in which something learns, resumed where it has not ended."""
        place = self.folder / name
        if not (place / "summary.json").is_file():
            self.tell(f"{name}: learning by mode {mode}, {self.episodes} episodes")
        settings = (("seed", self.seed + _APART), ("device", "cpu"))
        recipe = load_recipe(mode=mode, overrides=[*keys, *settings])
        summary = Session.create_or_open(recipe, place).run()
        return place, Cost(self.episodes, float(summary["seconds"]))


Made = tuple[Recipe, Cost]


def rung(name: str, ground: Ground) -> Made:
    """The recipe of a rung, and what it took.

    Raises:
        VynapseError: it is not reached; the sentence says why.
    """
    return RUNGS[name](name, ground)


def _ruled(name: str, ground: Ground) -> Made:
    return ground.recipe({"kind": name}), Cost()


def _tuned(name: str, ground: Ground) -> Made:
    def search() -> Mapping[str, Any]:
        recipe = ground.recipe({"kind": "fixed"}, seed=ground.seed + _APART)
        return {"schedule": tune(recipe, ground.episodes, SEEDS).model_dump(mode="json")}

    found = ground.searched(name, search)
    recipe = ground.recipe({"kind": "tuned", "schedule": found["schedule"]})
    return recipe, Cost(found["schedule"]["found"]["runs"], found["seconds"])


def _network(ground: Ground, hidden: Sequence[int]) -> list[Override]:
    """A network that decides on task growth."""
    from vynapse.esper.simic.features import FEATURES
    from vynapse.esper.simic.schema import FACTORS
    from vynapse.esper.simic.settings import GrowthTaskSettings

    history = GrowthTaskSettings.model_fields["history"].default
    sizes = [history * FEATURES, *hidden, sum(FACTORS)]
    return [("task", ground.growth()), ("network", {"mlp": sizes})]


def _by_run(ground: Ground, made: tuple[Path, Cost]) -> Made:
    place, cost = made
    return ground.recipe({"kind": "run", "path": f"run:{place}"}), cost


def _enough(ground: Ground, least: int, what: str) -> int:
    """Episodes to learn from, those of validation and test set apart.

    Raises:
        ConfigError: they are too few.
    """
    left = ground.episodes - _LOOKED_AT - 1
    if left < least:
        raise ConfigError(
            f"training: at least {least + _LOOKED_AT + 1} episodes were wanted for {what}, got "
            f"{ground.episodes}"
        )
    return left


def _ppo(name: str, ground: Ground) -> Made:
    left = _enough(ground, 2, "PPO")
    together, rollout = min(4, left), max(2, ground.epochs)
    rounds = max(1, left // together)
    steps = together * rollout
    batch = next(size for size in range(min(64, steps), 0, -1) if steps % size == 0)
    keys: list[Override] = [
        *_network(ground, (64, 64)),
        ("environments", together),
        ("rollout", rollout),
        ("batch_size", steps if batch == 1 else batch),
        ("evaluate_every", rounds),
        ("entropy", 0.05),
        ("budget.steps", rounds),
    ]
    return _by_run(ground, ground.learnt(name, "policy", keys))


def _iql(name: str, ground: Ground) -> Made:
    players = ["heuristic", "clock", "random"]
    data = {"behaviour": players, "episodes": _enough(ground, len(players), "IQL")}
    passes = 40
    keys: list[Override] = [
        *_network(ground, (64, 64)),
        ("data", {**data, "environments": 4}),
        ("evaluate_every", passes),
        ("budget.steps", passes),
    ]
    return _by_run(ground, ground.learnt(name, "iql", keys))


def _evolved(name: str, ground: Ground) -> Made:
    population = 8
    steps = _enough(ground, population, "a generation") // population
    keys: list[Override] = [
        *_network(ground, (8,)),
        ("strategy", {"kind": "snes", "offspring": population}),
        ("episodes", 1),
        ("evaluate_every", steps),
        ("budget.steps", steps),
    ]
    return _by_run(ground, ground.learnt(name, "deap", keys))


def _thresholds(name: str, ground: Ground) -> Made:
    from vynapse.esper.simic.thresholds import heuristic
    from vynapse.experiment.store import load

    population = 8
    steps = ground.episodes // (population * SEEDS)
    if not steps:
        raise ConfigError(
            f"training: at least {population * SEEDS} episodes were wanted for a generation of "
            f"thresholds, got {ground.episodes}"
        )
    growth = ground.growth()
    task = {"name": "heuristic", "seeds": SEEDS, "first_seed": ground.seed + _APART + 1}
    task["device"] = growth["devices"][0]
    task |= {key: growth[key] for key in ("task", "network", "epochs", "flops", "grow")}
    keys: list[Override] = [
        ("task", task),
        ("strategy", {"kind": "cma-es", "sigma": 0.15, "offspring": population}),
        ("budget.steps", steps),
    ]
    place, cost = ground.learnt(name, "deap", keys)
    vector = load(place).network.predictor()(NOTHING)[0]
    return ground.recipe(heuristic(vector, ground.task)), cost


def _static(name: str, ground: Ground) -> Made:
    sizes = sizes_of(ground.recipe({"kind": "no-op"}).as_file()["network"])
    sizes = dict([*sizes.items()][: max(1, ground.episodes // SEEDS)])
    seeds = range(ground.seed + _APART, ground.seed + _APART + SEEDS)

    def search() -> Mapping[str, Any]:
        losses = {}
        for factor, network in sizes.items():
            runs = [ground.recipe({"kind": "no-op"}, ("network", network), seed=s) for s in seeds]
            losses[factor] = math.fsum(outcome(one)[0] for one in runs) / SEEDS
        best = min(losses, key=losses.__getitem__)
        if not math.isfinite(losses[best]):
            raise TrainingError("no size came to a finite loss: lower training.learning_rate")
        return {"factor": best, "losses": {str(key): loss for key, loss in losses.items()}}

    found = ground.searched(name, search)
    recipe = ground.recipe({"kind": "no-op"}, ("network", sizes[found["factor"]]))
    return recipe, Cost(SEEDS * len(found["losses"]), found["seconds"])


RUNGS: Final[Mapping[str, Callable[[str, Ground], Made]]] = {
    "no-op": _ruled,
    "random": _ruled,
    "fixed": _ruled,
    "heuristic": _ruled,
    "tuned": _tuned,
    "ppo": _ppo,
    "iql": _iql,
    "evolved": _evolved,
    "thresholds": _thresholds,
    "static": _static,
}
"""How each rung is reached, from the lowest to what needs no controller."""
LEARNT: Final = ("ppo", "iql", "evolved", "thresholds")
"""Those that decide by what they have learnt."""
