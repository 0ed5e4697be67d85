"""Whatever was written and whatever went wrong: an archive of it, made again, sends the same."""

import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from tests.examples import examples
from tests.proof.generated import Case, cases
from tests.proof.probe import Lab, Witness, ctrl_c_at

import shotlane
from shotlane.records import Outcome, RunStart
from shotlane.store import StoreRecorder

SETTLING = """
language: 1
sequence: generated
station: probes
timeline:
  - first: 40 ms
  - climb: {until: a.fast > 5 V, for: 40 ms, timeout: 60 s}
  - rest: 60 ms
  - fall: {until: a.fast < 5 V, for: 20 ms, timeout: 60 s}
  - last: 40 ms
lanes:
  a.level: {set: {first: 0 V, climb..rest: 10 V, fall..last: 0 V}}
  a.fast: {record: 50 Hz}
  b.fast: {record: {climb..last: 100 Hz}}
"""
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.proof.preloaded"])

proof = settings(
    max_examples=examples(20),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Of two readings of one exchange the second was missed, which ended the attempt before the first was asked.
_HALF_AN_EXCHANGE = Case(
    """
language: 1
sequence: generated
station: probes
timeline:
  - step0: 40 ms
  - open1: {until: a.fast > 5 V, for: 0 s, timeout: 30 ms, on_timeout: fail}
lanes:
  a.level: {set: {step0: 10 V, open1: 10 V}, every: 10 ms}
  a.fast: {record: 20 Hz, required: true}
  c.fast: {record: 100 Hz, required: true}
  b.slow: {record: 20 Hz, required: true}
  a.slow: {record: 100 Hz, required: true}
retry: {attempts: 1, on: [timeout, disconnected, garbled, refused], delay: 30 ms, backoff: 2, then: abort}
interlocks:
  own: {when: 'c.fast > 5 V', for: 10 ms, blind: 0.3 s}
""",
    {
        "a": ["fault: timeout, at: 1 ms, for: 3 ms"],
        "b": ["fault: timeout, at: 1 ms, for: 3 ms"],
        "c": [
            "fault: timeout, probability: 0.005",
            "fault: timeout, at: 1 ms, for: 3 ms",
            "fault: timeout, probability: 0.03",
        ],
    },
    "",
    None,
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    return Lab(tmp_path)


def assert_replayed(lab: Lab, run: int) -> None:
    """Archive a run, and verify it on all levels."""
    bag = lab.folder / "bag"
    shutil.rmtree(bag, ignore_errors=True)
    shotlane.archive(run, bag, store=lab.store)
    found = shotlane.verify(bag)
    assert found.replayed is not None
    assert found.replayed.departures == ()
    assert found.replayed.digest == found.replayed.made
    assert (found.holds, found.complete) == (True, True)


@proof
@given(cases())
@example(_HALF_AN_EXCHANGE)
def test_an_archive_of_anything_is_made_again_with_the_same_commands(lab: Lab, case: Case) -> None:
    lab.station(case.faults, case.interlocks)
    witness = Witness() if case.stop_at is None else Witness(ctrl_c_at(case.stop_at))
    with witness.watching():
        made = shotlane.run(lab.sequence(case.sequence), virtual_time=True, store=lab.store)
    event(str(made.outcome))
    assert_replayed(lab, made.number)
    if made.outcome is Outcome.TERMINATED:
        shotlane.resume(made.number, store=lab.store)
        assert_replayed(lab, made.number)


def _killed_at_request(folder: Path, number: int) -> None:
    """Die at a request, right after all that is known was made durable."""
    recorders: list[StoreRecorder] = []
    begin_run = StoreRecorder.begin_run

    def begun(recorder: StoreRecorder, start: RunStart) -> int:
        recorders.append(recorder)
        return begin_run(recorder, start)

    def act(count: int) -> None:
        if count == number:
            recorders[0].flush()
            os.kill(os.getpid(), signal.SIGKILL)

    lab = Lab(folder)
    with patch.object(StoreRecorder, "begin_run", begun), Witness(act, takes_ns=0).watching():
        shotlane.run(lab.folder / "sequences" / "generated.yaml", virtual_time=True, seed=5, store=lab.store)


def _steps_of(lab: Lab, run: int) -> dict[Any, Any]:
    """The step of every reading of a run."""
    rows = shotlane.load(run, lab.store).samples(attempts="all").filter(pl.col("attempt") == 1)
    return {tuple(key): step for *key, step in rows.select("channel", "tick", "step").iter_rows()}


def test_a_kill_behind_an_open_ended_step_leaves_its_readings_in_their_steps(lab: Lab) -> None:
    with Witness(takes_ns=0).watching() as witness:
        path = lab.sequence(SETTLING)
        whole = shotlane.run(path, virtual_time=True, seed=5, store=lab.store).number
    known = _steps_of(lab, whole)
    assert set(known.values()) == {"first", "climb", "rest", "fall", "last"}
    seen: set[str] = set()
    for number in range(8, len(witness.requests), 11):
        process = _CONTEXT.Process(target=_killed_at_request, args=(lab.folder, number), daemon=True)
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        cut = int(lab.rows("SELECT max(number) AS n FROM run")[0]["n"])
        found = _steps_of(lab, cut)
        assert found == {key: known[key] for key in found}
        seen |= set(found.values())
        assert_replayed(lab, cut)
    assert seen == set(known.values())
    assert shotlane.resume(cut, store=lab.store).outcome is Outcome.DONE
    assert_replayed(lab, cut)
