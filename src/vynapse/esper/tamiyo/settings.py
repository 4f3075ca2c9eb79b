# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of the controllers; each description ends in the unit of its value.

Defaults are for runs of tens of epochs. None was tuned on a test split.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator

from vynapse.settings import Settings

Probability = Annotated[float, Field(ge=0, le=1)]

Blueprints = Annotated[
    tuple[str, ...] | None,
    Field(
        min_length=1,
        description="what may germinate, the preferred first; null: all that a slot offers, the "
        "largest first: names, or package.module:factory",
    ),
]
LiveSeeds = Annotated[
    int, Field(ge=1, description="most that train or blend in at once, in all slots: seeds")
]
SeedsPerSlot = Annotated[
    int, Field(ge=1, description="fossils with which a slot is full and grows no more: seeds")
]
ParameterLimit = Annotated[
    float,
    Field(
        ge=1,
        description="largest size of the network, live seeds counted in: multiples of the "
        "parameters that growth began with",
    ),
]


class HeuristicSettings(Settings):
    """Keys of controller `heuristic`."""

    kind: Literal["heuristic"] = Field("heuristic", description="which controller")

    blueprints: Blueprints = None
    live_seeds: LiveSeeds = 2
    seeds_per_slot: SeedsPerSlot = 1
    parameter_limit: ParameterLimit = 5.0

    host_epochs: int = Field(
        3,
        ge=0,
        description="training before the first germination; 0: the network has been trained "
        "already, and seeds germinate at the first look: epochs",
    )
    plateau_window: int = Field(
        3, ge=1, description="over how long the fall of the validation loss is measured: epochs"
    )
    plateau_gain: float = Field(
        0.1,
        description="the host has plateaued when its validation loss falls by less than this: "
        "share of the loss, per epoch",
    )
    blending_epochs: int = Field(
        1,
        ge=0,
        description="how long blending is reckoned to take when the budget is looked at: epochs",
    )
    reserve: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="what must be left when a seed that germinates now has blended in: share of "
        "the budget",
    )

    chances: int = Field(
        3,
        ge=1,
        description="a blueprint is not tried again in a slot where so many of its seeds were "
        "culled: seeds",
    )

    least_health: float = Field(
        0.8,
        ge=0,
        lt=1,
        description="to blend, the gradient health has to be above this: share of the seed's "
        "layers and steps",
    )
    least_gain: float = Field(
        -0.05,
        description="to blend, the lower bound of the gain has to be above this; a seed that does "
        "no harm alone may be of use once the host learns with it: unit of the loss (nats for "
        "cross-entropy)",
    )
    training_epochs: int = Field(1, ge=1, description="least time in training: epochs")
    training_limit: int = Field(
        6,
        ge=1,
        validate_default=True,
        description="a seed that may not blend after so long is culled: epochs",
    )
    drop_epochs: int = Field(
        2, ge=1, description="training before a drop in performance may cull: epochs"
    )
    largest_drop: float = Field(
        0.2,
        ge=0,
        description="a seed in training is culled when the upper bound of its gain is below minus "
        "this: unit of the loss",
    )

    stable_rise: float = Field(
        0.1,
        ge=0,
        description="to fossilize, the validation loss may be above that at the begin of blending "
        "by so much: share of the latter",
    )
    least_contribution: float = Field(
        0.0,
        ge=0,
        description="to fossilize, the lower bound of the contribution has to be above this: "
        "unit of the loss",
    )
    blending_limit: int = Field(
        6,
        ge=1,
        description="a seed with alpha 1 whose contribution is not above least_contribution after "
        "so long in blending is culled: epochs",
    )
    regression_rise: float = Field(
        0.3,
        ge=0,
        validate_default=True,
        description="a blending seed whose contribution is not above least_contribution is culled "
        "when the validation loss is above that at the begin of blending by more than this: share "
        "of the latter",
    )
    largest_harm: float = Field(
        0.2,
        ge=0,
        description="a blending seed is culled when the upper bound of its contribution is below "
        "minus this: unit of the loss",
    )

    @field_validator("training_limit")
    @classmethod
    def _time_to_train(cls, value: int, info: Any) -> int:
        least = info.data.get("training_epochs", value)
        if value < least:
            raise ValueError(f"at least training_epochs = {least}")
        return value

    @field_validator("regression_rise")
    @classmethod
    def _room_to_wait(cls, value: float, info: Any) -> float:
        stable = info.data.get("stable_rise", value)
        if value < stable:
            raise ValueError(f"at least stable_rise = {stable}")
        return value


class FixedSettings(Settings):
    """Keys of controller `fixed`."""

    kind: Literal["fixed"] = Field("fixed", description="which controller")

    blueprints: Blueprints = None
    live_seeds: LiveSeeds = 2
    seeds_per_slot: SeedsPerSlot = 1
    parameter_limit: ParameterLimit = 5.0

    begin: int = Field(5, ge=0, description="when the first seeds germinate: epochs done")
    every: int = Field(
        5, ge=1, description="time from one germination of seeds to the next: epochs"
    )
    training_epochs: int = Field(1, ge=1, description="time in training: epochs")


class RandomSettings(Settings):
    """Keys of controller `random`."""

    kind: Literal["random"] = Field("random", description="which controller")

    blueprints: Blueprints = None
    live_seeds: LiveSeeds = 2
    seeds_per_slot: SeedsPerSlot = 1
    parameter_limit: ParameterLimit = 5.0

    germinate: Probability = Field(
        0.2, description="that a seed germinates in a slot that has room: probability per epoch"
    )
    blend: Probability = Field(
        0.5,
        description="that a seed in training, unless culled, begins to blend: probability per "
        "epoch",
    )
    fossilize: Probability = Field(
        0.5,
        description="that a seed with alpha 1, unless culled, fossilizes: probability per epoch",
    )
    cull: Probability = Field(
        0.1, description="that a seed in training or blending is culled: probability per epoch"
    )


class PruningSettings(Settings):
    """Keys of controller `pruning`."""

    kind: Literal["pruning"] = Field("pruning", description="which controller")

    target: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="size at which nothing more is cut: share of the parameters that the stage "
        "began with",
    )
    share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="what a cut takes out of each layer, but at least one channel of it: share of "
        "the channels",
    )
    rest: int = Field(
        2,
        ge=1,
        description="training after a cut, before the next one and before the end: epochs",
    )
    tolerance: float = Field(
        0.1,
        ge=0,
        description="nothing is cut while the validation loss is above that at the begin of the "
        "stage by more than this: share of the latter",
    )
    least_contribution: float = Field(
        0.0,
        ge=0,
        description="a fossil is taken out when the upper bound of its contribution is not above "
        "this: unit of the loss (nats for cross-entropy)",
    )


class NoOpSettings(Settings):
    """Keys of controller `no-op`."""

    kind: Literal["no-op"] = Field("no-op", description="which controller")


class OwnSettings(Settings):
    """A controller of the user's, and whatever keys it takes."""

    model_config = ConfigDict(extra="allow")

    kind: str = Field(description="package.module:name of a controller")

    @property
    def keys(self) -> dict[str, Any]:
        """What is written beside the kind."""
        return dict(self.model_extra or {})


ControllerSettings = (
    HeuristicSettings
    | FixedSettings
    | RandomSettings
    | PruningSettings
    | NoOpSettings
    | OwnSettings
)
