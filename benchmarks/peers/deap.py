# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""DEAP 1.4.4, set up as its documentation shows (deap.readthedocs.io).

"Operators and Algorithms" (toolbox, mutGaussian with indpb=0.2, eaSimple with cxpb=0.5, mutpb=0.2,
tournaments of 3), examples/es/fctmin.py (individuals as array.array, the fastest of those shown,
and hundred children) and "Performance of NumPy" for individuals as NumPy arrays. XOR is measured in
plain Python, which is faster than NumPy on nine weights.
"""

import array
import math
import random
from typing import Any

import numpy as np
from deap import algorithms, base, creator, tools

from .problems import (
    B1,
    CLASSES,
    HIDDEN,
    INPUTS,
    MLP_POPULATION,
    MLP_WEIGHTS,
    SOLVE_GENERATIONS,
    SOLVE_POPULATION,
    W1,
    W2,
    XOR_SOLVED,
    XOR_WEIGHTS,
    XOR_X,
    XOR_Y,
    Case,
    Solved,
    mlp_rows,
)

PATTERNS = [(float(x[0]), float(x[1]), float(y)) for x, y in zip(XOR_X, XOR_Y, strict=True)]

creator.create("FitnessMin", base.Fitness, weights=(-1.0,))
creator.create("Individual", array.array, typecode="d", fitness=creator.FitnessMin)
creator.create("Picture", np.ndarray, fitness=creator.FitnessMin)


def xor_loss(genome: Any) -> tuple[float]:
    a, b, c, d, bias_1, bias_2, out_1, out_2, bias = genome
    tanh, loss = math.tanh, 0.0
    for x, y, goal in PATTERNS:
        first, second = tanh(a * x + c * y + bias_1), tanh(b * x + d * y + bias_2)
        # sigmoid(s) = (1 + tanh(s / 2)) / 2, which cannot overflow
        error = 0.5 + 0.5 * tanh(0.5 * (out_1 * first + out_2 * second + bias)) - goal
        loss += error * error
    return (loss / 4,)


def xor_toolbox(algorithm: str) -> Any:
    toolbox = base.Toolbox()
    toolbox.register("gene", random.gauss, 0, 1)
    toolbox.register(
        "individual", tools.initRepeat, creator.Individual, toolbox.gene, n=XOR_WEIGHTS
    )
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", xor_loss)
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=1, indpb=0.2)
    if algorithm == "eaSimple":
        toolbox.register("select", tools.selTournament, tournsize=3)
    else:
        toolbox.register("select", tools.selBest)
    return toolbox


def evolve(algorithm: str, toolbox: Any, population: list[Any], size: int, ngen: int) -> int:
    """Evaluations of `ngen` generations; eaSimple measures only the children that are new."""
    if algorithm == "eaSimple":
        population[:], log = algorithms.eaSimple(population, toolbox, 0.5, 0.2, ngen, verbose=False)
    else:
        _, log = algorithms.eaMuPlusLambda(
            population, toolbox, size // 5, size, 0.0, 1.0, ngen, verbose=False
        )
    return sum(log.select("nevals"))


def xor(algorithm: str, population: int) -> Case:
    toolbox = xor_toolbox(algorithm)
    individuals = toolbox.population(n=population)
    return Case(lambda: evolve(algorithm, toolbox, individuals, population, 5), 5)


def solve(algorithm: str, seed: int) -> Solved:
    random.seed(seed)
    toolbox = xor_toolbox(algorithm)
    individuals = toolbox.population(n=SOLVE_POPULATION)
    best, measured = math.inf, 0
    for _ in range(SOLVE_GENERATIONS):
        measured += evolve(algorithm, toolbox, individuals, SOLVE_POPULATION, 1)
        best = min(best, *(individual.fitness.values[0] for individual in individuals))
        if best < XOR_SOLVED:
            break
    return Solved(best, measured)


def mlp(_algorithm: str) -> Case:
    """Mutation is one call of NumPy instead of mutGaussian's loop over 25,450 weights."""
    rows, labels = mlp_rows()
    index, rng = np.arange(len(labels)), np.random.default_rng(0)

    def loss(genome: Any) -> tuple[float]:
        hidden = np.tanh(rows @ genome[:W1].reshape(INPUTS, HIDDEN) + genome[W1:B1])
        logits = hidden @ genome[B1:W2].reshape(HIDDEN, CLASSES) + genome[W2:]
        top = logits.max(1)
        normaliser = top + np.log(np.exp(logits - top[:, None]).sum(1))
        return (float((normaliser - logits[index, labels]).mean()),)

    def mutate(genome: Any) -> tuple[Any]:
        genome += 0.02 * rng.standard_normal(MLP_WEIGHTS, np.float32)
        return (genome,)

    def individual() -> Any:
        return creator.Picture(0.05 * rng.standard_normal(MLP_WEIGHTS, np.float32))

    toolbox = base.Toolbox()
    toolbox.register("population", tools.initRepeat, list, individual)
    toolbox.register("evaluate", loss)
    toolbox.register("mutate", mutate)
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("select", tools.selBest)
    individuals = toolbox.population(n=MLP_POPULATION // 5)
    return Case(lambda: evolve("eaMuPlusLambda", toolbox, individuals, MLP_POPULATION, 1), 1)
