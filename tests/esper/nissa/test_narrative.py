# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The story of a run in words, and as a timeline."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.esper.leyline.measurement import GateResult, Measurement
from vynapse.esper.leyline.phases import TRANSITIONS, Cause, SeedPhase
from vynapse.esper.nissa.narrative import WIDTH, sentences, spans, timeline

Event = dict[str, Any]
AFTER = {cause: stage for (_, cause), stage in TRANSITIONS.items()}
BEFORE = {cause: stage for (stage, cause) in TRANSITIONS}


def moved(cause: Cause, epoch: int, slot: str = "stage1", **more: object) -> Event:
    data = {
        "slot": slot,
        "seed": "s0",
        "blueprint": "conv_heavy",
        "from": str(BEFORE[cause]),
        "to": str(AFTER[cause]),
        "cause": str(cause),
        "reason": "because of this",
        "epoch": epoch,
        "gates": [],
    }
    return {"kind": "growth.stage", "seq": 0, "data": data | more}


def told(event: Event) -> str:
    (sentence,) = sentences([event])
    return sentence


def test_why_and_when_a_seed_germinated() -> None:
    event = moved(
        Cause.GERMINATE, 5, reason="the validation loss has stopped falling", parameters=73984
    )
    assert told(event) == (
        "Epoch 5: the validation loss has stopped falling, so a conv_heavy seed s0 "
        "(73,984 parameters) germinated in stage1."
    )
    event = moved(Cause.GERMINATE, 0, blueprint="attention", reason="", parameters=1)
    assert told(event) == (
        "Before the first epoch: an attention seed s0 (1 parameter) germinated in stage1."
    )


def test_what_the_gates_saw() -> None:
    gates = [
        GateResult("gradient health", Measurement(0.98, 0.0312, 47, "share"), "above", 0.8, True),
        GateResult("gain", Measurement(-0.0123, 0.02, 9, "nats"), "above", 0.0, False),
        GateResult("training time", Measurement(4.0, 0.0, 1, "epochs"), "above", 4.0, True),
        GateResult("contribution", None, "above", 0.0, False),
    ]
    event = moved(Cause.CULL, 9, gates=[gate.as_data() for gate in gates])
    assert told(event) == (
        "Epoch 9: because of this, so seed s0 in stage1 was given up. Passed: gradient health "
        "0.98 ± 0.031 (threshold 0.8), training time 4 epochs (threshold 4). Not passed: gain "
        "-0.0123 ± 0.02 nats (threshold 0), contribution not measured."
    )


@pytest.mark.parametrize("cause", list(Cause))
def test_every_edge_has_a_sentence(cause: Cause) -> None:
    sentence = told(moved(cause, 3))
    assert sentence.startswith("Epoch 3: ")
    assert sentence.endswith(".")
    assert "stage1" in sentence
    decided = cause in {Cause.GERMINATE, Cause.ENTER, Cause.BLEND, Cause.FOSSILIZE, Cause.CULL}
    assert ("because of this" in sentence) == decided
    assert "{" not in sentence


def rollback(epoch: int, *culled: str) -> Event:
    data = {"reason": "the training loss is nan", "epoch": epoch, "culled": list(culled)}
    return {"kind": "growth.rollback", "data": data}


def test_a_rollback_tells_of_channels_on_trial() -> None:
    event = rollback(7, "stage1", "host.0")
    event["data"]["layers"] = ["host.0"]
    (sentence,) = sentences([event])
    assert sentence.endswith(
        "and the seed in stage1 was given up, and the new channels of host.0 were taken out."
    )


def test_a_rollback_is_told_once() -> None:
    events = [
        rollback(7, "stage1", "stage2"),
        moved(Cause.START, 7),
        moved(Cause.CULL, 7),
        moved(Cause.CULL, 7, "stage2"),
        moved(Cause.CULL, 7, "stage3"),
        moved(Cause.CLEAN_UP, 8),
    ]
    first, other, later = sentences(events)
    assert first == (
        "Epoch 7: the training loss is nan, so the network went back to what it was after the last "
        "healthy epoch, and the seeds in stage1 and stage2 were given up."
    )
    assert "stage3" in other
    assert later.startswith("Epoch 8: seed s0 was removed from stage1")
    assert sentences([rollback(7, "a")])[0].endswith("and the seed in a was given up.")
    assert "a, b and c were" in sentences([rollback(7, "a", "b", "c")])[0]


def pruned(epoch: int, seed: str = "s0") -> Event:
    data = {"slot": "stage1", "seed": seed, "epoch": epoch, "parameters": 1234}
    return {"kind": "growth.prune", "data": data}


def test_pruning_and_other_events() -> None:
    started = {"kind": "run.started", "data": {"task": "xor"}}
    assert sentences([started, pruned(20)]) == [
        "Epoch 20: fossil s0 was taken out of stage1 (1,234 parameters)."
    ]
    assert sentences([]) == []
    assert timeline([started], 5) == []


