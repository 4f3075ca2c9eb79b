# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A measured value carries its doubt; what is unknown has no bounds."""

import json

from vynapse.esper.leyline.measurement import GateResult, Measurement


def test_bounds_are_those_of_the_interval() -> None:
    known = Measurement(0.5, 0.2, 100, "nats")
    assert (known.low, known.high) == (0.3, 0.7)
    unknown = Measurement(0.5, None, 1, "nats")
    assert (unknown.low, unknown.high) == (None, None)


def test_a_gate_is_json_with_value_threshold_unit_samples_and_doubt() -> None:
    gate = GateResult("gain", Measurement(0.5, 0.2, 100, "nats"), "above", 0.0, True)
    assert json.loads(json.dumps(gate.as_data())) == {
        "gate": "gain",
        "measured": {"value": 0.5, "uncertainty": 0.2, "samples": 100, "unit": "nats"},
        "side": "above",
        "threshold": 0.0,
        "passed": True,
    }
    assert GateResult("gain", None, "above", 0.0, False).as_data()["measured"] is None
