# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network in a pipeline of scikit-learn, cross-validated."""

from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vynapse import Classifier

X, y = load_iris(return_X_y=True)
network = Classifier(mode="sgd", network={"mlp": [3, 12, 3]}, seed=1, budget={"epochs": 60})
pipeline = make_pipeline(StandardScaler(), PCA(3), network)

scores = cross_val_score(pipeline, X, y, cv=5)
print(f"accuracy {scores.mean():.3f}, from {scores.min():.3f} to {scores.max():.3f}")
assert scores.mean() > 0.9

pipeline.fit(X, y)
print(pipeline.predict_proba(X[:2]).round(3))
