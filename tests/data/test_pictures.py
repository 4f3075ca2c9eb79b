# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every kind of picture becomes what the table in vynapse.data.pictures says, or is refused."""

import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vynapse.data.pictures import PictureForm, decode, look
from vynapse.errors import DataError, MissingExtra

FORM = PictureForm(2, 2)
GREY = PictureForm(2, 2, "grey")


def encoded(image: Image.Image, format: str = "PNG", **keys: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **keys)
    return file.getvalue()


def flat(mode: str, color: Any) -> Image.Image:
    return Image.new(mode, (2, 2), color)


def palette() -> Image.Image:
    return flat("RGB", (200, 10, 30)).convert("P", palette=Image.Palette.ADAPTIVE)


def sixteen(value: int) -> Image.Image:
    return Image.fromarray(np.full((2, 2), value, np.uint16))


RULES: dict[str, tuple[Callable[[], bytes], tuple[int, int, int], int]] = {
    "black and white": (lambda: encoded(flat("1", 1)), (255, 255, 255), 255),
    "grey": (lambda: encoded(flat("L", 77)), (77, 77, 77), 77),
    "RGB": (lambda: encoded(flat("RGB", (200, 10, 30))), (200, 10, 30), 69),
    "palette": (lambda: encoded(palette()), (200, 10, 30), 69),
    "still GIF": (lambda: encoded(palette(), "GIF"), (200, 10, 30), 69),
    "alpha, clear": (lambda: encoded(flat("RGBA", (200, 10, 30, 0))), (255, 255, 255), 255),
    "alpha, full": (lambda: encoded(flat("RGBA", (200, 10, 30, 255))), (200, 10, 30), 69),
    "alpha, half": (lambda: encoded(flat("RGBA", (255, 0, 0, 51))), (255, 204, 204), 219),
    "grey and alpha": (lambda: encoded(flat("LA", (0, 51))), (204, 204, 204), 204),
    "a colour that is transparent": (
        lambda: encoded(flat("RGB", (200, 10, 30)), transparency=(200, 10, 30)),
        (255, 255, 255),
        255,
    ),
    "CMYK": (lambda: encoded(flat("CMYK", (0, 255, 255, 0)), "TIFF"), (255, 0, 0), 76),
    "16-bit grey, white": (lambda: encoded(sixteen(65535)), (255, 255, 255), 255),
    "16-bit grey, rounded": (lambda: encoded(sixteen(257 * 77 + 128)), (77, 77, 77), 77),
    "16-bit grey TIFF": (lambda: encoded(sixteen(257 * 9), "TIFF"), (9, 9, 9), 9),
    "32-bit grey of 16 bits": (lambda: encoded(flat("I", 65535), "TIFF"), (255, 255, 255), 255),
    "BMP": (lambda: encoded(flat("RGB", (1, 2, 3)), "BMP"), (1, 2, 3), 2),
    "PPM": (lambda: encoded(flat("RGB", (1, 2, 3)), "PPM"), (1, 2, 3), 2),
    "WebP": (lambda: encoded(flat("RGB", (1, 2, 3)), "WEBP", lossless=True), (1, 2, 3), 2),
}


@pytest.mark.parametrize("name", RULES)
def test_colours_are_converted_by_rule(name: str) -> None:
    make, rgb, grey = RULES[name]
    content = make()
    pixels = decode(content, FORM, "it")
    assert pixels.shape == (3, 2, 2)
    assert pixels.dtype == np.uint8
    assert pixels[:, 0, 0].tolist() == list(rgb)
    assert (pixels == pixels[:, :1, :1]).all()
    assert decode(content, GREY, "it").ravel().tolist() == [grey] * 4


def bomb() -> bytes:
    """A small file of 9,000 x 8,000 pixels."""
    return encoded(Image.new("1", (9_000, 8_000)), "PNG")


def damaged(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


def large_jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    return encoded(Image.fromarray(noise), "JPEG")


ANIMATED = {"save_all": True, "append_images": [flat("RGB", (0, 255, 0))]}
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "its content is none"),
    "a text": (lambda: b"roses are red\n" * 9, "its content is none"),
    "PostScript": (lambda: encoded(flat("RGB", "red"), "EPS"), "its content is none"),
    "a JPEG cut short": (lambda: large_jpeg()[:900], "damaged"),
    "a PNG cut short": (lambda: encoded(drawn_noise())[:300], "damaged"),
    "a PNG with a wrong byte": (lambda: damaged(encoded(drawn_noise()), 200), "damaged"),
    "floating point": (lambda: encoded(flat("F", 0.5), "TIFF"), "'F' in Pillow's words"),
    "32-bit grey": (lambda: encoded(flat("I", 70_000), "TIFF"), "at most 16 bits"),
    "LAB": (lambda: encoded(flat("LAB", (50, 0, 0)), "TIFF"), "'LAB' in Pillow's words"),
    "an animated GIF": (lambda: encoded(flat("RGB", "red"), "GIF", **ANIMATED), "2 pictures"),
    "an animated PNG": (lambda: encoded(flat("RGB", "red"), "PNG", **ANIMATED), "2 pictures"),
    "pages of a TIFF": (lambda: encoded(flat("RGB", "red"), "TIFF", **ANIMATED), "2 pictures"),
    "a bomb": (bomb, "at most 67,108,864 pixels"),
}


def drawn_noise() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    return Image.fromarray(noise)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_picture_is_refused_in_a_sentence(name: str) -> None:
    make, sentence = REFUSED[name]
    content = make()
    with pytest.raises(DataError) as caught:  # noqa: PT012 - either may find it
        look(content, "some/file.jpg")
        decode(content, FORM, "some/file.jpg")
    told = str(caught.value)
    assert told.startswith("some/file.jpg: ")
    assert sentence in told
    assert "\n" not in told


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(orientation: int) -> None:
    # as a camera stores a scene of 3 x 2 pixels, each of its own grey
    scene = np.arange(0, 240, 40).astype(np.uint8).reshape(2, 3)
    stored = {
        1: scene, 2: scene[:, ::-1], 3: scene[::-1, ::-1], 4: scene[::-1],
        5: scene.T, 6: np.rot90(scene, 1), 7: scene[::-1, ::-1].T, 8: np.rot90(scene, -1),
    }[orientation]  # fmt: skip
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(image, exif=exif)
    assert look(content, "it") == (2, 3)
    assert np.array_equal(decode(content, PictureForm(2, 3, "grey"), "it")[0], scene)


def test_shapes_are_cut_filled_up_or_stretched() -> None:
    wide = np.zeros((2, 6), np.uint8)
    wide[:, :2], wide[:, 4:] = 255, 255
    content = encoded(Image.fromarray(wide))
    assert decode(content, PictureForm(2, 2, "grey", "crop"), "it").ravel().tolist() == [0] * 4
    stretched = decode(content, PictureForm(2, 2, "grey", "stretch"), "it")
    assert stretched.min() > 0
    assert stretched.max() < 255
    padded = decode(content, PictureForm(6, 6, "grey", "pad"), "it")[0]
    assert (padded[:2] == 0).all()
    assert (padded[4:] == 0).all()
    assert np.array_equal(padded[2:4], wide)


def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"vynapse\[images\]"):
        look(b"", "it")
