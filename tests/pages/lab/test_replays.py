# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The lab makes native runs again: the same seed, the same winner, to the bit."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from tests.evidence import many
from tests.pages.lab.in_node import measured, needs_node
from vynapse.deploy.wasm import built
from vynapse.errors import ConfigError, RunDirectoryError
from vynapse.experiment.call import run
from vynapse.experiment.config import resolve
from vynapse.pages.lab.content import content, replayed
from vynapse.pages.lab.orders import MODES, TASKS, order_of

SMALL: Final = {"mlp": [4, 3, 1]}
RUNS: Final[dict[str, dict[str, Any]]] = {
    "xor": {"task": "xor", "mode": "deap"},
    "xor with restarts": {
        "task": "xor",
        "mode": "deap",
        "budget": {"steps": 400, "target": None},
        "strategy": {"restart_patience": 40},
    },
    "xor with crossover": {
        "task": "xor",
        "mode": "deap",
        "strategy": {
            "mu": 7,
            "offspring": 33,
            "crossover_rate": 0.5,
            "mutation_rate": 0.6,
            "adaptation": "none",
        },
    },
    "xor with more parents than children": {
        "task": "xor",
        "mode": "deap",
        "budget": {"steps": 30},
        "strategy": {"mu": 40, "offspring": 17},
    },
    "spirals": {"task": "spirals", "mode": "deap", "budget": {"steps": 25}},
    "cartpole": {"task": "cartpole", "mode": "deap"},
    "cartpole, seldom balanced": {
        "task": "cartpole",
        "mode": "deap",
        "network": SMALL,
        "budget": {"steps": 60},
        "episodes": 1,
        "strategy": {"mu": 3, "offspring": 6, "sigma": 0.05, "restart_patience": 20},
    },
    "neat on xor": {"task": "xor", "mode": "neat"},
    "neat on xor with other keys": {
        "task": "xor",
        "mode": "neat",
        "population": 60,
        "budget": {"steps": 80, "target": None},
        "perturbation_kind": "normal",
        "toggle": 0.1,
        "delete_node": 0.1,
        "delete_connection": 0.1,
        "averaging": 0.3,
        "interspecies": 0.2,
        "add_node": 0.2,
        "add_connection": 0.3,
        "target_species": None,
    },
    "neat on cartpole": {"task": "cartpole", "mode": "neat"},
}


@needs_node
@pytest.mark.parametrize("name", RUNS)
def test_the_winner_is_that_of_the_native_run(name: str, tmp_path: Path) -> None:
    asked, wanted = [], []
    for seed in range(1, many(sample=2, evidence=40) + 1):
        out = tmp_path / f"run-{seed}"
        summary = run(**RUNS[name], seed=seed, out=out).summary
        found = replayed(out)
        assert found["sha256"] == summary["network_sha256"]
        wanted.append((found["sha256"], summary["steps"]))
        asked.append({"order": found["order"], "data": found["data"]})
    said = measured(asked, tmp_path)
    assert [(one["sha256"], one["generation"]) for one in said] == wanted


@needs_node
def test_another_seed_has_another_winner_and_large_seeds_are_whole(tmp_path: Path) -> None:
    known = content()
    orders = [{**known["orders"]["xor"]["deap"], "seed": seed} for seed in ("1", str(2**64 - 1))]
    said = measured([{"order": one, "data": known["tasks"]["xor"]} for one in orders], tmp_path)
    summary = run("xor", "deap", seed=2**64 - 1, out=tmp_path / "run").summary
    assert said[1]["sha256"] == summary["network_sha256"] != said[0]["sha256"]


@needs_node
def test_every_preset_runs(tmp_path: Path) -> None:
    known = content()
    asked = [
        {"order": {**known["orders"][task][mode], "steps": 3}, "data": known["tasks"][task]}
        for task in TASKS
        for mode in MODES
    ]
    said = measured(asked, tmp_path)
    assert [one["kind"] for one in said] == ["measured"] * len(asked)
    assert np.isfinite([one["loss"] for one in said]).all()


