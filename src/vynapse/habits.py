# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What keys are called in other libraries, so that a sentence can name the one that is meant."""

from __future__ import annotations

from typing import Final

HABITS: Final = {
    "lr": "learning_rate",
    "eta": "learning_rate",
    "wd": "weight_decay",
    "l2": "weight_decay",
    "bs": "batch_size",
    "batch": "batch_size",
    "minibatch": "batch_size",
    "epoch": "epochs",
    "num_epochs": "epochs",
    "n_epochs": "epochs",
    "max_epochs": "epochs",
    "iterations": "steps",
    "n_iter": "steps",
    "max_iter": "steps",
    "max_steps": "steps",
    "generations": "steps",
    "ngen": "steps",
    "pop_size": "offspring",
    "popsize": "offspring",
    "population": "offspring",
    "population_size": "offspring",
    "lambda": "offspring",
    "lambda_": "offspring",
    "parents": "mu",
    "std": "sigma",
    "mutation_std": "sigma",
    "random_state": "seed",
    "random_seed": "seed",
    "layers": "network",
    "model": "network",
    "hidden_layers": "network",
    "dataset": "task",
    "data": "task",
    "optim": "optimizer",
    "optimiser": "optimizer",
    "scheduler": "schedule",
    "lr_scheduler": "schedule",
    "grad_clip": "clip_norm",
    "max_grad_norm": "clip_norm",
    "early_stopping": "patience",
}
"""What other libraries call a key -> its name here."""
