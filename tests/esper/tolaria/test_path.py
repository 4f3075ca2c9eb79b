# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The way that growth went: what its runs tell, and the networks that lie on it."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from vynapse.esper.tolaria.path import KIND, path
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.telemetry.reading import read_events

HOST: dict[str, Any] = {"mlp": {"sizes": [2, 8, 2]}}


def grown(*blueprints: str) -> dict[str, Any]:
    seeds = [
        {"name": f"s{n}", "blueprint": name, "operator": "add", "alpha": 1.0}
        for n, name in enumerate(blueprints)
    ]
    return {"grown": {"host": HOST, "input_shape": [2], "slots": {"1": seeds}}}


def told(*networks: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    events = [
        {"kind": KIND, "data": {"epoch": epoch, "parameters": parameters, "network": network}}
        for epoch, (parameters, network) in enumerate(networks)
    ]
    return [{"kind": "run.started", "data": {}}, *events]


A, B, AB = grown("norm"), grown("mlp"), grown("norm", "mlp")


@pytest.mark.parametrize(
    ("networks", "final", "way"),
    [
        ([(9, HOST)], HOST, [None]),
        ([(9, HOST), (10, A), (12, AB)], AB, [None, A, AB]),
        # the winner is an earlier one
        ([(9, HOST), (10, A), (12, AB)], A, [None, A]),
        ([(9, HOST), (10, A)], HOST, [None]),
        # what was given up lies on no way, and what growth began with lies there once
        ([(9, HOST), (10, A), (9, HOST), (11, B)], B, [None, B]),
        ([(9, HOST), (11, B), (9, HOST), (10, A)], A, [None, A]),
        ([(9, HOST), (11, B), (10, A), (12, AB)], AB, [None, A, AB]),
        ([(9, HOST), (12, AB), (10, A)], A, [None, A]),
    ],
)
def test_the_way_leads_from_the_first_network_to_the_last(networks, final, way) -> None:
    assert path(final, told(*networks)) == way


def test_an_older_run_tells_its_last_network_alone() -> None:
    assert path(A, []) == [None, A]
    assert path(HOST, []) == [None]


def test_a_share_is_no_other_network() -> None:
    blending = grown("norm")
    blending["grown"]["slots"]["1"][0]["alpha"] = 0.25
    assert path(blending, told((9, HOST), (10, A))) == [None, A]


@pytest.mark.parametrize("isolation", ["shadow", "joint"])
def test_a_run_tells_each_network_once(tmp_path: Path, isolation: str) -> None:
    clock = "controller={kind: fixed, begin: 1, every: 4, live_seeds: 1, blueprints: [norm, mlp]}"
    keys = [
        clock,
        f"isolation={isolation}",
        "network={mlp: {sizes: [2, 8, 8, 2], hidden: gelu}}",
        "budget={epochs: 14, target: null}",
        "blend_epochs=2",
        "epoch_steps=4",
    ]
    Session.create(load_recipe("spirals", "grow", overrides=keys), tmp_path / "run").run()
    events = read_events(tmp_path / "run" / "events.jsonl")
    networks = [event["data"]["network"] for event in events if event["kind"] == KIND]
    sizes = [event["data"]["parameters"] for event in events if event["kind"] == KIND]
    assert len(networks) >= 3
    assert all(one != two for one, two in itertools.pairwise(networks))
    assert sizes == sorted(sizes)
    final = load(tmp_path / "run").network
    way = path(final.structure.as_key(), events)
    assert way[0] is None
    if len(way) > 1:
        size = sum(tensor.size for tensor in final.tensors.values())
        assert sizes[networks.index(way[-1])] == size
