# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A search: XOR is solved, it goes on exactly, C and NumPy agree, ancestry is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from vynapse.errors import CheckpointError, ConfigError, TrainingError
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.start import from_mlp
from vynapse.kernels import neat
from vynapse.kernels.neat_registry import registry
from vynapse.networks import arrays
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TARGETS = np.array([[0], [1], [1], [0]], np.float32)
XOR = neat.Batch(INPUTS, TARGETS)


def search(seed: int = 1, **keys: Any) -> Neat:
    return Neat(NeatSettings(**keys), 2, 1, Streams(seed))


def generation(population: Neat) -> np.ndarray:
    losses = neat.squared_errors(population.programs(), XOR)
    population.tell(losses)
    return losses


def solved(population: Neat, losses: np.ndarray) -> bool:
    """The best genome has all four outputs on the right side of 0.5 (section 4.2)."""
    outputs = neat.forward(population.programs(), XOR)[np.argmin(losses), :, 0]
    return bool(((outputs > 0.5) == (TARGETS[:, 0] > 0.5)).all())


def generations_to_solve(seed: int, limit: int = 300) -> tuple[int, int]:
    """Generations, and hidden nodes of the solution; `limit` where there is none."""
    population = search(seed)
    for count in range(limit):
        losses = neat.squared_errors(population.programs(), XOR)
        if solved(population, losses):
            return count, int(population.ask().nodes[np.argmin(losses)]) - 1
        population.tell(losses)
    return limit, -1


def test_xor_is_solved():
    """Section 4.2: 32 generations and 2.35 hidden nodes on average, no failure."""
    results = [generations_to_solve(seed) for seed in range(10)]
    generations, hidden = (np.array(column) for column in zip(*results, strict=True))
    assert (generations < 300).all()
    assert np.median(generations) <= 60
    assert np.median(hidden) <= 4
    assert (hidden >= 1).all()  # without a hidden node XOR cannot be computed


def test_a_loss_below_a_hundredth_is_reached():
    for seed in range(3):
        population = search(seed)
        for _ in range(1000):
            generation(population)
            if population.champion_loss < 1e-2:
                break
        assert population.champion_loss < 1e-2
        assert population.champion is not None
        programs = neat.compile_genomes(population.champion, False)
        assert neat.squared_errors(programs, XOR)[0] == population.champion_loss


OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"recurrent": True, "updates": 3, "add_connection": 0.3},
    {"target_species": 5, "sigma_adaptation": "success", "perturbation_kind": "normal"},
    {
        "activations": ("tanh", "gauss", "relu"),
        "activation_mutation": 0.1,
        "delete_node": 0.05,
        "delete_connection": 0.05,
        "toggle": 0.1,
        "averaging": 0.5,
        "interspecies": 0.2,
        "topology": "disconnected",
        "add_connection": 0.5,
    },
)


@pytest.mark.parametrize("keys", OPTIONS)
def test_a_search_goes_on_exactly(keys: dict[str, Any]):
    """Stopped after any number of generations and loaded elsewhere: the same bits."""
    whole = search(3, population=60, **keys)
    states = []
    for _ in range(40):
        states.append(whole.state())
        generation(whole)
    for cut in (0, 1, 17, 38):
        parted = search(3, population=60, **keys)
        parted.load(states[cut])
        for _ in range(cut, 40):
            generation(parted)
        assert flat(parted.state()) == flat(whole.state())


