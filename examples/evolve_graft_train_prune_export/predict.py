# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The grafted network in ONNX Runtime answers as it does in torch."""

import json

import numpy as np
import onnxruntime

import vynapse

task = vynapse.make_task("digits", {})
examples = task.split("validation").take(slice(None))
inputs = task.prepare(examples.inputs)
session = onnxruntime.InferenceSession("grafted.onnx", providers=["CPUExecutionProvider"])
(scores,) = session.run(["output"], {session.get_inputs()[0].name: inputs})

run = vynapse.load("grafted")
np.testing.assert_allclose(scores, run.network.predictor()(inputs), rtol=1e-4, atol=1e-4)
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
right = float((scores.argmax(1) == examples.targets).mean())
print(f"first example: {classes[scores[0].argmax()]}; right: {right:.1%}")
assert right > 0.9

events = [json.loads(line) for line in (run.path / "events.jsonl").read_text().splitlines()]
kinds = [event["kind"] for event in events]
became = [e["data"]["to"] for e in events if e["kind"] == "growth.stage"]
assert "fossilized" in became, "the evolved network became a part of the other one"
assert "growth.prune" in kinds, "something was pruned"
