# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Configuration files of neat-python: every key is mapped or named, and the recipe runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from vynapse.cli.main import main
from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.neat_python import read
from vynapse.experiment.session import Session

# the keys of the file that neat-python's own XOR example has
CONFIG = """\
[NEAT]
fitness_criterion     = max
fitness_threshold     = 3.9
pop_size              = 60
reset_on_extinction   = False

[DefaultGenome]
activation_default      = sigmoid
activation_mutate_rate  = 0.1
activation_options      = sigmoid tanh sin
aggregation_default     = sum
aggregation_mutate_rate = 0.0
aggregation_options     = sum
bias_init_mean          = 0.0
bias_init_stdev         = 1.0
bias_max_value          = 30.0
bias_min_value          = -30.0
bias_mutate_power       = 0.5
bias_mutate_rate        = 0.7
bias_replace_rate       = 0.1
compatibility_disjoint_coefficient = 1.0
compatibility_weight_coefficient   = 0.5
conn_add_prob           = 0.5
conn_delete_prob        = 0.5
enabled_default         = True
enabled_mutate_rate     = 0.01
feed_forward            = True
initial_connection      = full
node_add_prob           = 0.2
node_delete_prob        = 0.2
num_hidden              = 0
num_inputs              = 2
num_outputs             = 1
response_init_mean      = 1.0
weight_init_mean        = 0.0
weight_init_stdev       = 1.0
weight_max_value        = 30
weight_min_value        = -30
weight_mutate_power     = 0.5
weight_mutate_rate      = 0.8
weight_replace_rate     = 0.1

[DefaultSpeciesSet]
compatibility_threshold = 3.0

[DefaultStagnation]
species_fitness_func = max
max_stagnation       = 20
species_elitism      = 2

[DefaultReproduction]
elitism            = 2
survival_threshold = 0.2
"""


def keys_of(text: str) -> set[str]:
    return {line.split()[0] for line in text.splitlines() if "=" in line}


def test_every_key_is_mapped_or_named(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(CONFIG)
    found = read(file)
    told = {line.split(" ->")[0] for line in found.mapped}
    told |= {line.split(":")[0] for line in found.unmapped}
    assert told == keys_of(CONFIG)
    assert found.keys["population"] == 60
    assert found.keys["weight_mutation"] == pytest.approx(0.9)
    assert found.keys["perturbation"] == pytest.approx(0.8 / 0.9, abs=1e-4)
    assert found.keys["initial_weight"] == pytest.approx(3**0.5, abs=1e-4)
    assert found.keys["replacement"] == found.keys["initial_weight"]
    assert (found.keys["disjoint"], found.keys["excess"]) == (1.0, 1.0)
    assert found.keys["activations"] == ["steep-sigmoid", "tanh"]
    assert any("there is no sin" in line for line in found.unmapped)


def test_the_recipe_runs(tmp_path: Path) -> None:
    file, recipe = tmp_path / "config", tmp_path / "recipe.yaml"
    file.write_text(CONFIG)
    assert main(["init", "xor", "--from-neat-python", str(file), "--out", str(recipe)]) == 0
    text = recipe.read_text()
    assert "#   pop_size -> population: 60" in text
    assert "#   bias_mutate_rate: the bias is a connection" in text
    # their threshold is constant, the preset of the task moves it
    preset, theirs = load_recipe("xor", "neat"), load_recipe(file=recipe)
    assert preset.stages[0].settings.model_dump()["target_species"] == 20
    assert theirs.stages[0].settings.model_dump()["target_species"] is None
    loaded = load_recipe(file=recipe, overrides=["budget={steps: 5, target: null}"])
    assert Session.create(loaded, tmp_path / "run").run()["steps"] == 5


@pytest.mark.parametrize(("given", "excess"), [("5e-1", 0.5), ("auto", 2.0)])
def test_excess_genes_have_their_own_coefficient(given: str, excess: float, tmp_path: Path) -> None:
    section = f"[DefaultGenome]\ncompatibility_excess_coefficient = {given}\n"
    (tmp_path / "config").write_text(f"{section}compatibility_disjoint_coefficient = 2\n")
    found = read(tmp_path / "config")
    assert (found.keys["disjoint"], found.keys["excess"]) == (2.0, excess)
    assert any(line.startswith("compatibility_excess_coefficient ->") for line in found.mapped)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing", "cannot be read"),
        ("[NEAT]\npop_size = 3\n", r"a section \[DefaultGenome\] was wanted, got NEAT"),
        ("[DefaultGenome]\nconn_add_prob = often\n", "conn_add_prob: a value as neat-python"),
        ("[DefaultGenome]\ninitial_connection =\n", "initial_connection: a value as neat-python"),
        ("[DefaultGenome]\nfeed_forward = perhaps\n", "feed_forward: a value as neat-python"),
        ("[DefaultGenome]\nconn_add_prob = nan\n", "conn_add_prob: a value as neat-python"),
        ("[DefaultGenome]\nweight_init_stdev = inf\n", "weight_init_stdev: a value as neat-python"),
    ],
)
def test_mistakes_are_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(ConfigError, match=sentence) as caught:
        read(tmp_path / "config")
    assert len(caught.value.problems) == 1
