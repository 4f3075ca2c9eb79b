# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every registered mode keeps the promises of a trainer, on every kind of task and network."""

import pytest

from tests.evidence import many
from vynapse.core import Budget, Stateless, Task, Trainer
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.generations import NeatPopulation
from vynapse.evolution.neat.population import Neat as Search
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.structure import Neat
from vynapse.evolution.objective import TrainingExamples
from vynapse.kernels import native
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import predictor
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure
from vynapse.networks.vector import Vector
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_any_task, make_task
from vynapse.testing import (
    check_encoding,
    check_evaluator,
    check_population,
    check_trainer,
)
from vynapse.trainers.mode import MODES, Stage

# what is varied beside the defaults of a mode; every mode is run on every case.
CASES: dict[str, tuple[str, dict[str, object], Structure]] = {
    "xor": ("xor", {}, MLP(sizes=(2, 2, 1))),
    "parity": ("parity", {"bits": 3}, MLP(sizes=(3, 4, 1))),
    "spirals": ("spirals", {}, MLP(sizes=(2, 8, 2), hidden="relu")),
    "digits": ("digits", {}, MLP(sizes=(64, 8, 10))),
    "factory": ("spirals", {}, Factory(factory="vynapse_test_networks:dropout_and_norm")),
}
# for modes that want episodes
CONTROL: dict[str, tuple[str, dict[str, object], Structure]] = {
    "cartpole": ("cartpole", {"validation_episodes": 3}, MLP(sizes=(4, 3, 1))),
    "double-pole": ("double-pole", {}, Neat()),
}
# for modes that want no examples: what they accept, and its task
FUNCTIONS: dict[str, dict[str, object]] = {
    "objectives": {"path": "vynapse_test_networks:two", "low": 0, "high": 1, "objectives": 2},
    "function": {"path": "vynapse_test_networks:sphere"},
    "descriptors": {"path": "vynapse_test_networks:described", "descriptors": 2},
}
# in place of other cases, for modes that cannot take those
INSTEAD: dict[str, dict[str, str]] = {"static": {"factory": "norm"}}
# for these, and for the paths of mode deap
FOR_PATHS: dict[str, tuple[str, dict[str, object], Structure]] = {
    "norm": ("spirals", {}, Factory(factory="vynapse_test_networks:norm")),
    "large": ("digits", {}, MLP(sizes=(64, 48, 10))),
    "policy": (
        "cartpole",
        {"validation_episodes": 1},
        Factory(factory="vynapse_test_networks:policy"),
    ),
    "convolution": ("xor", {}, Factory(factory="vynapse_test_networks:convolution")),
    "branching": ("xor", {}, Factory(factory="vynapse_test_networks:branching")),
}
# a population and a learner that has something to learn from at once
ACTORS: dict[str, object] = {
    "strategy": {"mu": 2, "offspring": 3},
    "warmup": 0,
    "updates_per_step": 0.05,
    "batch_size": 8,
    "evaluate_every": 2,
}
# a few episodes to learn from
LOGGED: dict[str, object] = {
    "data": {"behaviour": ["random"], "episodes": 4},
    "batch_size": 16,
    "critic": [8],
    "evaluate_every": 2,
}
SETTINGS: dict[str, list[dict[str, object]]] = {
    "sgd": [
        {},
        {"batch_size": 16, "optimizer": "sgd", "momentum": 0.9, "schedule": "cosine"},
        {"restart_patience": 2, "evaluate_every": 1, "clip_norm": 0.5, "warmup": 3},
    ],
    "static": [{}, {"executor": "planned", "batch_size": 64, "clip_norm": 0.5}],
    "grow": [
        {"controller": {"kind": "fixed", "begin": 1, "every": 2}, "epoch_steps": 2},
    ],
    "prune": [
        {"controller": {"kind": "pruning", "rest": 1, "tolerance": 10}, "epoch_steps": 2},
    ],
    "deap": [
        {"strategy": {"mu": 4, "offspring": 8}},
        {"strategy": {"kind": "mu,lambda", "mu": 4, "offspring": 8, "adaptation": "decay"}},
        {
            "strategy": {"mu": 4, "offspring": 8, "selection": "roulette"},
            "batch_size": 16,
            "evaluate_every": 2,
        },
        {
            "strategy": {"mu": 4, "offspring": 8},
            "refine": {"top_k": 2, "steps": 2, "inherit": "baldwinian"},
        },
        {
            "strategy": {
                "mu": 4,
                "offspring": 8,
                "restart_patience": 2,
                "min_delta": 0.9,
                "crossover_rate": 0.5,
            }
        },
    ],
    "neat": [
        {"population": 12, "add_node": 0.3, "add_connection": 0.3},
        {"population": 12, "batch_size": 16, "evaluate_every": 2, "target_species": 3},
    ],
    "hybrid": [
        {"population": 12, "add_node": 0.3, "refine": {"top_k": 3, "steps": 2}},
        {
            "population": 12,
            "batch_size": 16,
            "refine": {"top_k": 3, "steps": 2, "batch_size": 5, "every": 2, "rate": 0.5},
        },
    ],
    "policy": [
        {"environments": 2, "rollout": 8, "batch_size": 8, "epochs": 2, "evaluate_every": 2},
        {
            "environments": 3,
            "rollout": 4,
            "batch_size": 5,
            "smooth_noise": 2,
            "normalize_observations": True,
            "normalize_rewards": True,
            "anneal": True,
        },
    ],
    "actor-critic": [
        ACTORS,
        {**ACTORS, "strategy": None, "normalize_observations": True, "updates_per_step": 0.1},
        {**ACTORS, "strategy": {"kind": "snes", "offspring": 3}, "replay": 40, "inject_every": 2},
        {"strategy": {"mu": 2, "offspring": 3}, "updates_per_step": 0, "evaluate_every": 2},
    ],
    "iql": [
        LOGGED,
        {**LOGGED, "normalize_observations": True, "data": {"episodes": 3, "seed": 5}},
    ],
    "nsga2": [{"population": 8}],
    "map-elites": [{"batch": 8}],
}

