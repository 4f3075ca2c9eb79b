# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Folders of small generated pictures whose classes are their colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

COLORS = ("red", "green", "blue")


def drawn(color: str, seed: int, height: int = 12, width: int = 10) -> Image.Image:
    """A noisy picture that is mostly of one colour."""
    noise = np.random.default_rng(seed).integers(0, 120, (height, width, 3))
    noise[..., COLORS.index(color)] += 110
    return Image.fromarray(noise.astype(np.uint8))


def folder_of(root: Path, each: int = 10, suffix: str = ".png") -> Path:
    """`each` pictures of every colour, in a folder for each."""
    for place, color in enumerate(COLORS):
        (root / color).mkdir(parents=True)
        for number in range(each):
            drawn(color, 1000 * place + number).save(root / color / f"{number:03d}{suffix}")
    return root
