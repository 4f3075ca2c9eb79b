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

from tests.evidence import many
from tests.trainers.deap_keys import deap_settings, nested
from vynapse.core import Budget, Report, Split, run
from vynapse.errors import CheckpointError, ConfigError
from vynapse.evolution.strategies.kind import STRATEGIES
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.testing import check_trainer
from vynapse.trainers.deap import MODE, build
from vynapse.trainers.deap_settings import DeapSettings
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
    structure = structure.fit(task.interface())
    streams = Streams(seed)
    fresh = network is None
    return Stage(task, network or initial_state(structure, streams), fresh, streams)


def make(case: str = "xor", seed: int = 0, /, **keys: Any) -> PopulationTrainer[Any]:
    """A trainer that makes one generation per call, unless told otherwise."""
    return build(stage(case, seed), deap_settings(**(ONE_BY_ONE | keys)))


def _population(trainer: PopulationTrainer[Any]) -> Any:
    stepper: Any = trainer._stepper
    return stepper.population


ONE_BY_ONE = {"generations_per_call": 1}
MANY = {"generations_per_call": 100}


def facts(report: Report) -> tuple[Any, ...]:
    history = {name: values.tobytes() for name, values in report.history.items()}
    return report.step, report.loss, report.cost, dict(report.metrics), history


VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("xor", {}),
    ("xor", {"generations_per_call": 4, "restart_patience": 3}),
    ("xor", {"restart_patience": 2, "offspring": 12, "mu": 3, "crossover_rate": 0.5}),
    ("xor", {"strategy": "mu,lambda", "adaptation": "decay", "selection": "roulette"}),
    ("spirals", {"batch_size": 16, "mu": 4, "offspring": 9, "evaluate_every": 3}),
    ("spirals", {"strategy": "mu,lambda", "batch_size": 7, "elites": 2, "mutation_rate": 0.5}),
    ("spirals", {"mask": {"0.*": 0}, "adaptation": "none", "evaluate_every": 2}),
    ("xor", {"strategy": "generational", "adaptation": "one-fifth", "selection": "rank"}),
    ("spirals", {"strategy": "steady-state", "mu": 6, "selection": "sus", "batch_size": 8}),
    (
        "xor",
        {
            "strategy": "steady-state",
            "mutation": "polynomial",
            "crossover_rate": 0.5,
            "crossover": "blend",
            "restart_spread": 0.5,
        },
    ),
    ("xor", {"selection": "truncation", "crossover_rate": 0.5, "crossover": "k-point"}),
    ("xor", {"strategy": "openai-es", "optimizer": "sgd", "learning_rate": 1.0}),
    ("spirals", {"strategy": "openai-es", "batch_size": 8, "offspring": 10}),
    ("spirals", {"strategy": "snes", "mask": {"0.*": 0}}),
    ("xor", {"strategy": "cma-es", "restart_patience": 2, "min_delta": 0.9, "restart_growth": 2.0}),
]


@settings(max_examples=many(sample=7, evidence=60))
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
        assert facts(plain.step()) == facts(saved.step())
        saved.state()
    state = saved.state()
    kept = copy.deepcopy(state)
    resumed.load(state)
    assert resumed.winner().sha256() == plain.winner().sha256()
    for _ in range(after):
        report = facts(plain.step())
        assert facts(resumed.step()) == report
        assert facts(saved.step()) == report
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
    for seed in range(many(sample=1, evidence=3)):
        trainer = make(case, seed, **keys)
        task = stage(case, seed).supervised
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
        assert report.loss == pytest.approx(lowest, rel=1e-5), "measured in another arithmetic"
    assert len(restarts) > 2, "restarts happened and the champion was kept over them"


