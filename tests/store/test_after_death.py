"""What a guard tells of a run whose process died."""

import json

import pytest
from tests.store import lab

from shotlane.records import Event, Outcome, RecorderError, RunEnd
from shotlane.store import DeadRun, open_reader, open_recorder
from shotlane.store._after_death import end_dead_run
from shotlane.store._attempt_keys import BLOCK

END = RunEnd(lab.START_NS + 9, Outcome.TERMINATED, "the process that ran it died", {"unsafe": []})
EVENTS = [Event("guard.made-safe", lab.START_NS + 8, {"written": 3, "unsafe": [], "took_s": 0.1})]


def _left_open(store_url: str) -> DeadRun:
    """A run that nobody has ended."""
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        recorder.event(Event("run.started", lab.START_NS))
        return DeadRun(store_url, recorder.session, run)


def test_the_run_has_an_end_and_its_events_come_last(store_url: str) -> None:
    dead = _left_open(store_url)
    end_dead_run(dead, END, EVENTS, wait_s=5)
    with open_reader(store_url) as reader:
        found = reader.run(dead.run)
        assert (found.summary.state, found.reason) == ("terminated", END.reason)
        rows = reader.events(dead.run)
    assert [row[3] for row in rows] == ["run.started", "guard.made-safe"]
    assert rows[-1][1] > 1 << BLOCK
    assert json.loads(rows[-1][6])["written"] == 3


def test_an_end_that_was_told_stays(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        dead = DeadRun(store_url, recorder.session, recorder.begin_run(lab.run_start()))
        lab.end_run(recorder)
    end_dead_run(dead, END, EVENTS, wait_s=5)
    with open_reader(store_url) as reader:
        assert reader.run(dead.run).summary.state == "done"


def test_a_run_that_goes_on_elsewhere_is_not_ended(store_url: str) -> None:
    dead = _left_open(store_url)
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        recorder.begin_run(lab.run_start(resumes=dead.run))
        end_dead_run(dead, END, EVENTS, wait_s=5)
        assert reader.run(dead.run).summary.state == "running"
        lab.end_run(recorder)
        assert reader.run(dead.run).summary.state == "done"


def test_who_counted_the_shots_before_somebody_else_went_on_is_refused(store_url: str) -> None:
    dead = _left_open(store_url)
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start(resumes=dead.run, after_session=dead.session))
        lab.end_run(recorder)
    with open_recorder(store_url) as late, pytest.raises(RecorderError, match="was resumed meanwhile"):
        late.begin_run(lab.run_start(resumes=dead.run, after_session=dead.session))
