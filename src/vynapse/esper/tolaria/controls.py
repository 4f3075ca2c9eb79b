# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What growth has to be compared with to be believed.

    static-initial           mode sgd on the network that growth begins with
    static-final             mode sgd on the architecture that growth found with the same seed,
                             freshly initialised
    static-path              mode sgd on every network that growth went through with the same seed,
                             freshly initialised, along a cosine over the budget: static-path 0 is
                             the one that it began with, static-path 1 the next one, …
    fixed, random, no-op     mode grow with another controller, which shares the keys it knows

Every control has the seeds, the task and the budget of its arm, and the same rule of gradient
descent: the key `training` of mode grow is the stage of mode sgd.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from vynapse.errors import ConfigError
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.esper.tolaria.path import path, whole
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.trainers.control import Control, Limits, Variant


def label(settings: GrowSettings) -> str:
    """Name of the row of an arm: the mode and its controller."""
    return _named(settings.controller.kind.name)


def _controlled_by(kind: str) -> Control:
    def control(settings: GrowSettings, budget: Limits) -> Variant:  # noqa: ARG001 - of any control
        if _named(kind) == label(settings):
            raise ConfigError(
                f"controls: growth itself runs the controller {kind} here: leave {kind} out, or "
                "choose another controller"
            )
        data, known = _data(settings), CONTROLLERS.get(kind).settings.model_fields
        own = {key: value for key, value in data["controller"].items() if key in known}
        return Variant(_named(kind), "grow", data | {"controller": {"kind": kind, **own}})

    return control


def _static(name: str, *, final: bool) -> Control:
    def control(settings: GrowSettings, budget: Limits) -> Variant:
        training = _descent(name, settings, budget)
        return Variant(name, "sgd", training, fresh=final, rebuild=whole if final else None)

    return control


def _static_path(settings: GrowSettings, budget: Limits) -> Variant:
    training = _descent("static-path", settings, budget)
    if training["schedule"] != "cosine":
        training |= {"schedule": "cosine", "step_every": None, "step_factor": 0.1}
    return Variant("static-path", "sgd", training, fresh=True, path=path, note=_PATH)


_PATH: Final = (
    "static-path N is mode sgd on the network after the N-th change that growth went through with "
    "the same seed, freshly initialised, along a cosine; its seeds are those whose path is as long."
)


def _descent(name: str, settings: GrowSettings, budget: Limits) -> dict[str, Any]:
    """The keys of mode sgd for the same descent, validated as often as growth is.

    Raises:
        ConfigError: the two would spend the budget differently.
    """
    epoch_steps = settings.epoch_steps
    for key, limit in (("steps", budget.steps), ("patience", budget.patience)):
        if limit is not None:
            raise ConfigError(
                f"budget.{key}: {name} needs a budget in another unit, e.g. flops, since a "
                "step of mode grow is an epoch and one of mode sgd is a batch"
            )
    if budget.epochs is not None and epoch_steps is not None:
        raise ConfigError(
            f"budget.epochs: {name} needs a budget in another unit, e.g. flops, since an epoch "
            f"of mode grow is {epoch_steps} batches here and one of mode sgd is a pass over "
            "the data"
        )
    # validated as often as growth is, since both pay for it and choose the winner by it
    training: dict[str, Any] = _data(settings)["training"]
    return training | {"evaluate_every": epoch_steps}


def _data(settings: GrowSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def _named(kind: str) -> str:
    return f"grow ({kind})"


CONTROLS: Final[Mapping[str, Control]] = MappingProxyType(
    {
        "static-initial": _static("static-initial", final=False),
        "static-final": _static("static-final", final=True),
        "static-path": _static_path,
        **{kind: _controlled_by(kind) for kind in ("fixed", "random", "no-op")},
    }
)
"""The controls by the name that stands after `--controls`."""
