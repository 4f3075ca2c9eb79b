# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One way to extend: names, mappings, entry points and objects of the user's become choices."""

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Annotated, Any

import pytest
from pydantic import Field

from vynapse import registry
from vynapse.catalogue import CATALOGUE
from vynapse.chosen import Chosen
from vynapse.errors import ConfigError
from vynapse.imports import import_object
from vynapse.registry import Choice, Kind, Registry
from vynapse.settings import Settings, validate


class LampSettings(Settings):
    watts: int = Field(40, ge=1, description="power")
    colour: str = Field("white", description="of the light")


class Lamp:
    def __init__(self, settings: LampSettings, room: str) -> None:
        self.settings, self.room = settings, room


@dataclass(frozen=True, slots=True)
class LampKind(Kind[Lamp]):
    """A kind of lamp."""


BULB = LampKind("bulb", "glows", LampSettings, Lamp)
LAMPS: Registry[LampKind] = Registry("sinks", "lamp", LampKind, default="bulb")


@pytest.fixture
def shop(monkeypatch) -> Iterator[types.ModuleType]:
    """A package of the user's that brings a lamp by an entry point."""
    module = types.ModuleType("lamp_shop")
    module.BULB = BULB  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lamp_shop", module)
    entries = [EntryPoint("bulb", "lamp_shop:BULB", "vynapse.sinks")]
    monkeypatch.setattr(
        registry, "entry_points", lambda group: entries if group == "vynapse.sinks" else []
    )
    # no kinds but the user's
    monkeypatch.setattr(registry, "CATALOGUE", {**CATALOGUE, "sinks": {}})
    return module


def test_three_forms_give_the_same_choice(shop) -> None:
    forms: list[Any] = ["bulb", {"kind": "bulb"}, {}]
    choices = [LAMPS.choose(form) for form in forms]
    assert all(choice == choices[0] for choice in choices)
    assert choices[0].as_data() == {"kind": "bulb", "watts": 40, "colour": "white"}
    assert LAMPS.choose(choices[0]) is choices[0]
    assert LAMPS.choose(choices[0].as_data()) == choices[0]
    by_path = LAMPS.choose("lamp_shop:BULB")
    assert by_path.as_data() == {"kind": "lamp_shop:BULB", "watts": 40, "colour": "white"}
    lamp = LAMPS.choose({"watts": 60}).build("kitchen")
    assert (lamp.settings.watts, lamp.room) == (60, "kitchen")


def test_names_and_lines_come_from_the_catalogue_and_from_entry_points(shop) -> None:
    assert LAMPS.names() == ["bulb"]
    assert LAMPS.summaries()["bulb"] == "glows"
    assert LAMPS.keys() >= {"watts", "colour"}


def test_a_function_of_the_users_is_a_kind_with_its_keywords_as_keys(shop) -> None:
    """Lights a room."""
    shop.candle = lambda room, *, minutes=5: (room, minutes)
    choice = LAMPS.choose({"kind": "lamp_shop:candle", "minutes": 9})
    assert choice.build("hall") == ("hall", 9)
    assert choice.as_data() == {"kind": "lamp_shop:candle", "minutes": 9}
    wrong = LAMPS.choose({"kind": "lamp_shop:candle", "hours": 1})
    with pytest.raises(ConfigError, match="lamp_shop:candle does not take these options"):
        wrong.build("hall")


def test_a_class_of_the_users_may_declare_a_model_of_its_keys(shop) -> None:
    class Own(Lamp):
        """Burns oil."""

        Settings = LampSettings

    shop.Own = Own
    choice = LAMPS.choose({"kind": "lamp_shop:Own", "watts": 3})
    assert choice.kind.summary == "Burns oil."
    assert choice.settings.model_dump()["watts"] == 3
    with pytest.raises(ConfigError, match="watt: unknown key: did you mean 'watts'?"):
        LAMPS.choose({"kind": "lamp_shop:Own", "watt": 3})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("blub", "light.kind: unknown lamp 'blub': did you mean 'bulb'?"),
        (7, "light.kind: a name, or a mapping with the key kind, was wanted, got 7"),
        ({"kind": 7}, "light.kind: the name of a lamp was wanted, got 7"),
        ({"kind": "bulb", "watts": 0}, "light.watts: greater than or equal to 1 was wanted, got 0"),
        ({"wats": 60}, "light.wats: unknown key: did you mean 'watts'?"),
        ("no_shop:Lamp", "light.kind: cannot import 'no_shop'"),
        ("lamp_shop:Lmap", "light.kind: 'lamp_shop' has no 'Lmap'"),
        ("lamp_shop:__name__", "light.kind: a class or function was wanted"),
    ],
)
def test_what_is_wrong_is_said_with_the_place(shop, value, sentence) -> None:
    with pytest.raises(ConfigError) as caught:
        LAMPS.choose(value, "light")
    assert sentence in str(caught.value)


def test_an_entry_point_that_is_no_such_kind_is_refused(shop) -> None:
    shop.BULB = 7
    with pytest.raises(ConfigError, match="'bulb' must be a LampKind, got int"):
        LAMPS.get("bulb")


class RoomSettings(Settings):
    light: Annotated[Choice[LampKind], Chosen(LAMPS)] = Field(
        "bulb", validate_default=True, description="what it is lit by"
    )
    second: Annotated[Choice[LampKind] | None, Chosen(LAMPS, optional=True)] = Field(
        None, description="another one"
    )


def test_a_field_holds_a_choice_that_was_validated_with_it(shop) -> None:
    room = validate(RoomSettings, {"light": {"watts": 60}})
    assert room.light.settings.model_dump()["watts"] == 60
    data = room.model_dump(mode="json")
    assert data == {"light": {"kind": "bulb", "watts": 60, "colour": "white"}, "second": None}
    assert validate(RoomSettings, data) == room
    assert validate(RoomSettings, {}).light.settings.model_dump()["watts"] == 40


def test_a_field_says_what_is_wrong_below_it(shop) -> None:
    with pytest.raises(ConfigError) as caught:
        validate(RoomSettings, {"light": {"watts": 0, "hue": 1}, "secnd": None}, "room")
    assert set(caught.value.problems) == {
        "room.light.watts: greater than or equal to 1 was wanted, got 0",
        "room.light.hue: unknown key: valid names are colour, watts",
        "room.secnd: unknown key: did you mean 'second'?",
    }
    with pytest.raises(ConfigError, match="room.watts: unknown key: did you mean 'light.watts'?"):
        validate(RoomSettings, {"watts": 60}, "room")


def test_a_schema_knows_the_keys_of_every_kind(shop) -> None:
    light = RoomSettings.model_json_schema()["properties"]["light"]
    (bulb,) = [form for form in light["anyOf"] if form.get("type") == "object"]
    assert bulb["properties"]["kind"]["const"] == "bulb"
    assert bulb["properties"]["watts"]["description"] == "power"


@pytest.mark.parametrize("group", CATALOGUE)
def test_everything_in_the_catalogue_is_there_under_its_name_and_its_line(group) -> None:
    for name, (target, summary) in CATALOGUE[group].items():
        kind = import_object(target, name)
        assert (kind.name, kind.summary) == (name, summary)
