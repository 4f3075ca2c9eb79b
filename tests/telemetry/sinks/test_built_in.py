# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every built-in sink passes the checker that is there for those of others."""

import re
from importlib.util import find_spec

import pytest

from tests.telemetry.collector import Collector
from vynapse.errors import ConfigError, MissingExtra
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.telemetry.sink import SINKS
from vynapse.telemetry.sinks import needs
from vynapse.testing import check_sink


@pytest.mark.parametrize("name", SINKS.names())
def test_a_built_in_sink_passes_the_checker(name, tmp_path) -> None:
    with Collector() as collector:
        keys: dict[str, dict[str, object]] = {
            "otlp": {"endpoint": collector.url},
            "prometheus": {"port": 0},
        }
        choice = SINKS.choose({"kind": name, **keys.get(name, {})}, "telemetry.sinks.0")
        check_sink(choice.build, tmp_path)
        assert len(collector.spans()) == (6 if name == "otlp" else 0)


@pytest.mark.parametrize(
    ("name", "absent", "sentence"),
    [
        ("otlp", "opentelemetry", "sink otlp needs .* pip install 'vynapse[otlp]'"),
        ("prometheus", "prometheus", "sink prometheus needs .* pip install 'vynapse[telemetry]'"),
    ],
)
def test_a_missing_package_is_one_sentence(name, absent, sentence, monkeypatch, tmp_path) -> None:
    def found(module: str) -> object:
        return None if module.startswith(absent) else find_spec(module)

    monkeypatch.setattr(needs, "find_spec", found)
    choice = SINKS.choose(name, "telemetry.sinks.0")
    assert choice.kind.check is not None
    with pytest.raises(MissingExtra, match=sentence.replace("[", r"\[")):
        choice.kind.check(choice.settings)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"kind": "prometheus", "port": 70000}, "less than or equal to 65535 was wanted"),
        ({"kind": "otlp", "endpoint": "collector:4317"}, "http://HOST:PORT/v1/traces or https"),
        ({"kind": "tensorboard", "every": 1}, "every_seconds"),
        ({"kind": "span"}, "did you mean 'spans'"),
    ],
)
def test_wrong_keys_are_said(keys, sentence) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        SINKS.choose(keys, "telemetry.sinks.0")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("json:loads", "telemetry.sinks: json:loads cannot be made: TypeError: the JSON object"),
        ("pathlib:PurePath", "telemetry.sinks: pathlib:PurePath is no sink: an object with the"),
    ],
)
def test_a_sink_of_the_users_that_is_none_is_one_sentence(path, sentence, tmp_path) -> None:
    recipe = load_recipe("xor", "sgd", budget={"steps": 2}, telemetry={"sinks": [path]})
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        Session.create(recipe, tmp_path / "run").run()
