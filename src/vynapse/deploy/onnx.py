# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""ONNX: for ONNX Runtime and whatever else reads it."""

from __future__ import annotations

from typing import Final

from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.graph.formats.onnx import to_onnx
from vynapse.registry import NoKeys


def export(subject: Subject) -> Files:
    """The model; names of inputs, outputs and classes and the preprocessing are in it.

    Raises:
        MissingExtra: the extra `onnx` is not installed.
        GraphError: an op has no translation, or the model differs from eager.
    """
    return Files(to_onnx(subject.graph, metadata=subject.metadata, names=subject.outputs))


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("onnx", "a model for ONNX Runtime", NoKeys, _build)
