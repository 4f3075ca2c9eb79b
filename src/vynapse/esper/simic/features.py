# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""An observation of growth as numbers of one size, whatever the host.

Each feature is of order one and lies in [-5, 5]. A feature that may be unknown is followed by
another, "… known", which is 1 or 0; the value of an unknown one is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np

from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import LayerObservation, Observation, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.simic.schema import LAYERS, SLOTS, layers_in_view, slots_in_view
from vynapse.seeding import F32

LARGEST: Final = 5.0
"""Features are cut off here."""

_SPANS: Final = (1, 3, 6)
"""Epochs over which the slopes of losses are taken."""
_STANDARD: Final = 1.96
"""Standard errors in half of a 95 % confidence interval."""
_P = TypeVar("_P", Observation, SlotObservation, LayerObservation)


@dataclass(frozen=True, slots=True)
class _Feature(Generic[_P]):
    """A number, or None where it is unknown.

    Attributes:
        name: what it is called.
        of: (the part, the observation that it belongs to) -> the number.
        optional: it may be unknown.
    """

    name: str
    of: Callable[[_P, Observation], float | None]
    optional: bool = False

    def names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} known") if self.optional else (self.name,)

    def numbers(self, part: _P, observation: Observation) -> tuple[float, ...]:
        found = self.of(part, observation)
        known = found is not None and math.isfinite(found)
        number = min(LARGEST, max(-LARGEST, found)) if known and found is not None else 0.0
        return (number, float(known)) if self.optional else (number,)


def names() -> tuple[str, ...]:
    """What the features are, in order."""
    slots = (f"slot {i}: {name}" for i in range(SLOTS) for name in _names(_OF_A_SLOT))
    layers = (f"layer {i}: {name}" for i in range(LAYERS) for name in _names(_OF_A_LAYER))
    return (*_names(_OF_ALL), *slots, *layers)


def by_part() -> dict[str, tuple[str, ...]]:
    """What the features are, once for each sort of part, without whether they are known."""
    sorts = {"the network": _OF_ALL, "each slot": _OF_A_SLOT, "each layer": _OF_A_LAYER}
    return {sort: tuple(one.name for one in features) for sort, features in sorts.items()}


def encode(observation: Observation) -> F32:
    """The features of an observation (`FEATURES`,). A part that is not there is all zeros."""
    found = list(_numbers(_OF_ALL, observation, observation))
    slots, layers = slots_in_view(observation), layers_in_view(observation)
    for slot in slots:
        found += _numbers(_OF_A_SLOT, slot, observation)
    found += [0.0] * (len(_names(_OF_A_SLOT)) * (SLOTS - len(slots)))
    for layer in layers:
        found += _numbers(_OF_A_LAYER, layer, observation)
    found += [0.0] * (len(_names(_OF_A_LAYER)) * (LAYERS - len(layers)))
    return np.array(found, np.float32)


def _names(features: Sequence[_Feature[Any]]) -> tuple[str, ...]:
    return tuple(name for feature in features for name in feature.names())


def _numbers(
    features: Sequence[_Feature[Any]], part: Any, observation: Observation
) -> Iterator[float]:
    for feature in features:
        yield from feature.numbers(part, observation)


def _log(number: float | None, other: float | None = 1.0) -> float | None:
    """The logarithm of a quotient; None where it has none."""
    if number is None or other is None or not (number > 0 and other > 0):
        return None
    return math.log(number / other) if math.isfinite(number / other) else None


def _last(losses: Sequence[float]) -> float | None:
    return losses[-1] if losses else None


def _slope(losses: Sequence[float], span: int) -> float | None:
    """The change of the logarithm of a loss an epoch, in tenths."""
    if len(losses) <= span:
        return None
    change = _log(losses[-1], losses[-1 - span])
    return None if change is None else 10 * change / span


def _epochs(count: int) -> float:
    return math.log1p(count) / 2


def _since_change(observation: Observation) -> float | None:
    """Epochs since anything entered its phase; None where nothing has yet."""
    parts: list[SlotObservation | LayerObservation] = [*observation.slots, *observation.layers]
    begun = [
        p.epochs for p in parts if p.phase != SeedPhase.DORMANT or p.epochs < observation.epoch
    ]
    return _epochs(min(begun)) if begun else None


def _epochs_left(observation: Observation) -> float | None:
    if observation.progress is None or not observation.epoch_share:
        return None
    return math.log1p(max(0.0, 1 - observation.progress) / observation.epoch_share) / 2


def _share(found: Measurement | None, observation: Observation) -> float | None:
    """A measured drop of the loss as a share of the loss, in twentieths."""
    loss = _last(observation.validation_loss)
    return None if found is None or not loss else 20 * found.value / abs(loss)


def _certainty(found: Measurement | None) -> float | None:
    """A measured value in two standard errors."""
    if found is None or not found.uncertainty:
        return None
    return found.value / (found.uncertainty / _STANDARD) / 2


def _value(found: Measurement | None) -> float | None:
    return None if found is None else found.value


