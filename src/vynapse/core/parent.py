# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Processes that end when the one that started them is no more."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """End this process as soon as its parent has ended, however that was; called once, in a child.

    A parent that is killed cannot tell its children. It held one end of a pipe, which the system
    closes; a thread waits for that.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_watch, args=(parent.sentinel,), name="parent", daemon=True)
        watch.start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
