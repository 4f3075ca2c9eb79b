# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gates: conditions on the edges of a seed's life, with the evidence that each was decided on.

A gate that leads on passes on the side of caution: the lower bound of a gain has to be above its
threshold. So does a gate that leads to the cull: there it is the upper bound that has to be below.
What was not measured passes neither. Every function is pure.
"""

from __future__ import annotations

from vynapse.esper.leyline.measurement import GateResult, Measurement
from vynapse.esper.leyline.observation import LayerObservation, Observation, SlotObservation
from vynapse.esper.tamiyo.plateau import relative_fall


def host_epochs(observation: Observation, least: int) -> GateResult:
    """To germinate: the network has been trained for at least so many epochs."""
    return _at_least("host epochs", observation.epoch, least, "epochs")


def plateau(observation: Observation, window: int, gain: float) -> GateResult:
    """To germinate: the validation loss does not surely fall by `gain` per epoch, a share of it.

    It is the lower bound of the fall that has to be below. So a loss that is too noisy to tell
    whether it falls lets pass.
    """
    measured = relative_fall(observation.validation_loss, window)
    passed = measured is not None and measured.value - (measured.uncertainty or 0.0) < gain
    return GateResult("plateau", measured, "below", gain, passed)


def deadline(
    observation: Observation, share: float, epochs: float, reserve: float
) -> GateResult | None:
    """To germinate for the first time: at the next look it would be too late.

    Args:
        observation: the look.
        share: the share of the budget by which something is to have germinated.
        epochs: that a seed takes until it is a part of the network.
        reserve: share of the budget that is to be left then. The time is counted back from the
            end where that leaves less than `share`.

    Returns:
        None where no limit of cost is set: then nothing is too late.
    """
    if observation.progress is None or observation.epoch_share is None:
        return None
    latest = min(share, 1 - reserve - epochs * observation.epoch_share)
    following = observation.progress + observation.epoch_share
    measured = Measurement(following, None, 1, "share of the budget")
    return GateResult("deadline", measured, "above", latest, following > latest + _ROUNDING)


def budget(observation: Observation, epochs: float, reserve: float) -> GateResult | None:
    """To germinate: after so many more epochs the share `reserve` of the budget is left, or more.

    Returns:
        None where no limit of cost is set: there is nothing to keep within.
    """
    if observation.progress is None or observation.epoch_share is None:
        return None
    spent = observation.progress + epochs * observation.epoch_share
    measured = Measurement(spent, None, 1, "share of the budget")
    return GateResult("budget", measured, "below", 1 - reserve, spent <= 1 - reserve + _ROUNDING)


def gradient_health(slot: SlotObservation, least: float) -> GateResult:
    """To blend: the share of layers and steps with a usable gradient is above `least`."""
    measured = slot.gradient_health
    passed = measured is not None and measured.value > least
    return GateResult("gradient health", measured, "above", least, passed)


def gain(slot: SlotObservation, least: float) -> GateResult:
    """To blend: the lower bound of the gain is above `least`."""
    return _surely_above("gain", slot.gain, least)


def training_time(slot: SlotObservation | LayerObservation, least: int) -> GateResult:
    """To blend: the seed has been in training for at least so many epochs."""
    return _at_least("training time", slot.epochs, least, "epochs")


def bottleneck(layer: LayerObservation, least: float) -> GateResult:
    """To become wider: the layer uses at least the share `least` of its width."""
    measured = layer.bottleneck
    passed = measured is not None and measured.value >= least
    return GateResult("bottleneck", measured, "above", least, passed)


def training_limit(slot: SlotObservation, limit: int) -> GateResult:
    """To cull: the seed has been in training for so many epochs."""
    return _at_least("training limit", slot.epochs, limit, "epochs")


def drop(slot: SlotObservation, largest: float) -> GateResult:
    """To cull: the upper bound of the gain is below -`largest`."""
    return _surely_below("performance drop", slot.gain, -largest)


def alpha(slot: SlotObservation) -> GateResult:
    """To fossilize: the seed's share of the output has reached 1."""
    return _at_least("alpha", slot.alpha, 1.0, "share")


def stability(observation: Observation, begin: float, rise: float) -> GateResult:
    """To fossilize: the validation loss is no more than the share `rise` above `begin`."""
    measured, limit = _loss(observation, 1), _raised(begin, rise)
    passed = measured is not None and measured.value <= limit
    return GateResult("stability", measured, "below", limit, passed)


def contribution(slot: SlotObservation | LayerObservation, least: float) -> GateResult:
    """To fossilize: the lower bound of the contribution is above `least`."""
    return _surely_above("contribution", slot.contribution, least)


def blending_limit(slot: SlotObservation | LayerObservation, limit: int) -> GateResult:
    """To cull: the seed has been blending for so many epochs."""
    return _at_least("blending limit", slot.epochs, limit, "epochs")


def regression(observation: Observation, begin: float, rise: float) -> GateResult:
    """To cull: the validation loss is more than the share `rise` above `begin` at two looks.

    One loss that stands out says nothing of a seed.
    """
    measured, limit = _loss(observation, 2), _raised(begin, rise)
    passed = measured is not None and measured.value > limit
    return GateResult("regression", measured, "above", limit, passed)


def harm(slot: SlotObservation | LayerObservation, largest: float) -> GateResult:
    """To cull: the upper bound of the contribution is below -`largest`."""
    return _surely_below("harm", slot.contribution, -largest)


_ROUNDING = 1e-9
"""Shares of a budget are sums of quotients: a limit that is met exactly is met."""


def _loss(observation: Observation, looks: int) -> Measurement | None:
    """The lowest validation loss of the last looks."""
    losses = observation.validation_loss[-looks:]
    return Measurement(min(losses), None, len(losses), "loss") if losses else None


def _raised(begin: float, rise: float) -> float:
    return begin + rise * abs(begin)


def _at_least(name: str, value: float, least: float, unit: str) -> GateResult:
    """Counts and alpha are known exactly, and may equal their threshold."""
    measured = Measurement(float(value), 0.0, 1, unit)
    return GateResult(name, measured, "above", float(least), value >= least)


def _surely_above(name: str, measured: Measurement | None, threshold: float) -> GateResult:
    low = None if measured is None else measured.low
    return GateResult(name, measured, "above", threshold, low is not None and low > threshold)


def _surely_below(name: str, measured: Measurement | None, threshold: float) -> GateResult:
    high = None if measured is None else measured.high
    return GateResult(name, measured, "below", threshold, high is not None and high < threshold)
