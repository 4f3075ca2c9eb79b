# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objects named as package.module:name."""

from __future__ import annotations

import math

import pytest

from vynapse.errors import ConfigError
from vynapse.imports import import_object


def test_names_and_nested_names_are_found() -> None:
    assert import_object("math:floor", "key") is math.floor
    assert import_object("collections:OrderedDict.fromkeys", "key")("a") == {"a": None}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("math", "key: package.module:name was wanted, got 'math'"),
        ("math:", "key: package.module:name was wanted"),
        ("no_such_module:x", "key: cannot import 'no_such_module'"),
        ("math:flor", "key: 'math' has no 'flor': did you mean 'floor'"),
    ],
)
def test_what_is_wrong_is_said(path: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        import_object(path, "key")
