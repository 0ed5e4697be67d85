"""Results, polls, stamps and the steps that really were."""

import time
from typing import Any

import pytest
from tests.store import lab

from shotlane.records import (
    AttemptEnd,
    AttemptStart,
    Outcome,
    PollRow,
    ResultRow,
    ShotEnd,
    Status,
    StepRecord,
)
from shotlane.store import StoreRecorder, open_reader, open_recorder


def _attempt(recorder: StoreRecorder, **end: Any) -> int:
    run = recorder.begin_run(lab.run_start())
    lab.begin_shot(recorder, 1)
    recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS, lab.STEPS))
    recorder.end_attempt(AttemptEnd(1, 1, lab.START_NS, lab.START_NS, Outcome.PASSED, None, (), **end))
    recorder.end_shot(ShotEnd(1, Outcome.PASSED, 1))
    return run


def test_results_are_kept_with_limits_and_verdict_in_their_order(store_url: str) -> None:
    rows = (
        ResultRow("T_mean", 59.98, "degC"),
        ResultRow("overshoot", 1.5, "K", None, 2.0, None, "passed"),
        ResultRow("serial", "A-17", None, None, None, "A-17", "passed"),
        ResultRow("closed", True, None, None, None, True, "passed"),
        ResultRow("lost", None, "K", 0, 2, None, "errored"),
        ResultRow("ratio", float("nan")),
    )
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        found = [row[1:] for row in reader.results(_attempt(recorder, results=rows))]
    assert found == [
        (0, "T_mean", "number", 59.98, None, "degC", None, None, None, None, None),
        (1, "overshoot", "number", 1.5, None, "K", None, 2.0, None, None, "passed"),
        (2, "serial", "text", None, "A-17", None, None, None, None, "A-17", "passed"),
        (3, "closed", "bool", 1.0, None, None, None, None, 1.0, None, "passed"),
        (4, "lost", None, None, None, "K", 0.0, 2.0, None, None, "errored"),
        (5, "ratio", "number", None, "nan", None, None, None, None, None, None),
    ]


@pytest.mark.parametrize("flushed", [False, True], ids=["within-one-commit", "over-two-commits"])
def test_the_steps_that_were_replace_the_planned_ones(store_url: str, flushed: bool) -> None:
    interval = 0.005 if flushed else 60
    with open_recorder(store_url, flush_interval_s=interval) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS, lab.STEPS))
        deadline = time.monotonic() + 60
        while flushed and not reader.steps(run) and time.monotonic() < deadline:
            time.sleep(0.005)
        steps = (StepRecord("heat", 0, 45 * lab.MS),)
        end = AttemptEnd(1, 1, lab.START_NS, lab.START_NS, Outcome.FAILED, None, (), steps=steps)
        recorder.end_attempt(end)
        recorder.end_shot(ShotEnd(1, Outcome.FAILED, 1))
        assert [row[1:] for row in reader.steps(run)] == [(0, "heat", 0, 45 * lab.MS)]


def test_polls_are_numbered_over_shots_and_after_the_end(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        with pytest.raises(ValueError, match="no run is open"):
            recorder.poll(PollRow(0, lab.START_NS, None, None, Status.FAILED))
        run = recorder.begin_run(lab.run_start())
        recorder.poll(PollRow(0, lab.START_NS, lab.START_NS + 5, 25.0, Status.OK))
        lab.record_shot(recorder, 1)
        recorder.poll(PollRow(0, lab.START_NS + 1, None, None, Status.FAILED, "no answer"))
        recorder.poll(PollRow(3, lab.START_NS + 2, lab.START_NS + 3, "He", Status.OK))
        lab.end_run(recorder)
        recorder.poll(PollRow(2, lab.START_NS + 4, lab.START_NS + 5, True, Status.OK))
        recorder.close()
        assert [row[1:] for row in reader.polls(run)] == [
            (1, 0, lab.START_NS, lab.START_NS + 5, 25.0, None, 0, None),
            (2, 0, lab.START_NS + 1, None, None, None, 2, "no answer"),
            (3, 3, lab.START_NS + 2, lab.START_NS + 3, None, "He", 0, None),
            (4, 2, lab.START_NS + 4, lab.START_NS + 5, 1.0, None, 0, None),
        ]


def test_stamps_are_added_once_in_their_order(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        recorder.stamp("identity-mismatch", "mocked")
        recorder.stamp("identity-mismatch")
        lab.end_run(recorder)
        assert reader.run(run).summary.stamps == ("mocked", "identity-mismatch")
