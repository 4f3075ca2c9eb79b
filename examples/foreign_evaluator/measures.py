# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The function as the run names it. The worker measures what it knows under this name."""


def bowl(vector):
    return sum((float(x) - 1.0) * (float(x) - 1.0) for x in vector)
