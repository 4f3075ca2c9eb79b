# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a controller is to a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from vynapse.esper.leyline.controller import Controller
from vynapse.registry import Kind


@dataclass(frozen=True, slots=True)
class ControllerKind(Kind[Controller]):
    """A controller that recipes can name. `build(settings, streams)` makes one.

    Attributes:
        grows: whether it may let seeds germinate, so that the network has to have a slot.
        prunes: whether pruning is all that it does, so that the network has to have something that
            can go.
        learnt: whether it decides by the network of a run, which its key `path` names. Then
            `build(settings, streams, donors)` makes one, with networks by the names of runs.
    """

    grows: bool = True
    prunes: bool = False
    learnt: bool = False
