# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Controllers by name, their keys, and the sentences about wrong ones."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.blueprints import BLUEPRINTS
from vynapse.esper.leyline.actions import Decision
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.tamiyo.controllers import CONTROLLERS, make_controller
from vynapse.esper.tamiyo.fixed import FixedSchedule
from vynapse.esper.tamiyo.heuristic import Heuristic
from vynapse.esper.tamiyo.heuristic_settings import HeuristicSettings
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.no_op import NoOp
from vynapse.esper.tamiyo.pruning import Pruning
from vynapse.esper.tamiyo.random import Random
from vynapse.registry import Choice
from vynapse.seeding import Streams
from vynapse.settings import Settings

KINDS = ("heuristic", "fixed", "random", "pruning", "no-op")
MODELS = {kind: CONTROLLERS.get(kind).settings for kind in KINDS}
CLASSES = {
    "heuristic": Heuristic,
    "fixed": FixedSchedule,
    "random": Random,
    "no-op": NoOp,
    "pruning": Pruning,
}
UNITS = (
    "epochs",
    "seeds",
    "shares of the budget",
    "share of",
    "unit of the loss",
    "probability",
    "multiples of",
    "names, or",
)
PAGE = Path(__file__).parents[3] / "docs" / "controllers.md"


def choose(value: Any, where: str = "controller") -> Choice[ControllerKind]:
    return CONTROLLERS.choose(value, where)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_short_for_its_defaults(kind: str) -> None:
    choice = choose(kind)
    assert choice == choose({"kind": kind})
    assert choice.settings == MODELS[kind]()
    controller = make_controller(choice, Streams(0))
    assert type(controller) is CLASSES[kind]
    assert isinstance(controller, Controller)


def test_a_mapping_sets_keys() -> None:
    assert choose({"live_seeds": 7}).settings == HeuristicSettings(live_seeds=7)
    settings = choose({"kind": "heuristic", "plateau_gain": 0.01, "blueprints": ["a"]}).settings
    assert settings == HeuristicSettings(plateau_gain=0.01, blueprints=("a",))


WRONG: dict[str, tuple[Any, str]] = {
    "number": (3, "controller.kind: a name, or a mapping with the key kind, was wanted, got 3: va"),
    "odd kind": ({"kind": 1}, "controller.kind: the name of a controller was wanted, got 1: valid"),
    "key": (
        {"kind": "heuristic", "plateau_gian": 0.1},
        "controller.plateau_gian: unknown key: did you mean 'plateau_gain'?",
    ),
    "key of another": ({"kind": "no-op", "every": 2}, "controller.every: unknown key"),
    "text": ({"kind": "fixed", "every": "2"}, "controller.every: a valid integer was wanted, got"),
    "no blueprint": ({"kind": "fixed", "blueprints": []}, "controller.blueprints: "),
    "limits": (
        {"kind": "heuristic", "training_epochs": 9},
        "controller.training_limit: at least training_epochs = 9 was wanted, got 6",
    ),
    "rises": (
        {"kind": "heuristic", "stable_rise": 0.5},
        "controller.regression_rise: at least stable_rise = 0.5 was wanted, got 0.3",
    ),
    "probability": ({"kind": "random", "cull": 1.5}, "controller.cull: less than or equal to 1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_a_sentence(case: str) -> None:
    value, sentence = WRONG[case]
    with pytest.raises(ConfigError) as caught:
        choose(value)
    (problem,) = caught.value.problems
    assert problem.startswith(sentence)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        choose({"kind": "random", "cull": 2.0, "blend": -1.0}, where="stages.0.controller")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "stages.0.controller.blend",
        "stages.0.controller.cull",
    ]


@pytest.mark.parametrize("value", ["heurisitc", {"kind": "heurisitc"}])
def test_an_unknown_kind_names_the_nearest(value: Any) -> None:
    sentence = "controller.kind: unknown controller 'heurisitc': did you mean 'heuristic'?"
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        choose(value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_states_its_unit(kind: str) -> None:
    for name, field in MODELS[kind].model_fields.items():
        assert field.description, name
        if name != "kind":
            assert field.description.count(":") >= 1, name
            last = field.description.rpartition(": ")[2]
            assert any(unit in last for unit in UNITS), (name, last)


PLANNED = ("tuned", "paced")
"""Controllers whose plan is a file."""


def test_the_page_has_each_key_with_its_default() -> None:
    """As "`key` | `default`" in a row of a table, or as "`key` (`default` epochs)" within one."""
    text = PAGE.read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`(?: \| | \()`([^`]+)`", text))
    expected = {
        (name, "null" if field.default is None else str(field.default))
        for model in (*MODELS.values(), *(CONTROLLERS.get(name).settings for name in PLANNED))
        for name, field in model.model_fields.items()
        if name != "kind"
    }
    assert told == expected


def test_controllers_load_no_torch() -> None:
    code = "import vynapse.esper.tamiyo.controllers, sys; print('torch' in sys.modules)"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


class Own:
    """Does nothing, and remembers what it was given."""

    def __init__(self, streams: Streams, *, boldness: float = 1.0) -> None:
        self.streams, self.boldness = streams, boldness

    def decide(self, _: Observation) -> list[Decision]:
        return []

    def state(self) -> State:
        return {}

    def load(self, state: State) -> None:
        pass


def test_a_controller_of_ones_own_gets_its_keys_and_random_streams() -> None:
    streams = Streams(3)
    choice = choose({"kind": f"{__name__}:Own", "boldness": 0.5})
    assert choice.as_data() == {"kind": f"{__name__}:Own", "boldness": 0.5}
    assert choose(choice.as_data()).settings == choice.settings
    made = make_controller(choice, streams)
    assert isinstance(made, Own)
    assert (made.streams, made.boldness) == (streams, 0.5)
    assert isinstance(make_controller(choose(f"{__name__}:Own"), streams), Own)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no_such_package:Own", "controller.kind: cannot import 'no_such_package'"),
        (f"{__name__}:Onw", "has no 'Onw': did you mean 'Own'"),
        (
            {"kind": f"{__name__}:Own", "boldnes": 1},
            "does not take these options: .*unexpected keyword",
        ),
        (
            "builtins:id",
            "must give an object with the method decide, it gave int",
        ),
    ],
)
def test_a_wrong_controller_of_ones_own_is_refused_in_a_sentence(content, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make_controller(choose(content), Streams(0))


def test_the_catalogue_says_of_each_what_it_says_of_itself() -> None:
    for registry in (CONTROLLERS, BLUEPRINTS):
        for name, summary in registry.summaries().items():
            assert registry.get(name).summary == summary
            assert registry.get(name).name == name


class Keys(Settings):
    boldness: float = Field(1.0, ge=0, description="how bold it is")


class Declared(Own):
    """It declares its keys, and is made of them."""

    Settings = Keys

    def __init__(self, settings: Any, streams: Streams) -> None:
        super().__init__(streams, boldness=settings.boldness)


def test_keys_that_a_controller_of_ones_own_declares_are_checked() -> None:
    kind = f"{__name__}:Declared"
    made = make_controller(choose({"kind": kind, "boldness": 0.25}), Streams(0))
    assert isinstance(made, Declared)
    assert made.boldness == 0.25
    with pytest.raises(ConfigError, match=r"controller\.boldnes: unknown key: did you mean"):
        choose({"kind": kind, "boldnes": 1})
