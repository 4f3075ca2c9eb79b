# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What holds for every test: one thread, the same examples and the same checks in every run."""

from __future__ import annotations

import gc
import os
import random
import signal
from pathlib import Path

from beartype._check.code import codemain
from hypothesis import settings

from tests import checked_types
from tests.evidence import many

checked_types.install()

# read by torch and NumPy when they load, here and in the processes that tests start
os.environ["OMP_NUM_THREADS"] = "1"

# a shell starts what runs in the background deaf to Ctrl-C, which some tests are about
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# beartype draws which item of a list it checks; not from the global generator, which the package
# promises to leave alone
codemain.getrandbits = random.Random(0).getrandbits  # type: ignore[attr-defined]

# real data, where they lie beside the repository
_SHARED = Path(__file__).parents[2] / "shared" / "data"
if "VYNAPSE_DATA" not in os.environ and _SHARED.is_dir():
    os.environ["VYNAPSE_DATA"] = str(_SHARED)

settings.register_profile(
    "vynapse", derandomize=True, deadline=None, max_examples=many(sample=20, evidence=200)
)
settings.load_profile("vynapse")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look at it in every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
