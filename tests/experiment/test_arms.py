# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What growth is compared with: the same budget, seeds and rule of descent, and paired figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from vynapse.errors import ConfigError, RunDirectoryError, UnknownName
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.esper.tolaria.controls import CONTROLS
from vynapse.experiment.arms import arms_of
from vynapse.experiment.compare import Comparison, Finished
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe, StageChoice
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams

TRAINING = ["grow.training.learning_rate=0.02", "grow.training.batch_size=64"]
NETWORK = "network={mlp: {sizes: [2, 8, 2], hidden: gelu}}"


def keys(stage: StageChoice) -> dict[str, Any]:
    return stage.settings.model_dump(mode="json")


def comparison(directory: Path, *controls: str, **more) -> Comparison:
    asked = {"budget": {"flops": 2e6}, "overrides": [*TRAINING, NETWORK], "modes": ["sgd", "grow"]}
    every = {"seeds": 2, **asked, **more}
    return Comparison(["spirals"], directory=directory, controls=controls, **every)


def test_controls_follow_the_arm_of_growth(tmp_path: Path) -> None:
    arms = comparison(tmp_path, *CONTROLS, "fixed").arms()
    assert [(arm.name, arm.control_of) for arm in arms] == [
        ("sgd", None),
        ("grow (heuristic)", None),
        ("static-initial", "grow (heuristic)"),
        ("static-final", "grow (heuristic)"),
        ("static-path", "grow (heuristic)"),
        ("grow (fixed)", "grow (heuristic)"),
        ("grow (random)", "grow (heuristic)"),
        ("grow (no-op)", "grow (heuristic)"),
    ]
    assert [arm.name for arm in comparison(tmp_path).arms()] == ["sgd", "grow"]


def test_controls_have_the_budget_and_the_descent_of_growth(tmp_path: Path) -> None:
    _, grow, initial, final, path, *others = (
        arm.recipe for arm in comparison(tmp_path, *CONTROLS).arms()
    )
    own = grow.stages[0]
    assert path.stages[0].as_file()["schedule"] == "cosine"
    for recipe in (initial, final):
        (stage,) = recipe.stages
        assert (stage.mode, stage.budget) == ("sgd", own.budget)
        pays_alike = {"evaluate_every": own.as_file()["epoch_steps"]}
        assert own.as_file()["epoch_steps"] is not None, "the preset of the task has it"
        assert keys(stage) == own.as_file()["training"] | pays_alike
        assert stage.as_file()["learning_rate"] == 0.02
        assert recipe.model_copy(update={"stages": grow.stages}) == grow
    for recipe, kind in zip(others, ("fixed", "random", "no-op"), strict=True):
        (stage,) = recipe.stages
        assert stage.as_file()["controller"]["kind"] == kind
        assert keys(stage) == keys(own) | {"controller": stage.as_file()["controller"]}
        assert (stage.mode, stage.budget) == ("grow", own.budget)


def test_another_controller_has_the_keys_that_it_knows(tmp_path: Path) -> None:
    limits = {"blueprints": ["mlp"], "parameter_limit": 2.0}
    given = json.dumps({"kind": "heuristic", "host_epochs": 1, **limits})
    overrides = [f"grow.controller={given}"]
    grow, *others = comparison(
        tmp_path, "fixed", "random", "no-op", modes=["grow"], overrides=overrides
    ).arms()
    assert grow.name == "grow (heuristic)"
    controllers = [arm.recipe.stages[0].as_file()["controller"] for arm in others]
    assert controllers == [
        CONTROLLERS.choose({**limits, "kind": "fixed"}).as_data(),
        CONTROLLERS.choose({**limits, "kind": "random"}).as_data(),
        {"kind": "no-op"},
    ]


