# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NEAT on any Python function: `evolve`, and ask and tell for genomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.neat.transplant import start_from
from vynapse.networks.state import NetworkState
from vynapse.seeding import Streams
from vynapse.settings import validate

if TYPE_CHECKING:
    from torch import nn


@final
class NeatSearch:
    """Ask for the networks of a generation, tell their fitness, higher is better.

    Args:
        inputs, outputs: numbers that the networks take and give.
        seed: root of all random numbers.
        start: a network of kind `neat` to go on from; None for the smallest ones.
        keys: those of mode neat that concern the search, e.g. `population` or `add_node`.

    Attributes:
        generation: number of the current generation, from 0.

    Raises:
        ConfigError: a key is wrong, or `start` does not fit.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        seed: int = 0,
        start: NetworkState | None = None,
        **keys: Any,
    ) -> None:
        settings = validate(NeatSettings, keys, "evolve")
        streams, first = Streams(seed), None
        self._encoding = NeatEncoding(inputs, outputs, settings.recurrent, settings.updates)
        if start is not None:
            try:
                genome = self._encoding.encode(None, start)
            except TypeError as error:
                raise ConfigError(f"start: {error}") from None
            first = start_from(settings, genome, streams)
        self._search = Neat(settings, inputs, outputs, streams, first)

    @property
    def generation(self) -> int:
        """Number of the current generation."""
        return self._search.generation

    def ask(self) -> list[NetworkState]:
        """The networks of the current generation; the same until `tell`."""
        genomes = self._search.ask()
        return [self._encoding.decode(genomes[row]) for row in range(len(genomes))]

    def tell(self, fitness: Sequence[float] | np.ndarray) -> None:
        """Fitness of each network in the order of `ask`; what is not finite counts as the worst."""
        self._search.tell(-np.asarray(fitness, np.float64))

    @property
    def best(self) -> tuple[NetworkState, float]:
        """The best network told so far, and its fitness.

        Raises:
            ConfigError: nothing was told yet.
        """
        champion = self._search.champion
        if champion is None:
            raise ConfigError("best: nothing was told yet: call tell first")
        return self._encoding.decode(champion), -self._search.champion_loss

    @property
    def last_best(self) -> float:
        """The highest fitness of the generation told last."""
        return -self._search.metrics()["best_loss"]

    def state(self) -> State:
        """All that `load` needs: arrays and JSON values."""
        return self._search.state()

    def load(self, state: State) -> None:
        """Go on from `state`, in a search made with the same arguments."""
        self._search.load(state)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Evolved:
    """What a search found.

    Attributes:
        network: the best network, as data.
        fitness: how good it is.
        generations: how many were measured.
        history: the best fitness of each generation.
    """

    network: NetworkState
    fitness: float
    generations: int
    history: tuple[float, ...]

    def module(self) -> nn.Module:
        """The best network as a fresh `torch.nn.Module` in evaluation mode."""
        return self.network.module()


def evolve(
    fitness: Callable[[Any], Any],
    inputs: int,
    outputs: int,
    *,
    generations: int = 100,
    target: float | None = None,
    together: bool = False,
    seed: int = 0,
    start: NetworkState | None = None,
    **keys: Any,
) -> Evolved:
    """Evolve networks for a Python function by NEAT.

    Args:
        fitness: it gets one network as a `torch.nn.Module` in evaluation mode and returns a number,
            higher is better; what is not finite counts as the worst.
        inputs, outputs: numbers that the networks take and give.
        generations: how many at most.
        target: stop at a fitness as high as this.
        together: the function gets the list of all modules of a generation and returns as many
            numbers, so that networks can play against each other.
        seed: root of all random numbers.
        start: a network of kind `neat` to go on from.
        keys: those of mode neat that concern the search.

    Raises:
        ConfigError: a key is wrong, or the function returns something else.
        TrainingError: not one fitness of a generation is finite.
    """
    if generations < 1:
        raise ConfigError(f"generations: at least 1 was wanted, got {generations}")
    search = NeatSearch(inputs, outputs, seed=seed, start=start, **keys)
    history: list[float] = []
    while len(history) < generations:
        modules = [network.module() for network in search.ask()]
        search.tell(_values(fitness, modules, together=together))
        history.append(search.last_best)
        if target is not None and search.best[1] >= target:
            break
    network, value = search.best
    return Evolved(network, value, len(history), tuple(history))


def _values(fitness: Callable[[Any], Any], modules: list[Any], *, together: bool) -> np.ndarray:
    try:
        values = fitness(modules) if together else [fitness(module) for module in modules]
        found = np.asarray([float(value) for value in values], np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"fitness: numbers were wanted: {error}") from error
    if len(found) != len(modules):
        raise ConfigError(
            f"fitness: {len(modules)} numbers, one for each network, were wanted, got {len(found)}"
        )
    return found
