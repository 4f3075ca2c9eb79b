# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pictures that people have, as raw inputs: arrays in any usual layout, or files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import DataError, MissingExtra
from vynapse.tasks.row_inputs import as_numbers


def raw_pictures(rows: Any, shape: tuple[int, int, int], top: int) -> Array:
    """Pictures as (n, channels, height, width) with pixels from 0 to `top`.

    Args:
        rows: an array (n, channels, height, width), (n, height, width, channels), (n, height,
            width) of grey pictures, or (n, pixels). Or names of files, whose pictures are made grey
            or coloured and of the right size.
        shape: (channels, height, width) of the task.
        top: the largest value of a pixel.

    Raises:
        DataError: they are no such pictures, or a file cannot be read.
        MissingExtra: files need Pillow.
    """
    if isinstance(rows, (str, os.PathLike)):
        raise DataError(f"rows: a list of pictures was wanted, got one name: write [{str(rows)!r}]")
    if isinstance(rows, Sequence) and rows and all(isinstance(r, (str, os.PathLike)) for r in rows):
        return np.stack([_picture(Path(name), shape, top) for name in rows])
    pictures = as_numbers(rows, "rows")
    channels, height, width = shape
    if pictures.shape[1:] == shape:
        found = pictures
    elif pictures.shape[1:] == (height, width, channels):
        found = pictures.transpose(0, 3, 1, 2)
    elif channels == 1 and pictures.shape[1:] == (height, width):
        found = pictures[:, None]
    elif pictures.ndim == 2 and pictures.shape[1] == channels * height * width:
        found = pictures.reshape(-1, *shape)
    else:
        raise DataError(
            f"rows: pictures of shape {('n', *shape)} or names of files were wanted, got shape "
            f"{pictures.shape}"
        )
    low, high = found.min(), found.max()
    if low < 0 or high > top:
        raise DataError(f"rows: pixels from 0 to {top} were wanted, got {low:g} to {high:g}")
    if found.dtype.kind == "f" and high <= 1 < top:
        raise DataError(
            f"rows: pixels from 0 to {top} were wanted, these are from 0 to {high:g}: multiply "
            f"them by {top}"
        )
    return found


def _picture(path: Path, shape: tuple[int, int, int], top: int) -> Array:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtra("pillow", "images", "reading pictures from files") from None
    channels, height, width = shape
    try:
        with Image.open(path) as image:
            made = image.convert("L" if channels == 1 else "RGB").resize((width, height))
    except (OSError, UnidentifiedImageError) as error:
        reason = getattr(error, "strerror", None) or "it is no picture"
        raise DataError(f"{path}: cannot be read: {reason}") from None
    pixels = np.asarray(made, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
    if top == 255:
        return pixels
    return np.round(pixels.astype(np.float64) * top / 255).astype(np.uint8)
