# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth as an environment: it lives, is observed and acted upon, and does what is legal alone."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from vynapse.core import Budget
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.pruning import prunable
from vynapse.esper.leyline.actions import (
    Action,
    Blend,
    Cull,
    Decision,
    Deepen,
    Fossilize,
    Germinate,
    Narrow,
    Prune,
    Widen,
)
from vynapse.esper.leyline.legal import legal, objection
from vynapse.esper.leyline.observation import Needs, Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.esper.tolaria.flop_table import FlopTable
from vynapse.esper.tolaria.growth import Growth
from vynapse.esper.tolaria.trainer import GrowthTrainer
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare

from .stages import make, settings_of, stage_of


def environment(seed: int = 0, name: str = "mlp", **changes: Any) -> Growth:
    own = {"epoch_steps": 1, "probe_examples": 10, "embargo_epochs": 1, "blend_epochs": 2}
    return Growth(stage_of(name, seed), settings_of(**(own | changes)), ("mlp", "norm"))


def conceivable(observation: Observation) -> list[Action]:
    """Legal or not: every action on every part, and on parts that there are not."""
    places = [*(slot.slot for slot in observation.slots), "nowhere"]
    actions: list[Action] = [kind(place) for kind in (Blend, Fossilize, Cull) for place in places]
    names = ("mlp", "norm", "conv_heavy", "low_rank", "nothing")
    actions += [Germinate(place, name) for place in places for name in names]
    actions += [Prune(place, f"s{number}") for place in places for number in range(3)]
    for layer in ("host.0", "host.2", "host.4", "slots.1.seeds.s0.body.1", "host.1"):
        actions += [Narrow(layer, count) for count in (-1, 0, 1, 5, 11, 12, 13, 48)]
    return actions


def tried(growth: Growth, action: Action) -> bool:
    """Whether it can be carried out; the network is as before afterwards."""
    before = growth.editor.state()
    try:
        growth.editor.carry_out([Decision(action, "to see")], growth.epoch, growth.batches)
    except ConfigError:
        np.testing.assert_equal(growth.editor.state(), before)
        return False
    growth.editor.load(before)
    return True


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=4)))
def test_what_is_legal_can_be_done_and_nothing_else(seed: int) -> None:
    growth, numbers = environment(seed), np.random.default_rng(seed)
    met = set()
    for _ in range(9):
        observation = growth.observe()
        allowed = legal(observation)
        assert len(set(allowed)) == len(allowed)
        some = [allowed[i] for i in numbers.permutation(len(allowed))[:8]]
        others = [a for a in conceivable(observation) if a not in allowed]
        some += [others[i] for i in numbers.permutation(len(others))[:20]]
        for action in some:
            assert tried(growth, action) == (action in allowed), action
            assert (objection(action, observation) is None) == (action in allowed)
        met |= {type(action) for action in allowed}
        kinds = sorted({type(action).__name__ for action in allowed})
        kind = kinds[numbers.integers(len(kinds))]
        chosen = [action for action in allowed if type(action).__name__ == kind]
        growth.apply([Decision(chosen[numbers.integers(len(chosen))], "at random")])
        growth.live()
    assert {Germinate, Narrow, Blend} <= met


def test_every_kind_of_action_becomes_legal_in_a_life() -> None:
    growth = environment()
    met: set[type[Action]] = set()
    for kind in (Germinate, Blend, None, Fossilize, Prune):
        allowed = legal(growth.observe(Needs(wider=True)))
        met |= {type(action) for action in allowed}
        wanted = [a for a in allowed if type(a) is kind and getattr(a, "slot", "") == "1"]
        growth.apply([Decision(action, "in order") for action in wanted[:1]])
        growth.live()
    assert met == {Germinate, Deepen, Blend, Fossilize, Cull, Prune, Narrow, Widen}


def test_limits_leave_out_germinations_and_nothing_else() -> None:
    growth = environment()
    observation = growth.observe(Needs(wider=True))
    free = set(legal(observation))
    for limits in (LimitSettings(parameter_limit=1.0), LimitSettings(blueprints=("norm",))):
        kept = set(legal(observation, limits))
        assert all(isinstance(action, (Germinate, Deepen, Widen)) for action in free - kept)
        assert kept < free
    growth.apply([Decision(Germinate("1", "norm"), "first")])
    one = legal(growth.observe(), LimitSettings(live_seeds=1))
    assert not [action for action in one if isinstance(action, Germinate)]


def test_a_trainer_is_growth_with_a_controller_pulled_by_hand() -> None:
    recipe = {"kind": "random", "germinate": 0.7}
    trainer = make(controller=recipe)
    stage, settings = stage_of(), settings_of(controller=recipe)
    growth = Growth(stage, settings)
    controller = make_controller(CONTROLLERS.choose(recipe), stage.streams.child("controller"))
    happened = [*growth.apply(controller.decide(growth.observe()))]
    for _ in range(6):
        report = trainer.step()
        epoch = growth.live()
        happened += epoch.happenings
        assert epoch.sound
        happened += growth.apply(controller.decide(growth.observe()))
        told = [event for event in report.events if event[0] != "growth.network"]
        assert happened == told
        assert (growth.winner_loss, growth.cost) == (report.loss, report.cost)
        assert growth.winner.sha256() == trainer.winner().sha256()
        happened = []


