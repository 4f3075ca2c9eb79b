# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How often something is tried: a sample in every run of the tests, the full count as evidence.

`make evidence` sets VYNAPSE_EVIDENCE.
"""

from __future__ import annotations

import os

EVIDENCE = bool(os.environ.get("VYNAPSE_EVIDENCE"))


def many(*, sample: int, evidence: int) -> int:
    """A count of seeds, repeats or examples."""
    return evidence if EVIDENCE else sample
