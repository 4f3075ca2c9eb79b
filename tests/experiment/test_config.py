# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From files, presets and overrides to a recipe; everything wrong at once, with file and key."""

from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.data.drawn_pictures import folder_of
from tests.evidence import EVIDENCE
from vynapse.data.held import Held
from vynapse.errors import ConfigError
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.presets import default_network, stage_preset
from vynapse.experiment.recipe import (
    BudgetSettings,
    CheckpointSettings,
    Recipe,
    StageChoice,
    TelemetrySettings,
)
from vynapse.experiment.schema import json_schema, to_yaml
from vynapse.tasks.registry import TASKS, make_task
from vynapse.trainers.mode import MODES

CSV = "size,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40))


def write(folder: Path, text: str, name: str = "recipe.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def arrays_file(folder: Path) -> Path:
    inputs = np.arange(40, dtype=np.float32).reshape(20, 2)
    path = folder / "d.safetensors"
    path.write_bytes(Held({"inputs": inputs, "targets": np.arange(20) % 2}).to_bytes())
    return path


def sentences(**arguments) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_recipe(**arguments)
    return caught.value.problems


def test_a_file_and_overrides_and_their_order(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        task: {name: parity, bits: 3}
        seed: 4
        network: {mlp: [3, 5, 1]}
        stages:
          - {mode: deap, budget: {steps: 9, target: 0.1}, strategy: {mu: 7}}
        """,
    )
    recipe = load_recipe(file=file, overrides=["seed=5", "strategy.mu=8", "budget.target=null"])
    stage = recipe.stages[0]
    assert (recipe.seed, recipe.as_file()["task"]["bits"]) == (5, 3)
    assert (stage.as_file()["strategy"]["mu"], stage.budget.steps, stage.budget.target) == (
        8,
        9,
        None,
    )
    assert recipe.network == {"mlp": [3, 5, 1]}


def test_a_part_of_the_default_network_can_be_set() -> None:
    recipe = load_recipe("xor", "deap", overrides=["network.mlp.hidden=relu"])
    assert recipe.network == {"mlp": {"sizes": [2, 2, 1], "hidden": "relu"}}
    other = load_recipe("parity", "deap", overrides=["network.mlp=[3, 2, 1]", "task.bits=3"])
    assert other.network == {"mlp": [3, 2, 1]}


def test_a_key_of_the_task_is_suggested_with_its_place() -> None:
    found = sentences(task="digits", mode="sgd", overrides=["augment=[flip]"])
    assert any("did you mean 'task.augment'?" in s for s in found)


@pytest.mark.parametrize(
    ("mode", "key", "place"),
    [
        ("grow", "learning_rate", "training.learning_rate"),
        ("grow", "plateau_gain", "controller.plateau_gain"),
        ("grow", "begin", "controller.begin"),
        ("grow", "noise", "task.noise"),
        ("sgd", "steps", "budget.steps"),
    ],
)
def test_a_key_that_belongs_elsewhere_is_told_its_place(mode: str, key: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe("glyphs", mode, overrides=[f"{key}=1"])
    (sentence,) = caught.value.problems
    assert sentence == f"command line: stages.0.{key}: unknown key: did you mean '{place}'?"


def test_toml_and_yaml_say_the_same(tmp_path: Path) -> None:
    one = write(tmp_path, "task: xor\nstages: [{mode: deap, mu: 3, budget: {steps: 2}}]")
    other = write(
        tmp_path,
        'task = "xor"\n[[stages]]\nmode = "deap"\nmu = 3\nbudget = {steps = 2}\n',
        "recipe.toml",
    )
    assert load_recipe(file=one) == load_recipe(file=other)


def test_a_stage_of_several_is_named_by_its_index(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "task: xor\nstages: [{mode: deap, budget: {steps: 2}}, {mode: sgd, budget: {steps: 3}}]",
    )
    recipe = load_recipe(file=file, overrides=["stages.1.learning_rate=0.5"])
    assert recipe.stages[1].as_file()["learning_rate"] == 0.5
    assert any(
        "write stages.N.strategy.mu" in s for s in sentences(file=file, overrides=["strategy.mu=3"])
    )


def test_every_problem_is_reported_at_once_with_its_file_and_key(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        task: {name: parity, bit: 3}
        sede: 4
        threads: many
        network: {mpl: [3, 1]}
        stages:
          - {mode: deap, budget: {step: 9}, msk: {}, strategy: {muu: 7, sigma: -1}}
          - {mode: sdg}
        """,
    )
    found = sentences(file=file, overrides=["log_every=0"])
    for expected in (
        "task.bit: unknown key: did you mean 'bits'?",
        "sede: unknown key: did you mean 'seed'?",
        "threads: ",
        "unknown kind of network 'mpl': did you mean 'mlp'?",
        "stages.0.budget.step: unknown key: did you mean 'steps'?",
        "stages.0.msk: unknown key: did you mean 'mask'?",
        "stages.0.strategy.muu: unknown key: did you mean 'mu'?",
        "stages.0.strategy.sigma: greater than 0 was wanted, got -1",
        "stages.1.mode: unknown mode 'sdg': did you mean 'sgd'?",
    ):
        assert any(s.startswith(f"{file}: ") and expected in s for s in found), (expected, found)
    assert any(s.startswith("command line: log_every: ") for s in found)
    assert len(found) == len(set(found)) == 10


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"task": "xro", "mode": "deap"}, "unknown task 'xro': did you mean 'xor'?"),
        ({"task": "xor", "mode": "deep"}, "unknown mode 'deep': did you mean 'deap'?"),
        ({"task": "xor"}, "stages: a list of stages, each with a mode, was wanted"),
        ({"mode": "deap"}, "task: a name such as xor"),
        ({"task": "xor", "mode": "deap", "overrides": ["strategy.mu"]}, "key=value was wanted"),
        (
            {"task": "xor", "mode": "deap", "overrides": ["batch_size=[1"]},
            "is not a value in YAML",
        ),
        ({"task": "xor", "mode": "deap", "overrides": ["strategy.mu.x=1"]}, "mu"),
        ({"task": "xor", "mode": "deap", "overrides": ["stages.4.mu=1"]}, "index below 1"),
        ({"task": "xor", "mode": "deap", "overrides": ["budget.epochs=2"]}, "knows no epochs"),
        ({"task": "xor", "mode": "deap", "overrides": ["network.mlp=[3, 1]"]}, "2 inputs"),
        ({"task": "xor", "mode": "deap", "overrides": ["network={cnn: [4]}"]}, "use mlp"),
        ({"task": "xor", "mode": "deap", "overrides": ["seed=-1"]}, "command line: seed: "),
    ],
)
def test_wrong_words(arguments, expected) -> None:
    assert any(expected in s for s in sentences(**arguments)), sentences(**arguments)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("task: [", "r.yaml", "not valid YAML in line"),
        ("task = ", "r.toml", "not valid TOML"),
        ("- xor", "r.yaml", "a mapping of keys to values was wanted"),
        ("", "r.yaml", "a mapping of keys to values was wanted"),
        ("task: xor\nstages: deap", "r.yaml", "stages: a list of stages"),
        ("task: xor\nstages: [{mode: deap, budget: 3}]", "r.yaml", "stages.0.budget: a mapping"),
        ("task: xor\nstages: [{mode: 3}]", "r.yaml", "stages.0.mode: the name of a mode"),
    ],
)
def test_a_malformed_file_is_refused_with_its_name(text, name, expected, tmp_path: Path) -> None:
    file = write(tmp_path, text, name)
    assert any(str(file) in s and expected in s for s in sentences(file=file))


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    found = sentences(file=tmp_path / "no.yaml")
    assert found == [f"{tmp_path / 'no.yaml'}: cannot read the recipe: No such file or directory"]


