# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolve a network for XOR, then use it as the ordinary torch module that it is."""

from pathlib import Path

import torch

from vynapse import Session, load, load_recipe

recipe = load_recipe("xor", "deap", seed=3)
summary = Session.create(recipe, Path("xor")).run()
module = load("xor").module()

patterns = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
print(f"loss {summary['loss']:.4f} after {summary['steps']} generations")
print(module(patterns).detach().round().flatten().tolist())

assert summary["loss"] < 1e-2
assert module(patterns).round().flatten().tolist() == [0.0, 1.0, 1.0, 0.0]
