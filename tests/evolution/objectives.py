# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objectives that end or fail in a worker process, which imports this file and little else."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.errors import TrainingError
from vynapse.evolution.measured import Measured


class Killing:
    """An objective that ends the process of a genome at the first tries."""

    def __init__(self, folder: Path, tries: int) -> None:
        self.folder, self.tries = folder, tries

    def measure(self, encoding: Any, genomes: Any) -> Measured:
        if (genomes[:, 0] == 3).any():
            with (self.folder / "tries").open("a") as file:
                file.write("x")
            if len((self.folder / "tries").read_text()) <= self.tries:
                os.kill(os.getpid(), signal.SIGKILL)
        return Measured(genomes[:, 0].astype(np.float64))


class Raising:
    def measure(self, encoding: Any, genomes: Any) -> Measured:
        raise TrainingError("the networks do not give what the task wants")
