# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Spans nest, cover the steps without a gap, and are few however short a step is."""

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vynapse.telemetry import tracer as module
from vynapse.telemetry.parts import USED, clocked
from vynapse.telemetry.span import CPU, Span
from vynapse.telemetry.tracer import NoTracer, Tracer


class Clock:
    """Wall-clock time that a test moves on; CPU time is half of it."""

    def __init__(self) -> None:
        self.now = 10**9

    def perf_counter_ns(self) -> int:
        return self.now

    def process_time_ns(self) -> int:
        return self.now // 2

    def time_ns(self) -> int:
        return 10**18

    def pass_seconds(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def walk(
    clock: Clock,
    lengths: list[float],
    per_epoch: int | None,
    checkpoints: frozenset[int] = frozenset(),
    inside: float = 0.5,
) -> list[Span]:
    """A stage whose steps last as long as is said; a share of each is called work."""
    spans: list[Span] = []
    tracer, seconds = Tracer(spans.append), {"work": 0.0}
    with tracer.span("run", run="a"), tracer.span("stage 0: sgd"):
        clock.pass_seconds(0.01)
        with tracer.steps(0, lambda: dict(seconds), per_epoch):
            for number, length in enumerate(lengths, start=1):
                clock.pass_seconds(length)
                seconds["work"] += inside * length
                tracer.stepped(number)
                if number in checkpoints:
                    with tracer.span("checkpoint"):
                        clock.pass_seconds(0.02)
    return spans


def nests(spans: list[Span]) -> None:
    """Each span lies within its parent, and those below one parent do not overlap."""
    known = {span.span_id: span for span in spans}
    assert len(known) == len(spans)
    within: dict[str | None, list[Span]] = {}
    for span in spans:
        assert span.start <= span.end
        within.setdefault(span.parent_id, []).append(span)
        if span.parent_id is not None:
            parent = known[span.parent_id]
            assert parent.start <= span.start
            assert span.end <= parent.end
    for siblings in within.values():
        ordered = sorted(siblings, key=lambda span: (span.start, span.end))
        for one, other in pairwise(ordered):
            assert one.end <= other.start
    assert len({span.trace_id for span in spans}) == 1


def named(spans: list[Span], name: str) -> list[Span]:
    return [span for span in spans if span.name == name]


def total(spans: list[Span], name: str, key: str) -> Any:
    return sum(float(span.attributes[key]) for span in named(spans, name))


STEPS = st.lists(st.sampled_from([0.0, 1e-4, 0.03, 0.2, 1.5]), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(
    lengths=STEPS,
    per_epoch=st.sampled_from([None, 1, 3, 7]),
    checkpoints=st.frozensets(st.integers(1, 60), max_size=5),
)
def test_spans_nest_and_every_step_is_counted_once(lengths, per_epoch, checkpoints) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "time", clock)
        spans = walk(clock, lengths, per_epoch, checkpoints)
    nests(spans)
    (run,) = named(spans, "run")
    assert run.parent_id is None
    where = "epochs" if per_epoch else "steps"
    assert total(spans, where, "steps") == len(lengths)
    if per_epoch:
        assert total(spans, "epochs", "epochs") == pytest.approx(len(lengths) / per_epoch)
    work = sum(span.seconds for span in named(spans, "work"))
    assert work == pytest.approx(sum(lengths) / 2, abs=1e-6)
    assert len(named(spans, "checkpoint")) == len({n for n in checkpoints if n <= len(lengths)})


def test_short_steps_are_gathered_and_blocks_grow_with_the_stage(clock) -> None:
    spans = walk(clock, [1e-4] * 100_000, None)
    blocks = named(spans, "steps")
    assert 50 <= len(blocks) <= 100, "ten seconds of steps of a tenth of a millisecond"
    for _ in range(3):
        clock.pass_seconds(1)
    long = named(walk(clock, [0.05] * 20_000, None), "steps")
    assert len(long) <= 600, "a thousand seconds"
    assert total(long, "steps", "steps") == 20_000


def test_a_long_step_is_a_span_of_its_own(clock) -> None:
    assert len(named(walk(clock, [0.5] * 9, None), "steps")) == 9


def test_an_epoch_holds_its_blocks_and_a_checkpoint_within(clock) -> None:
    spans = walk(clock, [0.06] * 8, 4, frozenset({2}))
    nests(spans)
    first, second = sorted(named(spans, "epochs"), key=lambda span: span.start)
    (checkpoint,) = named(spans, "checkpoint")
    assert checkpoint.parent_id == first.span_id
    assert {span.parent_id for span in named(spans, "steps")} == {first.span_id, second.span_id}
    assert first.attributes["epochs"] == second.attributes["epochs"] == 1
    assert second.attributes["first_step"] == 5


def test_wall_and_cpu_time_are_those_of_the_clocks(clock) -> None:
    spans = walk(clock, [0.2, 0.4], None)
    (run,) = named(spans, "run")
    assert run.seconds == pytest.approx(0.61)
    assert run.attributes[CPU] == pytest.approx(0.305)
    assert [s.seconds for s in named(spans, "steps")] == pytest.approx([0.2, 0.4])
    assert run.start == 10**18
    assert run.attributes["run"] == "a"


def test_an_error_is_said_and_ends_all_spans() -> None:
    spans: list[Span] = []
    tracer = Tracer(spans.append)

    def fail() -> None:
        with tracer.span("run"), tracer.steps(0, dict, 2):
            tracer.stepped(1)
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    nests(spans)
    (run,) = named(spans, "run")
    assert run.attributes["error"] == "KeyError"
    assert total(spans, "epochs", "steps") == 1


def test_the_parts_of_a_step_have_cpu_time_while_somebody_wants_it() -> None:
    seconds = {"work": 0.0}
    with clocked(seconds, "work"):
        time.sleep(0.01)
    assert seconds["work"] >= 0.01
    assert USED.get() is None
    spans: list[Span] = []
    tracer = Tracer(spans.append)
    with tracer.steps(0, lambda: dict(seconds), None):
        with clocked(seconds, "work"):
            time.sleep(0.02)
        tracer.stepped(1)
    (work,) = named(spans, "work")
    assert work.seconds >= 0.02
    assert 0 <= float(work.attributes[CPU]) < work.seconds
    assert USED.get() is None


def test_without_a_sink_for_spans_nothing_is_measured(monkeypatch) -> None:
    monkeypatch.delattr(module, "time")
    tracer = NoTracer()
    with tracer.span("run"), tracer.steps(0, dict, 1):
        tracer.stepped(1)
