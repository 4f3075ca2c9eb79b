# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""JSON: the graph itself, its tensors beside it in safetensors."""

from __future__ import annotations

import hashlib
from typing import Final

from safetensors.torch import load, save

from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.errors import GraphError
from vynapse.graph.formats.json import from_json, to_json
from vynapse.registry import NoKeys


def export(subject: Subject) -> Files:
    """The structure, and the tensors under the ending `.safetensors`.

    Raises:
        GraphError: what was written is read back as another graph.
    """
    tensors = save(dict(subject.graph.tensors))
    text = to_json(subject.graph, "", hashlib.sha256(tensors).hexdigest())
    if from_json(text, load(tensors)) != subject.graph:
        raise GraphError("JSON export: the graph that is read back is another one")
    return Files(text.encode(), {".safetensors": tensors})


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("json", "the graph as JSON, tensors beside it", NoKeys, _build, text=True)