# how mode deap computes: the way it says it has chosen, VYNAPSE_KERNELS, the case, its settings
PATHS: dict[str, tuple[str, str, str, dict[str, object]]] = {
    "in C": ("fused", "", "spirals", {}),
    "in C, restarting": ("fused", "", "xor", {"restart_patience": 2, "min_delta": 0.9}),
    "in NumPy": ("fused", "numpy", "spirals", {}),
    "in NumPy, restarting": ("fused", "numpy", "xor", {"restart_patience": 2, "min_delta": 0.9}),
    "by products": ("numpy", "", "large", {"evaluate_every": 2}),
    "by products, not the kernels' law": ("numpy", "", "xor", {"selection": "roulette"}),
    "by vmap": ("vmap", "", "factory", {"evaluate_every": 2}),
    "recorded": ("recorded", "", "convolution", {"evaluate_every": 2}),
    "one by one": ("loop", "", "branching", {"restart_patience": 2, "min_delta": 0.9}),
}
# networks that a mode does not begin with
REFUSED = {"neat": ("factory",), "hybrid": ("factory",)}
REFUSED |= {"deap": ("double-pole",), "iql": ("double-pole",)}
# settings by which a step of a mode is short, where its defaults are not
QUICK = {"policy": SETTINGS["policy"][0], "actor-critic": ACTORS, "iql": LOGGED}
SHORT = Budget(steps=6)


