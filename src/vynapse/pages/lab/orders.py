# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the page is to evolve, as plain data: an order, made from a recipe.

An order has the task, the mode, the seed as a text, the generations after which it ends, the loss
below which it ends, the structure of the network, and the keys of the mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vynapse.errors import ConfigError
from vynapse.evolution.fused import PARAMETERS
from vynapse.evolution.neat.structure import Neat
from vynapse.experiment.recipe import Made, Recipe
from vynapse.networks.arrays import layout

TASKS: Final = ("xor", "spirals", "cartpole")
MODES: Final = ("deap", "neat")
_CHILDREN: Final = 100
"""What `offspring: null` means."""
_RUN: Final[Mapping[str, Any]] = {"loss": None, "weights": None}
_STAGE: Final[Mapping[str, Any]] = {
    "renew_episodes": True,
    "normalize_observations": False,
    "batch_size": None,
    "refine": None,
}
_DEAP: Final[Mapping[str, Any]] = {
    "kind": "mu+lambda",
    "selection": "tournament",
    "crossover": "uniform",
    "mutation": "gaussian",
    "restart_spread": None,
    "restart_growth": 1.0,
}
_NEAT: Final[Mapping[str, Any]] = {
    "fitness": None,
    "objectives": None,
    "sigma_adaptation": "none",
    "recurrent": False,
    "activations": [],
    "topology": "minimal",
}
_KNOWN: Final = "the lab knows"
_NO_MLP: Final = f"network: {_KNOWN} a network of kind mlp in mode deap"


def order_of(recipe: Recipe) -> dict[str, Any]:
    """The order for a recipe.

    Raises:
        ConfigError: it holds something that the lab does not do; one sentence about the first.
    """
    problem = next(_problems(recipe), None)
    if problem is not None:
        raise ConfigError(problem)
    content, choice = recipe.as_file(), recipe.stages[0]
    stage = content["stages"][0]
    keys = {name: value for name, value in stage.items() if name not in ("mode", "budget")}
    if choice.mode == "deap":
        keys |= keys.pop("strategy")
        keys["offspring"] = keys["offspring"] or _CHILDREN
    budget = choice.budget.resolve(None, made_of(recipe).task.measure)
    return {
        "task": recipe.task_name,
        "mode": choice.mode,
        "seed": str(recipe.seed),
        "steps": budget.steps,
        "target": budget.target,
        "network": _network(recipe),
        "keys": keys,
    }


def made_of(recipe: Recipe) -> Made:
    """Task and structure of a recipe that was resolved: it remembers them."""
    if recipe.made is None:
        raise ValueError("a recipe that was resolved was wanted")
    return recipe.made


def _network(recipe: Recipe) -> dict[str, Any]:
    structure = made_of(recipe).structure
    if isinstance(structure, Neat):
        bounded = recipe.task_name != "spirals"
        return {
            "inputs": structure.inputs,
            "outputs": structure.outputs,
            "output": "steep-sigmoid" if bounded else "identity",
        }
    layers = structure.dense()
    if layers is None:
        raise ConfigError(_NO_MLP)
    return {
        "sizes": list(layers.sizes),
        "hidden": layers.hidden,
        "output": layers.output or "identity",
        "bias": layers.bias,
    }


def _problems(recipe: Recipe) -> Iterator[str]:
    """A sentence for everything that the lab does not do."""
    if recipe.task_name not in TASKS:
        yield f"task: {_KNOWN} {', '.join(TASKS)}, got {recipe.task_name!r}"
    if len(recipe.stages) != 1:
        yield f"stages: {_KNOWN} runs of one stage, got {len(recipe.stages)}"
    content, mode = recipe.as_file(), recipe.stages[0].mode
    if mode not in MODES:
        yield f"mode: {_KNOWN} {' and '.join(MODES)}, got {mode!r}"
    stage = content["stages"][0]
    yield from _misfits("", content, _RUN)
    yield from _misfits("", stage, _STAGE)
    if mode == "deap":
        yield from _deap_problems(recipe, stage)
    else:
        yield from _neat_problems(recipe, stage)


def _deap_problems(recipe: Recipe, stage: Mapping[str, Any]) -> Iterator[str]:
    strategy, layers = stage["strategy"], made_of(recipe).structure.dense()
    yield from _misfits("strategy.", strategy, _DEAP)
    if strategy["adaptation"] not in ("self", "none"):
        yield (f"strategy.adaptation: {_KNOWN} 'self' and 'none', got {strategy['adaptation']!r}")
    if stage["mask"]:
        yield f"mask: {_KNOWN} networks all of whose weights evolve, got a mask"
    if layers is None:
        yield _NO_MLP
        return
    sizes = layout(layers).values()
    weights = sum(shape[0] * (shape[1] if len(shape) == 2 else 1) for shape in sizes)
    if weights > PARAMETERS:
        yield f"network: {_KNOWN} up to {PARAMETERS} weights, got {weights}"


def _neat_problems(recipe: Recipe, stage: Mapping[str, Any]) -> Iterator[str]:
    structure = made_of(recipe).structure
    yield from _misfits("", stage, _NEAT)
    if not isinstance(structure, Neat) or not structure.minimal():
        yield f"network: {_KNOWN} mode neat from the smallest network on: neat: {{}}"
    if recipe.task_name == "spirals":
        return
    bounded = "steep-sigmoid"
    if stage["output_activation"] not in (None, bounded):
        yield (f"output_activation: {_KNOWN} {bounded!r}, got {stage['output_activation']!r}")
    elif stage["output_activation"] is None and stage["activation"] != bounded:
        yield f"activation: {_KNOWN} {bounded!r} for this task, got {stage['activation']!r}"


def _misfits(where: str, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        found = given.get(name, value)
        if (list(found) if isinstance(found, tuple) else found) != value:
            yield f"{where}{name}: {_KNOWN} {value!r} alone, got {found!r}"
