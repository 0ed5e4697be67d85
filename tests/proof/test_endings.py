"""A run that is stopped or killed at every moment of its life: it ends in a true state, and safe.

The peers' own registers say whether they are safe, and their log what they were asked.
"""

import json
import signal
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from tests.acceptance.audit import assert_one_to_one, stored, witnessed
from tests.acceptance.lab import Done, Lab, assert_safe, wait_for
from tests.proof.forge import Forked
from tests.proof.moments import MOMENTS, Stage, furnished, make_unsafe

from shotlane.api import prepare_resumption
from shotlane.api._past import ResumeError
from shotlane.diagnostics import Report
from shotlane.store import StoreError, send_request
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
# What is left after these takes a second, and needs nobody.
_QUICK = ("set_up", "first_exchange", "between_shots", "committing", "making_safe")
_ALL_DONE = ("making_safe", "closing_down")
_STATUSES = "ok + late + failed + missed + dropped + unreached"


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(folder=tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.fixture
def stage(tmp_path: Path, shared_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    make_unsafe(shared_bench)
    made = Stage(furnished(tmp_path / "project", shared_bench), shared_bench)
    yield made
    for forked in made.forked:
        forked.close()
    if shared_bench.registers()["furnace"]["validity"] != 61:
        shared_bench.restart("furnace", seconds=0.0)


def ctrl_c(_stage: Stage, process: Forked) -> None:
    process.send(signal.SIGINT)


def sigterm(_stage: Stage, process: Forked) -> None:
    process.send(signal.SIGTERM)


def abort(stage: Stage, process: Forked) -> None:
    process.unlock()  # a store that is locked takes no request
    with suppress(StoreError) if process.closing else nullcontext():  # it may have ended
        send_request(stage.lab.store, 1, "abort", reason="smoke", by="a test")


def interlock(stage: Stage, _process: Forked) -> None:
    stage.bench.break_sensor()


MEANS = {function.__name__: function for function in (ctrl_c, sigterm, abort, interlock)}
_OUTCOME = {"ctrl_c": "terminated", "sigterm": "terminated", "abort": "aborted", "interlock": "aborted"}


def assert_books(stage: Stage, *, whole: bool) -> None:
    """The store tells of each request of the run; of a killed one, of none that was not."""
    lab = stage.lab
    assert lab.rows(f"SELECT * FROM tally WHERE planned <> {_STATUSES}") == []
    if whole:
        assert_one_to_one(lab, stage.requests())
        started = {name: lab.count(f"event WHERE type = '{name}.started'") for name in ("shot", "attempt")}
        assert started == {name: lab.count(f"event WHERE type = '{name}.ended'") for name in started}
        assert lab.count("attempt WHERE outcome IS NULL") == lab.count("shot WHERE outcome IS NULL") == 0
        return
    for device in ("furnace", "gas"):
        theirs = iter([entry for entry in witnessed(stage.requests()) if entry.device == device])
        for row in (entry for entry in stored(lab) if entry.device == device):
            assert any(row.agrees_with(request) for request in theirs), row


def assert_goes_on_right(lab: Lab, *, runs: bool) -> None:
    """What was done is not done again, and all the rest is left; or done here, if it `runs`."""
    done = {row["shot"] for row in lab.rows("SELECT shot FROM shot WHERE outcome IN ('done', 'passed')")}
    (planned,) = (row["shots_planned"] for row in lab.rows("SELECT shots_planned FROM run"))
    missing = tuple(shot for shot in range(1, planned + 1) if shot not in done)
    with nullcontext() if missing else pytest.raises(ResumeError, match="is complete"):
        found = prepare_resumption(1, Report(), store=str(lab.store))
        assert found is not None
        assert found.part.shots == missing
    if missing and runs:
        before = _good_attempts(lab)
        told = lab.do("shotlane", "resume", 1)
        assert told.status == 0, told
        after = _good_attempts(lab)
        assert sorted(shot for shot, _ in after) == list(range(1, planned + 1))
        assert before == [attempt for attempt in after if attempt[0] in done]
        assert lab.rows("SELECT 1 FROM attempt GROUP BY run, shot, attempt HAVING count(*) > 1") == []


def _good_attempts(lab: Lab) -> list[tuple[int, int]]:
    """Every one, with its shot."""
    rows = lab.rows("SELECT shot, id FROM attempt WHERE outcome IN ('done', 'passed') ORDER BY shot, id")
    return [(row["shot"], row["id"]) for row in rows]


def assert_no_traceback(done: Done) -> None:
    assert "Traceback" not in done.text
    assert "Exception" not in done.text


@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_stopped_run_ends_truly_and_safe(stage: Stage, moment: str, means: str) -> None:
    process = MOMENTS[moment](stage)
    MEANS[means](stage, process)
    process.unlock()
    done = process.finish()
    expected = [(0, "done")] if moment in _ALL_DONE else [(4, _OUTCOME[means])]
    if moment in _ALL_DONE and means == "abort":  # who aborts is heard to the very end
        expected.append((4, "aborted"))
    assert (done.status, stage.lab.outcome()) in expected, done
    assert_safe(stage.bench)
    assert_no_traceback(done)
    assert_books(stage, whole=True)
    # A sensor that broke stays so.
    assert_goes_on_right(stage.lab, runs=moment in _QUICK and means != "interlock")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_is_made_safe_by_its_guard(stage: Stage, moment: str) -> None:
    process = MOMENTS[moment](stage)
    process.send(signal.SIGKILL)
    process.unlock()
    status = process.finish().status
    if moment == "closing_down":  # the guard has gone home, or goes at this moment
        assert (status, stage.lab.outcome()) in [
            (-9, "no end recorded"),
            (-9, "terminated"),
            (-9, "done"),
            (0, "done"),
        ]
    else:
        assert status == -signal.SIGKILL
        wait_for(lambda: stage.lab.count("event WHERE type = 'guard.made-safe'") == 1)
        (row,) = stage.lab.rows("SELECT outcome, reason, summary FROM run")
        assert row["outcome"] == "terminated"
        assert "its guard made the instruments safe" in row["reason"]
        assert json.loads(row["summary"])["unsafe"] == []
    assert_safe(stage.bench)
    assert_books(stage, whole=False)
    assert_goes_on_right(stage.lab, runs=moment in _QUICK)
