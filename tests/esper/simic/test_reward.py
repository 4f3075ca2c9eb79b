# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Progress telescopes, proofs are bounded by what was gained, rent is paid for what is held."""

import dataclasses
import itertools
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vynapse.errors import CheckpointError
from vynapse.esper.leyline.actions import Action, Cull, Decision, Fossilize, Germinate, Widen
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.leyline.observation import LayerObservation, Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.simic.remembered import as_data, from_data
from vynapse.esper.simic.reward import Reward, RewardSettings
from vynapse.testing.growing_world import GrowingWorld

ALL = RewardSettings(progress=1.0, proof=1.0, parameters=0.1, flops=0.1)
LOSSES = st.lists(st.floats(0.01, 5), min_size=2, max_size=20)


def look(losses: list[float], **more: object) -> Observation:
    found = dataclasses.replace(GrowingWorld(1).observation(), initial_flops=1)
    return dataclasses.replace(found, validation_loss=tuple(losses), **more)  # type: ignore[arg-type]


def blending(observation: Observation, worth: Measurement | None) -> Observation:
    slot = dataclasses.replace(
        observation.slots[0], phase=SeedPhase.BLENDING, alpha=1.0, contribution=worth
    )
    return dataclasses.replace(observation, slots=(slot, *observation.slots[1:]))


def ordered(action: Action) -> tuple[Decision, ...]:
    return (Decision(action, "a test"),)


@given(losses=LOSSES, chance=st.floats(0.1, 10))
def test_progress_adds_up_to_the_drop_of_the_loss(losses: list[float], chance: float) -> None:
    looks = [look(losses[: i + 1], chance_loss=chance) for i in range(len(losses))]
    reward = Reward(ALL, looks[0])
    terms = [reward.after((), before, now, 0.1) for before, now in itertools.pairwise(looks)]
    total = sum(one.progress for one in terms)
    assert total == pytest.approx((losses[0] - losses[-1]) / chance, abs=1e-9)
    assert all(one.proof == one.parameters == one.flops == 0 for one in terms)


@given(
    losses=LOSSES,
    claims=st.lists(st.tuples(st.booleans(), st.floats(-1, 9)), min_size=20, max_size=20),
)
@settings(max_examples=50)
def test_proofs_are_never_worth_more_than_the_loss_has_fallen(
    losses: list[float], claims: list[tuple[bool, float]]
) -> None:
    reward, paid, highest = Reward(ALL, look(losses[:1])), 0.0, losses[0]
    slot = look(losses).slots[0].slot
    for index, (plants, worth) in enumerate(claims[: len(losses) - 1]):
        seen = blending(look(losses[: index + 1]), Measurement(worth, 0.01, 100, "nats"))
        action: Action = Germinate(slot, "b0") if plants else Fossilize(slot)
        terms = reward.after(ordered(action), seen, look(losses[: index + 2]), 0.1)
        assert terms.proof >= 0
        paid += terms.proof
    assert paid <= (highest - min(losses)) / 2.0 + 1e-9  # chance is 2


def test_a_proof_is_paid_for_once_and_only_with_its_lower_bound_above_0() -> None:
    before, after = look([2.0]), look([2.0, 1.0])
    slot = before.slots[0].slot
    for worth, paid in (
        (Measurement(0.4, 0.1, 100, "nats"), 0.2),
        (Measurement(0.4, 0.5, 100, "nats"), 0.0),
        (Measurement(0.4, None, 1, "nats"), 0.0),
        (Measurement(3.0, 0.1, 100, "nats"), 0.5),  # the loss has fallen by 1, chance is 2
        (None, 0.0),
    ):
        reward = Reward(ALL, before)
        assert reward.after(ordered(Germinate(slot, "b0")), before, after, 0.1).proof == 0
        seen = blending(after, worth)
        assert reward.after(ordered(Fossilize(slot)), seen, seen, 0.1).proof == pytest.approx(paid)
        assert reward.after(ordered(Fossilize(slot)), seen, seen, 0.1).proof == 0


