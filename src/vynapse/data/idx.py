# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""IDX files, the format of MNIST: LeCun, Cortes and Burges, "The MNIST database", 1998.

Two zero bytes, a type byte (8: unsigned bytes), the number of dimensions, each dimension as a
big-endian 32-bit integer, then the values in C order.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from vynapse.core import Array
from vynapse.errors import DataError

_UNSIGNED_BYTE = 8


def read_idx(path: Path) -> Array:
    """The uint8 array that a gzip-compressed IDX file holds; it is read-only.

    Raises:
        DataError: the file is damaged or is no IDX file of unsigned bytes.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read as a gzip file: {error}") from None
    if len(content) < 4 or content[:3] != bytes((0, 0, _UNSIGNED_BYTE)):
        raise DataError(f"{path}: an IDX file of unsigned bytes was wanted")
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise DataError(f"{path}: the header is cut off")
    shape = struct.unpack(f">{content[3]}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise DataError(
            f"{path}: {math.prod(shape)} values of shape {shape} were wanted, "
            f"the file holds {len(content) - header}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
