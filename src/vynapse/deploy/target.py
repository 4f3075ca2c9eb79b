# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is exported, and what a target makes of it.

A target is a file with a `Target` called KIND, and a line of the catalogue's group "exports"; other
packages name theirs by entry points of `vynapse.exports`. It runs what it made beside eager before
it gives it back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, final

from vynapse.core import Array
from vynapse.graph.ir import Graph
from vynapse.graph.values import sizes_at
from vynapse.registry import Kind, Registry

Export = Callable[["Subject"], "Files"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A network to be exported.

    Attributes:
        graph: what it computes, with its weights.
        outputs: names of the outputs for who uses it.
        metadata: texts to go with it: "task", "classes" (a JSON list), "preprocessing" (the JSON of
            what turns the rows of a CSV file into inputs).
        recurrent: the last input is a state, zeros at first, and the last output the next one.
        examples: gives inputs (n, …) on which exports are compared with it beside random ones, one
            array for each input; none where there are none.
    """

    graph: Graph
    outputs: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    recurrent: bool = False
    examples: Callable[[], list[Array]] = list

    @property
    def output_sizes(self) -> list[int]:
        """Numbers of each output for one example."""
        shaped = self.graph.at(1)
        return [math.prod(sizes_at(shaped[name].shape, 1)) for name in shaped.outputs]


@dataclass(frozen=True, slots=True)
class Files:
    """What a target made.

    Attributes:
        content: bytes of the file.
        beside: bytes of a second file that belongs to it, by its ending, e.g. ".safetensors".
        told: what was made sure of, for who reads the command line.
    """

    content: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)
    told: str = "the same outputs as eager"


@final
@dataclass(frozen=True, slots=True)
class Target(Kind[Export]):
    """A form in which networks are exported; `build` takes its settings and gives the function.

    Attributes:
        text: whether the file is text, which may go to a terminal.
    """

    text: bool = False


TARGETS: Final[Registry[Target]] = Registry("exports", "format", Target)
