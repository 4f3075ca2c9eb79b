# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Append data to a WebAssembly module, so that it carries a network without a compiler.

The format is that of the WebAssembly core specification 1.0, section 5: a head of 8 bytes, then
sections, each a number, a size in LEB128 and content.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Final

from vynapse.deploy.lowered.words import Words

_HEAD: Final = 8
_MEMORY, _GLOBAL, _EXPORT, _DATA = 5, 6, 7, 11
_PAGE: Final = 1 << 16
_FIELDS: Final = 9
"""Whole numbers at the head of an image; see `image` in kernels/c/wasm_network.c."""


def with_data(module: bytes, begin: int, content: bytes, room: int) -> bytes:
    """The module with bytes in its memory from the start.

    Args:
        module: a module whose memory is its own and has one limit.
        begin: where the bytes go.
        content: the bytes.
        room: bytes that the memory must have in all.
    """
    pages = math.ceil(room / _PAGE)
    segment = b"\x00\x41" + _signed(begin) + b"\x0b" + _unsigned(len(content)) + content
    made, data = [module[:_HEAD]], False
    for number, body in sections(module):
        if number == _MEMORY:
            least, _ = _read(body, 2)
            body = b"\x01\x00" + _unsigned(max(least, pages))  # noqa: PLW2901
        elif number == _DATA:
            count, after = _read(body, 0)
            body = _unsigned(count + 1) + body[after:] + segment  # noqa: PLW2901
            data = True
        made.append(_section(number, body))
    if not data:
        made.append(_section(_DATA, b"\x01" + segment))
    return b"".join(made)


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections of a module, with their numbers."""
    at = _HEAD
    while at < len(module):
        number = module[at]
        size, begin = _read(module, at + 1)
        yield number, module[begin : begin + size]
        at = begin + size


def custom(name: str, content: bytes) -> bytes:
    """A section that runtimes leave alone."""
    return _section(0, _unsigned(len(name)) + name.encode() + content)


def heap_base(module: bytes) -> int:
    """Where a module's own memory ends: the global that it exports as `__heap_base`."""
    parts = dict(sections(module))
    name = b"\x0b__heap_base\x03"
    index, _ = _read(parts[_EXPORT], parts[_EXPORT].index(name) + len(name))
    body = parts[_GLOBAL]
    _, at = _read(body, 0)
    for _ in range(index + 1):
        value, at = _read(body, at + 3)  # a type, whether it changes, i32.const
        at += 1  # the end of the expression
    return value


def image(words: Words, recurrent: bool) -> bytes:
    """The head, the loops and the array of a program, up to where the array is zero."""
    loops = words.words.astype("<i4").tobytes()
    begin = _FIELDS * 4
    memory = begin + len(loops)
    inputs, outputs = list(words.inputs), list(words.outputs)
    state, after = (inputs.pop(), outputs.pop()) if recurrent else ((0, 0), (0, 0))
    head = struct.pack(
        f"<{_FIELDS}i",
        begin,
        memory,
        *_joined(inputs),
        *_joined(outputs),
        state[0],
        after[0],
        state[1],
    )
    return head + loops + words.memory.fixed.astype("<f4").tobytes()


def room(words: Words, begin: int) -> int:
    """Bytes of memory that a module needs for a program."""
    return begin + _FIELDS * 4 + 4 * (len(words.words) + words.memory.size)


def _joined(parts: list[tuple[int, int]]) -> tuple[int, int]:
    """Begin and count of parts that lie side by side, as `laid_out` says."""
    return parts[0][0], sum(count for _, count in parts)


def _section(number: int, body: bytes) -> bytes:
    return bytes([number]) + _unsigned(len(body)) + body


def _read(content: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where what follows begins."""
    value, shift = 0, 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _unsigned(value: int) -> bytes:
    made = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        made.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(made)


def _signed(value: int) -> bytes:
    """A number from 0 in signed LEB128: its last byte leaves the bit of the sign clear."""
    made = bytearray(_unsigned(value))
    if made[-1] & 0x40:
        made[-1] |= 0x80
        made.append(0)
    return bytes(made)
