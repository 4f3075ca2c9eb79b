# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A function whose runs last as long as they may and cost hardly any processor time."""

import time

import numpy as np


def wait(x: np.ndarray) -> float:
    time.sleep(0.005)
    return float((x**2).sum())