def test_a_part_that_germinated_after_the_fall_has_no_part_in_it() -> None:
    reward, late = Reward(ALL, look([2.0])), look([2.0, 1.0])
    slot = late.slots[0].slot
    reward.after(ordered(Germinate(slot, "b0")), late, late, 0.1)
    seen = blending(late, Measurement(0.9, 0.1, 100, "nats"))
    assert reward.after(ordered(Fossilize(slot)), seen, seen, 0.1).proof == 0


def test_new_channels_are_paid_for_alike() -> None:
    worth = Measurement(0.4, 0.1, 100, "nats")
    layer = LayerObservation("host.0", 12, 4, added=4, contribution=worth)
    reward, before = Reward(ALL, look([2.0])), look([2.0])
    reward.after(ordered(Widen("host.0", 12)), before, before, 0.1)
    seen = dataclasses.replace(look([2.0, 1.5]), layers=(layer,))
    assert reward.after(ordered(Fossilize("host.0")), seen, seen, 0.1).proof == pytest.approx(0.2)


def test_what_is_culled_earns_nothing() -> None:
    reward, seen = Reward(ALL, look([2.0])), look([2.0, 1.0])
    for _ in range(5):
        slot = seen.slots[0].slot
        for action in (Germinate(slot, "b0"), Cull(slot)):
            assert reward.after(ordered(action), seen, seen, 0.1).total() == 0


def test_rent_is_the_mean_logarithm_over_the_budget() -> None:
    small = look([1.0])
    large = dataclasses.replace(
        small, parameters=small.initial_parameters * 4, flops=8, validation_loss=(1.0, 1.0)
    )
    reward = Reward(ALL, small)
    terms = [reward.after((), large, large, 0.25) for _ in range(4)]
    assert sum(one.parameters for one in terms) == pytest.approx(-0.1 * math.log(4))
    assert sum(one.flops for one in terms) == pytest.approx(-0.1 * math.log(8))


def test_a_seed_that_lives_pays_rent_as_a_fossil_would() -> None:
    small = look([1.0, 1.0])
    slot = dataclasses.replace(
        small.slots[0], phase=SeedPhase.BLENDING, seed="s0", blueprint="b0", alpha=1.0
    )
    live = dataclasses.replace(small, slots=(slot, *small.slots[1:]))
    size = slot.offers[0].parameters + small.parameters
    terms = Reward(ALL, small).after((), live, live, 1.0)
    assert terms.parameters == pytest.approx(-0.1 * math.log(size / small.initial_parameters))
    assert terms.flops == pytest.approx(-0.1 * math.log(2))


def test_a_dead_network_is_worth_what_chance_is() -> None:
    reward = Reward(ALL, look([2.0]))
    assert reward.dead(look([2.0, 0.5])).total() == pytest.approx(-0.75)
    assert reward.dead(look([2.0, 4.0])).total() == 0


def test_it_is_put_to_rest_and_goes_on() -> None:
    before, after = look([2.0]), look([2.0, 1.0])
    slot = before.slots[0].slot
    reward, other = Reward(ALL, before), Reward(ALL, before)
    reward.after(ordered(Germinate(slot, "b0")), before, after, 0.1)
    other.load(json.loads(json.dumps(reward.state())))
    seen = blending(after, Measurement(0.4, 0.1, 100, "nats"))
    expected = reward.after(ordered(Fossilize(slot)), seen, seen, 0.1)
    assert other.after(ordered(Fossilize(slot)), seen, seen, 0.1) == expected
    with pytest.raises(CheckpointError, match="reward"):
        other.load({"paid": "much", "births": {}})


def test_observations_survive_as_json_values() -> None:
    for seed in range(8):
        world = GrowingWorld(seed)
        for _ in range(6):
            observation = world.observation()
            for slot in observation.slots:
                if slot.phase == SeedPhase.DORMANT:
                    world.obey(Germinate(slot.slot, slot.offers[0].blueprint))
            world.live()
            assert from_data(json.loads(json.dumps(as_data(observation)))) == observation
    with pytest.raises(CheckpointError, match="observation"):
        from_data({"epoch": 1})
