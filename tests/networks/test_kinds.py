# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A kind of structure from outside is trained, resumed, predicted with and shown like any other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vynapse.cli.main import main
from vynapse.cli.options import parse_network as parse_option
from vynapse.core import Interface, Stateless, Winner, predictor_of
from vynapse.errors import CheckpointError, ConfigError
from vynapse.experiment.store import load
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import STRUCTURES, long_form, parse_network
from vynapse.seeding import Streams
from vynapse.testing import check_structure

MODULE = '''
import os
import signal
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import nn

from vynapse.networks.structure import Structure, structure_kind


class Turn(nn.Module):
    def __init__(self, inputs, units, outputs):
        super().__init__()
        self.into, self.out = nn.Linear(inputs, units), nn.Linear(units, outputs)

    def forward(self, x):
        left = int(os.environ.get("VYNAPSE_RINGS_CTRL_C", 0))
        os.environ["VYNAPSE_RINGS_CTRL_C"] = str(left - 1)
        if left == 1:
            signal.raise_signal(signal.SIGINT)
        hidden = torch.tanh(self.into(x.flatten(1)))
        return torch.sigmoid(self.out(torch.cat([hidden[:, 1:], hidden[:, :1]], 1) * hidden))


class Ring(Structure):
    """Units in a ring, each multiplied by its neighbour."""

    short: ClassVar[str | None] = "units"

    kind: Literal["ring"] = "ring"
    units: tuple[int, ...] = Field((4,), description="units in the ring")
    inputs: int | None = Field(None, description="inputs; by default the task's")
    outputs: int | None = Field(None, description="outputs; by default the task's")

    def fit(self, interface):
        (inputs,) = interface.inputs
        return self.model_copy(update={"inputs": inputs, "outputs": interface.outputs})

    def module(self):
        return Turn(self.inputs, self.units[0], self.outputs)


class Own(Ring):
    kind: Literal["vynapse_rings:OWN"] = "vynapse_rings:OWN"


RING = structure_kind(Ring, "units in a ring, each multiplied by its neighbour")
OWN = structure_kind(Own, "the same, by its path")
'''
ENTRY_POINTS = "[vynapse.structures]\nring = vynapse_rings:RING\n"
METADATA = "Metadata-Version: 2.1\nName: vynapse-rings\nVersion: 1.0\n"


@pytest.fixture
def _rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package as pip installs it: a module, and an entry point in its metadata."""
    installed = tmp_path / "site"
    info = installed / "vynapse_rings-1.0.dist-info"
    info.mkdir(parents=True)
    (installed / "vynapse_rings.py").write_text(MODULE)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(installed)


def recipe_of(run: Path) -> dict[str, object]:
    network: dict[str, object] = json.loads((run / "run.json").read_text())["recipe"]["network"]
    return network


@pytest.mark.usefixtures("_rings")
@pytest.mark.parametrize("mode", ["sgd", "deap"])
def test_a_kind_from_outside_is_run_and_resumed(
    mode: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    whole, begun = tmp_path / "whole", tmp_path / "begun"
    given = ["run", "xor", "--mode", mode, "--device", "cpu", "--seed", "3"]
    given += ["--set", "budget={steps: 9, target: null}"]
    assert main([*given, "--network", "ring:5", "--out", str(whole)]) == 0
    assert recipe_of(whole) == {"ring": [5]}
    monkeypatch.setenv("VYNAPSE_RINGS_CTRL_C", "8")
    assert main([*given, "--network", "ring:5", "--out", str(begun)]) == 130
    assert "after step" in capsys.readouterr().err
    assert main(["resume", str(begun)]) == 0
    assert load(begun).network.sha256() == load(whole).network.sha256()
    assert load(begun).network.structure.kind == "ring"
    again = tmp_path / "again"
    assert main([*given, "--weights", str(whole), "--out", str(again)]) == 0
    assert load(again).network.structure == load(whole).network.structure
    capsys.readouterr()


@pytest.mark.usefixtures("_rings")
def test_its_keys_stand_in_the_schema(capsys) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    forms = {
        name: form["properties"][name]
        for form in schema["anyOf"][0]["properties"]["network"]["anyOf"]
        for name in form["required"]
    }
    assert list(forms)[:3] == ["mlp", "cnn", "factory"]
    units, whole = forms["ring"]["anyOf"]
    assert units["description"] == "units in the ring"
    assert set(whole["properties"]) == {"units", "inputs", "outputs"}


@pytest.mark.usefixtures("_rings")
def test_its_key_is_read_in_every_form() -> None:
    for value in ({"ring": [7]}, {"ring": {"units": [7]}}):
        structure = parse_network(value)
        assert structure.as_key() == {"ring": {"units": [7], "inputs": None, "outputs": None}}
    assert long_form({"ring": [7]}) == {"ring": {"units": [7]}}
    assert parse_option("ring:7") == {"ring": [7]}
    assert "ring" in STRUCTURES.summaries()
    by_path = parse_network({"vynapse_rings:OWN": [7]})
    assert parse_network(by_path.as_key()) == by_path
    check_structure(lambda: by_path, Interface("small", (3,), 2))
    check_structure(lambda: parse_network({"ring": [7]}), Interface("small", (3,), 2))


@pytest.mark.usefixtures("_rings")
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"rnig": [3]}, "unknown kind of network 'rnig': did you mean 'ring'"),
        ({"ring": 3}, r"network\.ring: a list or a mapping was wanted, got 3"),
        ({"ring": {"unit": [3]}}, "network.ring.unit: unknown key: did you mean 'units'"),
        ({"ring": [3], "units": 4}, "one kind of network was wanted, got 'ring' and 'units'"),
        ({"vynapse_rings:RING": [3]}, "must make structures of kind 'vynapse_rings:RING'"),
        ({"vynapse_rings:Turn": [3]}, "must be what structure_kind makes"),
        ({"no_such_rings:RING": [3]}, "cannot import 'no_such_rings'"),
    ],
)
def test_what_is_no_structure_is_refused_in_a_sentence(value, sentence) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse_network(value)


def test_a_file_of_a_kind_that_is_not_installed_names_it(tmp_path: Path) -> None:
    network = initial_state(MLP(sizes=(2, 2)), Streams(0))
    path = tmp_path / "network.safetensors"
    path.write_bytes(network.to_bytes().replace(b'\\"kind\\":\\"mlp\\"', b'\\"kind\\":\\"rnn\\"'))
    with pytest.raises(CheckpointError, match="unknown kind of network 'rnn'"):
        NetworkState.read(path)


def test_a_kind_without_a_short_form_takes_no_numbers() -> None:
    with pytest.raises(ConfigError, match="keys of factory as a mapping were wanted"):
        parse_option("factory:3")


class Counts:
    """A policy that counts its inputs."""

    def start(self, batch: int) -> np.ndarray:
        return np.zeros(batch, np.int64)

    def __call__(self, inputs: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (state + 1).astype(np.float32)[:, None], state + 1


def test_a_network_without_state_is_a_function_and_a_policy_one_with_it_no_function() -> None:
    network = initial_state(MLP(sizes=(2, 3, 1)), Streams(0))
    assert isinstance(network, Winner)
    inputs = np.ones((4, 2), np.float32)
    outputs, state = network.policy()(inputs, network.policy().start(4))
    assert state is None
    assert np.array_equal(outputs, network.predictor()(inputs))
    whole = Stateless(network.predictor())
    assert np.array_equal(predictor_of(whole.policy())(inputs), whole.predictor()(inputs))
    with pytest.raises(ConfigError, match="keeps a state between its inputs"):
        predictor_of(Counts())
