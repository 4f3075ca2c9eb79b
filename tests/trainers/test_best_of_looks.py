# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The best network of all looks, kept and brought back."""

from __future__ import annotations

import math

import numpy as np

from vynapse.core import with_episodes
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task
from vynapse.trainers.best_of_looks import BestOfLooks
from vynapse.trainers.episodes import EpisodeValidation


def test_the_best_of_some_looks_stays() -> None:
    task = with_episodes(make_any_task("cartpole", {"validation_episodes": 3}))
    assert task is not None
    structure = parse_network({"mlp": [4, 4, 1]}, "network").fit(task.interface())
    networks = [initial_state(structure, Streams(seed)) for seed in range(6)]
    validation = EpisodeValidation(task, whole=False, every=1)
    best, losses = BestOfLooks(networks[0], validation, 7), []
    assert best.state()["winner_loss"] is None
    figures: dict[str, float] = {}
    for network in networks:
        own: dict[str, float] = {}
        better, cost = best.look(network, own)
        best.look(network, figures)
        losses.append(own["validation_loss"])
        assert better == (losses[-1] < min([*losses[:-1], math.inf]))
        assert cost.flops == 7 * (cost.env_steps or 0)
    assert best.loss == figures["validation_loss"] == -figures["return"] == min(losses)
    again = BestOfLooks(networks[0], validation, 7)
    again.load(best.state())
    wanted: NetworkState = networks[int(np.argmin(losses))]
    for found in (best.network, again.network):
        assert all((found.tensors[name] == own).all() for name, own in wanted.tensors.items())
    assert again.loss == best.loss
