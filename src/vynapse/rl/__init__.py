# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Learners of policies by reward. They see environments through `core.ControlTask` alone."""
