# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The contracts: what the domains of growth tell each other. Holds no threshold of any of them."""
