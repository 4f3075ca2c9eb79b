# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pruned network in ONNX Runtime; neither torch nor a run directory is needed."""

import json

import onnxruntime

from vynapse import make_task

task = make_task("digits", {})
examples = task.split("validation").take(slice(None))
session = onnxruntime.InferenceSession("pruned.onnx", providers=["CPUExecutionProvider"])
(scores,) = session.run(["output"], {session.get_inputs()[0].name: task.prepare(examples.inputs)})
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
right = float((scores.argmax(1) == examples.targets).mean())
print(f"first example: {classes[scores[0].argmax()]}; right: {right:.1%}")
assert right > 0.9
