# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The compiled library: where it is, which instruction set it uses, and why it is absent.

It is called through `ctypes`, which releases the interpreter lock. The library holds every kernel
once for each instruction set; all give the same bits, so the choice is a matter of speed alone.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from vynapse.errors import ConfigError
from vynapse.seeding import Stream

INSTRUCTION_SETS: Final = ("baseline", "avx2", "avx512")
"""The instruction sets in rising order of speed, as the library numbers them."""

_LAYOUT: Final = 9
"""The version of the arguments and structures that C and Python share; baseline.c has it too."""

VARIABLE: Final = "VYNAPSE_KERNELS"
"""Environment variable: "numpy", or an instruction set no better than the best that is there."""

LIBRARY_VARIABLE: Final = "VYNAPSE_KERNEL_LIBRARY"
"""Environment variable: the path of a library to load in place of the one that was installed."""


class Address(ctypes.Structure):
    """The address of a stream: low and high half of the seed, and the stream's word."""

    _fields_ = (
        ("key0", ctypes.c_uint32),
        ("key1", ctypes.c_uint32),
        ("word", ctypes.c_uint32),
    )


def address(stream: Stream) -> Address:
    """A stream as the kernels know it."""
    return Address(stream.seed & 0xFFFFFFFF, stream.seed >> 32, stream.word)


@dataclass(frozen=True, slots=True)
class Library:
    """The kernels of one instruction set.

    Attributes:
        instruction_set: one of `INSTRUCTION_SETS`.
        path: the file.
    """

    instruction_set: str
    path: Path
    _handle: ctypes.CDLL

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """The kernel `name` as a foreign function with the types given."""
        found = self._handle[f"{name}_{self.instruction_set}"]
        found.restype, found.argtypes = result, arguments
        return found


@dataclass(frozen=True, slots=True)
class Status:
    """What is in use.

    Attributes:
        library: the compiled kernels; None where NumPy does the work.
        reason: why `library` is None.
    """

    library: Library | None
    reason: str = ""

    @property
    def name(self) -> str:
        """`numpy`, or `c-` and the instruction set."""
        return f"c-{self.library.instruction_set}" if self.library else "numpy"


@functools.cache
def status() -> Status:
    """Find the library, once.

    Raises:
        ConfigError: `VYNAPSE_KERNELS` or `VYNAPSE_KERNEL_LIBRARY` names what is not here.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted and wanted not in ("numpy", *INSTRUCTION_SETS):
        choices = ", ".join(("numpy", *INSTRUCTION_SETS))
        raise ConfigError(f"{VARIABLE}: one of {choices} was wanted, got {wanted!r}")
    if wanted == "numpy":
        return Status(None, f"{VARIABLE} asks for NumPy")
    found = available()
    if not found.library or not wanted:
        return found
    best = INSTRUCTION_SETS.index(found.library.instruction_set)
    if INSTRUCTION_SETS.index(wanted) > best:
        raise ConfigError(
            f"{VARIABLE}: this machine has no {wanted}; the best here is {INSTRUCTION_SETS[best]}"
        )
    return Status(Library(wanted, found.library.path, found.library._handle))


@functools.cache
def available() -> Status:
    """The library as it was built, whatever `VYNAPSE_KERNELS` says.

    Raises:
        ConfigError: `VYNAPSE_KERNEL_LIBRARY` names a file that is no library of these sources.
    """
    named = os.environ.get(LIBRARY_VARIABLE, "")
    if named:
        found = _loaded(Path(named).resolve())
        if not found.library:
            raise ConfigError(
                f"{LIBRARY_VARIABLE}: a library of the kernels was wanted, got {named!r}: "
                f"{found.reason}"
            )
        return found
    # beside the sources and not beside the modules, as it cannot be imported
    path = Path(__file__).parent / "c" / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not path.exists():
        return Status(None, "no C compiler was found when Vynapse was installed")
    return _loaded(path)


def _loaded(path: Path) -> Status:
    try:
        handle = ctypes.CDLL(str(path))
    except OSError as error:
        return Status(None, f"{path.name} cannot be loaded: {error}")
    if not hasattr(handle, "layout") or handle.layout() != _LAYOUT:
        return Status(None, f"{path.name} was built from other sources: install Vynapse again")
    return Status(Library(INSTRUCTION_SETS[handle.instruction_set()], path, handle))


def libraries() -> tuple[Library, ...]:
    """The kernels of every instruction set that this machine has."""
    found = available().library
    if found is None:
        return ()
    best = INSTRUCTION_SETS.index(found.instruction_set)
    return tuple(Library(name, found.path, found._handle) for name in INSTRUCTION_SETS[: best + 1])


def pointer(array: npt.NDArray[Any] | None) -> int | None:
    """The address of a C-contiguous array, None for None."""
    if array is None:
        return None
    if not array.flags.c_contiguous:
        raise ValueError("a kernel needs a contiguous array")
    if array.size and array.flags.writeable:
        # a quarter of the time of the line below, and calls on small arrays are many
        memory: Any = array
        return ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return array.ctypes.data


def in_threads(share: Callable[[int], None], threads: int) -> None:
    """Call `share` in so many threads, this one among them, with their numbers; all end.

    Raises:
        BaseException: what one of the calls raised first.
    """
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            share(number)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    others = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(1, threads)]
    for thread in others:
        thread.start()
    work(0)
    for thread in others:
        thread.join()
    if failures:
        raise failures[0]
