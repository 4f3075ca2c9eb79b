# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""JAX 0.10.2: a step of `jax.value_and_grad` and Adam in `jax.lax.scan` in `jax.jit`.

`optax` updates with `optax.adam` as the documentation of Optax shows; `by hand` writes Adam for one
flat vector of weights, the least that a scanned step can do. `unroll=4` is the fastest here.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from .problems import XOR_WEIGHTS, XOR_X, XOR_Y, Case

STEPS = 10_000
RATE, BETA_1, BETA_2, EPSILON = 0.01, 0.9, 0.999, 1e-8


def loss(weights: Any) -> Any:
    first, second = weights[:4].reshape(2, 2), weights[6:8]
    hidden = jnp.tanh(jnp.asarray(XOR_X) @ first + weights[4:6])
    return jnp.mean((jax.nn.sigmoid(hidden @ second + weights[8]) - XOR_Y) ** 2)


def optax_step(state: Any, _: None) -> Any:
    weights, moments = state
    value, slope = jax.value_and_grad(loss)(weights)
    updates, moments = optax.adam(RATE).update(slope, moments)
    return (optax.apply_updates(weights, updates), moments), value


def hand_step(state: Any, _: None) -> Any:
    weights, mean, square, step = state
    value, slope = jax.value_and_grad(loss)(weights)
    mean = BETA_1 * mean + (1 - BETA_1) * slope
    square = BETA_2 * square + (1 - BETA_2) * slope**2
    step += 1
    scale = RATE / (1 - BETA_1**step)
    weights -= scale * mean / (jnp.sqrt(square / (1 - BETA_2**step)) + EPSILON)
    return (weights, mean, square, step), value


def train(algorithm: str) -> Case:
    weights, zeros = jax.random.normal(jax.random.key(0), (XOR_WEIGHTS,)), jnp.zeros(XOR_WEIGHTS)
    step: Any = hand_step
    state: Any = (weights, zeros, zeros, jnp.float32(0))
    if algorithm == "optax":
        step, state = optax_step, (weights, optax.adam(RATE).init(weights))
    many: Any = jax.jit(lambda carry: jax.lax.scan(step, carry, None, STEPS, unroll=4))

    def run() -> None:
        nonlocal state
        state, losses = many(state)
        losses.block_until_ready()

    return Case(run, STEPS)
