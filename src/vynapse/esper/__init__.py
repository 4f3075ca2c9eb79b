# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Esper: networks that grow.

Seed modules germinate in a host, train in isolation, blend in, and fossilise or are culled. Six
domains, named as in the product's vocabulary; inside them every name is a standard term.

    leyline   the contracts: stages, gates, observations, actions
    kasmina   the body: slots, seeds, blueprints, blending, isolation, hosts
    tamiyo    the brain: controllers
    tolaria   the hands: the trainer that grows, transactions, governor
    nissa     the senses: gradient health, sharpness, counterfactuals, narrative
    simic     the gym (planned): growth as an environment for learned controllers

Imports go `tolaria -> kasmina | tamiyo | nissa -> leyline`.
"""
