# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mode deap: settings, exact resume, what it reports, and that it solves its tasks."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vynapse.core import Budget, Split, run
from vynapse.errors import CheckpointError, ConfigError
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import CNN, MLP, Structure, fit_to_task
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.trainers.deap import MODE, DeapSettings, build
from vynapse.trainers.mode import Stage
from vynapse.trainers.population import PopulationTrainer

TASKS: dict[str, tuple[str, dict[str, Any], Structure]] = {
    "xor": ("xor", {}, MLP(sizes=(2, 2, 1))),
    "parity": ("parity", {"bits": 4}, MLP(sizes=(4, 8, 1))),
    "spirals": ("spirals", {}, MLP(sizes=(2, 6, 2))),
    "digits": ("digits", {}, MLP(sizes=(64, 16, 10))),
}


def stage(case: str, seed: int = 0, network: NetworkState | None = None) -> Stage:
    name, options, structure = TASKS[case]
    task = make_task(name, options)
    structure = fit_to_task(structure, task)
    streams = Streams(seed)
    fresh = network is None
    return Stage(task, network or initial_state(structure, streams), fresh, streams)


def make(case: str = "xor", seed: int = 0, /, **keys: Any) -> PopulationTrainer:
    return build(stage(case, seed), validate(DeapSettings, keys, "deap"))


VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("xor", {}),
    ("xor", {"restart_patience": 2, "offspring": 12, "mu": 3, "crossover_rate": 0.5}),
    ("xor", {"strategy": "mu,lambda", "adaptation": "decay", "selection": "roulette"}),
    ("spirals", {"batch_size": 16, "mu": 4, "offspring": 9, "evaluate_every": 3}),
    ("spirals", {"strategy": "mu,lambda", "batch_size": 7, "elites": 2, "mutation_rate": 0.5}),
    ("spirals", {"mask": {"0.*": 0}, "adaptation": "none", "evaluate_every": 2}),
]


@settings(max_examples=30)
@given(
    variant=st.sampled_from(range(len(VARIANTS))),
    seed=st.integers(0, 20),
    before=st.integers(0, 9),
    after=st.integers(1, 6),
)
def test_resume_is_exact_at_every_step(variant: int, seed: int, before: int, after: int) -> None:
    case, keys = VARIANTS[variant]
    plain, saved, resumed = (make(case, seed, **keys) for _ in range(3))
    for _ in range(before):
        assert plain.step() == saved.step()
        saved.state()
    state = saved.state()
    kept = copy.deepcopy(state)
    resumed.load(state)
    assert resumed.winner().sha256() == plain.winner().sha256()
    for _ in range(after):
        report = plain.step()
        assert resumed.step() == report
        assert saved.step() == report
    assert resumed.winner().sha256() == plain.winner().sha256() == saved.winner().sha256()
    np.testing.assert_equal(state, kept, "a state is a copy")


def test_a_state_is_arrays_and_json() -> None:
    trainer = make("xor", restart_patience=3)
    trainer.step()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif not isinstance(value, np.ndarray):
            json.dumps(value, allow_nan=False)

    walk(trainer.state())


def test_a_network_evaluated_elsewhere_is_not_resumed() -> None:
    trainer = make()
    state = trainer.state()
    state["encoding"] = {"path": "loop", "device": "cuda"}
    with pytest.raises(CheckpointError, match="'loop' on 'cuda'"):
        trainer.load(state)


@pytest.mark.parametrize(("case", "keys"), VARIANTS)
def test_the_reported_loss_is_the_winners_in_its_own_arithmetic(
    case: str, keys: dict[str, Any]
) -> None:
    for seed in range(3):
        trainer = make(case, seed, **keys)
        task = stage(case, seed).task
        for _ in range(12):
            report = trainer.step()
            loss = task.evaluate(trainer.winner().predictor(), "validation").loss
            assert report.loss == loss
            assert set(report.metrics) <= set(MODE.columns)


def test_where_validation_is_training_the_loss_is_the_lowest_ever_measured() -> None:
    trainer, lowest = make("xor", 3, restart_patience=3, min_delta=0.9), np.inf
    restarts = set()
    for _ in range(60):
        report = trainer.step()
        lowest = min(lowest, report.metrics["train_best"])
        restarts.add(report.metrics["restarts"])
        assert report.loss == lowest
    assert len(restarts) > 2, "restarts happened and the champion was kept over them"