def _cost(sizes: Iterable[int], of: int, pick: Callable[[Iterable[int]], int]) -> float | None:
    found = list(sizes)
    return pick(found) / max(1, of) if found else None


def _own_size(slot: SlotObservation, observation: Observation) -> float | None:
    sizes = {offer.blueprint: offer.parameters for offer in slot.offers}
    found = sizes.get(slot.blueprint or "")
    return None if found is None else found / max(1, observation.initial_parameters)


def _phases(possible: Iterable[SeedPhase]) -> tuple[_Feature[Any], ...]:
    def one(phase: SeedPhase) -> _Feature[Any]:
        return _Feature(str(phase), lambda part, _: float(part.phase == phase))

    return tuple(one(phase) for phase in possible)


def _slopes(which: str, losses: Callable[[Observation], Sequence[float]]) -> list[_Feature[Any]]:
    def one(span: int) -> _Feature[Any]:
        name = f"slope of the {which} loss, {span} epochs"
        return _Feature(name, lambda seen, _: _slope(losses(seen), span), optional=True)

    return [one(span) for span in _SPANS]


def _measured(of: Callable[[Any], Measurement | None], name: str) -> tuple[_Feature[Any], ...]:
    return (
        _Feature(name, lambda part, seen: _share(of(part), seen), optional=True),
        _Feature(f"certainty of the {name}", lambda part, _: _certainty(of(part)), optional=True),
    )


_OF_ALL: Final[tuple[_Feature[Any], ...]] = (
    _Feature("progress", lambda seen, _: seen.progress, optional=True),
    _Feature("epochs left", lambda seen, _: _epochs_left(seen), optional=True),
    _Feature("epochs", lambda seen, _: _epochs(seen.epoch)),
    _Feature(
        "validation loss over chance",
        lambda seen, _: _log(_last(seen.validation_loss), seen.chance_loss),
        optional=True,
    ),
    _Feature(
        "validation loss over the lowest",
        lambda seen, _: _log(_last(seen.validation_loss), min(seen.validation_loss, default=None)),
        optional=True,
    ),
    *_slopes("training", lambda seen: seen.training_loss),
    *_slopes("validation", lambda seen: seen.validation_loss),
    _Feature(
        "gap",
        lambda seen, _: _log(_last(seen.validation_loss), _last(seen.training_loss)),
        optional=True,
    ),
    _Feature(
        "parameters over the first",
        lambda seen, _: _log(seen.parameters, seen.initial_parameters),
        optional=True,
    ),
    _Feature(
        "FLOPs over the first",
        lambda seen, _: _log(seen.flops, seen.initial_flops),
        optional=True,
    ),
    _Feature("epochs since a change", lambda seen, _: _since_change(seen), optional=True),
)

_OF_A_SLOT: Final[tuple[_Feature[Any], ...]] = (
    _Feature("there", lambda _part, _seen: 1.0),
    *_phases(SeedPhase),
    _Feature("epochs in its phase", lambda slot, _: _epochs(slot.epochs)),
    _Feature("alpha", lambda slot, _: slot.alpha),
    _Feature("fossils", lambda slot, _: len(slot.fossils) / 2),
    _Feature("parameters of its seed", _own_size, optional=True),
    _Feature(
        "parameters of the smallest offer",
        lambda slot, seen: _cost(
            (offer.parameters for offer in slot.offers), seen.initial_parameters, min
        ),
        optional=True,
    ),
    _Feature(
        "parameters of the largest offer",
        lambda slot, seen: _cost(
            (offer.parameters for offer in slot.offers), seen.initial_parameters, max
        ),
        optional=True,
    ),
    _Feature(
        "FLOPs of the smallest offer",
        lambda slot, seen: _cost((offer.flops for offer in slot.offers), seen.flops, min),
        optional=True,
    ),
    _Feature(
        "FLOPs of the largest offer",
        lambda slot, seen: _cost((offer.flops for offer in slot.offers), seen.flops, max),
        optional=True,
    ),
    _Feature("gradient health", lambda slot, _: _value(slot.gradient_health), optional=True),
    *_measured(lambda slot: slot.gain, "gain"),
    *_measured(lambda slot: slot.contribution, "contribution"),
)

_OF_A_LAYER: Final[tuple[_Feature[Any], ...]] = (
    _Feature("there", lambda _part, _seen: 1.0),
    *_phases(SeedPhase),
    _Feature("epochs in its phase", lambda layer, _: _epochs(layer.epochs)),
    _Feature("widens", lambda layer, _: float(layer.widens)),
    _Feature("channels", lambda layer, _: math.log2(max(1, layer.channels)) / 4),
    _Feature("share of channels on trial", lambda layer, _: layer.added / max(1, layer.channels)),
    _Feature(
        "parameters of its channels",
        lambda layer, seen: layer.channels * layer.parameters / max(1, seen.initial_parameters),
    ),
    *_measured(lambda layer: layer.contribution, "contribution"),
    _Feature("bottleneck", lambda layer, _: _value(layer.bottleneck), optional=True),
)

FEATURES: Final = len(names())
"""How many features an observation has."""
