# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Commands of `esper` by which controllers learn from others, evolve, or are compared."""

from __future__ import annotations

from vynapse.cli.command import Command

LEARNING = (
    Command(
        "ppo",
        "vynapse.cli.learn:ppo",
        "Let a controller learn to grow: proximal policy optimisation.",
        "Each episode is a run of growth with a seed of its own, on task growth. The run is of "
        "mode policy: `vynapse resume` goes on with it. Progress tells episodes an hour, the "
        "return, the entropy of each factor of an action, and the explained variance.",
        (
            "esper ppo --task cifar10 --n-envs 4 --device cuda:0 --entropy-coef 0.05",
            "esper ppo --task glyphs --episodes 200 --n-envs 8 --processes 2 --out runs/learnt",
        ),
    ),
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
    Command(
        "tune",
        "vynapse.cli.tune:tune",
        "Search for a schedule of growth on a task.",
        "Clocks are tried first, then schedules at random, then changes of the best one; what "
        "counts is the mean validation loss. The file says what the search cost. Controller "
        "tuned grows by it, and a recipe keeps its content.",
        (
            "esper tune --task glyphs --budget-runs 40 --out schedule.json",
            "esper tune --task digits --network mlp:64,8,10 --seeds 1 --out digits.json",
        ),
    ),
    Command(
        "ladder",
        "vynapse.cli.ladder:ladder",
        "Compare controllers at equal cost, and tell whether any has learnt to decide.",
        "No-op, random, fixed, the heuristic, a tuned schedule, controllers that learn, and the "
        "best static size stand beside each other on the same seeds. What has to be searched for "
        "or learnt is made first, each at the same cost. A controller has learnt to decide if it "
        "is above the tuned schedule, which sees no measurement. The same command goes on.",
        (
            "esper ladder --task glyphs --training episodes=40 --out runs/ladder",
            "esper ladder --task digits --rungs heuristic,tuned,ppo --episodes 10",
        ),
    ),
)
