# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Vynapse: train, evolve and grow small neural networks."""

__version__ = "0.1.0"
