# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A schedule is carried out at its times, comes from a file, and is kept with the settings."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.leyline.actions import Blend, Fossilize, Germinate, Widen
from vynapse.esper.leyline.observation import LayerObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tamiyo.schedule import Schedule
from vynapse.esper.tamiyo.tuned import TunedSchedule, TunedSettings
from vynapse.seeding import Streams

from .looks import actions, blending, empty, look, training

ENTRIES = [
    {"at": 0.2, "where": "early", "blueprint": "light"},
    {"at": 0.2, "where": "late", "blueprint": "heavy"},
    {"at": 0.5, "where": "early", "blueprint": "heavy"},
]
BOTH = (empty("early"), empty("late"))


def tuned(schedule: Any = None, **keys: Any) -> TunedSchedule:
    content = {"entries": ENTRIES} if schedule is None else schedule
    choice = CONTROLLERS.choose({"kind": "tuned", "schedule": content, **keys})
    made = make_controller(choice, Streams(0))
    assert isinstance(made, TunedSchedule)
    return made


def test_seeds_enter_at_their_share_of_the_budget_and_once() -> None:
    grower = tuned()
    assert actions(grower, look(*BOTH, progress=0.19)) == []
    assert actions(grower, look(*BOTH, progress=0.2)) == [
        Germinate("early", "light"),
        Germinate("late", "heavy"),
    ]
    assert actions(grower, look(*BOTH, progress=0.3)) == []


def test_a_seed_whose_slot_is_not_open_enters_as_soon_as_it_is() -> None:
    grower = tuned({"entries": ENTRIES[:1]})
    closed = empty("early", phase=SeedPhase.EMBARGOED, seed="s0", blueprint="heavy")
    assert actions(grower, look(closed, progress=0.6)) == []
    assert actions(grower, look(*BOTH, progress=0.7)) == [Germinate("early", "light")]


def test_two_entries_of_a_slot_come_one_after_the_other() -> None:
    both = [entry | {"at": 0.0} for entry in ENTRIES if entry["where"] == "early"]
    grower = tuned({"entries": both})
    assert actions(grower, look(*BOTH, progress=0.0)) == [Germinate("early", "light")]
    assert actions(grower, look(training("early"), progress=0.1)) == [Blend("early")]
    assert actions(grower, look(blending("early"), progress=0.2)) == [Fossilize("early")]
    done = empty("early", phase=SeedPhase.FOSSILIZED, seed="s0", fossils=("s0",))
    assert actions(grower, look(done, progress=0.3)) == [Germinate("early", "heavy")]


def test_it_goes_by_time_and_alpha_alone() -> None:
    grower = tuned(training_epochs=2)
    assert actions(grower, look(training(gain=None, epochs=1), progress=0.0)) == []
    assert actions(grower, look(training(gain=None, epochs=2), progress=0.0)) == [Blend("early")]
    assert actions(grower, look(blending(alpha=0.5), progress=0.0)) == []


def test_it_remembers_what_was_done() -> None:
    grower, twin = tuned(), tuned()
    grower.decide(look(*BOTH, progress=0.3))
    twin.load(json.loads(json.dumps(grower.state())))
    later = look(*BOTH, progress=0.5)
    assert actions(twin, later) == actions(grower, later) == [Germinate("early", "heavy")]
    with pytest.raises(CheckpointError, match="a schedule of 3 entries, this one has 1"):
        tuned({"entries": ENTRIES[:1]}).load(grower.state())
    with pytest.raises(CheckpointError, match="controller tuned"):
        twin.load({"done": [1, 2, 3]})


def test_the_settings_keep_the_content_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps({"entries": ENTRIES}))
    choice = CONTROLLERS.choose({"kind": "tuned", "schedule": str(file)})
    file.unlink()
    kept = json.loads(json.dumps(choice.as_data("kind")))
    assert kept["schedule"]["entries"] == [entry | {"channels": None} for entry in ENTRIES]
    assert CONTROLLERS.choose(kept) == choice
    assert isinstance(choice.settings, TunedSettings)
    assert choice.settings.blueprints == ("light", "heavy")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("no json", "is no schedule: name a file that esper tune has written"),
        ("[1]", "is no schedule"),
        ('{"entries": [{"at": 2, "where": "a", "blueprint": "b"}]}', "entries.0.at: less than"),
        ('{"entries": [], "more": 1}', "more: unknown key"),
        ('{"entries": [{"at": 0, "where": "a"}]}', "a: either a blueprint or channels"),
    ],
)
def test_another_file_is_refused_with_its_name(
    content: str | None, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "schedule.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match="schedule.json") as caught:
        CONTROLLERS.choose({"kind": "tuned", "schedule": str(file)}, "controller")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("controller.schedule: ")


def test_without_a_schedule_or_a_limit_it_says_what_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"controller\.schedule: a file .* esper tune --task"):
        make_controller(CONTROLLERS.choose("tuned"), Streams(0))
    with pytest.raises(ConfigError, match="budget: controller tuned goes by the share"):
        tuned().decide(look(*BOTH))


def test_an_empty_schedule_grows_nothing() -> None:
    assert Schedule(entries=()).found is None
    assert actions(tuned({"entries": []}), look(*BOTH, progress=0.9)) == []


def layer(**changes: Any) -> LayerObservation:
    fields: dict[str, Any] = {"channels": 4, "parameters": 10, "widens": True}
    return LayerObservation("host.0", **(fields | {"slots": ("early",)} | changes))


def test_layers_become_wider_and_what_they_pass_waits() -> None:
    wider = {"at": 0.2, "where": "host.0", "channels": 8}
    grower = tuned({"entries": [wider, *ENTRIES, wider | {"channels": 16}]})
    assert grower.wants_wider
    assert not tuned().wants_wider
    first = look(*BOTH, progress=0.2, layers=(layer(),))
    assert actions(grower, first) == [Widen("host.0", 8), Germinate("late", "heavy")]
    trial = layer(added=4, channels=8, widens=False, phase=SeedPhase.BLENDING)
    assert actions(grower, look(empty("early"), progress=0.3, layers=(trial,))) == []
    done = replace(trial, epochs=1)
    assert actions(grower, look(empty("early"), progress=0.3, layers=(done,))) == [
        Fossilize("host.0")
    ]
    after = layer(channels=8, phase=SeedPhase.FOSSILIZED)
    assert actions(grower, look(empty("early"), progress=0.4, layers=(after,))) == [
        Germinate("early", "light")
    ]
    busy = replace(after, widens=False)
    assert actions(grower, look(training("early", epochs=0), progress=0.4, layers=(busy,))) == []
    assert actions(grower, look(training("early", epochs=0), progress=0.4, layers=(after,))) == [
        Widen("host.0", 16)
    ]


def test_what_the_network_has_not_got_is_refused_at_the_first_look() -> None:
    for entry, sentence in (
        ({"where": "stem", "blueprint": "light"}, "no slot 'stem'"),
        ({"where": "early", "blueprint": "lite"}, "early offers no blueprint 'lite'"),
        ({"where": "host.9", "channels": 8}, "no layer 'host.9' of the network"),
        ({"where": "host.0", "channels": 4}, "host.0 has 4 channels: more were wanted"),
    ):
        grower = tuned({"entries": [{"at": 0.5, **entry}]})
        with pytest.raises(ConfigError, match=f"controller.schedule: .*{sentence}"):
            grower.decide(look(*BOTH, epoch=0, progress=0.0, layers=(layer(),)))
