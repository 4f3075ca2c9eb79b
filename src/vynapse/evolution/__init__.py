# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Populations of genomes: how they become networks, how they are measured, how they change."""
