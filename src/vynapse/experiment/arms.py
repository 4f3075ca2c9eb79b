# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The arms of a comparison, and what growth has to be compared with to be believed.

    static-initial           mode sgd on the network that growth begins with
    static-final             mode sgd on the architecture that growth found with the same seed,
                             freshly initialised
    fixed, random, no-op     mode grow with another controller, which shares the keys it knows

Every control has the seeds, the task and the budget of the arm it is a control of, and the same
rule of gradient descent: mode grow's key `training` is the stage of mode sgd.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vynapse.errors import ConfigError, UnknownName
from vynapse.experiment.modes import get_mode
from vynapse.experiment.recipe import Recipe, StageChoice
from vynapse.experiment.store import load
from vynapse.settings import validate

GROW: Final = "grow"
STATIC: Final = ("static-initial", "static-final")
CONTROLS: Final = (*STATIC, "fixed", "random", "no-op")


@dataclass(frozen=True, slots=True)
class Arm:
    """One line of a comparison: a recipe that is run with several seeds.

    Attributes:
        task: name of the task.
        name: the mode, or for growth and its controls what the arm is.
        recipe: with the first seed.
        control_of: name of the arm it is a control of.
        rebuilds: whether its network has the architecture that `control_of` found.
    """

    task: str
    name: str
    recipe: Recipe
    control_of: str | None = None
    rebuilds: bool = False


def growth_arms(task: str, recipe: Recipe, controls: Sequence[str]) -> list[Arm]:
    """An arm of mode grow, followed by its controls.

    Args:
        task: name of the task.
        recipe: a single stage of mode grow.
        controls: some of `CONTROLS`.

    Raises:
        UnknownName: there is no such control.
        ConfigError: a control is what it would be compared with, or modes grow and sgd would spend
            the budget differently.
    """
    controller = recipe.stages[0].settings["controller"]
    grow = Arm(task, _named(controller), recipe)
    for name in controls:
        if _named(name) == grow.name:
            raise ConfigError(
                f"controls: growth itself runs the controller {name} here: leave {name} out, or "
                "choose another controller"
            )
    return [grow, *(_control(grow, name) for name in dict.fromkeys(controls))]


def rebuilt(recipe: Recipe, run: Path) -> Recipe:
    """The recipe with a fresh network of the architecture that a run ended with.

    A seed that was blending in when the run ended is in it as a whole.

    Raises:
        RunDirectoryError: no run is there, or it has no network yet.
    """
    network = load(run).network.structure.as_key()
    for seeds in network.get("options", {}).get("slots", {}).values():
        for seed in seeds:
            seed["alpha"] = 1.0
    return recipe.model_copy(update={"network": network})


def _control(grow: Arm, name: str) -> Arm:
    if name not in CONTROLS:
        raise UnknownName("control", name, CONTROLS)
    recipe = grow.recipe
    stage = recipe.stages[0]
    if name not in STATIC:
        settings = stage.settings | {"controller": _controller(stage.settings["controller"], name)}
        stage = _stage(GROW, stage, settings, "grow")
        return Arm(grow.task, _named(name), _with(recipe, stage), control_of=grow.name)
    epoch_steps = stage.settings["epoch_steps"]
    for key in ("steps", "patience"):
        if getattr(stage.budget, key) is not None:
            raise ConfigError(
                f"budget.{key}: {name} needs a budget in another unit, e.g. flops, since a step "
                "of mode grow is an epoch and one of mode sgd is a batch"
            )
    if stage.budget.epochs is not None and epoch_steps is not None:
        raise ConfigError(
            f"budget.epochs: {name} needs a budget in another unit, e.g. flops, since an epoch of "
            f"mode grow is {epoch_steps} batches here and one of mode sgd is a pass over the data"
        )
    # validated as often as growth is, since both pay for it and choose the winner by it
    training = stage.settings["training"] | {"evaluate_every": epoch_steps}
    stage = _stage("sgd", stage, training, "training")
    if name == "static-final":
        recipe = recipe.model_copy(update={"weights": None})
    rebuilds = name == "static-final"
    return Arm(grow.task, name, _with(recipe, stage), control_of=grow.name, rebuilds=rebuilds)


def _stage(mode: str, like: StageChoice, settings: dict[str, Any], where: str) -> StageChoice:
    """A stage of a mode with all its settings, defaults too, and the budget of another one."""
    valid = validate(get_mode(mode).settings, settings, where)
    return StageChoice(mode=mode, budget=like.budget, settings=valid.model_dump(mode="json"))


def _controller(given: str | dict[str, Any], kind: str) -> dict[str, Any]:
    """A controller of another kind with the keys that were given, as far as it has them."""
    from vynapse.esper.tamiyo.choice import parse_controller

    known = type(parse_controller(kind)).model_fields
    own = given if isinstance(given, dict) else {}
    return {key: value for key, value in own.items() if key in known} | {"kind": kind}


def _with(recipe: Recipe, stage: StageChoice) -> Recipe:
    return recipe.model_copy(update={"stages": (stage,)})


def _named(controller: str | dict[str, Any]) -> str:
    kind = controller.get("kind") if isinstance(controller, dict) else controller
    return f"{GROW} ({kind})"