@needs_node
def test_a_thousand_generations_are_measured(tmp_path: Path) -> None:
    known = content()
    order = {**known["orders"]["xor"]["deap"], "steps": 1000, "target": None}
    said = measured([{"order": order, "data": known["tasks"]["xor"]}] * 3, tmp_path)
    assert {one["generation"] for one in said} == {1000}
    assert len({one["sha256"] for one in said}) == 1
    assert min(one["milliseconds"] for one in said) < 5000  # on a machine with much to do


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"task": "parity", "mode": "deap"}, "task: the lab knows xor, spirals, cartpole, got"),
        ({"task": "xor", "mode": "sgd"}, "mode: the lab knows deap and neat, got 'sgd'"),
        (
            {"task": "xor", "mode": "deap", "strategy": {"kind": "cma-es"}},
            "strategy.kind: the lab knows 'mu+lambda' alone, got 'cma-es'",
        ),
        (
            {"task": "xor", "mode": "deap", "strategy": {"adaptation": "one-fifth"}},
            "strategy.adaptation: the lab knows 'self' and 'none', got 'one-fifth'",
        ),
        ({"task": "xor", "mode": "deap", "batch_size": 2}, "batch_size: the lab knows None alone"),
        (
            {"task": "xor", "mode": "neat", "network": {"mlp": [2, 2, 1]}},
            "network: the lab knows mode neat from the smallest network on",
        ),
        (
            {"task": "xor", "mode": "neat", "sigma_adaptation": "success"},
            "sigma_adaptation: the lab knows 'none' alone, got 'success'",
        ),
        ({"task": "xor", "mode": "neat", "activation": "tanh"}, "activation: the lab knows"),
    ],
)
def test_what_the_lab_does_not_do_is_one_sentence(keys: dict[str, Any], said: str) -> None:
    task, mode = keys["task"], keys["mode"]
    more = {name: value for name, value in keys.items() if name not in ("task", "mode", "network")}
    network = {name: value for name, value in keys.items() if name == "network"}
    stage = {"mode": mode, "budget": {"steps": 1}, **more}
    with pytest.raises(ConfigError) as raised:
        order_of(resolve({"task": task, **network, "stages": [stage]}))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("task", "mode", "said"),
    [
        ("parity", "deap", "task: the lab knows xor, spirals, cartpole, got 'parity'"),
        ("spirals", "neat", "mode neat takes the loss of spirals by NumPy, whose last digits"),
    ],
)
def test_other_runs_are_refused_in_one_sentence(
    task: str, mode: str, said: str, tmp_path: Path
) -> None:
    run(task, mode, budget={"steps": 1}, out=tmp_path / "run")
    with pytest.raises(ConfigError) as raised:
        replayed(tmp_path / "run")
    text = str(raised.value)
    assert text.startswith(f"--replay: {tmp_path / 'run'} cannot be made again in the page: ")
    assert said in text
    assert "\n" not in text


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    run("xor", "deap", out=tmp_path / "run")
    (tmp_path / "run" / "summary.json").unlink()
    with pytest.raises(RunDirectoryError, match="has not finished"):
        replayed(tmp_path / "run")


def test_the_module_asks_for_nothing() -> None:
    """No section of imports, and the one that the record names."""
    module = built("lab")
    assert module[:8] == b"\0asm\1\0\0\0"
    sections, at = set(), 8
    while at < len(module):
        sections.add(module[at])
        size, shift, at = 0, 0, at + 1
        while True:
            size |= (module[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if not module[at - 1] & 128:
                break
        at += size
    assert 2 not in sections
    assert hashlib.sha256(module).hexdigest() in built_record()


def built_record() -> str:
    from importlib.resources import files

    return files("vynapse.deploy").joinpath("built", "build.json").read_text(encoding="utf-8")
