"""An archive is made again with what was decided as given, and what would be sent is what was recorded."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest
from tests.adapters.lab import described, put
from tests.archives.packing import REPOSITORY, SEQUENCE, hash_again, make_run
from tests.execution import test_hardware as hardware

import shotlane
from shotlane.api import Replayed

REAL = [pytest.param(True, id="virtual"), pytest.param(False, id="real", marks=pytest.mark.real_time)]

LIVE = """
language: 1
sequence: live
station: demo
parameters: {T: 40 degC}
timeline:
  - rest: 20 ms
  - settle: {until: abs(furnace.temperature - T) < 2 K, for: 20 ms, timeout: 3 s, on_timeout: %s}
  - ready: {ask: Is the sample in?}
  - soak: 60 ms
lanes:
  furnace.setpoint: {set: {rest: 30 degC, settle..soak: T}, every: 20 ms, read: {soak: {at: end}}}
  furnace.temperature: {record: 50 Hz}
  gas.flow_setpoint: {set: {settle: 5 cm**3/min, otherwise: 0 cm**3/min}}
  gas.flow: {record: 50 Hz}
  balance: {call: {soak: tare()}}
results:
  last: {value: last(furnace.temperature), high: 41.9 degC}
sweep:
  - T: [35 degC, 40 degC]
"""
OWN = """
language: 1
sequence: own
station: demo
timeline: [{one: 40 ms}]
lanes:
  furnace.temperature: {record: 100 Hz}
results:
  mine: {python: 'own.py:found'}
"""
FAULTY = """
language: 1
sequence: faulty
station: faulty
timeline: [{one: 60 ms}, {two: 60 ms}]
lanes:
  furnace.setpoint: {set: {one: 30 degC, two: 50 degC}}
  furnace.temperature: {record: 100 Hz}
  gas.flow_setpoint: {set: {one: 5 cm**3/min, two: 9 cm**3/min}}
interlocks:
  hot: furnace.temperature > %s
retry: {attempts: 3, on: [timeout], then: skip}
sweep: [{repeat: 3}]
"""

# It is gone in the middle of the first shot, for some rounds of making it safe.
GONE = """
station: gone
instruments:
  furnace:
    instrument: watlow-ezzone
    resource: sim://
    options: {device_unit: degC}
    faults: [{fault: death, at: 70 ms, for: 2 s}]
    safe: {setpoint: 20 degC}
  gas:
    instrument: alicat-mfc
    resource: sim://
    options: {device_unit: cm**3/min, full_scale: 50 cm**3/min}
    safe: {flow_setpoint: 0 cm**3/min, shutoff: true}
"""


def replayed(bag: Path) -> Replayed:
    """What the third level came to; the others hold."""
    found = shotlane.verify(bag)
    assert found.hashes.hold
    assert found.recompiled is not None
    assert found.recompiled.holds
    assert found.replayed is not None
    assert found.holds is found.replayed.holds
    return found.replayed


def packed_run(
    folder: Path, sequence: str, files: Mapping[str, str] | None = None, *, virtual: bool = True
) -> Path:
    """A run of a sequence of the demo station, or of one that shows faults, as an archive."""
    project = folder / "project"
    shutil.copytree(REPOSITORY / "stations", project / "stations")
    faults = "    faults: [{fault: timeout, request: 9}, {fault: timeout, of: setpoint, request: 14}]\n"
    demo = (project / "stations/demo.yaml").read_text().replace("station: demo", "station: faulty")
    head, furnace, rest = demo.partition("  furnace:\n")
    (project / "stations/faulty.yaml").write_text(head + furnace + faults + rest)
    path = project / "sequence.yaml"
    for name, text in {"sequence.yaml": sequence, **(files or {})}.items():
        (project / name).write_text(text)
    store = f"sqlite:///{folder / 'runs.db'}"
    run = shotlane.run(path, mock=True, virtual_time=virtual, store=store)
    shotlane.archive(run.number, folder / "bag", store=store)
    return folder / "bag"


def altered(bag: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change a table, and write the hashes anew."""
    path = bag / "data" / table / "00001.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    hash_again(bag)


def test_a_run_sends_the_same_again(bag: Path) -> None:
    found = replayed(bag)
    actions = pl.read_parquet(bag / "data/actions/*.parquet")
    samples = pl.read_parquet(bag / "data/samples/*.parquet")
    assert (found.attempts, found.commands, found.readings) == (3, actions.height, samples.height)
    assert (found.holds, found.digest) == (True, found.made)


