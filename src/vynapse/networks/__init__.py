# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Networks as data: structures, weights, initialisation; modules are built from them on demand."""
