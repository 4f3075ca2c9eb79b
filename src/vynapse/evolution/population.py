# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every population can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from vynapse.core import State
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured


@runtime_checkable
class Population(Protocol[G]):
    """Genomes that get better: ask for some, tell what was measured of them."""

    def ask(self) -> G:
        """Genomes to be measured; the same until `tell`."""

    def tell(self, genomes: G, measured: Measured) -> None:
        """What was measured of the genomes last asked for; a loss is +inf where there is none.

        The genomes may differ from those asked for where learning is inherited.
        """

    def emigrants(self, count: int) -> tuple[G, Measured]:
        """At most `count` of the best genomes, best first, as copies, and what is known of them.

        Nothing leaves; the population stays as it is. There are none before the first `tell`.
        """

    def receive(self, genomes: G, measured: Measured) -> None:
        """Take genomes of another population in; it is called between `tell` and `ask`.

        Args:
            genomes: genomes of the same encoding.
            measured: their measurements by the same objective.
        """

    def metrics(self) -> Mapping[str, float]:
        """Measurements of the population as it stands."""

    def state(self) -> State:
        """All that `load` needs, as copies."""

    def load(self, state: State) -> None:
        """Become the population whose `state` this was."""