def test_another_value_is_named_by_its_shot_attempt_lane_and_step(bag: Path) -> None:
    chosen = (pl.col("shot") == 2) & (pl.col("command").is_null()) & (pl.col("value") == 40.0)
    value = pl.when(chosen & (pl.col("kind") == "planned")).then(40.25).otherwise(pl.col("value"))
    altered(bag, "actions", lambda rows: rows.with_columns(value.alias("value")))
    found = replayed(bag)
    first = found.departures[0]
    assert (found.holds, found.count) == (False, 1)
    assert (first.shot, first.attempt, first.lane, first.step) == (2, 1, "furnace.setpoint", "soak")
    assert first.message == "at 0.425 s: recorded 40.25 degC, made again 40 degC"
    assert found.digest != found.made


@pytest.mark.parametrize("kind", ["planned", "setup", "safe"])
def test_a_command_that_is_not_recorded_is_told(bag: Path, kind: str) -> None:
    gone = (pl.col("kind") == kind) & (pl.col("channel") == "gas.shutoff") & (pl.col("shot") == 3)
    if kind == "planned":
        gone = pl.col("command").is_not_null() & (pl.col("shot") == 3)
    altered(bag, "actions", lambda rows: rows.remove(gone))
    found = replayed(bag)
    assert [(one.shot, "recorded nothing" in one.message) for one in found.departures] == [(3, True)]


def test_another_order_is_told(bag: Path) -> None:
    number = pl.col("number").reverse().over("shot", "kind")
    altered(bag, "actions", lambda rows: rows.with_columns(number.alias("number")))
    assert "another order" in replayed(bag).departures[0].message


def test_readings_that_are_not_recorded_are_told(bag: Path) -> None:
    altered(bag, "samples", lambda rows: rows.slice(0, rows.height - 1))
    found = replayed(bag)
    assert [(one.shot, one.lane) for one in found.departures] == [(3, "furnace.temperature")]
    assert "0 of its readings are only recorded, and 1 are only made again" in found.departures[0].message


def test_what_another_plan_sent_is_not_taken_for_this_one(bag: Path, tmp_path: Path) -> None:
    smooth = SEQUENCE.replace("heat: ramp()", 'heat: ramp(25 degC, T, shape="smooth")')
    shotlane.archive(1, tmp_path / "smooth", store=make_run(tmp_path / "other", smooth))
    shutil.rmtree(bag / "data/actions")
    shutil.copytree(tmp_path / "smooth/data/actions", bag / "data/actions")
    hash_again(bag)
    found = replayed(bag)
    assert {(one.shot, one.lane, one.step) for one in found.departures} == {
        (shot, "furnace.setpoint", "heat") for shot in (1, 2, 3)
    }


@pytest.mark.parametrize("on_timeout", ["fail", "continue"])
@pytest.mark.parametrize("virtual", REAL)
def test_ends_of_open_steps_and_turns_of_ports_are_given(
    tmp_path: Path, virtual: bool, on_timeout: str
) -> None:
    text = LIVE % on_timeout
    if not virtual:
        text = text.replace("  - ready: {ask: Is the sample in?}\n", "")
    found = replayed(packed_run(tmp_path, text, virtual=virtual))
    assert found.departures == ()
    assert found.attempts == 2


def test_an_open_step_that_failed_ends_its_attempt_again(tmp_path: Path) -> None:
    text = (LIVE % "fail").replace("timeout: 3 s", "timeout: 30 ms")
    found = replayed(packed_run(tmp_path, text))
    assert (found.departures, found.attempts) == ((), 2)


@pytest.mark.parametrize("limit", ["100 degC", "26 degC"], ids=["retried", "tripped"])
def test_faults_retries_and_interlocks_are_given(tmp_path: Path, limit: str) -> None:
    bag = packed_run(tmp_path, FAULTY % limit)
    outcomes = pl.read_parquet(bag / "data/tables/attempts.parquet")["outcome"].to_list()
    assert ("aborted" if limit == "26 degC" else "errored") in outcomes
    found = replayed(bag)
    assert (found.departures, found.attempts) == ((), len(outcomes))


BEYOND = """
station: beyond
instruments:
  furnace: {instrument: watlow-ezzone, resource: 'sim://', options: {device_unit: degC}}
channels:
  melt.temperature:
    is: furnace.temperature
    table: [[500 degC, 500 degC], [600 degC, 600 degC]]
"""


