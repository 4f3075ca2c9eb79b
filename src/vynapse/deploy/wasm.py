# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""WebAssembly: a module without imports that carries the network as data.

memory                      its memory
net_inputs(), net_outputs() how many numbers go in and come out
net_in(), net_out()         where they lie in memory, float32
net_forward()               outputs from inputs; a network with a state takes one step
net_states(), net_state(), net_reset()   the state: its size, its place, back to zeros

The custom section "vynapse" holds the metadata as JSON: what turns rows, pixels and outputs into
inputs and answers, each a text of JSON.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final

from vynapse.deploy.engine import CEngine
from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.lowered.words import words_of
from vynapse.deploy.parity import compare
from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.deploy.wasm_image import custom, heap_base, image, room, with_data
from vynapse.registry import NoKeys


def export(subject: Subject) -> Files:
    """The module.

    Raises:
        GraphError: an op has no form as loops, or what it computes differs from eager.
    """
    done = compare(subject, CEngine(subject.graph).run_arrays, "wasm")
    about = json.dumps(dict(subject.metadata), ensure_ascii=False).encode()
    module = module_of(subject) + custom("vynapse", about)
    return Files(module, told=f"{done}, by the same engine compiled for this machine")


def module_of(subject: Subject) -> bytes:
    """The bytes of the module."""
    words = words_of(lowered(subject.graph))
    base = built("network")
    begin = heap_base(base)
    return with_data(base, begin, image(words, subject.recurrent), room(words, begin))


@cache
def built(name: str) -> bytes:
    """A module as it was built (scripts/build_wasm.py)."""
    return files("vynapse.deploy").joinpath("built", f"{name}.wasm").read_bytes()


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("wasm", "a WebAssembly module without imports", NoKeys, _build)
