# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the network of a run of task `images` says of pictures in files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

import numpy as np

from vynapse.core import Array
from vynapse.data.picture_list import Columns, list_pictures, pictures_in
from vynapse.data.picture_store import PictureSource, PictureStore
from vynapse.errors import DataError, RunDirectoryError, suggestion
from vynapse.experiment.predicted import predict
from vynapse.experiment.store import LoadedRun
from vynapse.tasks.images import ImagesReader
from vynapse.tasks.losses.registry import make_loss
from vynapse.tasks.scoring import Scoring, outputs_and_targets

_CHUNK: Final = 256


def picture_rows(run: LoadedRun, data: str) -> list[list[str]]:
    """A header and a row for each picture: its file, its class, the probability of each class.

    The pictures of the run itself are not needed.

    Args:
        run: a run of task `images`.
        data: a picture, or a folder of which all pictures are taken, by name.

    Raises:
        DataError: there is none, or one cannot be decoded.
        RunDirectoryError: the run lacks its preprocessing.
    """
    paths = pictures_in(Path(data))
    rows: list[list[str]] = []
    for begin in range(0, len(paths), _CHUNK):
        part = paths[begin : begin + _CHUNK]
        found = predict(run.network, run.recipe, run.preprocessing, part)
        if not rows:
            names = found.classes if found.probabilities is not None else None
            rows.append(["file", "class", *(f"p_{name}" for name in names or ())])
        for place, path in enumerate(part):
            shares = [] if found.probabilities is None else found.probabilities[place].tolist()
            rows.append([str(path), str(found[place]), *(f"{share:.9g}" for share in shares)])
    return rows


def judged_pictures(run: LoadedRun, data: str) -> tuple[Array, Array, Scoring]:
    """Outputs (n, classes) for labelled pictures, the class of each (n,), and how they are judged.

    Args:
        run: a run of task `images`.
        data: a folder with a folder for each class, or a table, laid out as that of the run.

    Raises:
        DataError: there are none, one cannot be decoded, or has a class that the run does not know.
        RunDirectoryError: the run lacks its preprocessing.
    """
    if run.preprocessing is None:
        raise RunDirectoryError(f"{run.path} lacks preprocessing.json: restore it from a copy")
    reader, named, own = ImagesReader(run.preprocessing), run.recipe["task"], run.recipe.get("loss")
    root = Path(data).absolute()
    columns = Columns(named["path_column"], named["label_column"])
    files, _ = list_pictures(root, columns)
    classes = reader.scoring.classes or ()
    for file in files:
        if file.label not in classes:
            near = suggestion(file.label, classes)
            raise DataError(f"{file.where}: the run knows no class {file.label!r}{near}")
    labels = np.array([classes.index(file.label) for file in files], np.int64)
    store = PictureStore(files, reader.form, root)
    source = PictureSource(store, np.arange(len(files)), labels, classes)
    scoring = reader.scoring
    if own is not None:
        scoring = dataclasses.replace(scoring, loss=make_loss(own))
    predictor = run.network.predictor()
    found, targets = outputs_and_targets(predictor, source, reader.prepare, reader.output_size)
    return found, targets, scoring
