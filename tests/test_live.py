# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objects that only the process that made them has."""

import pytest

from vynapse import live
from vynapse.errors import ConfigError
from vynapse.imports import import_object


def test_an_object_is_found_by_its_path_as_long_as_the_process_knows_it() -> None:
    value = object()
    path = live.enrol("Net.<lambda>", "0123456789abcdef", value)
    assert path == "python:Net__lambda_.0123456789ab"
    assert live.is_live(path)
    assert import_object(path, "network.factory") is value


def test_another_process_is_refused_in_one_sentence() -> None:
    with pytest.raises(ConfigError) as caught:
        import_object("python:Net.ffffffffffff", "network.factory")
    (sentence,) = caught.value.problems
    assert sentence.startswith("network.factory: Net was made in Python and cannot be imported")
    assert "resume=RUN" in sentence


class _Outer:
    class Inner:
        pass


def test_what_can_be_imported_has_a_path() -> None:
    def inner() -> None: ...

    assert live.path_of(pytest.raises) is not None
    assert live.path_of(_Outer.Inner) == f"{__name__}:_Outer.Inner"
    assert live.path_of(inner) is None
    assert live.path_of(lambda: 0) is None
    assert live.path_of(3) is None
