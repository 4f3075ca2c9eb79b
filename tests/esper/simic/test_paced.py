# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What was learnt in the millisecond gym decides in mode grow as it did there."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.actions import Fossilize, Widen
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.simic.gym import choosing, schedules
from vynapse.esper.simic.gym.compact import SEEN
from vynapse.esper.simic.gym.controllers import controllers
from vynapse.esper.simic.gym.playing import Decider, play
from vynapse.esper.simic.paced import PacedController, PacedPolicy, PacedSettings
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.seeding import Streams
from vynapse.testing.controller import check_controller
from vynapse.testing.growing_world import GrowingWorld

WHICH = np.arange(12)
OWN = np.zeros(len(WHICH), np.int64)
BASIS = len(SEEN) + 1 + len(SEEN) * (len(SEEN) + 1) // 2


def schedule_of(seed: int) -> Any:
    drawn = schedules.START + np.random.default_rng(seed).normal(size=schedules.GENES)
    drawn[-4:-2] = 0.3, 0.6  # bodies in the course of the run
    return drawn


def with_feedback(seed: int) -> tuple[dict[str, Any], Decider]:
    weights = 0.3 * np.random.default_rng(seed).normal(size=len(SEEN) + 1)
    schedule = schedule_of(seed)
    genome = np.concatenate([schedule, weights])[None]
    policy = {"schedule": schedule.tolist(), "feedback": weights.tolist()}
    return policy, schedules.Paced(genome, OWN)


def with_chooser(seed: int) -> tuple[dict[str, Any], Decider]:
    drawn = np.random.default_rng(seed).normal(size=(BASIS, len(choosing.PACES)))
    middle, scale, schedule = np.full(len(SEEN), 0.1), np.full(len(SEEN), 0.5), schedule_of(seed)
    chooser = {"middle": middle.tolist(), "scale": scale.tolist(), "weights": drawn.tolist()}
    policy = {"schedule": schedule.tolist(), "chooser": chooser}
    return policy, choosing.Chooser(schedule, middle, scale, drawn).decider(len(WHICH))


def alone(seed: int) -> tuple[dict[str, Any], Decider]:
    schedule = schedule_of(seed)
    return {"schedule": schedule.tolist()}, schedules.Schedules(schedule[None], OWN)


@pytest.mark.parametrize("kind", [alone, with_feedback, with_chooser])
def test_it_decides_in_the_gym_as_what_was_searched_for(kind: Any) -> None:
    widths = []
    for seed in range(2):
        policy, decider = kind(seed)
        own = play(controllers("paced", policy=policy), seed, WHICH)
        wanted = play(decider, seed, WHICH)
        np.testing.assert_array_equal(own.scores, wanted.scores)
        np.testing.assert_array_equal(own.bodies, wanted.bodies)
        widths.append(own.width)
    assert len(np.unique(widths)) > 2


@pytest.mark.parametrize("kind", [alone, with_feedback, with_chooser])
def test_it_keeps_the_promises_of_a_controller(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "vynapse.testing.controller.GrowingWorld", lambda seed: GrowingWorld(3 * seed)
    )  # each has a limit of cost
    settings = PacedSettings(policy=read(kind(1)[0]), parameter_limit=3.0)
    check_controller(lambda: PacedController(settings), settings, worlds=6)


def test_each_layer_follows_the_schedule_and_what_entered_stays() -> None:
    schedule = schedules.START.copy()
    schedule[: len(schedules.WIDTHS)] = -9.0  # all widths at once, the last of which is 32
    controller = PacedController(PacedSettings(policy=read({"schedule": schedule.tolist()})))
    seen = GrowingWorld(3).observation()
    layers = [replace(seen.layers[0], layer=f"host.{index}", slots=()) for index in range(3)]
    layers[0], layers[1] = replace(layers[0], channels=32), replace(layers[1], channels=20)
    look = replace(seen, slots=(), layers=tuple(layers), progress=0.5)
    assert [d.action for d in controller.decide(look)] == [Widen("host.1", 40)]
    on_trial = replace(layers[1], channels=40, added=20, widens=False, phase=SeedPhase.BLENDING)
    look = replace(look, layers=(layers[0], on_trial))
    assert [d.action for d in controller.decide(look)] == [Fossilize("host.1")]


def test_a_recipe_keeps_the_content_of_a_file(tmp_path: Path) -> None:
    policy, _ = with_feedback(0)
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy))
    choice = CONTROLLERS.choose({"kind": "paced", "policy": str(path), "blueprints": ["mlp"]})
    path.unlink()
    assert choice.settings.model_dump()["blueprints"] == ("mlp",)
    assert isinstance(make_controller(choice, Streams(0)), PacedController)
    again = CONTROLLERS.choose(json.loads(json.dumps(choice.as_data("kind"))))
    assert again.settings == choice.settings


def test_policies_that_are_none_are_refused(tmp_path: Path) -> None:
    policy, _ = with_feedback(0)
    chooser = with_chooser(0)[0]["chooser"]
    wrong: list[tuple[Any, str]] = [
        ("nowhere.json", r"cannot be read .*: name a file with the policy that a search"),
        ({**policy, "schedule": [0.0]}, rf"schedule: {schedules.GENES} finite numbers were wanted"),
        ({**policy, "feedback": [0.0]}, rf"feedback: {len(SEEN) + 1} finite numbers were wanted"),
        ({**policy, "chooser": chooser}, "either feedback or a chooser"),
        ({**policy, "feedback": None, "chooser": {**chooser, "weights": [[1.0]]}}, "weights"),
        ({**policy, "feedback": None, "chooser": {**chooser, "scale": [0.0] * 15}}, "above 0"),
        ({"genome": []}, "genome"),
    ]
    for content, sentence in wrong:
        with pytest.raises(ConfigError, match=sentence):
            CONTROLLERS.choose({"kind": "paced", "policy": content}, "controller")
    path = tmp_path / "list.json"
    path.write_text("[1]")
    with pytest.raises(ConfigError, match="is no policy of schedules: name a file"):
        CONTROLLERS.choose({"kind": "paced", "policy": str(path)})
    with pytest.raises(ConfigError, match=r"controller\.policy: a file .* was wanted, got null"):
        make_controller(CONTROLLERS.choose("paced"), Streams(0))


def test_it_needs_a_limit_of_cost_and_a_sound_memory() -> None:
    controller = PacedController(PacedSettings(policy=read(alone(0)[0])))
    with pytest.raises(ConfigError, match="budget: controller paced goes by the share"):
        controller.decide(replace(GrowingWorld(1).observation(), progress=None))
    for state in ({}, {"pace": "fast"}, {"pace": True}):
        with pytest.raises(CheckpointError, match="controller paced"):
            controller.load(state)


def read(policy: dict[str, Any]) -> PacedPolicy:
    return PacedPolicy.model_validate(policy)
