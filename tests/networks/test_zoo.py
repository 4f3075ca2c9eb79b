# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks from outside train, evolve, grow, resume to the same bytes, and predict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import vynapse
from tests.networks.zoo import PART, TOKENS, VECTORS
from vynapse.experiment.config import load_recipe
from vynapse.experiment.prediction import predictions
from vynapse.experiment.session import Session
from vynapse.tasks.registry import make_task

KEYS = {
    "sgd": ["budget.steps=4", "batch_size=10"],
    "deap": ["budget.steps=2", "strategy={kind: snes, offspring: 4}"],
    "grow": ["budget.steps=4", "controller=random", "training.batch_size=10"],
}


def recipe(name: str, mode: str):
    task = "tokens" if name in TOKENS else "vectors"
    keys = [f"network={{factory: 'tests.networks.zoo:{name}'}}", *KEYS[mode]]
    if mode == "grow":
        keys.append(f"slots=['{PART[name]}']")
    keys += ["checkpoint.every_steps=1", "checkpoint.keep=9"]
    return load_recipe(task=f"tests.networks.zoo_tasks:{task}", mode=mode, overrides=keys)


class Killed(BaseException):
    """The process ends here; nothing catches it."""


@pytest.mark.parametrize("mode", KEYS)
@pytest.mark.parametrize("name", [*VECTORS, *TOKENS])
def test_a_network_from_outside_trains_and_predicts(name: str, mode: str, tmp_path: Path) -> None:
    Session.create(recipe(name, mode), tmp_path / "run").run()
    found = vynapse.load(tmp_path / "run")
    rows = predictions(found, "validation")
    assert len(rows) == 13
    task = make_task(found.task_name, {})
    raw = task.split("validation").take(slice(None)).inputs
    with torch.no_grad():
        output = found.module()(torch.tensor(task.prepare(raw)))
    chances = torch.softmax(output, 1).numpy()
    assert np.allclose(chances, [[float(cell) for cell in row[1:]] for row in rows[1:]], atol=1e-5)


@pytest.mark.parametrize("number", range(len(VECTORS) + len(TOKENS)))
def test_killed_and_resumed_it_ends_in_the_same_bytes(number: int, tmp_path: Path) -> None:
    """Each network in one of the modes, in turn."""
    name, mode = [*VECTORS, *TOKENS][number], list(KEYS)[number % len(KEYS)]
    whole = Session.create(recipe(name, mode), tmp_path / "whole").run()

    def kill(report) -> None:
        if report.report.step == 2:
            raise Killed

    with pytest.raises(Killed):
        Session.create(recipe(name, mode), tmp_path / "killed").run([kill])
    resumed = Session.open(tmp_path / "killed").run()
    assert resumed["network_sha256"] == whole["network_sha256"]
    assert resumed["loss"] == whole["loss"]


def test_a_tuned_winner_comes_back(tmp_path: Path) -> None:
    """The weights of a grown network, trained on elsewhere, go on from a file of either kind."""
    Session.create(recipe("dropout", "grow"), tmp_path / "grown").run()
    found = vynapse.load(tmp_path / "grown")
    module = found.module()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.01)
    torch.save(module.state_dict(), tmp_path / "tuned.pt")
    found.network.with_weights(module).save(tmp_path / "tuned.safetensors")
    named = [f"network={tmp_path / 'grown'}"]
    for file, more in (("tuned.pt", named), ("tuned.safetensors", [])):
        keys = [*more, f"weights={tmp_path / file}", "budget.steps=1", "learning_rate=1e-12"]
        task = "tests.networks.zoo_tasks:vectors"
        summary = Session.create(
            load_recipe(task=task, mode="sgd", overrides=keys), tmp_path / f"run-{file}"
        ).run()
        again = vynapse.load(tmp_path / f"run-{file}").network
        assert again.structure == found.network.structure
        for name, tensor in module.state_dict().items():
            assert np.allclose(again.tensors[name], tensor.numpy(), atol=1e-6)
        assert summary["status"] == "finished"


def test_what_is_shown_of_a_run_is_short(tmp_path: Path) -> None:
    Session.create(recipe("tied", "sgd"), tmp_path / "run").run()
    found = vynapse.load(tmp_path / "run")
    assert len(repr(found)) < 250 + len(str(tmp_path))
    assert repr(found.network) == "NetworkState(factory, 6 tensors, 142 values)"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, where it loads dynamo
@pytest.mark.parametrize("mode", ["deap", "grow"])
def test_what_is_compiled_is_unwrapped(mode: str, tmp_path: Path) -> None:
    Session.create(recipe("compiled", mode), tmp_path / "run").run()
    found = vynapse.load(tmp_path / "run")
    assert not any("_orig_mod" in name for name in found.network.tensors)
    for part in found.module().modules():
        assert not hasattr(part, "_orig_mod")
        assert part._compiled_call_impl is None


def test_the_built_in_task_of_text_evolves_with_its_own_network(tmp_path: Path) -> None:
    """It has an embedding, for which there is no token -1."""
    (tmp_path / "text.txt").write_text("the quick brown fox jumps over the lazy dog " * 30)
    keys = [f"task.file={tmp_path / 'text.txt'}", "budget.steps=1", "batch_size=8"]
    keys += ["task.train=64", "task.validation=16", "task.test=16"]
    keys += ["strategy={kind: snes, offspring: 2}"]
    made = load_recipe(task="text", mode="deap", overrides=keys)
    assert "transformer" in str(made.network)
    assert Session.create(made, tmp_path / "run").run()["steps"] == 1