def test_a_mode_beside_stages_of_its_own_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "task: xor\nstages: [{mode: deap}]")
    assert load_recipe(file=file, mode="deap").stages[0].mode == "deap"
    assert any("leave out --mode sgd" in s for s in sentences(file=file, mode="sgd"))


# settings of a task and of a mode know nothing of each other: every one of both is there
EVERY_PAIR = list(product(TASKS.names(), MODES.names()))
PAIRS = EVERY_PAIR if EVIDENCE else list(zip(TASKS.names(), cycle(MODES.names()), strict=False))


def test_every_task_and_every_mode_is_written() -> None:
    assert {task for task, _ in PAIRS} == set(TASKS.names())
    assert {mode for _, mode in PAIRS} == set(MODES.names())


@pytest.mark.parametrize("comments", [True, False])
@pytest.mark.parametrize(("task", "mode"), PAIRS)
def test_a_written_recipe_reads_back_equal(task, mode, comments, tmp_path: Path) -> None:
    overrides = []
    if task == "csv":
        write(tmp_path, CSV, "d.csv")
        overrides = [f"task.path={tmp_path / 'd.csv'}", "task.target=kind"]
    if task == "images":
        overrides = [f"task.path={folder_of(tmp_path / 'pictures', 3)}"]
    if task == "arrays":
        overrides = [f"task.file={arrays_file(tmp_path)}"]
    if task == "function":
        overrides = ["task.path=math:fsum", "task.size=2", "task.low=0", "task.high=1"]
    if task == "gym":
        overrides = ["task.id=CartPole-v1"]
    if task == "text":
        path = write(tmp_path, "to be or not to be, that is the question\n" * 1500, "d.txt")
        overrides = [f"task.file={path}"]
    recipe = load_recipe(task, mode, overrides=overrides)
    text = to_yaml(recipe, comments=comments)
    assert load_recipe(file=write(tmp_path, text)) == recipe
    if comments:
        own = recipe.stages[0].settings.model_dump() | recipe.task.settings.model_dump()
        for key in own:
            line = next(
                i for i, s in enumerate(text.splitlines()) if s.strip().startswith(f"{key}:")
            )
            assert text.splitlines()[line - 1].strip().startswith("#"), f"{key} is not explained"


def test_the_preset_budget_gives_way_to_any_limit_of_the_users() -> None:
    recipe = load_recipe("xor", "sgd", overrides=["budget.flops=1000"])
    budget = recipe.stages[0].budget
    assert budget.flops == 1000
    assert budget.steps is None
    assert budget.epochs is None