def test_a_reading_without_a_value_in_the_simulation_alone_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = OWN.replace("demo", "beyond").replace("furnace", "melt").partition("results:")[0]
    with monkeypatch.context() as patched:
        # As the instruments themselves had one, or as runs were recorded when it was no fault.
        patched.setattr("shotlane.execution._port_worker.fault_in", lambda reading: None)
        bag = packed_run(tmp_path, text, {"stations/beyond.yaml": BEYOND})
    found = replayed(bag)
    assert (found.departures, found.readings) == ((), 4)


def test_a_safe_state_that_is_not_recorded_after_a_fault_is_told(tmp_path: Path) -> None:
    bag = packed_run(tmp_path, FAULTY % "100 degC")
    altered(bag, "actions", lambda rows: rows.remove((pl.col("kind") == "safe") & (pl.col("attempt") == 1)))
    found = replayed(bag)
    assert found.departures[0].message.startswith("safe state: recorded nothing, made again ")


def test_a_safe_state_of_several_rounds_is_made_again(tmp_path: Path) -> None:
    text = (FAULTY % "100 degC").replace("station: faulty", "station: gone")
    bag = packed_run(tmp_path, text, {"stations/gone.yaml": GONE})
    safe = pl.read_parquet(bag / "data/actions/*.parquet").filter(pl.col("kind") == "safe")
    assert safe.group_by("shot", "attempt", "channel").len()["len"].max() == 3
    assert replayed(bag).departures == ()


def test_points_of_an_optimiser_are_given(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    search = "{optimize: {maximize: T_last, over: {T: [35 degC, 45 degC]}, shots: 3, seed: 1}}"
    bag = packed_run(tmp_path, SEQUENCE.replace("T: [35 degC, 40 degC, 45 degC]", search))
    found = replayed(bag)
    assert (found.departures, found.attempts) == ((), 3)


@pytest.mark.parametrize("fault", ["", ", faults: [{fault: timeout, request: 2}]"], ids=["sound", "faulty"])
@pytest.mark.parametrize("sequence", [hardware.TWO, hardware.OPEN], ids=["fixed", "open"])
def test_tables_are_loaded_again(tmp_path: Path, sequence: str, fault: str) -> None:
    texts = {"sequencer": hardware.SEQUENCER, "camera": hardware.CAMERA, "meter": hardware.METER}
    (tmp_path / "stations").mkdir()
    for name, text in {**texts, "atoms": hardware.STATION % ("", fault)}.items():
        (tmp_path / "stations" / f"{name}.yaml").write_text(text)
    (tmp_path / "scan.yaml").write_text(sequence)
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    run = shotlane.run(tmp_path / "scan.yaml", virtual_time=True, store=store)
    assert run.outcome == ("errored" if fault else "done")
    shotlane.archive(run.number, tmp_path / "bag", store=store)
    assert replayed(tmp_path / "bag").departures == ()


def test_a_driver_of_others_is_simulated_by_its_lock(tmp_path: Path) -> None:
    text = "sequence: exposures\nstation: lab.yaml\ntimeline: [{expose: 50 ms}]\nlanes:\n"
    text += "  camera.exposure: {set: 5 ms}\n  camera.ch1_temperature: {record: 50 Hz}\n"
    project, store = tmp_path / "project", f"sqlite:///{tmp_path / 'runs.db'}"
    project.mkdir()
    described(put(project))
    (project / "exposures.yaml").write_text(text + "  camera: {call: {expose: snap(3)}}\n")
    assert shotlane.run(project / "exposures.yaml", store=store).outcome == "done"
    shotlane.archive(1, tmp_path / "bag", store=store)
    (project / "camera.py").write_text("raise SystemExit('imported')")
    found = replayed(tmp_path / "bag")
    assert (found.departures, found.commands) == ((), 3)


def test_no_function_of_an_archive_is_called(tmp_path: Path) -> None:
    mark = tmp_path / "called"
    function = (
        f"from pathlib import Path\n\ndef found(shot):\n    Path({str(mark)!r}).touch()\n    return 1.0\n"
    )
    bag = packed_run(tmp_path, OWN, {"own.py": function})
    mark.unlink()
    assert replayed(bag).holds
    assert not mark.exists()


def test_less_can_be_checked(bag: Path) -> None:
    found = shotlane.verify(bag, level=1)
    assert (found.holds, found.complete, found.recompiled, found.replayed) == (True, True, None, None)
    found = shotlane.verify(bag, level=2)
    assert (found.holds, found.complete, found.replayed) == (True, True, None)
    assert found.recompiled is not None
