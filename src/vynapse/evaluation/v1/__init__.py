# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Package `vynapse.evaluation.v1`: the protocol, and what `scripts/protocol.py` makes of it."""