def test_looking_twice_sees_the_same_and_only_costs() -> None:
    growth = environment()
    growth.apply([Decision(Germinate("1", "mlp"), "to measure it")])
    growth.live()
    first, cost = growth.observe(), growth.cost
    again = growth.observe(Needs(fossil_contributions=True))
    assert again == first
    assert growth.cost.flops is not None
    assert cost.flops is not None
    assert growth.cost.flops > cost.flops


@pytest.mark.parametrize("seed", range(many(sample=3, evidence=12)))
def test_what_is_counted_after_events_alone_is_what_there_is(seed: int) -> None:
    recipe = {"kind": "random", "germinate": 0.7}
    trainer = make(seed=seed, controller=recipe, blend_epochs=0.5, embargo_epochs=1)
    growth, happened = trainer.growth, 0
    for _ in range(12):
        happened += len(trainer.step().events)
        seen, afresh = growth.observe(), FlopTable(growth.network)
        assert (seen.flops, seen.parameters) == (afresh.network(), growth.network.parameters())
        assert seen.layers == prunable(growth.network.module)
        for place in growth.editor.lives.live(SeedPhase.TRAINING):
            for known in (False, True):
                found = growth.flops.shadow(place, features_known=known)
                assert found == afresh.shadow(place, features_known=known)
    assert happened > 6


def test_operations_are_those_of_the_network_that_a_refused_order_has_left() -> None:
    growth = environment()
    growth.apply([Decision(Germinate("1", "mlp"), "first")])
    growth.live()
    refused = [Decision(Blend("1"), "legal"), Decision(Blend("3"), "nothing grows there")]
    with pytest.raises(ConfigError):
        growth.apply(refused)
    before = growth.flops.network()
    growth.apply([Decision(Blend("1"), "now alone")])
    assert growth.flops.network() > before
    assert growth.flops.network() == FlopTable(growth.network).network()


class One:
    """A newcomer's controller: one method."""

    def __init__(self, streams: Any, blueprint: str = "mlp") -> None:
        self.blueprint = blueprint

    def decide(self, observation: Observation) -> list[Decision]:
        germinations = [a for a in legal(observation) if a == Germinate("1", self.blueprint)]
        blends = [a for a in legal(observation) if isinstance(a, Blend | Fossilize)]
        return [Decision(action, "it is legal") for action in (blends or germinations)[:1]]


class Half(One):
    def state(self) -> dict[str, Any]:
        return {}


def test_a_controller_of_one_method_grows_and_resumes() -> None:
    recipe = {"kind": f"{__name__}:One", "blueprint": "norm"}
    trainer = GrowthTrainer(stage_of(budget=Budget(steps=9)), settings_of(controller=recipe))
    reports = [trainer.step() for _ in range(3)]
    twin = GrowthTrainer(stage_of(budget=Budget(steps=9)), settings_of(controller=recipe))
    twin.load(trainer.state())
    for _ in range(3):
        reports.append(trainer.step())
        assert twin.step() == reports[-1]
    told = [data for report in reports for kind, data in report.events if kind == "growth.stage"]
    stages = [data["to"] for data in told]
    assert {"germinated", "training", "blending", "fossilized"} <= set(stages)


def test_a_controller_with_half_a_memory_is_refused() -> None:
    with pytest.raises(ConfigError, match="has the method state alone: give it both"):
        make(controller=f"{__name__}:Half")


def test_an_illegal_order_is_told_with_what_is_legal() -> None:
    growth = environment()
    for action, sentence in (
        (Germinate("1", "nrom"), "1 offers no blueprint 'nrom': did you mean 'norm'?"),
        (Germinate("1", "mine:make"), "'mine:make': name it in controller.blueprints"),
        (Blend("1"), "a seed that is dormant cannot blend: it can germinate"),
        (Cull("11"), "no slot '11'"),
    ):
        with pytest.raises(ConfigError) as caught:
            growth.apply([Decision(action, "wrong")])
        assert str(caught.value).startswith(f"controller: it ordered {action}, which cannot be")
        assert sentence in str(caught.value)


def test_the_mode_is_known_without_torch() -> None:
    code = (
        "import sys, vynapse.esper.tolaria.mode, vynapse.esper.tolaria.existing; "
        "from vynapse.networks.structure import STRUCTURES; STRUCTURES.get('grown'); "
        "print('torch' in sys.modules)"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_columns_are_those_that_reports_carry() -> None:
    from vynapse.esper.tolaria.mode import MODE

    trainer = make(controller={"kind": "fixed", "begin": 0}, profile="standard")
    found = set(itertools.chain.from_iterable(trainer.step().metrics for _ in range(3)))
    assert found <= set(MODE.columns)
    assert {"alpha", "gain", "update_ratio", "accuracy"} <= found


def test_a_later_stage_of_growth_is_checked_before_the_run_begins(tmp_path: Path) -> None:
    recipe = {
        "task": "xor",
        "stages": [
            {"mode": "sgd", "budget": {"steps": 2}},
            {"mode": "grow", "budget": {"steps": 2}, "training": {"evaluate_every": 5}},
        ],
    }
    file = tmp_path / "recipe.yaml"
    file.write_text(json.dumps(recipe))
    wanted = "stages.1.training.evaluate_every: mode grow does not use it"
    with pytest.raises(ConfigError, match=re.escape(wanted)):
        prepare(load_recipe(file=file)).check()
