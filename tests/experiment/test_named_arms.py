# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arms that are recipes; several runs at a time; repeats; what all of it would take."""

import json
from pathlib import Path

import numpy as np
import pytest

import vynapse
from vynapse.cli.main import main
from vynapse.errors import ConfigError
from vynapse.experiment.compare import Comparison
from vynapse.experiment.config import load_recipe
from vynapse.experiment.estimate import estimate
from vynapse.experiment.repeats import fingerprint, repeats_of

WORDS = "compare --arm plus=plus.yaml --arm snes=snes.yaml --seeds 3"


@pytest.fixture(autouse=True)
def _recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "task: xor\nmode: deap\nbudget: {steps: 5}\n"
    Path("plus.yaml").write_text(text)
    Path("snes.yaml").write_text(text + "strategy: snes\n")


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.parent.relative_to(folder)): fingerprint(path.parent)
        for path in sorted(folder.rglob("metrics.csv"))
    }


def test_two_variants_of_a_mode_and_jobs(capsys) -> None:
    assert main([*WORDS.split(), "--out", "one"]) == 0
    assert "| xor | snes − plus | 3 |" in capsys.readouterr().out
    assert main([*WORDS.split(), "--jobs", "2", "--repeats", "2", "--out", "two"]) == 0
    assert "| xor | snes | 2 | yes |" in capsys.readouterr().out
    one, two = bytes_of(Path("one")), bytes_of(Path("two"))
    assert len(one) == 6
    assert one == {name: two[name] for name in one}
    assert set(two) - set(one) == {f"{name}-repeat-2" for name in one}
    found = json.loads(Path("two/table.json").read_text())[1]
    assert found["control_of"] == "plus"
    assert found["differences"]["loss"]["mean"] == pytest.approx(
        np.mean([run["loss"] for run in found["runs"]])
        - np.mean(
            [run["loss"] for run in json.loads(Path("one/table.json").read_text())[0]["runs"]]
        )
    )


def test_arms_are_files_runs_modes_and_recipes() -> None:
    vynapse.run(recipe="snes.yaml", out="run")
    arms = Comparison(
        ["xor"], [], 1, Path("c"), budget={"steps": 3}, overrides=["mode.seed=7", "log_every=2"],
        recipes={
            "file": Path("plus.yaml"), "run": "run", "mode": "sgd",
            "recipe": load_recipe("xor", "deap"),
        },
    ).arms()  # fmt: skip
    assert [arm.control_of for arm in arms] == [None, "file", "file", "file"]
    assert {arm.recipe.stages[0].budget.steps for arm in arms} == {3}
    assert [arm.recipe.seed for arm in arms] == [0, 0, 7, 0]
    assert {arm.recipe.log_every for arm in arms} == {2}
    assert arms[1].recipe.stages[0].as_file()["strategy"]["kind"] == "snes"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("compare --arm plus", "--arm: NAME=RECIPE was wanted"),
        ("compare --arm a=plus.yaml --arm a=snes.yaml", "each name once was wanted"),
        ("compare --arm a=plus.yaml --modes deap", "leave modes and controls out"),
        ("compare --arm a=nowhere.yaml", "a: nowhere.yaml: cannot read the recipe"),
        ("compare --arm a=plus", "a: a recipe file, a run directory or one of"),
        ("compare xor --modes deap --jobs 0", "jobs: a number from 1 on was wanted"),
        ("compare xor --modes deap --repeats 0", "repeats: a number from 1 on was wanted"),
    ],
)
def test_wrong_arms_are_refused_before_anything_runs(words, sentence, capsys) -> None:
    assert main(words.split()) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("runs").exists()


def test_other_bytes_are_noticed() -> None:
    runs = [vynapse.run("xor", mode="deap", seed=s, budget={"steps": 2}) for s in (0, 0, 1)]
    pairs = [(run.path, {"cpu_seconds": 1.0 + place}) for place, run in enumerate(runs)]
    same = repeats_of([0], [pairs[:2]])
    assert same.same_bytes
    # quartiles of 1 and 2 are 1.25 and 1.75
    assert same.spreads == pytest.approx((0.5 / 1.5,))
    times = [(runs[0].path, {"cpu_seconds": seconds}) for seconds in (9.0, 10.0, 10.0, 11.0, 90.0)]
    assert repeats_of([0], [times]).spreads == pytest.approx((0.1,))
    assert repeats_of([0], [pairs[1:]]).different == (0,)


def test_a_comparison_on_arrays_and_weights_of_a_module() -> None:
    import torch

    generator = np.random.default_rng(0)
    rows = generator.normal(size=(40, 2))
    module = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    arms = {"slow": {"mode": "sgd", "learning_rate": 1e-4}, "fast": {"mode": "sgd"}}
    table = vynapse.compare(
        (rows, rows[:, 0] > 0), arms=arms, network=module, budget={"epochs": 2}, seeds=1, out="c"
    )
    assert [row.mode for row in table.rows] == ["slow", "fast"]
    assert set(table.differences(table.rows[1])) >= {"loss", "accuracy"}
    begun = {(Path("c") / f"arrays-{name}" / "seed-0" / "start.safetensors") for name in arms}
    assert len({vynapse.NetworkState.read(path).sha256() for path in begun}) == 1
    with pytest.raises(ConfigError, match="one task was wanted where there are arms"):
        vynapse.compare(["xor", "parity"], arms=arms)


def test_a_call_compares_modes_as_the_command_line_does() -> None:
    table = vynapse.compare("xor", ["deap"], seeds=1, budget={"steps": 3}, log_every=3, out="a")
    words = "compare xor --modes deap --seeds 1 --budget steps=3 --set log_every=3 --out b"
    assert main(words.split()) == 0
    assert bytes_of(Path("a")) == bytes_of(Path("b"))
    assert table.rows[0].runs[0]["steps"] == 3


@pytest.mark.parametrize(
    ("task", "mode", "keys"),
    [
        ("digits", "deap", {"budget": {"steps": 12}}),
        ("digits", "sgd", {"budget": {"epochs": 3}}),
        ("xor", "sgd", {"budget": {"flops": 50_000, "target": None}}),
    ],
)
def test_an_estimate_counts_what_a_run_counts(task, mode, keys) -> None:
    recipe = load_recipe(task, mode, **keys)
    expected = estimate(recipe)
    assert not Path("runs").exists()
    summary = vynapse.run(recipe).summary
    assert expected.parameters == summary["parameters"]
    assert expected.stages[0].steps == pytest.approx(summary["steps"], rel=0.05)
    assert expected.flops == pytest.approx(summary["cost"]["flops"], rel=0.05)
    assert expected.seconds > 0
    assert expected.megabytes > 20


def test_a_dry_run_writes_nothing(capsys) -> None:
    before = sorted(Path().rglob("*"))
    assert main(["run", "digits", "--mode", "sgd", "--budget", "epochs=1", "--dry-run"]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert (
        main(["run", "digits", "--mode", "sgd", "--budget", "epochs=1", "--dry-run", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["parameters"] == 9610
    assert main([*WORDS.split(), "--dry-run"]) == 0
    assert "6 runs, 1 at a time" in capsys.readouterr().out
    assert sorted(Path().rglob("*")) == before
    assert main(["run", "digits", "--mode", "deap", "--set", "strategy.mu=-1", "--dry-run"]) == 2