LIFE = [
    moved(Cause.GERMINATE, 3),
    moved(Cause.START, 4),
    moved(Cause.BLEND, 6),
    moved(Cause.FOSSILIZE, 8),
    moved(Cause.GERMINATE, 3, "stage2"),
    moved(Cause.START, 4, "stage2"),
    moved(Cause.CULL, 5, "stage2"),
    moved(Cause.CLEAN_UP, 6, "stage2"),
    moved(Cause.REOPEN, 8, "stage2"),
]


def test_a_timeline_shows_the_stage_at_the_end_of_each_epoch() -> None:
    assert timeline(LIFE, 10) == [
        "        1       10",
        "stage1  ··gttbbFFF",
        "stage2  ··gtxee···",
        "·=dormant  g=germinated  t=training  b=blending  F=fossil  x=culled  e=embargo",
    ]


def test_what_lasts_no_whole_epoch_is_shown_too() -> None:
    events = [moved(Cause.GERMINATE, 0), moved(Cause.START, 1), moved(Cause.CULL, 2)]
    events += [moved(Cause.CLEAN_UP, 2), moved(Cause.REOPEN, 3), moved(Cause.GERMINATE, 3)]
    assert timeline(events, 4)[1] == "stage1  gxgg"


def test_a_pruned_fossil_leaves_an_open_slot_unless_another_is_there() -> None:
    grown = [moved(Cause.FOSSILIZE, 2)]
    assert timeline([*grown, pruned(4)], 5)[1] == "stage1  ·FFp·"
    again = [*grown, moved(Cause.GERMINATE, 3), moved(Cause.FOSSILIZE, 4, seed="s1")]
    assert timeline([*again, pruned(5)], 6)[1] == "stage1  ·FgFpF"
    assert timeline([*again, pruned(5), pruned(6, "s1")], 7)[1] == "stage1  ·FgFpp·"


def test_more_epochs_than_columns_are_compressed() -> None:
    lines = timeline([*LIFE, moved(Cause.GERMINATE, 299, "stage2")], 300)
    assert lines[-1] == "each character is 5 epochs"
    assert lines[0] == "        1" + " " * 56 + "300"
    row, other = lines[1].split("  ")[1], lines[2].split("  ")[1]
    assert row == "gF" + "F" * 58
    assert other == "x" + "·" * 58 + "g"


def test_events_beyond_the_stated_epochs_are_not_lost() -> None:
    assert timeline([moved(Cause.GERMINATE, 5)], 2)[1] == "stage1  ····g"
    assert timeline([moved(Cause.GERMINATE, 0)], 0)[:2] == ["        1", "stage1  g"]


@given(
    epochs=st.integers(1, 5000),
    names=st.lists(st.text("ab.", min_size=1, max_size=60), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_it_always_fits(epochs: int, names: list[str], data: st.DataObject) -> None:
    causes = data.draw(st.lists(st.sampled_from(list(Cause)), min_size=1, max_size=20))
    events = [
        moved(cause, data.draw(st.integers(0, epochs)), data.draw(st.sampled_from(names)))
        for cause in causes
    ]
    lines = timeline([*events, pruned(epochs)], epochs)
    assert all(len(line) <= WIDTH for line in lines)
    slots = {event["data"]["slot"] for event in events} | {"stage1"}
    rows = lines[1 : 1 + len(slots)]
    assert len({len(row) for row in rows}) == 1
    marks = {mark for row in rows for mark in row.split()[-1]}
    legend = " ".join(lines[1 + len(slots) :])
    assert all(f"{mark}=" in legend for mark in marks)


def test_every_stage_has_a_mark() -> None:
    for cause in Cause:
        row = timeline([moved(cause, 1)], 1)[1]
        assert (row.endswith("·")) == (AFTER[cause] == SeedPhase.DORMANT)


def test_spans_are_the_stages_that_lasted_from_begin_to_end() -> None:
    """A seed germinates at the end of an epoch, and trains from the first batch of the next."""
    events = [
        moved(Cause.GERMINATE, 2), moved(Cause.START, 3), moved(Cause.GERMINATE, 3, "stage2"),
        moved(Cause.BLEND, 4), moved(Cause.START, 4, "stage2"), moved(Cause.FOSSILIZE, 6),
        moved(Cause.CULL, 6, "stage2"), moved(Cause.CLEAN_UP, 7, "stage2"),
        moved(Cause.REOPEN, 9, "stage2"), pruned(8),
    ]  # fmt: skip
    assert spans(events, 10) == {
        "stage1": [("training", 2, 4), ("blending", 4, 6), ("fossilized", 6, 8)],
        "stage2": [("training", 3, 6), ("culled", 6, 7), ("embargoed", 7, 9)],
    }
    assert spans(events[:1], 2) == {"stage1": []}
    assert spans(events[:2], 5) == {"stage1": [("training", 2, 5)]}, "it trains to the end"


def test_it_loads_no_torch() -> None:
    code = "import sys, vynapse.esper.nissa.narrative; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