def flat(state: dict[str, Any], at: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in state.items():
        if isinstance(value, dict):
            leaves |= flat(value, f"{at}{key}.")
        else:
            leaves[at + key] = value.tobytes() if isinstance(value, np.ndarray) else value
    return leaves


SCRIPT = """
import hashlib, numpy as np
from tests.evolution.neat.test_population import OPTIONS, flat, generation, search
for keys in OPTIONS:
    population = search(5, population=30, **keys)
    for _ in range(12):
        generation(population)
    leaves = repr(sorted(flat(population.state()).items()))
    print(hashlib.sha256(leaves.encode()).hexdigest())
"""


def test_numpy_and_every_instruction_set_agree():
    from vynapse.kernels import native

    kinds = ["numpy", *(library.instruction_set for library in native.libraries())]
    said = set()
    for kind in kinds:
        environment = {**os.environ, "VYNAPSE_KERNELS": kind}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        said.add(done.stdout)
    assert len(said) == 1
    assert len(said.pop().split()) == len(OPTIONS)


def test_global_generators_are_left_alone():
    np.random.seed(1)
    before = repr(np.random.get_state())
    population = search()
    for _ in range(3):
        generation(population)
    assert repr(np.random.get_state()) == before


def test_ancestry_of_every_champion_is_known():
    population, told = search(2, population=50), []
    for _ in range(150):
        told.append(generation(population))
    champions = population.champions()
    assert len(champions) == 150
    operators = set()
    for number, identity in enumerate(champions):
        chain = population.chain(identity)
        assert chain[0].id == identity
        assert chain[0].generation == number
        assert [ancestor.generation for ancestor in chain] == list(range(number, -1, -1))
        assert chain[-1].first is None
        for ancestor, parent in pairwise(chain):
            assert ancestor.first == parent.id
            assert (ancestor.second is None) == ("crossover" not in ancestor.operators)
        for ancestor in chain:
            assert ancestor.loss == told[ancestor.generation][ancestor.id % 50]
            operators |= set(ancestor.operators)
    assert {"crossover", "weights", "add_node", "add_gene"} <= operators
    best = int(np.argmin([losses.min() for losses in told]))
    assert population.champion_id == champions[best]
    with pytest.raises(ConfigError, match="the id of a champion or of a genome that lives"):
        population.chain(10**9)


def test_ancestry_does_not_grow_with_the_square_of_the_run():
    population = search(2, population=50)
    for _ in range(600):
        generation(population)
    assert len(population.state()["ancestry"]["table"]["id"]) < 600 * 50 / 4


def test_losses_that_are_not_finite_are_the_worst():
    population = search(1, population=20)
    losses = np.full(20, np.nan)
    losses[7] = 1.0
    population.tell(losses)
    assert population.champion_id == 7
    assert population.metrics()["invalid"] == 19
    with pytest.raises(TrainingError, match="no loss"):
        population.tell(np.full(20, np.inf))
    with pytest.raises(ConfigError, match=r"losses of shape \(20,\) were wanted, got shape \(3,\)"):
        population.tell(np.zeros(3))


def test_a_state_of_other_networks_is_refused():
    state = search(population=20).state()
    with pytest.raises(
        CheckpointError, match=r"settings.population is 30 here and 20 in the state"
    ):
        search(population=30).load(state)
    del state["made_from"]  # as in files of version 0.1
    with pytest.raises(CheckpointError, match="NEAT: the state does not fit: inherited"):
        search(population=30).load(state)


@pytest.mark.parametrize("bias", [True, False])
def test_a_search_starts_from_an_mlp(bias: bool):
    """The first genome computes what the MLP computes; from there evolution goes on."""
    structure = MLP(sizes=(2, 3, 4, 1), hidden="tanh", output="sigmoid", bias=bias)
    tensors = arrays.initial(structure, Streams(1).stream("weights"), 0)
    settings, numbers = NeatSettings(population=40), registry(4)
    genomes = from_mlp(settings, structure, tensors, numbers, Streams(1))
    population = Neat(settings, 2, 1, Streams(1), (genomes, numbers))
    outputs = neat.forward(population.programs(), XOR)
    wanted = arrays.forward(structure, arrays.flatten(tensors)[None], INPUTS)
    np.testing.assert_allclose(outputs[0], wanted[0], rtol=1e-5, atol=1e-6)
    assert len({row.tobytes() for row in genomes.weight}) == 40
    first = generation(population).min()
    for _ in range(20):
        last = generation(population).min()
    assert last < first
    with pytest.raises(ConfigError, match="start: 30 genomes with 2 inputs and 1 outputs"):
        Neat(NeatSettings(population=30), 2, 1, Streams(1), (genomes, numbers))


def test_sigma_follows_success():
    population = search(1, population=50, sigma_adaptation="success", sigma_min=1.5)
    sigmas = []
    for _ in range(60):
        generation(population)
        sigmas.append(population.sigma)
    assert len(set(sigmas)) > 5
    assert min(sigmas) == 1.5


def test_the_threshold_follows_the_number_of_species():
    counts = []
    population = search(1, target_species=12, threshold_step=0.2)
    for _ in range(80):
        generation(population)
        counts.append(len(population.species()))
    assert 6 <= np.median(counts[40:]) <= 20
