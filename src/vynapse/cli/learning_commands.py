# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Commands of `esper` by which controllers learn from others, or evolve."""

from __future__ import annotations

from vynapse.cli.command import Command

LEARNING = (
    Command(
        "iql",
        "vynapse.cli.evolve:iql",
        "Let a controller learn to grow from logged episodes of others.",
        "The episodes are played first, by the heuristic, by a clock and at random, or by "
        "controllers of runs. Then implicit Q-learning goes through their log. The run is one "
        "of mode iql: `vynapse resume` goes on with it, and controller: run:PATH grows by it.",
        (
            "esper iql --task glyphs --episodes 24",
            "esper iql --task glyphs --behaviour heuristic,run:runs/learnt --out runs/iql",
        ),
    ),
    Command(
        "evolve",
        "vynapse.cli.evolve:evolve",
        "Evolve a controller: a small network, or the thresholds of the heuristic.",
        "The run is one of mode deap: `vynapse resume` goes on with it. A network is evolved "
        "on task growth, and controller: run:PATH grows by it. Thresholds are evolved on task "
        "heuristic, and the recipe of mode grow that has the best ones is written at the end.",
        (
            "esper evolve --task glyphs --policy network --episodes 200",
            "esper evolve --task glyphs --policy heuristic --recipe evolved.yaml",
        ),
    ),
)
