# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every kernel in NumPy, in elementwise operations and explicitly ordered sums alone."""
