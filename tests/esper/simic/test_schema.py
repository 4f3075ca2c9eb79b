# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Actions as numbers mean what is legal, and observations are numbers of one size."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vynapse.errors import ConfigError
from vynapse.esper.leyline.actions import Deepen, Germinate, Narrow, Prune, Widen
from vynapse.esper.leyline.legal import legal, objection
from vynapse.esper.leyline.observation import LayerObservation, Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.simic import features, schema
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.testing.growing_world import GrowingWorld

LIMITS = (None, LimitSettings(), LimitSettings(live_seeds=1, parameter_limit=1.5))
SIZES = range(schema.FACTORS[1])


def kinds_of(observation: Observation, limits: LimitSettings | None) -> set[tuple[type, str]]:
    """What `leyline.legal` lets do with the parts in view."""
    in_view = {slot.slot for slot in schema.slots_in_view(observation)}
    in_view |= {layer.layer for layer in schema.layers_in_view(observation)}
    return {
        (type(action), part)
        for action in legal(observation, limits)
        if not isinstance(action, (Narrow, Prune))
        and (part := action.layer if isinstance(action, Widen) else action.slot) in in_view
    }


def kinds_allowed(observation: Observation, limits: LimitSettings | None) -> set[tuple[type, str]]:
    """What the mask lets do; each action is checked with every size."""
    allowed = schema.masks(observation, limits)
    assert allowed[0]
    assert allowed[schema.CHOICES :].all()
    found = set()
    for what in range(1, schema.CHOICES):
        if not allowed[what]:
            with pytest.raises(ConfigError, match="is not legal now"):
                schema.decisions((what, 0), observation, limits)
            continue
        for size in SIZES:
            (decision,) = schema.decisions((what, size), observation, limits)
            action = decision.action
            assert objection(action, observation) is None
            assert action in legal(observation, limits)
            part = action.layer if isinstance(action, Widen) else getattr(action, "slot", "")
            found.add((type(action), part))
    return found


@given(seed=st.integers(0, 10_000), draws=st.lists(st.floats(0, 1, exclude_max=True), max_size=16))
@settings(max_examples=12, deadline=None)
def test_the_mask_allows_what_is_legal_and_nothing_else(seed: int, draws: list[float]) -> None:
    world = GrowingWorld(seed)
    for draw in draws:
        observation = world.observation()
        numbers = features.encode(observation)
        assert numbers.shape == (features.FEATURES,)
        assert numbers.dtype == np.float32
        assert np.isfinite(numbers).all()
        assert (np.abs(numbers) <= features.LARGEST).all()
        for limits in LIMITS:
            assert kinds_allowed(observation, limits) == kinds_of(observation, limits)
        choices = np.flatnonzero(schema.masks(observation, LIMITS[1])[: schema.CHOICES])
        what = int(choices[int(draw * len(choices))])
        for decision in schema.decisions((what, int(3 * draw)), observation, LIMITS[1]):
            world.obey(decision.action)
        world.live()


def test_every_action_is_found_again_by_its_numbers() -> None:
    for seed in range(6):
        world = GrowingWorld(seed)
        for look in range(20):
            observation = world.observation()
            choices = np.flatnonzero(schema.masks(observation)[: schema.CHOICES]).tolist()
            for what in choices[1:]:
                for size in SIZES:
                    (decision,) = schema.decisions((what, size), observation)
                    back = schema.numbers(decision.action, observation)
                    assert back is not None
                    assert schema.decisions(back, observation) == (decision,)
            for decision in schema.decisions(
                (choices[(7 * seed + look) % len(choices)], look % 3), observation
            ):
                world.obey(decision.action)
            world.live()


def test_sizes_are_the_smallest_the_middle_and_the_largest() -> None:
    world = GrowingWorld(9)
    observation = world.observation()
    slot = observation.slots[0]
    offered = sorted(slot.offers, key=lambda offer: offer.parameters)
    by_name = {offer.blueprint: offer.parameters for offer in offered}
    for kind, what in ((Germinate, 1), (Deepen, 2)):
        chosen = []
        for size in SIZES:
            (decision,) = schema.decisions((what, size), observation)
            assert isinstance(decision.action, kind)
            chosen.append(by_name[decision.action.blueprint])
        assert chosen[0] == offered[0].parameters
        assert chosen[2] == offered[-1].parameters
        assert chosen == sorted(chosen)
    layer = schema.CHOICES - len(schema.LAYER_KINDS) * schema.LAYERS
    widths = [schema.decisions((layer, size), observation)[0].action for size in SIZES]
    assert widths == [Widen("host.0", n) for n in (15, 18, 24)]


def test_of_many_parts_those_with_something_at_stake_are_in_view() -> None:
    world = GrowingWorld(1)
    slot = world.observation().slots[0]
    closed = dataclasses.replace(slot, phase=SeedPhase.EMBARGOED)
    live = dataclasses.replace(slot, phase=SeedPhase.TRAINING, seed="s0")
    slots = tuple(
        dataclasses.replace(part, slot=f"slot{i}")
        for i, part in enumerate([closed, slot, closed, slot, closed, slot, slot, live])
    )
    layers = tuple(
        LayerObservation(f"host.{i}", 4, size, widens=widens, added=added)
        for i, (size, widens, added) in enumerate(
            [(9, False, 0), (5, True, 0), (6, True, 0), (1, False, 2), (7, True, 0)]
        )
    )
    observation = dataclasses.replace(world.observation(), slots=slots, layers=layers)
    assert [s.slot for s in schema.slots_in_view(observation)] == [
        "slot1",
        "slot3",
        "slot5",
        "slot7",
    ]
    assert [s.layer for s in schema.layers_in_view(observation)] == ["host.2", "host.3", "host.4"]


def test_wrong_numbers_are_refused() -> None:
    observation = GrowingWorld(0).observation()
    for action in ((schema.CHOICES, 0), (-1, 0), (0, 3)):
        with pytest.raises(ConfigError, match="numbers below"):
            schema.decisions(action, observation)
    assert schema.decisions((0, 2), observation) == ()


def test_each_feature_and_each_choice_has_a_name_of_its_own() -> None:
    assert len(set(features.names())) == features.FEATURES
    assert len(schema.meanings()) == sum(schema.FACTORS)
    assert len(set(schema.meanings())) == sum(schema.FACTORS)


def test_what_is_unknown_is_flagged_and_never_guessed() -> None:
    observation = GrowingWorld(1).observation()  # no limit of cost
    found = dict(zip(features.names(), features.encode(observation).tolist(), strict=True))
    for name in ("progress", "slope of the training loss, 1 epochs", "slot 0: gain", "gap"):
        assert (found[name], found[f"{name} known"]) == (0.0, 0.0)
    known = dataclasses.replace(observation, progress=0.0, validation_loss=(2.0, 1.0))
    found = dict(zip(features.names(), features.encode(known).tolist(), strict=True))
    assert (found["progress"], found["progress known"]) == (0.0, 1.0)
    slope = found["slope of the validation loss, 1 epochs"]
    assert slope == features.LARGEST * -1
    broken = dataclasses.replace(observation, validation_loss=(2.0, float("inf")))
    found = dict(zip(features.names(), features.encode(broken).tolist(), strict=True))
    assert found["validation loss over chance known"] == 0.0
