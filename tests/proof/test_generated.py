"""Generated sequences, run as documents through the public face in virtual time, with faults and Ctrl-C.

Whatever is written and whatever goes wrong: each request is one record, statuses sum to planned, the outcome
is the worst of what happened, and a run that was stopped goes on to the same set of shots.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.proof.generated import Case, cases, chances, schedules, sequences
from tests.proof.probe import Lab, Witness, assert_accounted, assert_true_ending, ctrl_c_at

import shotlane
from shotlane.records import Outcome

_KEPT = "SELECT shot FROM shot WHERE run = ? AND outcome IN ('done', 'passed', 'failed')"
proof = settings(
    max_examples=examples(60),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# A poll was overdue when Ctrl-C came, in an exchange that lasted, and was left out again and again.
_STOPPED_WITH_A_POLL_DUE = Case(
    """
language: 1
sequence: generated
station: probes
timeline:
  - step0: 40 ms
  - step1: 100 ms
lanes:
  a.level: {set: {step0: 15 V, step1: 'ramp(15 V, 20 V)'}, every: 10 ms}
  a.fast: {record: 50 Hz, max_missing: 0.5}
retry: {attempts: 3, on: [timeout, disconnected], delay: 30 ms, backoff: 2, then: skip, budget: 2}
""",
    {
        "a": [
            "fault: drop, at: 327 ms, for: 3 ms",
            "fault: restart, at: 9 ms, for: 150 ms",
            "fault: drop, request: 10, count: 5, of: level",
        ]
    },
    "interlocks:\n  of_station: {when: 'c.fast > 99 V', for: 10 ms, blind: 0.3 s}\n",
    36,
)

# In virtual time a poll began before a round of safe writes, and ended after it: its port was not waited for.
_POLLED_BETWEEN_ROUNDS = Case(
    """
language: 1
sequence: generated
station: probes
timeline:
  - step0: 40 ms
  - step1: 40 ms
lanes:
  a.level: {set: {step0: 10 V, step1: 10 V}, every: 10 ms}
  b.gate: {set: {step0: true, otherwise: false}}
  a.fast: {record: 20 Hz, required: true}
  a.slow: {record: 20 Hz, required: true}
  b.slow: {record: 20 Hz, required: true}
retry: {attempts: 2, on: [timeout, disconnected, garbled, refused], delay: 30 ms, backoff: 2, then: abort}
""",
    {
        "a": ["fault: restart, at: 1 ms, for: 150 ms"],
        "b": [
            "fault: busy, probability: 0.03",
            "fault: timeout, at: 1 ms, for: 3 ms",
            "fault: timeout, probability: 0.1",
        ],
    },
    "interlocks:\n  of_station: {when: 'b.slow > 60 V', for: 10 ms, blind: 0.3 s}\n",
    None,
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    return Lab(tmp_path)


def run(lab: Lab, case: Case) -> tuple[shotlane.Run, Witness]:
    """Run a case in virtual time."""
    lab.station(case.faults, case.interlocks)
    witness = Witness() if case.stop_at is None else Witness(ctrl_c_at(case.stop_at))
    with witness.watching():
        made = shotlane.run(lab.sequence(case.sequence), virtual_time=True, store=lab.store)
    return made, witness


def plan_of(lab: Lab, number: int) -> dict[int, tuple[Any, ...]]:
    """What each shot of a run was: its digest and parameters."""
    found: dict[int, tuple[Any, ...]] = {}
    for row in lab.rows("SELECT shot, digest FROM shot WHERE run = ? ORDER BY shot", number):
        own = "SELECT name, value, text FROM parameter_view WHERE run = ? AND shot = ? ORDER BY name"
        found[row["shot"]] = (row["digest"], *(tuple(item) for item in lab.rows(own, number, row["shot"])))
    return found


def shots_planned(lab: Lab, number: int) -> int:
    """How many shots a run has."""
    return int(lab.rows("SELECT shots_planned FROM run WHERE number = ?", number)[0]["shots_planned"])


@proof
@given(cases())
@example(_STOPPED_WITH_A_POLL_DUE)
@example(_POLLED_BETWEEN_ROUNDS)
def test_whatever_happens_is_told_truly(lab: Lab, case: Case) -> None:
    made, witness = run(lab, case)
    stopped = case.stop_at is not None and len(witness.requests) >= case.stop_at
    outcome = assert_true_ending(lab, made.number, stopped=stopped)
    event(f"{outcome}, stopped: {stopped}")
    assert made.outcome is outcome
    assert_accounted(lab, made.number, witness.requests)


@proof
@given(sequences(watched=False), schedules(chances()), st.integers(1, 250))
def test_what_was_stopped_goes_on_to_the_same_shots(
    lab: Lab, text: str, faults: dict[str, list[str]], stop_at: int
) -> None:
    whole, _ = run(lab, Case(text, faults, "", None))
    cut, witness = run(lab, Case(text, faults, "", stop_at))
    if cut.outcome is not Outcome.TERMINATED:
        return
    kept = {row["shot"] for row in lab.rows(_KEPT, cut.number)}
    (before,) = lab.rows("SELECT max(id) AS attempt FROM attempt WHERE run = ?", cut.number)
    with witness.watching():
        witness.act = lambda _: None
        resumed = shotlane.resume(cut.number, store=lab.store)
    assert resumed.number == cut.number
    event(f"{cut.outcome} after {len(kept)} shots, then {resumed.outcome}")
    again = "SELECT DISTINCT shot FROM attempt WHERE run = ? AND id > ? ORDER BY shot"
    tried = [row["shot"] for row in lab.rows(again, cut.number, before["attempt"] or 0)]
    # A fault, or a verdict, may end both before their last shot.
    missing = [shot for shot in range(1, shots_planned(lab, cut.number) + 1) if shot not in kept]
    assert tried == missing[: len(tried)]
    ours, theirs = plan_of(lab, cut.number), plan_of(lab, whole.number)
    assert all(ours[shot] == theirs[shot] for shot in ours.keys() & theirs.keys())
    if len(tried) == len(missing):
        assert list(ours) == list(range(1, len(ours) + 1))
    assert_accounted(lab, cut.number, witness.requests)