def test_the_schema_knows_every_key_of_every_task_and_mode() -> None:
    schema, *short = json_schema()["anyOf"]
    stages = schema["properties"]["stages"]["items"]["anyOf"]
    assert {s["properties"]["mode"]["const"] for s in short} == set(MODES.names())
    assert all({"task", "seed", "budget"} <= form["properties"].keys() for form in short)
    assert {s["properties"]["mode"]["const"] for s in stages} == set(MODES.names())
    tasks = schema["properties"]["task"]["anyOf"][1:]
    assert {t["properties"]["name"]["const"] for t in tasks} == set(TASKS.names())
    for part in (*stages, *tasks):
        assert part["additionalProperties"] is False
        own = {k: v for k, v in part["properties"].items() if k not in ("mode", "name", "budget")}
        assert all(about.get("description") for about in own.values()), own


def test_the_keys_of_a_recipe_are_frozen() -> None:
    """A change here changes what users' files may say: note it in CHANGELOG.md."""
    assert list(Recipe.model_fields) == [
        "loss", "weights", "seed", "device", "threads", "log_every", "checkpoint", "telemetry",
        "task", "network", "stages",
    ]  # fmt: skip
    assert list(TelemetrySettings.model_fields) == ["sinks"]
    assert list(StageChoice.model_fields) == ["mode", "budget", "settings"]
    assert list(BudgetSettings.model_fields) == [
        "steps", "epochs", "forwards", "backwards", "flops", "env_steps", "seconds", "target",
        "patience",
    ]  # fmt: skip
    assert list(CheckpointSettings.model_fields) == ["every_seconds", "every_steps", "keep"]


@pytest.mark.parametrize("override", ["learning_rate=0.02", "budget.target=null", "budget.flops=9"])
def test_a_recorded_recipe_resolves_to_itself(override) -> None:
    recipe = load_recipe("xor", "sgd", overrides=[override])
    assert resolve(yaml.safe_load(yaml.safe_dump(recipe.as_file()))) == recipe


def test_time_or_a_gpu_make_a_run_irreproducible() -> None:
    assert load_recipe("xor", "deap").reproducible
    assert not load_recipe("xor", "deap", overrides=["budget.seconds=1"]).reproducible


def controller(**keys: Any) -> dict[str, Any]:
    """A controller as the recipe of a run has it: with every key."""
    return CONTROLLERS.choose(keys).as_data()


def test_a_nested_mapping_is_completed_by_the_preset_key_by_key() -> None:
    preset = stage_preset(TASKS.get("glyphs"), MODES.get("grow"))
    recipe = load_recipe("glyphs", "grow", overrides=["training.learning_rate=0.5"])
    training = recipe.stages[0].as_file()["training"]
    assert training["learning_rate"] == 0.5
    for key, value in preset["training"].items():
        assert key == "learning_rate" or training[key] == value
    other = load_recipe("glyphs", "grow", overrides=["controller={kind: fixed, begin: 2}"])
    assert other.stages[0].as_file()["controller"] == controller(kind="fixed", begin=2)
    named = load_recipe("glyphs", "grow", overrides=["controller=heuristic"])
    assert named.stages[0].as_file()["controller"] == controller(**preset["controller"])
    named = load_recipe("glyphs", "grow", overrides=["controller=no-op"])
    assert named.stages[0].as_file()["controller"] == {"kind": "no-op"}


def test_keys_beside_the_name_of_a_kind_are_keys_of_that_kind() -> None:
    name, key = "controller=random", "controller.live_seeds=1"
    for overrides in ([name, key], [key, name]):
        recipe = load_recipe("glyphs", "grow", overrides=overrides)
        assert recipe.stages[0].as_file()["controller"] == controller(kind="random", live_seeds=1)


def test_off_is_a_word() -> None:
    assert (
        load_recipe("xor", "grow", overrides=["profile=off"]).stages[0].as_file()["profile"]
        == "off"
    )


def test_the_default_network_may_depend_on_the_mode() -> None:
    kind, task = TASKS.get("cifar10"), make_task("cifar10", {})
    grown = default_network(kind, task, "grow")
    assert grown["factory"] == "vynapse.esper.kasmina.hosts:residual"
    assert "cnn" in default_network(kind, task, "sgd")


def test_a_preset_names_no_blueprint_for_a_network_of_the_user() -> None:
    """Its slots may offer none that the preset has: text with an MLP has no slot for a block."""
    mode = MODES.get("grow")
    usual = stage_preset(TASKS.get("text"), mode)
    other = stage_preset(TASKS.get("text"), mode, other_network=True)
    assert usual["controller"].pop("blueprints") == ["block"]
    assert other == usual
    told = load_recipe("glyphs", "grow", overrides=[("network", {"cnn": [4, 8]})])
    own = told.stages[0].as_file()["controller"]
    assert (own["blueprints"], own["deadline"]) == (None, 0.1)
    assert stage_preset(TASKS.get("csv"), mode)["training"]["schedule"] == "cosine"
