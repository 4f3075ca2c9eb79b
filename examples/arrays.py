# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays in ten lines: train, look, predict."""

import numpy as np

import vynapse

generator = np.random.default_rng(0)
X = generator.normal(size=(400, 2))
y = np.where(np.hypot(X[:, 0], X[:, 1]) < 1.1, "inside", "outside")

run = vynapse.run((X, y), mode="sgd", seed=1, out="runs/rings")
print(run.summary)
print(run.predict([[0.1, 0.2], [2.0, -1.5]]).named())
assert run.summary["metrics"]["accuracy"] > 0.9
