# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The content of a picture file as pixels of a fixed shape.

The order is: decode, turn as the EXIF orientation says, convert the colours, fit to the size.

    what a file holds        becomes
    1 bit, grey, palette     its colours; a palette is looked up
    RGB                      as it is; of 16 bits a channel the upper 8
    alpha or a colour that   what is seen before white
    counts as transparent
    CMYK, YCbCr              RGB by Pillow's formula; colour profiles are not applied
    16-bit grey              8 bits: value x 255 / 65535, rounded
    anything else            refused: floating point, LAB, HSV, 32-bit values beyond 16 bits

RGB becomes grey by ITU-R 601: L = 0.299 R + 0.587 G + 0.114 B. Files with several pictures, such as
animations, are refused, but of the two pictures of a stereo or preview JPEG (MPO) the first counts.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from vynapse.core import Array
from vynapse.errors import DataError, MissingExtra, first_line

Color = Literal["rgb", "grey"]
Fit = Literal["crop", "pad", "stretch"]

FORMATS: Final = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""Formats by Pillow's names. None of them starts another program, as PostScript does."""
SUFFIXES: Final = frozenset(
    {
        ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm",
        ".pbm", ".pnm",
    }
)  # fmt: skip
"""Ends of the names of picture files."""

_MOST_PIXELS: Final = 2**26
_TURNED: Final = frozenset({5, 6, 7, 8})
"""Values of the EXIF orientation that swap height and width."""
_ORIENTATION: Final = 0x0112


@dataclass(frozen=True, slots=True)
class PictureForm:
    """What every picture becomes.

    Attributes:
        height, width: the size in pixels.
        color: "rgb" for three channels, "grey" for one.
        fit: how a picture of another shape gets this one. "crop" scales it until it covers the
            shape and cuts out the middle. "pad" scales it until it fits in and fills up with
            black. "stretch" scales both sides by themselves. Scaling is bilinear, over all pixels
            that a new one covers.
    """

    height: int
    width: int
    color: Color = "rgb"
    fit: Fit = "crop"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (3 if self.color == "rgb" else 1, self.height, self.width)

    def key(self) -> str:
        """What identifies the form."""
        return f"{self.height}x{self.width} {self.color} {self.fit}"


def decoder() -> str:
    """Names and versions of what decodes: another one may give other pixels.

    Raises:
        MissingExtra: Pillow is not installed.
    """
    pillow = _pillow()
    from PIL import features

    jpeg = features.version("jpg") or "none"
    return f"pillow {pillow.__version__}, jpeg {jpeg}"


def look(content: Any, name: str) -> tuple[int, int]:
    """Height and width of a picture as it is seen, from its head; nothing is decoded.

    Args:
        content: its bytes, or the path of its file.
        name: what it is called in sentences.

    Raises:
        DataError: it is no picture, holds several, or has more than 67 million pixels.
    """
    with warnings.catch_warnings():
        # Pillow warns of large pictures, which are refused here anyway
        warnings.simplefilter("ignore")
        with _opened(content, name) as image:
            width, height = image.size
            try:
                turned = image.getexif().get(_ORIENTATION) in _TURNED
            except Exception as error:  # noqa: BLE001 - damaged files raise anything
                raise _damaged(name, error) from None
    return (width, height) if turned else (height, width)


def decode(content: bytes, form: PictureForm, name: str) -> Array:
    """The pixels of a picture: uint8 of `form.shape`. Threads may decode at the same time.

    Args:
        content: the bytes of the file.
        form: what it becomes.
        name: what it is called in sentences.

    Raises:
        DataError: it is no picture, is damaged, or its colours have no rule.
    """
    with _opened(content, name) as image:
        try:
            pixels = np.asarray(_fitted(_coloured(_upright(image), form, name), form), np.uint8)
        except DataError:
            raise
        except Exception as error:  # noqa: BLE001 - damaged files raise anything
            raise _damaged(name, error) from None
    channels, height, width = form.shape
    return np.ascontiguousarray(pixels.reshape(height, width, channels).transpose(2, 0, 1))


def _opened(content: Any, name: str) -> Any:
    """An image whose head was read and found to be a still picture of a sane size."""
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    pillow = _pillow()
    try:
        image: Any = pillow.open(file, formats=FORMATS)
        frames = getattr(image, "n_frames", 1) if image.format != "MPO" else 1
    except OSError as error:
        if error.errno is not None:
            raise DataError(f"{name}: cannot be read: {error.strerror}") from None
        raise DataError(
            f"{name}: a picture was wanted ({', '.join(FORMATS)}), its content is none: put the "
            "picture back, or remove the file"
        ) from None
    except pillow.DecompressionBombError:
        raise DataError(_too_large(name)) from None
    except Exception as error:  # noqa: BLE001 - damaged files raise anything
        raise _damaged(name, error) from None
    if frames > 1:
        image.close()
        raise DataError(
            f"{name}: a still picture was wanted, it holds {frames} pictures: save one of them"
        )
    if image.width * image.height > _MOST_PIXELS:
        image.close()
        raise DataError(_too_large(name, f", it has {image.width} x {image.height}"))
    return image


def _too_large(name: str, found: str = "") -> str:
    return (
        f"{name}: a picture of at most {_MOST_PIXELS:,} pixels was wanted{found}: make it smaller, "
        "or remove it"
    )


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(
        f"{name}: the picture is damaged ({first_line(error)}): put an undamaged copy there, or "
        "remove it"
    )


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    image.load()
    # in place, since a copy is made otherwise, also of what is upright
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _coloured(image: Any, form: PictureForm, name: str) -> Any:
    """The picture in mode RGB or L, by the rules in the docstring of the module."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        image = _of_16_bits(image, name)
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = _pillow().new("RGBA", seen.size, "white")
        white.alpha_composite(seen)
        image = white.convert("RGB")
    elif image.mode in ("CMYK", "YCbCr", "P"):
        image = image.convert("RGB")
    elif image.mode not in ("1", "L", "RGB"):
        raise DataError(
            f"{name}: grey, RGB, CMYK, a palette or 16-bit grey was wanted, its pixels are "
            f"{image.mode!r} in Pillow's words: save it as RGB"
        )
    wanted = "RGB" if form.color == "rgb" else "L"
    return image if image.mode == wanted else image.convert(wanted)


def _of_16_bits(image: Any, name: str) -> Any:
    values = np.asarray(image).astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise DataError(
            f"{name}: grey values of at most 16 bits were wanted, got {low} to {high}: save it "
            "with 8 or 16 bits"
        )
    return _pillow().fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))


def _fitted(image: Any, form: PictureForm) -> Any:
    from PIL import ImageOps

    size = (form.width, form.height)
    if image.size == size:
        return image
    bilinear = _pillow().Resampling.BILINEAR
    if form.fit == "stretch":
        return image.resize(size, bilinear)
    if form.fit == "pad":
        return ImageOps.pad(image, size, bilinear, color="black")
    return ImageOps.fit(image, size, bilinear)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("pillow", "images", "reading pictures from files") from None
    return Image
