# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Any network, loss or whole training step as a frozen graph of ATen ops.

`trace` captures, `Builder` declares; `gradient`, `rewrite` and `dependencies` make graphs from
graphs; `execute` runs them, `formats` writes and draws them, and `Tape` shows an eager run.
"""
