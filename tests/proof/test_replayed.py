"""Whatever was written and whatever went wrong: an archive of it, made again, sends the same.

`SHOTLANE_PROOF_EXAMPLES` sets how many are tried.
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from tests.proof.generated import Case, cases
from tests.proof.probe import Lab, Witness, ctrl_c_at

import shotlane
from shotlane.records import Outcome

_EXAMPLES = int(os.environ.get("SHOTLANE_PROOF_EXAMPLES", "20"))
proof = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
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
