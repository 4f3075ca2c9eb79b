# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which listed pictures can be used, of what size they are, and which split each is part of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vynapse.data.picture_store import PictureFile
from vynapse.data.pictures import look
from vynapse.data.splits import split_rows
from vynapse.errors import DataError
from vynapse.seeding import I64


def usable(
    files: Sequence[PictureFile], root: Path, size: tuple[int, int] | None, *, skip: bool
) -> tuple[list[PictureFile], tuple[int, int], list[str]]:
    """The pictures whose heads are in order.

    Args:
        files: all pictures.
        root: where they are from, for sentences.
        size: height and width that they will get; None for their own, which must be the same.
        skip: leave out what is no picture instead of refusing it.

    Returns:
        The pictures, their height and width, and a sentence about each that was left out.

    Raises:
        DataError: one is no picture, none is, or sizes differ where none was given.
    """
    kept: list[PictureFile] = []
    left_out: list[str] = []
    first: tuple[int, int] | None = None
    for file in files:
        try:
            own = look(file.path, file.where)
        except DataError as error:
            if not skip:
                raise
            left_out.append(str(error))
            continue
        if size is None and first is not None and own != first:
            raise DataError(
                f"{file.where}: {own[0]}x{own[1]} pixels, {kept[0].where} has {first[0]}x"
                f"{first[1]}: set task.size to the height and width that all pictures shall get, "
                "e.g. [64, 64]"
            )
        first = first or own
        kept.append(file)
    if first is None:
        raise DataError(f"{root}: every picture is damaged, the first: {left_out[0]}")
    return kept, size or first, left_out


def chosen_rows(
    files: Sequence[PictureFile], root: Path, validation: float, test: float, seed: int
) -> tuple[I64, tuple[str, ...], dict[str, I64]]:
    """The class of each picture (n,), the names of the classes, and the pictures of each split.

    Splits that are not given are drawn from the pictures that train.

    Args:
        files: all pictures; some may be given to splits.
        root: where they are from, for sentences.
        validation, test: fractions of each class.
        seed: seed of the draw.

    Raises:
        DataError: there are fewer than two classes, or too few pictures for the fractions.
    """
    classes = tuple(sorted({file.label for file in files}))
    if len(classes) < 2:
        raise DataError(f"{root}: two or more classes were wanted, got {', '.join(classes)} alone")
    numbers = {name: number for number, name in enumerate(classes)}
    labels = np.array([numbers[file.label] for file in files], np.int64)
    splits = np.array([file.split or "train" for file in files])
    rows = {name: np.flatnonzero(splits == name) for name in ("train", "validation", "test")}
    drawn = {"validation": validation, "test": test}
    for name in drawn:
        if len(rows[name]):
            drawn[name] = 0.0
    own = rows["train"]
    parts = split_rows(labels[own], drawn["validation"], drawn["test"], seed) if len(own) else ()
    for name, part in zip(("train", "validation", "test"), parts, strict=False):
        if name == "train" or drawn[name]:
            rows[name] = own[part]
    untrained = sorted(set(range(len(classes))) - set(labels[rows["train"]].tolist()))
    if untrained:
        raise DataError(f"{root}: class {classes[untrained[0]]!r} has no picture that trains")
    for name, share in drawn.items():
        if share and not len(rows[name]):
            raise DataError(
                f"{root}: {len(own):,} pictures are too few for the fraction {name} {share}: add "
                "some, or set another fraction"
            )
    return labels, classes, rows
