# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""evosax 0.3.2, set up as its documentation shows (github.com/RobertTLange/evosax).

The README's ask-eval-tell loop over a network's parameter tree, in `jax.jit` and `jax.lax.scan`
over the generations, as its examples run it. SimpleGA is the algorithm most like (mu + lambda):
half of the population are parents; its defaults: no crossover, sigma 1. Open_ES has Adam.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from evosax.algorithms import Open_ES, SimpleGA

from .problems import (
    CLASSES,
    HIDDEN,
    INPUTS,
    MLP_POPULATION,
    SOLVE_GENERATIONS,
    SOLVE_POPULATION,
    XOR_SOLVED,
    XOR_X,
    XOR_Y,
    Case,
    Solved,
    mlp_rows,
)

Loss = Callable[[dict[str, Any]], Any]


def layers(inputs: int, hidden: int, outputs: int) -> dict[str, Any]:
    return {
        "w1": jnp.zeros((inputs, hidden)),
        "b1": jnp.zeros(hidden),
        "w2": jnp.zeros((hidden, outputs)),
        "b2": jnp.zeros(outputs),
    }


def forward(net: dict[str, Any], rows: Any) -> Any:
    return jnp.tanh(rows @ net["w1"] + net["b1"]) @ net["w2"] + net["b2"]


def xor_loss(net: dict[str, Any]) -> Any:
    out = jax.nn.sigmoid(forward(net, jnp.asarray(XOR_X))[:, 0])
    return jnp.mean((out - XOR_Y) ** 2)


def mlp_loss() -> Loss:
    rows, labels = map(jnp.asarray, mlp_rows())

    def loss(net: dict[str, Any]) -> Any:
        logits = forward(net, rows)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    return loss


class Search:
    """A strategy, and its generations as one compiled call of `count`."""

    def __init__(
        self, name: str, net: dict[str, Any], loss: Loss, population: int, sigma: float, count: int
    ) -> None:
        self.net, self.population, self.sigma = net, population, sigma
        schedule = optax.constant_schedule(sigma)
        self.strategy: Any = (
            SimpleGA(population, net, std_schedule=schedule)
            if name == "SimpleGA"
            else Open_ES(population, net, optimizer=optax.adam(0.1), std_schedule=schedule)
        )
        self.params = self.strategy.default_params
        self.losses = jax.vmap(loss)
        self.generations = jax.jit(lambda key, state: self._scan(key, state, count))

    def _scan(self, key: Any, state: Any, count: int) -> Any:
        def generation(carry: Any, _: None) -> Any:
            key, state = carry
            key, ask, tell = jax.random.split(key, 3)
            nets, state = self.strategy.ask(ask, state, self.params)
            losses = self.losses(nets)
            state, metrics = self.strategy.tell(tell, nets, losses, state, self.params)
            return (key, state), metrics["best_fitness"]

        carry, best = jax.lax.scan(generation, (key, state), None, length=count)
        return carry, best[-1]

    def start(self, seed: int) -> tuple[Any, Any]:
        """A key, and the state of a population (SimpleGA) or a centre (Open_ES) drawn from it."""
        key, draw = jax.random.split(jax.random.key(seed))
        size = (self.population,) if isinstance(self.strategy, SimpleGA) else ()
        leaves, tree = jax.tree.flatten(self.net)
        keys = jax.random.split(draw, len(leaves))
        first = tree.unflatten(
            self.sigma * jax.random.normal(k, size + leaf.shape)
            for k, leaf in zip(keys, leaves, strict=True)
        )
        if not size:
            return key, self.strategy.init(key, first, self.params)
        return key, self.strategy.init(key, first, self.losses(first), self.params)


def case(search: Search, count: int) -> Case:
    carry = search.start(0)

    def run() -> None:
        nonlocal carry
        carry, best = search.generations(*carry)
        best.block_until_ready()

    return Case(run, count)


def xor(algorithm: str, population: int) -> Case:
    return case(Search(algorithm, layers(2, 2, 1), xor_loss, population, 1.0, 500), 500)


def mlp(algorithm: str) -> Case:
    net = layers(INPUTS, HIDDEN, CLASSES)
    return case(Search(algorithm, net, mlp_loss(), MLP_POPULATION, 0.05, 2), 2)


SEARCHES: dict[str, Search] = {}
"""Compiled once in a process: a second search would compile again."""


def solve(algorithm: str, seed: int) -> Solved:
    """The best loss is looked at every ten generations."""
    if algorithm not in SEARCHES:
        SEARCHES[algorithm] = Search(
            algorithm, layers(2, 2, 1), xor_loss, SOLVE_POPULATION, 1.0, 10
        )
    search = SEARCHES[algorithm]
    carry, generation, best = search.start(seed), 0, float("inf")
    while best >= XOR_SOLVED and generation < SOLVE_GENERATIONS:
        carry, last = search.generations(*carry)
        generation, best = generation + 10, float(last)
    return Solved(best, generation * SOLVE_POPULATION)
