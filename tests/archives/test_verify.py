"""What an archive means is compared with what it says, wherever and whenever that is done."""

import json
import shutil
from pathlib import Path

import pytest
from tests.archives.packing import SEQUENCE, Packed, document, hash_again, make_run, replace_in

import shotlane
from shotlane.api import Recompiled, Verification
from shotlane.plan import Comparison, Verdict


def recompiled(found: Verification) -> Recompiled:
    assert found.recompiled is not None
    return found.recompiled


def compared(found: Verification) -> Comparison:
    comparison = recompiled(found).comparison
    assert comparison is not None
    return comparison


def test_a_run_compiles_to_the_same_plan(packed: Packed) -> None:
    found = shotlane.verify(packed.bag)
    assert found.holds
    assert compared(found).verdict is Verdict.IDENTICAL


def test_another_lab_needs_nothing_but_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_run(tmp_path / "here" / "project")
    shotlane.archive(1, tmp_path / "bag.zip", store=store)
    shutil.rmtree(tmp_path / "here")
    monkeypatch.chdir("/")
    found = shotlane.verify(tmp_path / "bag.zip")
    assert found.holds
    assert recompiled(found).shots == 3


def test_files_of_today_do_not_take_part(bag: Path, packed: Packed) -> None:
    mine = packed.project / "sequences" / "warm-up.yaml"
    text = mine.read_text()
    try:
        mine.write_text("sequence: another\n")
        assert shotlane.verify(bag).holds
    finally:
        mine.write_text(text)


def test_altered_files_are_not_compiled(bag: Path) -> None:
    replace_in(document(bag, "warm-up.yaml"), "100 ms", "200 ms")
    found = shotlane.verify(bag)
    assert not found.holds
    assert found.recompiled is None


def test_another_shape_of_a_ramp_is_named_by_shot_lane_and_step(bag: Path) -> None:
    replace_in(document(bag, "warm-up.yaml"), "heat: ramp()", 'heat: ramp(25 degC, T, shape="smooth")')
    hash_again(bag)
    found = shotlane.verify(bag)
    assert found.hashes.hold
    assert not found.holds
    planned = compared(found).planned
    assert {item.shot for item in planned} == {1, 2, 3}
    assert {(item.lane, item.step) for item in planned} == {("furnace.setpoint", "heat")}


def test_another_limit_is_named_by_its_lane(bag: Path) -> None:
    station = document(bag, "demo.yaml")
    replace_in(station, "setpoint: [10 degC, 200 degC]", "setpoint: [10 degC, 199 degC]")
    hash_again(bag)
    found = shotlane.verify(bag)
    first = compared(found).planned[0]
    assert (first.lane, found.holds) == ("furnace.setpoint", False)
    assert "limits" in first.message


def test_documents_that_do_not_compile_are_told(bag: Path) -> None:
    replace_in(document(bag, "warm-up.yaml"), "heat: ramp()", "heat: nonsense")
    hash_again(bag)
    found = shotlane.verify(bag)
    assert "do not compile" in recompiled(found).faults[0]


def test_another_version_of_a_package_is_named_and_fails_nothing(bag: Path) -> None:
    facts = json.loads((bag / "data/run.json").read_bytes())
    facts["environment"]["packages"]["numpy"] = "1.0.0"
    (bag / "data/run.json").write_text(json.dumps(facts))
    hash_again(bag)
    found = shotlane.verify(bag)
    assert (found.holds, found.complete) == (True, True)
    assert recompiled(found).versions[0].startswith("numpy 1.0.0 then, ")


def test_a_plan_that_is_not_the_one_of_the_run_is_told(bag: Path) -> None:
    facts = json.loads((bag / "data/run.json").read_bytes())
    (bag / "data/run.json").write_text(json.dumps({**facts, "plan_digest": "0" * 64}))
    hash_again(bag)
    found = shotlane.verify(bag)
    assert recompiled(found).faults == ("the archived plan is not the one of the run: their digests differ",)


def test_an_optimisation_is_verified_by_its_digest(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    search = "{optimize: {maximize: T_last, over: {T: [35 degC, 45 degC]}, shots: 3, seed: 1}}"
    store = make_run(tmp_path / "project", SEQUENCE.replace("T: [35 degC, 40 degC, 45 degC]", search))
    archived = shotlane.archive(1, tmp_path / "bag", store=store)
    assert archived.no_plan is not None
    assert "asked for as it ran" in archived.no_plan
    assert shotlane.load(tmp_path / "bag").events().filter(type="optimize.asked").height == 3
    found = shotlane.verify(tmp_path / "bag")
    assert (found.holds, recompiled(found).impossible, recompiled(found).comparison) == (True, None, None)


def test_a_run_that_stopped_early_is_archived_as_far_as_it_came(tmp_path: Path) -> None:
    store = make_run(tmp_path / "project", SEQUENCE.replace("high: 100 degC", "high: 30 degC, on_fail: stop"))
    shotlane.archive(1, tmp_path / "bag", store=store)
    loaded = shotlane.load(tmp_path / "bag")
    assert loaded.record.summary.shots_committed < loaded.record.summary.shots_planned
    assert loaded.record == shotlane.load(1, store).record
    assert shotlane.verify(tmp_path / "bag").holds


def test_a_plan_that_was_spoilt_is_told(bag: Path) -> None:
    (bag / "data/plan/sequence.plan").write_bytes(b"no plan")
    hash_again(bag)
    found = shotlane.verify(bag, level=2)
    assert "'plan/sequence.plan' is no plan" in recompiled(found).faults[0]
    assert not found.holds


def test_a_document_that_is_gone_keeps_nothing_else_from_being_checked(bag: Path) -> None:
    document(bag, "warm-up.yaml").unlink()
    hash_again(bag)
    found = shotlane.verify(bag)
    assert (found.hashes.hold, found.holds, found.complete) == (True, False, False)
    assert recompiled(found).damaged
    assert "warm-up.yaml" in (recompiled(found).impossible or "")
    assert found.records is not None
    assert [check.name for check in found.records.checks if not check.holds] == ["files"]
    assert {check.name for check in found.records.checks if check.compared} >= {"steps", "results", "events"}


def test_a_run_that_cannot_be_read_leaves_the_hashes(bag: Path) -> None:
    (bag / "data/run.json").write_text('{"archive": 1}')
    hash_again(bag)
    found = shotlane.verify(bag)
    assert (found.hashes.hold, found.holds, found.complete) == (True, False, False)


def test_an_archive_of_a_later_format_is_not_said_to_be_wrong(bag: Path) -> None:
    facts = json.loads((bag / "data/run.json").read_bytes())
    (bag / "data/run.json").write_text(json.dumps({**facts, "archive": 99}))
    hash_again(bag)
    found = shotlane.verify(bag)
    assert (found.holds, found.complete) == (True, False)
    assert "format 99" in (recompiled(found).impossible or "")


def test_the_digest_tells_another_archive_from_this_one(bag: Path, packed: Packed) -> None:
    digest = shotlane.verify(packed.bag, level=1).hashes.digest
    assert shotlane.verify(packed.bag, level=1, digest=digest.upper()).holds
    facts = json.loads((bag / "data/run.json").read_bytes())
    facts["figures"]["lateness"] = {}
    (bag / "data/run.json").write_text(json.dumps(facts))
    hash_again(bag)
    assert shotlane.verify(bag).holds
    found = shotlane.verify(bag, digest=digest)
    assert found.hashes.faults == (f"it is not the archive of digest {digest}",)
    assert found.recompiled is None
