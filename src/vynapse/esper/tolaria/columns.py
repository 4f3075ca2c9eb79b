# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Names of the metrics of mode `grow`; loads no torch."""

from __future__ import annotations

from typing import Final

OF_A_SEED: Final = ("alpha", "gradient_health", "gain", "contribution")
"""Measurements of the first live seed."""

OF_THE_PROFILE: Final = (
    "host_gradient_health",
    "update_ratio",
    "sharpness",
    "sharpness_products",
)
"""What the profile measures of the whole host or network."""

COLUMNS: Final = (
    "epoch",
    "training_loss",
    "validation_loss",
    "accuracy",
    "learning_rate",
    "gradient_norm",
    "batches",
    "parameters",
    "live_seeds",
    "fossils",
    "rollbacks",
    *OF_A_SEED,
    *OF_THE_PROFILE,
)
