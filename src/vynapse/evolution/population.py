# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every population can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from vynapse.core import State
from vynapse.evolution.encoding import Genomes
from vynapse.evolution.fitness import Losses


@runtime_checkable
class Population(Protocol):
    """Genomes that get better: ask for some, tell how good they are."""

    def ask(self) -> Genomes:
        """Genomes to be measured, (g, p); the same until `tell`."""

    def tell(self, genomes: Genomes, losses: Losses) -> None:
        """Losses (g,) of the genomes last asked for, +inf where there is none.

        The genomes may differ from those asked for where learning is inherited.
        """

    def metrics(self) -> Mapping[str, float]:
        """Measurements of the population as it stands."""

    def state(self) -> State:
        """All that `load` needs, as copies."""

    def load(self, state: State) -> None:
        """Become the population whose `state` this was."""
