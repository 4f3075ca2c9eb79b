# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller sees after a growth step. Everything is measured on training or validation
data; there is no way to the test split from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.phases import SeedPhase


@dataclass(frozen=True, slots=True)
class Needs:
    """What a controller wants measured at a look beside what is always measured.

    Attributes:
        fossil_contributions: what each fossil contributes, at the cost of two passes for each.
        wider: which layers may become wider, and what channels on trial contribute, at the cost of
            two passes for each such layer.
        bottlenecks: how much of its width each layer uses that may become wider, at the cost of one
            pass for all of them. It asks for `wider` as well.
    """

    fossil_contributions: bool = False
    wider: bool = False
    bottlenecks: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A blueprint at the width of a slot.

    Attributes:
        blueprint: its name.
        parameters: that its seed would have there.
        flops: operations of one example forward through its body.
    """

    blueprint: str
    parameters: int
    flops: int


@dataclass(frozen=True, slots=True)
class SlotObservation:
    """One slot and its newest seed.

    Attributes:
        slot: its name; slots come in the order in which data flow through them.
        phase: what its newest seed is doing; DORMANT where there was none.
        seed: name of the seed within the slot, None where there is none.
        blueprint: what the seed was made from.
        epochs: growth steps since the seed entered its phase.
        alpha: its share of the output, in [0, 1].
        offers: what may germinate here.
        fossils: names of the slot's fossils, oldest first.
        gradient_health: share of the seed's layers, per optimiser step of this epoch, whose
            gradient is usable (see nissa); None unless it was trained in this epoch.
        gain: while it trains: how much lower the validation loss would be with the seed fully in
            (alpha 1) than without it, paired by example.
        contribution: while it blends: how much lower the validation loss is with the seed at its
            alpha than without it, paired by example.
        fossil_contributions: how much lower the validation loss is with each fossil than without
            it, paired by example; empty unless the controller asks for it.
    """

    slot: str
    phase: SeedPhase
    seed: str | None
    blueprint: str | None
    epochs: int
    alpha: float
    offers: tuple[Offer, ...]
    fossils: tuple[str, ...] = ()
    gradient_health: Measurement | None = None
    gain: Measurement | None = None
    contribution: Measurement | None = None
    fossil_contributions: tuple[Measurement | None, ...] = ()

    @property
    def stage(self) -> SeedPhase:
        """The older name of `phase`, for controllers that were written for it."""
        return self.phase


@dataclass(frozen=True, slots=True)
class LayerObservation:
    """A layer that may become narrower or wider, or whose new channels are on trial.

    Attributes:
        layer: name of the module in the growing network; those of the host begin with "host.".
        channels: that it has.
        parameters: that each channel would take with it, or bring.
        narrows: it may become narrower.
        widens: it may become wider. It is looked at where a controller asks for it.
        slots: the slots that its channels pass.
        phase: what its newest channels are doing; DORMANT where there were none. BLENDING ones are
            on trial: they are in the function and learn.
        epochs: growth steps since they entered their phase.
        added: how many are on trial.
        contribution: how much lower the validation loss is with the channels on trial than without
            them, paired by example.
        bottleneck: share of its width that it uses, in (0, 1] (`kasmina.bottleneck`); above about
            0.5 it may hold the network up. None unless the controller asks for it.
    """

    layer: str
    channels: int
    parameters: int
    narrows: bool = True
    widens: bool = False
    slots: tuple[str, ...] = ()
    phase: SeedPhase = SeedPhase.DORMANT
    epochs: int = 0
    added: int = 0
    contribution: Measurement | None = None
    bottleneck: Measurement | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What an action can be about.

    Attributes:
        slots: all slots, in the order in which data flow through them.
        layers: the layers that may change, or whose new channels are on trial.
    """

    slots: tuple[SlotObservation, ...]
    layers: tuple[LayerObservation, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known after a growth step.

    Attributes:
        epoch: growth steps done, 0 before the first.
        progress: share of the budget that is spent, in [0, 1]; None where no limit of cost is set.
        epoch_share: share of the budget that one epoch of the present network takes; None as above.
        training_loss: mean batch loss of each epoch so far, oldest first.
        validation_loss: the network's loss at the end of each epoch, and before the first.
        chance_loss: what a constant output would score on the task; None where nobody knows.
        parameters: parameters of the network without its live seeds.
        initial_parameters: parameters of the network that growth began with.
        flops: operations of one example forward through the network without its live seeds.
        slots: all slots.
        layers: those that may become narrower, and where the controller asks for it wider. Those
            with channels on trial are always there.
        initial_flops: operations of one example forward through the network that growth began
            with; None where nobody knows.
    """

    epoch: int
    progress: float | None
    epoch_share: float | None
    training_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    chance_loss: float | None
    parameters: int
    initial_parameters: int
    flops: int
    slots: tuple[SlotObservation, ...]
    layers: tuple[LayerObservation, ...] = ()
    initial_flops: int | None = None