def test_the_array_path_loads_no_torch() -> None:
    code = (
        "import sys\n"
        "from vynapse.networks.state import initial_state\n"
        "from vynapse.networks.mlp import MLP\n"
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


@pytest.mark.parametrize("seed", range(many(sample=4, evidence=20)))
def test_xor_is_solved(seed: int) -> None:
    """The smallest network that can, 2-2-1, on every seed; few need more than one start."""
    progress = run(make("xor", seed, **MANY), Budget(steps=1000, target=1e-2))
    assert progress.stop == "target"


@pytest.mark.parametrize("strategy", ["mu+lambda", "mu,lambda", "generational", "steady-state"])
@pytest.mark.parametrize("adaptation", ["none", "decay", "one-fifth", "self"])
def test_every_strategy_solves_xor(strategy: str, adaptation: str) -> None:
    for seed in range(many(sample=1, evidence=4)):
        keys = {"strategy": strategy, "adaptation": adaptation, "crossover_rate": 0.3}
        trainer = make("xor", seed, **keys, **MANY)
        assert run(trainer, Budget(steps=2000, target=1e-2)).stop == "target"


@pytest.mark.parametrize(
    "keys",
    [
        {"strategy": "openai-es"},
        {"strategy": "snes"},
        {"strategy": "cma-es"},
        {"selection": "rank", "crossover_rate": 0.5, "crossover": "blend"},
        {"selection": "sus", "crossover_rate": 0.5, "crossover": "k-point"},
        {"selection": "truncation", "mutation": "polynomial", "mutation_rate": 0.3},
    ],
)
def test_every_operator_and_distribution_solves_xor(keys: dict[str, Any]) -> None:
    for seed in range(many(sample=1, evidence=4)):
        assert (
            run(make("xor", seed, **keys, **MANY), Budget(steps=2000, target=1e-2)).stop == "target"
        )


@pytest.mark.parametrize(("case", "keys"), VARIANTS)
def test_every_variant_keeps_the_promises_of_a_trainer(case: str, keys: dict[str, Any]) -> None:
    check_trainer(lambda: make(case, 1, **keys), steps=many(sample=4, evidence=6))


def test_what_a_null_population_stands_for() -> None:
    sizes = {}
    for strategy in STRATEGIES.names():
        stepper: Any = make("xor", strategy=strategy)._stepper
        sizes[strategy] = len(stepper.population.ask())
    assert sizes == {
        "mu+lambda": 100, "mu,lambda": 100, "generational": 100, "steady-state": 10,
        "openai-es": 100, "snes": 10, "cma-es": 10,
    }  # fmt: skip


def test_the_other_keys_of_the_first_modes_still_mean_the_same() -> None:
    """Recipes of earlier versions name every key; none of them may be refused or changed."""
    keys = {
        "strategy": "mu+lambda", "mu": 20, "offspring": 100, "elites": 1,
        "selection": "tournament", "tournament_size": 3, "crossover_rate": 0.0,
        "mutation_rate": 1.0, "sigma": None, "adaptation": "self", "sigma_decay": 0.99,
        "sigma_min": 0.0001, "initial_sigma": None, "restart_patience": 100, "min_delta": 0.01,
        "mask": {}, "batch_size": None, "evaluate_every": 10,
    }  # fmt: skip
    settings = validate(DeapSettings, ONE_BY_ONE | keys, "deap")
    written, short = build(stage("xor", 3), settings), make("xor", 3)
    for _ in range(5):
        assert facts(written.step()) == facts(short.step())


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"elites": 2}, "deap.strategy.elites: unknown key"),
        ({"strategy": "generational", "mu": 7}, "deap.strategy.mu: unknown key"),
        ({"strategy": "snes", "selection": "rank"}, "deap.strategy.selection: unknown key"),
        ({"strategy": "cma-es", "learning_rate": 1.0}, "deap.strategy.learning_rate: unknown key"),
        ({"rank_pressure": 2.0}, "strategy.rank_pressure: selection tournament does not use it"),
        (
            {"selection": "rank", "tournament_size": 2},
            "strategy.tournament_size: selection rank does not",
        ),
        (
            {"crossover_rate": 0.5, "blend_alpha": 0.1},
            "strategy.blend_alpha: crossover uniform does not",
        ),
        ({"crossover": "blend"}, "strategy.crossover: crossover_rate 0 does not use it"),
        (
            {"mutation": "polynomial", "sigma": 0.1},
            "strategy.sigma: mutation polynomial does not use it",
        ),
        (
            {"mutation": "polynomial", "sigma_min": 0.1},
            "strategy.sigma_min: mutation polynomial does not",
        ),
        ({"weight_bound": 2.0}, "strategy.weight_bound: mutation gaussian does not use it"),
        ({"sigma_decay": 0.9}, "strategy.sigma_decay: adaptation self does not use it"),
        (
            {"adaptation": "none", "sigma_min": 0.1},
            "strategy.sigma_min: adaptation none does not use it",
        ),
        (
            {"strategy": "openai-es", "momentum": 0.5},
            "strategy.momentum: optimizer adam does not use it",
        ),
        (
            {"restart_patience": None, "min_delta": 0.5},
            "strategy.min_delta: without restart_patience",
        ),
        ({"restart_patience": None, "restart_growth": 2.0}, "strategy.restart_growth: without"),
        (
            {"crossover_rate": 0.5, "crossover": "k-point", "crossover_points": 9},
            "strategy.crossover_points: fewer than the 9 weights of the network were wanted, got 9",
        ),
        ({"mutation": "polynomial", "weight_bound": 0.01}, "strategy.weight_bound: at least "),
        (
            {"strategy": "cma-es", "offspring": 3},
            "strategy.offspring: at least 4 were wanted with cma-es",
        ),
        ({"strategy": "snes", "mask": {"*": 0}}, "mask: strategy snes needs a weight that may"),
        ({"strategy": "cma-es", "mask": {"0.*": 0, "2.weight": 0}}, "strategy: cma-es keeps a"),
    ],
)
def test_contradictions_are_one_sentence_each(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make("xor", **keys)
    assert [problem.startswith(sentence) for problem in caught.value.problems] == [True]


def test_a_matrix_that_would_not_fit_is_refused() -> None:
    task = make_task("digits", {})
    network = initial_state(MLP(sizes=(64, 200, 10)).fit(task.interface()), Streams(0))
    job = Stage(task, network, True, Streams(0))
    with pytest.raises(ConfigError, match="2 to 10000 weights that may change were wanted"):
        build(job, deap_settings(strategy="cma-es"))


def test_parity_is_solved() -> None:
    for seed in range(3):
        assert run(make("parity", seed, **MANY), Budget(steps=2000, target=1e-2)).stop == "target"


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
    second = build(job, deap_settings(restart_patience=1, min_delta=0.9, evaluate_every=1))
    assert second.winner().sha256() == given.sha256()
    for _ in range(6):
        report = second.step()
        assert report.loss <= reached
    assert report.metrics["restarts"] >= 2
    start = second._encoding.encode(None, given)
    while second.state()["population"]["age"]:
        second.step()
    assert _population(second).ask()[0].tobytes() == start.tobytes()


def test_a_restart_of_a_fresh_stage_draws_another_network_but_keeps_masked_weights() -> None:
    mask = {"2.*": 0}
    trainer = make("xor", 0, restart_patience=1, min_delta=0.9, mask=mask, initial_sigma=0.0)
    before = _population(trainer).ask()[0]
    while not trainer.step().metrics["restarts"]:
        pass
    after = _population(trainer).ask()[0]
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
    size = len(stage("spirals").supervised.split("validation"))
    assert trainer.step().cost.forwards == 10 * 8 + 2 * size
    assert trainer.step().cost.forwards == 10 * 8 + 2 * size + 15 * 8


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            {"strategy": "mu,lambda", "mu": 9, "offspring": 8},
            "deap.strategy.offspring: at least mu = 9",
        ),
        ({"strategy": "mu,lambda", "mu": 200}, "deap.strategy.offspring: at least mu = 200"),
        (
            {"strategy": "mu,lambda", "mu": 2, "elites": 3},
            "deap.strategy.elites: at most mu = 2 was wanted, got 3",
        ),
        (
            {"strategy": "generational", "offspring": 8, "elites": 9},
            "deap.strategy.elites: at most offspring = 8 was wanted, got 9",
        ),
        ({"rank_pressure": 2.5}, "deap.strategy.rank_pressure: less than or equal to 2"),
        ({"sigma": 0}, "deap.strategy.sigma: greater than 0"),
        (
            {"selecton": "roulette"},
            "deap.strategy.selecton: unknown key: did you mean 'selection'?",
        ),
        ({"mask": {"*": "off"}}, "deap.mask"),
    ],
)
def test_wrong_settings(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate(DeapSettings, nested(keys), "deap")
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
        loss="cross_entropy",
        classes=("dark", "bright"),
    )
    streams = Streams(0)
    begin = initial_state(structure, streams)

    job = Stage(task, begin, True, streams)
    trainer, resumed = (build(job, deap_settings(mu=5, offspring=20)) for _ in range(2))
    losses = []
    for step in range(12):
        report = trainer.step()
        losses.append(report.loss)
        assert report.loss == task.evaluate(trainer.winner().predictor(), "validation").loss
        if step == 5:
            resumed.load(trainer.state())
        elif step > 5:
            assert facts(resumed.step()) == facts(report)
    assert losses[-1] < 0.9 * losses[0]
    assert resumed.winner().sha256() == trainer.winner().sha256()
    changed = trainer.winner().tensors
    np.testing.assert_array_equal(changed["1.running_mean"], begin.tensors["1.running_mean"])
