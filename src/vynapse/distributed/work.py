# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a worker does with a batch, whatever brought it there."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import TrainingError, VynapseError
from vynapse.evolution.function import FunctionObjective, attempt
from vynapse.evolution.measured import Measured
from vynapse.user_code import place_of, told

Stopped = Callable[[], bool]


class GivenUp(Exception):
    """Nobody wants the batch any more."""


def measured(objective: Any, encoding: Any, packed: Any) -> Measured | VynapseError:
    """What an objective says of some genomes, packed; or the error that it would give anywhere."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            answer: Measured = objective.measure(encoding, encoding.unpack(packed))
    except VynapseError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever a user's network does
        raised = told(error, named=True)
        if place_of(error, installed=False):
            return TrainingError(f"your own code raised {raised}: correct it")
        return TrainingError(f"a worker raised {raised}")
    return answer


def outcomes(objective: FunctionObjective, vectors: Array, stopped: Stopped) -> list[Any]:
    """What a function gives for each vector: numbers, or the exception that it raised.

    Raises:
        GivenUp: nobody wants it any more.
    """
    if objective.batched:
        return objective.together(vectors)
    answer, found = objective.answer(), list[Any]()
    for vector in vectors:
        if stopped():
            raise GivenUp
        found.append(attempt(answer, vector))
    return found


def processor() -> str:
    """What the processor is called; unlike ones may differ in last bits."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def end_with(descriptor: int) -> None:
    """End this process with the one that holds the other end of a pipe, however that ends."""

    def watch() -> None:
        while os.read(descriptor, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
