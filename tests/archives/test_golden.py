"""What a release archived, every later one verifies; see `golden/README.md`."""

import shutil
from pathlib import Path

import polars as pl
import pytest

import shotlane

GOLDEN = Path(__file__).parent / "golden"
BAGS = sorted(GOLDEN.glob("*.zip"))


@pytest.fixture(params=BAGS, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copy(request.param, tmp_path))


def test_a_golden_bag_is_verified_on_all_levels(golden: Path) -> None:
    found = shotlane.verify(golden)
    assert found.hashes.hold
    assert found.recompiled is not None
    assert found.recompiled.faults == ()
    assert found.replayed is not None
    assert found.replayed.departures == ()
    assert found.replayed.digest == found.replayed.made
    assert (found.holds, found.complete) == (True, True)


def test_golden_bags_hold_one_of_everything() -> None:
    runs = {path.stem.partition("-pre-")[2] or path.stem: shotlane.load(path) for path in BAGS}
    whole = runs["everything"]
    attempts = whole.attempts()
    assert attempts.filter(pl.col("fault") == "timeout").height == 1
    assert set(whole.events()["type"]) >= {"segment.ended", "retry.scheduled", "interlock.watched"}
    assert {channel.type for channel in whole.record.channels} >= {"float", "bool", "text", "array"}
    assert set(whole.shots()["verdict"].cast(pl.String)) == {"passed", "failed"}
    assert set(whole.actions()["kind"].cast(pl.String)) == {"planned", "setup", "safe"}
    assert "virtual-time" not in runs["real-time"].record.summary.stamps
    assert "interlock.tripped" in set(runs["tripped"].events()["type"])