def test_the_array_path_loads_no_torch() -> None:
    code = (
        "import sys\n"
        "from vynapse.networks.state import initial_state\n"
        "from vynapse.networks.structure import MLP\n"
        "from vynapse.seeding import Streams\n"
        "from vynapse.tasks.registry import make_task\n"
        "from vynapse.trainers.deap import MODE, DeapSettings\n"
        "from vynapse.trainers.mode import Stage\n"
        "s = Streams(0)\n"
        "net = initial_state(MLP(sizes=(2, 2, 1), output='sigmoid'), s)\n"
        "t = MODE.build(Stage(make_task('xor', {}), net, True, s), DeapSettings())\n"
        "r = [t.step() for _ in range(3)]; t.load(t.state()); t.winner().sha256()\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("seed", range(20))
def test_xor_is_solved(seed: int) -> None:
    """The smallest network that can, 2-2-1, on every seed; few need more than one start."""
    progress = run(make("xor", seed), Budget(steps=1000, target=1e-2))
    assert progress.stop == "target"


@pytest.mark.parametrize("strategy", ["mu+lambda", "mu,lambda"])
@pytest.mark.parametrize("adaptation", ["none", "decay", "self"])
def test_every_strategy_solves_xor(strategy: str, adaptation: str) -> None:
    for seed in range(3):
        trainer = make("xor", seed, strategy=strategy, adaptation=adaptation, crossover_rate=0.3)
        assert run(trainer, Budget(steps=2000, target=1e-2)).stop == "target"


def test_parity_is_solved() -> None:
    for seed in range(3):
        assert run(make("parity", seed), Budget(steps=2000, target=1e-2)).stop == "target"


def test_digits_are_learnt_with_the_defaults() -> None:
    trainer = make("digits")
    first = trainer.step().loss
    assert first > 2
    last = run(trainer, Budget(steps=60)).report
    assert last is not None
    assert last.loss < 0.8 * first


def test_stages_chain() -> None:
    """A stage that is given a network starts from it, and restarts round it."""
    first = make("spirals", 1)
    for _ in range(30):
        reached = first.step().loss
    given = first.winner()
    job = stage("spirals", 2, given)
    second = build(job, DeapSettings(restart_patience=1, min_delta=0.9, evaluate_every=1))
    assert second.winner().sha256() == given.sha256()
    for _ in range(6):
        report = second.step()
        assert report.loss <= reached
    assert report.metrics["restarts"] >= 2
    start = second._encoding.encode(None, given)
    while second.state()["population"]["age"]:
        second.step()
    assert second._population.ask()[0].tobytes() == start.tobytes()


def test_a_restart_of_a_fresh_stage_draws_another_network_but_keeps_masked_weights() -> None:
    mask = {"2.*": 0}
    trainer = make("xor", 0, restart_patience=1, min_delta=0.9, mask=mask, initial_sigma=0.0)
    before = trainer._population.ask()[0]
    while not trainer.step().metrics["restarts"]:
        pass
    after = trainer._population.ask()[0]
    np.testing.assert_array_equal(before[6:], after[6:])
    assert (before[:6] != after[:6]).all()


def test_masked_weights_of_the_winner_are_those_given() -> None:
    given = stage("xor").network
    trainer = make("xor", mask={"0.*": 0, "2.bias": 0})
    for _ in range(20):
        trainer.step()
    winner = trainer.winner()
    same = {name for name, t in winner.tensors.items() if np.array_equal(t, given.tensors[name])}
    assert same == {"0.weight", "0.bias", "2.bias"}


def test_mini_batches_measure_parents_again_and_count_it() -> None:
    keys: dict[str, Any] = {"mu": 5, "offspring": 10, "batch_size": 8, "evaluate_every": 100}
    trainer = make("spirals", 0, **keys)
    size = len(stage("spirals").task.split("validation"))
    assert trainer.step().cost.forwards == 10 * 8 + 2 * size
    assert trainer.step().cost.forwards == 10 * 8 + 2 * size + 15 * 8


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"strategy": "mu,lambda", "mu": 9, "offspring": 8}, "deap.offspring: at least mu = 9"),
        ({"strategy": "mu,lambda", "mu": 200}, "deap.offspring: at least mu = 200"),
        ({"mu": 2, "elites": 3}, "deap.elites: at most mu = 2 was wanted, got 3"),
        ({"sigma": 0}, "deap.sigma: greater than 0"),
        ({"selecton": "roulette"}, "deap.selecton: unknown key: did you mean 'selection'?"),
        ({"mask": {"*": "off"}}, "deap.mask"),
    ],
)
def test_wrong_settings(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate(DeapSettings, keys, "deap")
    assert any(problem.startswith(sentence) for problem in caught.value.problems)


def test_a_mask_that_names_nothing() -> None:
    with pytest.raises(ConfigError, match=r"no parameter matches '0.weigth': did you mean"):
        make("xor", mask={"0.weigth": 0})


def test_every_key_is_described() -> None:
    assert all(field.description for field in DeapSettings.model_fields.values())


def test_a_module_is_evolved_through_torch() -> None:
    structure = CNN(channels=(3,), input_shape=(3, 8, 8), outputs=2)
    labels = (np.arange(24) % 2).astype(np.int64)
    noise = Streams(0).stream("pictures").normal(3 * 8 * 8, 0, np.arange(24))
    pictures = noise.reshape(24, 3, 8, 8) + labels[:, None, None, None].astype(np.float32)
    task = ArrayTask(
        "bright",
        Splits(Split(pictures, labels)),
        input_shape=(3, 8, 8),
        output_size=2,
        loss_kind="cross_entropy",
        classes=("dark", "bright"),
    )
    streams = Streams(0)
    begin = initial_state(structure, streams)

    job = Stage(task, begin, True, streams)
    trainer, resumed = (build(job, DeapSettings(mu=5, offspring=20)) for _ in range(2))
    losses = []
    for step in range(12):
        report = trainer.step()
        losses.append(report.loss)
        assert report.loss == task.evaluate(trainer.winner().predictor(), "validation").loss
        if step == 5:
            resumed.load(trainer.state())
        elif step > 5:
            assert resumed.step() == report
    assert losses[-1] < 0.9 * losses[0]
    assert resumed.winner().sha256() == trainer.winner().sha256()
    changed = trainer.winner().tensors
    np.testing.assert_array_equal(changed["1.running_mean"], begin.tensors["1.running_mean"])
