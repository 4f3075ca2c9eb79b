# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures of classifiers, labels and regressions, over all and for each class; functions of arrays.

A figure that is not defined is None, and `undefined` says why: nothing is put in its place. A mean
over classes is defined where the figure of every class is.

    recall             hits / examples of the class
    precision          hits / examples said to be of the class
    f1                 2 hits / (examples of the class + examples said to be)
    auc                the chance that an example of the class gets a higher probability than one
                       of another class; ties count half (Mann and Whitney, 1947)
    balanced_accuracy  mean recall
    r2                 1 - squared error / variation of the targets, the mean over outputs

Shapes: `b` examples, `c` classes, `o` outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vynapse.core import Array

_ONE_BY_ONE: Final = ("recall", "precision", "f1", "auc")
_MEANS: Final[Mapping[str, str]] = {"balanced_accuracy": "recall", "f1": "f1", "auc": "auc"}
_NO_CHANCES: Final = "the loss of this task gives no probabilities"


@dataclass(slots=True)
class Details:
    """Figures of a split.

    Attributes:
        metrics: figures over all examples; None where one is not defined.
        per_class: the same for each class, label or output by name.
        undefined: figure -> why it is None; that of a class stands as "recall of 'a'".
    """

    metrics: dict[str, float | None] = field(default_factory=dict)
    per_class: dict[str, dict[str, float | None]] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)

    def mean(self, name: str, of: str) -> None:
        """Set a metric to the mean over classes of one of their figures."""
        for own, figures in self.per_class.items():
            if figures[of] is None:
                self.undefined[name] = self.undefined[f"{of} of {own!r}"]
                self.metrics[name] = None
                return
        values = [float(figures[of] or 0.0) for figures in self.per_class.values()]
        self.metrics[name] = sum(values) / len(values)


def of_classes(
    predicted: Array, truth: Array, names: Sequence[str], chances: Array | None
) -> Details:
    """Figures of a classifier.

    Args:
        predicted: (b,) the class that is said.
        truth: (b,) the class that is wanted.
        names: names of the c classes.
        chances: (b, c) probabilities, in any scale that keeps their order; None without them.
    """
    found = Details({"accuracy": float((predicted == truth).mean())})
    for place, name in enumerate(names):
        own = None if chances is None else chances[:, place]
        found.per_class[name] = _one(found, name, truth == place, predicted == place, own)
    for name, of in _MEANS.items():
        found.mean(name, of)
    return found


def of_labels(
    predicted: Array, truth: Array, names: Sequence[str], chances: Array | None
) -> Details:
    """Figures of labels that are each there or not; see `of_classes`. All arrays are (b, o)."""
    right = predicted == truth
    found = Details(
        {"exact_match": float(right.all(axis=1).mean()), "label_accuracy": float(right.mean())}
    )
    recalls: list[float | None] = []
    for place, name in enumerate(names):
        there, said = truth[:, place] == 1, predicted[:, place] == 1
        own = None if chances is None else chances[:, place]
        figures = _one(found, name, there, said, own)
        figures["accuracy"] = float(right[:, place].mean())
        found.per_class[name] = figures
        absent = int((~there).sum())
        sides = (figures["recall"], float((~there & ~said).sum()) / absent if absent else None)
        recalls.append(None if None in sides else (float(sides[0] or 0) + float(sides[1] or 0)) / 2)
    for name, of in _MEANS.items():
        if of != "recall":
            found.mean(name, of)
    if None in recalls:
        name = names[recalls.index(None)]
        found.metrics["balanced_accuracy"] = None
        found.undefined["balanced_accuracy"] = f"label {name!r} is the same in all examples"
    else:
        found.metrics["balanced_accuracy"] = sum(map(float, filter(None, recalls))) / len(recalls)
    return found


def of_numbers(
    output: Array, target: Array, scale: float | Sequence[float], names: Sequence[str]
) -> Details:
    """Figures of a regression; those of each output where there are several.

    Args:
        output: (b, o) what is said.
        target: (b, o) what is wanted.
        scale: units of the data per unit of the targets, for all outputs or for each.
        names: names of the o outputs.
    """
    found = Details()
    truth = target.astype(np.float64)
    error = output - truth
    units = np.broadcast_to(np.asarray(scale, np.float64), (truth.shape[1],))
    absolute = np.abs(error).mean(axis=0) * units
    variation = np.square(truth - truth.mean(axis=0)).sum(axis=0)
    rest = np.square(error).sum(axis=0)
    each: dict[str, dict[str, float | None]] = {}
    for place, name in enumerate(names):
        r2 = 1 - float(rest[place]) / float(variation[place]) if variation[place] > 0 else None
        each[name] = {"mae": float(absolute[place]), "r2": r2}
        if r2 is None:
            found.undefined[f"r2 of {name!r}"] = "its targets are all the same"
    found.per_class = each
    if len({float(unit) for unit in units}) == 1:
        found.metrics["mae"] = float(np.abs(error).mean()) * float(units[0])
    else:
        found.metrics["mae"] = None
        found.undefined["mae"] = "each output has a unit of its own"
    found.mean("r2", "r2")
    if len(names) == 1:
        found.per_class = {}
        found.undefined = {key: why for key, why in found.undefined.items() if " of " not in key}
    return found


def auc(chances: Array, there: Array) -> float | None:
    """The area under the ROC curve; None where all examples are of one side, or a value is none.

    Args:
        chances: (b,) higher for an example that is more likely of the class.
        there: (b,) of bool: whether it is.
    """
    count = int(there.sum())
    if count in (0, len(there)) or not bool(np.isfinite(chances).all()):
        return None
    _, places, sizes = np.unique(chances, return_inverse=True, return_counts=True)
    middle = np.cumsum(sizes) - (sizes - 1) / 2
    ranks = float(middle[places[there]].sum())
    return (ranks - count * (count + 1) / 2) / (count * (len(there) - count))


def _one(
    found: Details, name: str, there: Array, said: Array, chances: Array | None
) -> dict[str, float | None]:
    """The figures of a class or a label; why one is not defined is noted in `found`."""
    hits, support, claims = int((there & said).sum()), int(there.sum()), int(said.sum())
    absent, never = f"no example is {name!r}", f"no example is said to be {name!r}"
    figures: dict[str, float | None] = {
        "support": float(support),
        "recall": hits / support if support else None,
        "precision": hits / claims if claims else None,
        "f1": 2 * hits / (support + claims) if support + claims else None,
        "auc": None if chances is None else auc(chances, there),
    }
    why = {"recall": absent, "precision": never, "f1": f"{absent} and none is said to be"}
    if chances is None:
        why["auc"] = _NO_CHANCES
    elif support == len(there):
        why["auc"] = f"every example is {name!r}"
    else:
        why["auc"] = absent if not support else "a probability is no number"
    for figure in _ONE_BY_ONE:
        if figures[figure] is None:
            found.undefined[f"{figure} of {name!r}"] = why[figure]
    return figures
