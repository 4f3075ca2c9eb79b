# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NEAT: networks whose topology evolves (Stanley & Miikkulainen 2002)."""
