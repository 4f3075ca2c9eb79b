# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sweeps: a recipe at many points of a space, with several seeds each, in one folder."""
