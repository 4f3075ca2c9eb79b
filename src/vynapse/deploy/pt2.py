# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""pt2: a program of `torch.export`, which torch loads without this package."""

from __future__ import annotations

from typing import Final

from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.graph.formats.pt2 import to_pt2
from vynapse.registry import NoKeys


def export(subject: Subject) -> Files:
    """The program; metadata have no place in it.

    Raises:
        GraphError: the program differs from eager.
    """
    return Files(to_pt2(subject.graph))


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("pt2", "a program of torch.export", NoKeys, _build)
