# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recipes, runs and comparisons: everything round the loop, written once for all modes."""
