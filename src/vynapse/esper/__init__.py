# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Esper: networks that grow.

Seed modules germinate in a host, train in isolation, blend in, and fossilise or are culled. Six
domains, named as in the product's vocabulary; inside them every name is a standard term.

    leyline   the contracts: phases, gates, observations, actions, what is legal
    kasmina   the body: slots, seeds, blueprints, blending, isolation, hosts, grown networks
    tamiyo    the brain: controllers
    tolaria   the hands: growth as an environment, the trainer, transactions, governor
    nissa     the senses: gradient health, sharpness, counterfactuals, the story in words
    simic     the gym: growth as a control task, and controllers that were learnt in it

Imports go `simic -> tolaria -> kasmina | tamiyo | nissa -> leyline`.
"""
