# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What learning within evolution has to be compared with to be believed.

    sgd-restarts    mode sgd on a layer of hidden units that has as many parameters as the winner
                    with the same seed, drawn anew whenever it no longer improves
    evolution       the same mode without a refinement
    baldwinian      the same mode, in which nothing that was learnt is inherited

All have the seeds, the task and the budget of their arm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vynapse.errors import ConfigError
from vynapse.trainers.control import Control, Limits, Variant
from vynapse.trainers.refine import RefineKeys

_PATIENCE: Final = 500
"""Steps without gain before sgd begins anew: a restart is cheap for networks of this size."""
_EVALUATE: Final = 25


def _sgd_restarts(settings: Any, budget: Limits) -> Variant:  # noqa: ARG001 - of any control
    for key in ("steps", "epochs", "patience"):
        if getattr(budget, key) is not None:
            raise ConfigError(
                f"budget.{key}: sgd-restarts needs a budget in another unit, e.g. flops, since a "
                "step of evolution is a generation and one of mode sgd is a batch"
            )
    keys = {
        "learning_rate": 0.01,
        "evaluate_every": _EVALUATE,
        "restart_patience": _PATIENCE,
    }
    return Variant("sgd-restarts", "sgd", keys, fresh=True, rebuild=_as_large)


def _as_large(network: Mapping[str, Any]) -> dict[str, Any]:
    """One hidden layer of tanh with about as many parameters as a NEAT winner has connections."""
    neat = network["neat"]
    inputs, outputs = neat["inputs"], neat["outputs"]
    wanted = sum(bool(gene["enabled"]) for gene in neat["connections"])
    hidden = max(1, round((wanted - outputs) / (inputs + 1 + outputs)))
    return {"mlp": {"sizes": [inputs, hidden, outputs], "hidden": "tanh"}}


def _learning(
    name: str, mode: str, refine: Callable[[RefineKeys], dict[str, Any] | None]
) -> Control:
    def control(settings: Any, budget: Limits) -> Variant:  # noqa: ARG001 - of any control
        own = settings.model_dump(mode="json")
        other = None if settings.refine is None else refine(settings.refine)
        if own["refine"] == other:
            raise ConfigError(
                f"controls: {name} is what mode {mode} does here: leave {name} out, or set refine"
            )
        return Variant(name, mode, own | {"refine": other})

    return control


def _baldwinian(keys: RefineKeys) -> dict[str, Any]:
    return keys.model_dump(mode="json") | {"inherit": "baldwinian"}


def controls_of(mode: str) -> Mapping[str, Control]:
    """The controls of a mode with a key `refine`, by the name that stands after `--controls`."""
    return MappingProxyType(
        {
            "sgd-restarts": _sgd_restarts,
            "evolution": _learning("evolution", mode, lambda _: None),
            "baldwinian": _learning("baldwinian", mode, _baldwinian),
        }
    )