def test_a_static_arm_takes_nothing_from_the_preset_of_its_task(tmp_path: Path) -> None:
    overrides = ["grow.training.learning_rate=0.02"]
    (*_, static) = comparison(tmp_path, "static-initial", overrides=overrides).arms()
    preset = load_recipe("spirals", "sgd").stages[0].as_file()
    assert preset["schedule"] == "cosine"
    grow = comparison(tmp_path, overrides=overrides).arms()[1].recipe.stages[0]
    pays_alike = {"evaluate_every": grow.as_file()["epoch_steps"]}
    assert keys(static.recipe.stages[0]) == grow.as_file()["training"] | pays_alike


def test_the_final_architecture_is_trained_from_scratch(tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    start = load_recipe("spirals", "sgd", overrides=[NETWORK, "budget={steps: 3}"])
    from vynapse.experiment.plan import prepare

    weights.write_bytes(prepare(start).network().to_bytes())
    more = {"overrides": [*TRAINING, f"weights={weights}"], "modes": ["grow"]}
    grow, initial, final = comparison(tmp_path, "static-initial", "static-final", **more).arms()
    assert grow.recipe.weights == initial.recipe.weights == str(weights)
    assert final.recipe.weights is None
    assert initial.variant is not None
    assert final.variant is not None
    assert (initial.variant.rebuild, final.variant.rebuild is None) == (None, False)


@pytest.mark.parametrize("key", ["steps", "patience"])
def test_steps_are_no_common_unit(key: str, tmp_path: Path) -> None:
    budget = {"flops": 1e6, key: 3}
    for control in ("static-initial", "static-final"):
        with pytest.raises(ConfigError, match=rf"budget\.{key}: {control} needs a budget in"):
            comparison(tmp_path, control, budget=budget).arms()
    assert len(comparison(tmp_path, "no-op", budget=budget).arms()) == 3


def test_epochs_are_a_common_unit_where_they_are_a_pass_over_the_data(tmp_path: Path) -> None:
    more = {"budget": {"epochs": 3}}
    with pytest.raises(ConfigError, match=r"budget\.epochs: static-initial needs a budget in"):
        comparison(tmp_path, "static-initial", **more).arms()
    passes = [*TRAINING, NETWORK, "grow.epoch_steps=null"]
    assert comparison(tmp_path, "static-initial", overrides=passes, **more).arms()


def test_growth_and_what_never_grows_train_on_as_many_examples(tmp_path: Path) -> None:
    """Both pay for validations, so they have to make as many."""
    at_once = [*TRAINING, NETWORK, "grow.controller=no-op"]
    asked = comparison(tmp_path, "static-initial", modes=["grow"], overrides=at_once)
    grown, static = (row.runs[0]["cost"] for row in asked.run().rows)
    assert static["backwards"] == pytest.approx(grown["backwards"], rel=0.05)


def test_a_seed_that_was_blending_in_is_whole_in_the_network_from_scratch(tmp_path: Path) -> None:
    clock = "{kind: fixed, begin: 0, every: 1, blueprints: [norm]}"
    keys = [NETWORK, f"controller={clock}", "isolation=shadow", "blend_epochs=20"]
    keys += ["budget={steps: 4}"]
    recipe = load_recipe("spirals", "grow", overrides=keys)
    Session.create(recipe, tmp_path / "run").run()
    shares = [seed["alpha"] for seed in seeds_of(load(tmp_path / "run").network.structure.as_key())]
    assert shares
    assert all(0 < share < 1 for share in shares)
    (_, final) = arms_of("spirals", recipe_in("flops", recipe), ["static-final"])
    assert all(seed["alpha"] == 1 for seed in seeds_of(final.begins_with(tmp_path / "run").network))


def recipe_in(unit: str, recipe: Recipe) -> Recipe:
    """The recipe with its budget in another unit."""
    (stage,) = recipe.stages
    budget = stage.budget.model_copy(update={"steps": None, unit: 4})
    return recipe.model_copy(update={"stages": (stage.model_copy(update={"budget": budget}),)})


def seeds_of(network: dict[str, Any]) -> list[dict[str, Any]]:
    return [seed for seeds in network["grown"]["slots"].values() for seed in seeds]


def test_wrong_controls_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\(hybrid, grow\) must be among the modes, got sgd"):
        comparison(tmp_path / "new", "no-op", modes=["sgd"]).run()
    itself = ["grow.controller=random", NETWORK]
    with pytest.raises(ConfigError, match="growth itself runs the controller random here: leave"):
        comparison(tmp_path / "new", "no-op", "random", overrides=itself).run()
    with pytest.raises(UnknownName, match="unknown control 'static': did you mean 'static-"):
        comparison(tmp_path / "new", "static").run()
    assert not (tmp_path / "new").exists()


def test_each_seed_is_compared_with_what_it_grew(tmp_path: Path) -> None:
    at_once = "grow.controller={kind: fixed, begin: 0, every: 1, blueprints: [norm]}"
    table = comparison(
        tmp_path,
        "static-initial",
        "static-final",
        modes=["grow"],
        budget={"flops": 1.5e6},
        overrides=[*TRAINING, NETWORK, at_once, "grow.epoch_steps=3"],
    ).run()
    names = [row.mode for row in table.rows]
    assert names == ["grow (fixed)", "static-initial", "static-final"]
    for seed in range(2):
        grown = load(tmp_path / "spirals-grow-fixed" / f"seed-{seed}").network
        assert isinstance(grown.structure, Grown), "something has grown"
        final = tmp_path / "spirals-static-final" / f"seed-{seed}"
        assert load(final).network.structure == grown.structure
        recipe = json.loads((final / "run.json").read_text())["recipe"]
        assert recipe["seed"] == seed
        assert recipe["weights"] is None
        fresh = initial_state(grown.structure, Streams(seed))
        assert {n: t.shape for n, t in fresh.tensors.items()} == {
            n: t.shape for n, t in grown.tensors.items()
        }
        for row in table.rows:
            assert row.runs[seed]["cost"]["flops"] >= 1.5e6
    markdown = (tmp_path / "table.md").read_text()
    for name in names[1:]:
        assert f"| spirals | {name} − grow (fixed) | 2 | " in markdown


def test_every_network_on_the_way_is_trained_from_scratch(tmp_path: Path) -> None:
    """A row for each, with the seeds whose way is as long."""
    at_once = "grow.controller={kind: random, blueprints: [norm, mlp]}"
    seen: list[Finished] = []
    compared = comparison(
        tmp_path,
        "static-path",
        modes=["grow"],
        seeds=3,
        budget={"flops": 3e6},
        overrides=[*TRAINING, NETWORK, at_once, "grow.epoch_steps=3", "grow.isolation=joint"],
    )
    table = compared.run(seen.append)
    grow, *rows = table.rows
    assert [row.mode for row in rows] == [f"static-path {n}" for n in range(len(rows))]
    assert [row.control_of for row in rows] == ["grow (random)"] * len(rows)
    assert seen[-1].number == seen[-1].total == len(seen)
    sizes = {
        seed: [run["parameters"] for row in rows for run in row.runs if run["seed"] == seed]
        for seed in range(3)
    }
    assert len({len(found) for found in sizes.values()}) > 1, "else the test shows too little"
    for run in grow.runs:
        found = sizes[run["seed"]]
        assert found == sorted(set(found))
        assert found[0] == 42
        assert found[-1] == run["parameters"]
    markdown = (tmp_path / "table.md").read_text()
    assert markdown.count("static-path N is mode sgd on the network after the N-th change") == 1
    ended = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("summary.json")}
    compared.run()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("summary.json")} == ended


def test_a_way_of_a_run_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    (*_, path) = comparison(tmp_path, "static-path", modes=["grow"]).arms()
    assert path.has_path
    with pytest.raises(RunDirectoryError, match="nowhere"):
        path.rows({0: tmp_path / "nowhere"})
    with pytest.raises(ConfigError, match=r"budget\.steps: static-path needs a budget in another"):
        comparison(tmp_path, "static-path", budget={"steps": 3}).arms()
