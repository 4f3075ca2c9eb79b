# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The hot loops: random numbers, weight evolution, matrix products and training of small networks.

Each exists twice with the same bits: `reference` states it in NumPy (the specification, the oracle
of the tests and the fallback), `c` states it in C. `native` finds the compiled library.
"""