@pytest.fixture(autouse=True)
def _test_networks(monkeypatch, tmp_path) -> None:
    """A user's own module with what is hard to resume: dropout and batch norm."""
    (tmp_path / "vynapse_test_networks.py").write_text(
        "from torch import nn\n"
        "def dropout_and_norm():\n"
        "    return nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(),\n"
        "                         nn.Dropout(0.3), nn.Linear(6, 2))\n"
        "def norm():\n"
        "    return nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2))\n"
        "class Branching(nn.Sequential):\n"
        "    def forward(self, x):\n"
        "        y = super().forward(x)\n"
        "        return y if y.sum() > 0 else y * 1.5\n"
        "def branching():\n"
        "    return Branching(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid())\n"
        "def convolution():\n"
        "    return nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 3, 1), nn.Flatten(),\n"
        "                         nn.Tanh(), nn.Linear(6, 1), nn.Sigmoid())\n"
        "def policy():\n"
        "    return nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())\n"
        "def two(x):\n"
        "    return [(x**2).sum(), ((x - 1)**2).sum()]\n"
        "def sphere(x):\n"
        "    return (x**2).sum()\n"
        "def described(x):\n"
        "    return [(x**2).sum(), x[0], x[1]]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def stage_of(case: str, seed: int = 0, budget: Budget = SHORT, threads: int = 1) -> Stage:
    task: Task
    if case in FUNCTIONS:
        task = make_any_task("function", {"size": 3, "start": 0.5, **FUNCTIONS[case]})
        structure: Structure = Vector()
    else:
        name, options, structure = {**CASES, **CONTROL, **FOR_PATHS}[case]
        task = make_any_task(name, options)
    structure = structure.fit(task.interface())
    streams = Streams(seed)
    network = initial_state(structure, streams)
    stage = streams.child("stage.0")
    return Stage(task, network, True, stage, budget=budget, threads=threads)


def cases_of(mode: str) -> list[str]:
    """What a mode is run on."""
    accepts = MODES.get(mode).accepts
    accepted = [name for name in FUNCTIONS if name in accepts]
    other = INSTEAD.get(mode, {})
    examples = [other.get(case, case) for case in (CASES if "examples" in accepts else ())]
    control = CONTROL if "episodes" in accepts else ()
    cases = [*examples, *control, *accepted]
    return [case for case in cases if case not in REFUSED.get(mode, ())]


@pytest.mark.parametrize(
    ("mode", "settings", "case"),
    [
        (mode, own, case)
        for mode in MODES.names()
        for own in SETTINGS.get(mode, [{}])
        for case in cases_of(mode)
        # these keys are about examples, where a mode takes any
        if not (
            {"batch_size", "refine"} & own.keys()
            and case in {**FUNCTIONS, **CONTROL}
            and "examples" in MODES.get(mode).accepts
        )
        # a graph for each is slow, and how long the layers are makes no difference to it
        if not ("executor" in own and case not in ("spirals", "norm"))
    ],
)
def test_mode_keeps_the_promises_of_a_trainer(mode, settings, case) -> None:
    entry = MODES.get(mode)

    def make() -> Trainer:
        return entry.build(stage_of(case), validate(entry.settings, settings, mode))

    check_trainer(make, steps=many(sample=4, evidence=6))


def test_deap_improves_policies_of_torch() -> None:
    own = {"strategy": {"mu": 2, "offspring": 3}, "episodes": 1, "evaluate_every": 100}
    entry = MODES.get("deap")

    def make() -> Trainer:
        return entry.build(stage_of("policy"), validate(entry.settings, own, "deap"))

    check_trainer(make, steps=2)


@pytest.mark.parametrize("name", PATHS)
def test_deap_keeps_the_promises_on_each_of_its_paths(name, monkeypatch) -> None:
    path, kernels, case, settings = PATHS[name]
    stage_keys = {key: value for key, value in settings.items() if key == "evaluate_every"}
    keys = {key: value for key, value in settings.items() if key != "evaluate_every"}
    strategy = {"mu": 4, "offspring": 40, **keys}
    own = {"strategy": strategy, "generations_per_call": 5, **stage_keys}
    entry = MODES.get("deap")

    def make(threads: int = 1) -> Trainer:
        stage = stage_of(case, budget=Budget(), threads=threads)
        trainer = entry.build(stage, validate(entry.settings, own, "deap"))
        assert trainer.choices() == {"path": path}
        return trainer

    monkeypatch.setenv(native.VARIABLE, kernels)
    native.status.cache_clear()
    try:
        check_trainer(make, steps=4)
        alone, shared = make(), make(threads=2)
        for _ in range(4):
            assert alone.step() == shared.step()
        assert alone.winner().sha256() == shared.winner().sha256()
    finally:
        native.status.cache_clear()


@pytest.mark.parametrize("mode", MODES.names())
def test_reports_carry_declared_metrics_alone(mode) -> None:
    entry = MODES.get(mode)
    own = validate(entry.settings, QUICK.get(mode, {}), mode)
    trainer = entry.build(stage_of(cases_of(mode)[-2:][0]), own)
    for _ in range(12):
        assert set(trainer.step().metrics) <= set(entry.columns)


@pytest.mark.parametrize("mode", MODES.names())
def test_the_reported_loss_is_that_of_the_best_network(mode) -> None:
    for seed in range(3):
        entry = MODES.get(mode)
        stage = stage_of("spirals" if "spirals" in cases_of(mode) else cases_of(mode)[0], seed)
        trainer = entry.build(stage, validate(entry.settings, QUICK.get(mode, {}), mode))
        for _ in range(5):
            report = trainer.step()
        exact = stage.task.score(trainer.winner()).loss
        assert report.loss == exact
        in_torch = stage.task.score(Stateless(predictor(trainer.best()))).loss
        assert in_torch == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_encodings_and_the_evaluator_keep_their_promises(case) -> None:
    stage = stage_of(case)
    encoding = choose_encoding(stage.network, stage.supervised.input_shape)
    start = encoding.encode(None, stage.network)
    noise = Streams(1).stream("noise").normal(start.size * 5).reshape(5, -1)
    genomes = start + noise
    inputs = stage.supervised.prepare(stage.supervised.split("train").take(slice(None)).inputs[:20])
    check_encoding(encoding, genomes, inputs)
    examples = TrainingExamples(stage.supervised, None, Streams(2).stream("examples"))
    check_evaluator(Inline(), examples.objective(0), encoding, genomes)


@pytest.mark.parametrize("recurrent", [False, True])
def test_the_population_and_the_encoding_of_neat_keep_their_promises(recurrent) -> None:
    settings = NeatSettings(
        population=12, add_node=0.4, add_connection=0.4, recurrent=recurrent, updates=2
    )

    def make() -> NeatPopulation:
        return NeatPopulation(Search(settings, 2, 1, Streams(3)))

    task, encoding = make_task("xor", {}), NeatEncoding(2, 1, recurrent, 2)
    examples = TrainingExamples(task, None, Streams(2).stream("examples")).objective(0)
    check_population(make, lambda genomes: examples.measure(encoding, genomes), encoding)
    grown = make()
    for _ in range(8):
        grown.tell(grown.ask(), examples.measure(encoding, grown.ask()))
    check_evaluator(Inline(), examples, encoding, grown.ask())
    if not recurrent:
        check_encoding(encoding, grown.ask(), examples.inputs)


def test_every_mode_has_a_summary_of_one_line() -> None:
    summaries = MODES.summaries()
    assert set(summaries) == set(MODES.names())
    for name in MODES.names():
        assert MODES.get(name).summary == summaries[name]
        assert "\n" not in summaries[name]
