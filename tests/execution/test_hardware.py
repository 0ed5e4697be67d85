"""Shots with instruments that keep time themselves: tables loaded, triggered, collected, or stopped."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import shotlane
from shotlane.analysis import LoadedRun

SEQUENCER = """
instrument: sequencer
protocol: simulated
time_step: 1 us
attributes:
  shoot: {type: bool, access: rw, safe: off}
  field: {unit: V, access: rw, min: 0 V, max: 10 V, safe: 0 V, update: 100 us}
"""
CAMERA = """
instrument: camera
protocol: simulated
time_step: 1 us
timeout: 100 ms
attributes:
  image: {type: array, unit: count}
  level: {unit: V}
  atoms: {unit: V, timed: software}
simulate:
  image: {waveform: {points: 5, rows: 3, peak: 10 count, offset: 1 count, times: atoms}}
  level: {follows: atoms}
"""
METER = """
instrument: meter
protocol: simulated
attributes:
  level: {unit: V, access: rw, min: 0 V, max: 10 V, safe: 0 V}
"""
STATION = """
station: atoms
instruments:
  seq: {instrument: sequencer, resource: 'sim://'%s}
  camera: {instrument: camera, resource: 'sim://', triggered_by: seq.shoot%s}
  meter: {instrument: meter, resource: 'sim://'}
channels:
  early.field: {is: seq.field, lead: 2 ms}
couple:
  camera.atoms: {follows: seq.field}
"""
SCAN = """
sequence: scan
station: atoms
parameters: {field: 1 V}
timeline: [{load: 20 ms}, {image: 1 ms}, {dark: 10 ms}, {background: 1 ms}, {rest: 9 ms}]
lanes:
  seq.field: {set: {load..image: field, otherwise: 0 V}}
  seq.shoot: {set: {image: true, background: true, otherwise: false}}
  camera.image: {read: [image, background]}
  camera.level: {read: [image, background]}
  meter.level: {set: {load: 1 V, otherwise: 2 V}}
"""
TWO = SCAN + "sweep:\n  - field: [2 V, 4 V]\n"
# What waits until the field of the last shot is there is fulfilled at once: 10 ms of nothing else. On a busy
# machine many readings are missed, and the step lasts longer.
OPEN = """
sequence: open
station: atoms
timeline:
  - load: 20.0003 ms
  - settle: {until: meter.level > 1 V, for: 10 ms, timeout: 20 s}
  - image: 1 ms
  - rest: 9 ms
lanes:
  seq.field: {set: {load: 1 V, settle: 2 V, otherwise: 3 V}}
  seq.shoot: {set: {load: false, settle: true, image: false, rest: true}}
  camera.level: {read: [settle, rest]}
  meter.level: {set: 5 V, record: 1 kHz, max_missing: 1}
"""
REAL = [pytest.param(True, id="virtual"), pytest.param(False, id="real", marks=pytest.mark.real_time)]


def run(
    folder: Path, text: str, *, virtual: bool = True, seq: str = "", camera: str = "", **options: Any
) -> Any:
    """Run a sequence in a project of its own."""
    stations = folder / "stations"
    stations.mkdir(exist_ok=True)
    documents = {"sequencer": SEQUENCER, "camera": CAMERA, "meter": METER, "atoms": STATION % (seq, camera)}
    for name, written in documents.items():
        (stations / f"{name}.yaml").write_text(written, encoding="utf-8")
    (folder / "scan.yaml").write_text(text, encoding="utf-8")
    return shotlane.run(folder / "scan.yaml", virtual_time=virtual, **options)


def failing(request: int) -> str:
    """A fault of the request with a number, as a station says it."""
    return f", faults: [{{fault: timeout, request: {request}, count: 1}}], tries: 1, timeout: 50 ms"


def rows(loaded: LoadedRun, channel: str, kind: str = "planned") -> list[tuple[int, float, str]]:
    found = loaded.actions(attempts="all").filter(channel=channel, kind=kind)
    return list(found.select("target_ns", "value", pl.col("status").cast(pl.String)).rows())


def sums_hold(loaded: LoadedRun) -> bool:
    counts = loaded.tallies()
    statuses = counts.select("ok", "late", "failed", "missed", "dropped", "unreached").sum_horizontal()
    return (statuses == counts["planned"]).all()


@pytest.mark.parametrize("virtual", REAL)
def test_a_mixed_shot_runs_from_one_origin(tmp_path: Path, virtual: bool) -> None:
    loaded = run(tmp_path, TWO, virtual=virtual).load()
    assert loaded.outcome is shotlane.Outcome.DONE
    assert loaded.tallies()["planned"].sum() == loaded.tallies()["ok"].sum() == 2 * (1 + 4 + 2 + 2 + 1)
    first = loaded.actions().filter(shot=1, kind="planned").sort("target_ns")
    edges = [at for channel, at in first.select("channel", "target_ns").rows() if channel == "seq.shoot"]
    assert edges == [20_000_000, 21_000_000, 31_000_000, 32_000_000]
    late = first.select(pl.col("requested_ns") - pl.col("target_ns"))["requested_ns"].to_list()
    assert (max(late) == 0) is virtual
    assert min(late) >= 0


def test_all_edges_of_a_table_are_late_alike(tmp_path: Path) -> None:
    edges = run(tmp_path, SCAN).load().actions().filter(channel="seq.shoot", kind="planned")
    assert (edges["requested_ns"] - edges["target_ns"]).n_unique() == 1


def test_frames_show_the_field_at_their_edge_and_have_their_unit(tmp_path: Path) -> None:
    loaded = run(tmp_path, TWO).load()
    frames = loaded.arrays("camera.image")
    assert [(frame.shot, frame.tick, frame.unit, frame.array.shape) for frame in frames] == [
        (shot, tick, "count", (3, 5)) for shot in (1, 2) for tick in (0, 1)
    ]
    peaks = [float(np.max(frame.array)) for frame in frames]
    assert peaks[1] == peaks[3] == 1.0
    assert peaks[2] - 1 == pytest.approx(2 * (peaks[0] - 1))
    levels = loaded.samples("camera.level")
    assert levels.select("shot", "tick", "value", "step").rows() == [
        (1, 0, 2.0, "image"), (1, 1, 0.0, "background"), (2, 0, 4.0, "image"), (2, 1, 0.0, "background"),
    ]  # fmt: skip
    assert levels["requested_ns"].to_list() == [20_000_000, 31_000_000] * 2


def test_results_are_computed_from_frames(tmp_path: Path) -> None:
    text = TWO + "results:\n  difference: first(camera.level) - last(camera.level)\n"
    assert run(tmp_path, text).load().shots()["difference"].to_list() == [2.0, 4.0]


def test_what_is_early_makes_the_trigger_early(tmp_path: Path) -> None:
    text = SCAN.replace("seq.field: {set: {load..image: field, otherwise: 0 V}}",
                        "early.field: {set: {load: field, otherwise: 0 V}, initial: 0 V}")  # fmt: skip
    loaded = run(tmp_path, text).load()
    assert rows(loaded, "early.field") == [(-2_000_000, 1.0, "ok"), (18_000_000, 0.0, "ok")]
    assert rows(loaded, "seq.shoot")[0] == (20_000_000, 1.0, "ok")
    assert loaded.samples("camera.level")["requested_ns"].to_list() == [20_000_000, 31_000_000]


@pytest.mark.parametrize("virtual", REAL)
def test_an_open_step_divides_the_table(tmp_path: Path, virtual: bool) -> None:
    loaded = run(tmp_path, OPEN, virtual=virtual).load()
    assert loaded.outcome is shotlane.Outcome.DONE
    assert loaded.samples("camera.level").select("tick", "value", "step").rows() == [
        (0, 2.0, "settle"), (1, 3.0, "rest"),
    ]  # fmt: skip
    assert [value for _, value, _ in rows(loaded, "seq.shoot")] == [1.0, 0.0, 1.0]
    settle, _, after = (at for at, _, _ in rows(loaded, "seq.shoot"))
    assert settle >= 20_000_300
    assert after - settle >= 11_000_000
    assert loaded.events().filter(type="table.loaded").height == 4
    assert sums_hold(loaded)


@pytest.mark.parametrize("virtual", REAL)
def test_what_is_early_after_an_open_step_goes_ahead_of_its_origin(tmp_path: Path, virtual: bool) -> None:
    text = OPEN.replace("seq.field: {set: {load: 1 V, settle: 2 V, otherwise: 3 V}}",
                        "early.field: {set: {load..settle: 1 V, otherwise: 3 V}}")  # fmt: skip
    loaded = run(tmp_path, text, virtual=virtual).load()
    assert loaded.outcome is shotlane.Outcome.DONE
    ((early, value, _),) = rows(loaded, "early.field")
    fallen = rows(loaded, "seq.shoot")[1][0]
    assert (fallen - early, value) == (2_000_000, 3.0)
    assert loaded.samples("camera.level")["value"].to_list() == [1.0, 3.0]


# Two set-up writes come before program, arm, trigger and collect.
@pytest.mark.parametrize(
    ("role", "number", "told"),
    [
        ("seq", 3, "seq could not be given its table: no answer"),
        ("seq", 4, "seq could not be given its table: no answer"),
        ("seq", 5, "the table of seq could not be triggered: no answer"),
        ("seq", 6, "the table of seq could not be collected: no answer"),
        ("camera", 1, "camera could not be given its table: no answer"),
        ("camera", 2, "camera could not be given its table: no answer"),
        ("camera", 3, "the table of camera could not be collected: no answer"),
    ],
)
@pytest.mark.parametrize("retry", [False, True])
def test_a_fault_of_a_table_is_one_of_the_attempt(
    tmp_path: Path, role: str, number: int, told: str, retry: bool
) -> None:
    text = SCAN + ("retry: {attempts: 2}\n" if retry else "")
    faults = {role: failing(number)}
    result = run(tmp_path, text, seq=faults.get("seq", ""), camera=faults.get("camera", ""))
    loaded = result.load()
    assert str(loaded.attempts()["message"][0]).startswith(told)
    assert result.outcome is (shotlane.Outcome.DONE if retry else shotlane.Outcome.ERRORED)
    assert loaded.samples("camera.level").height == (2 if retry else 0)
    assert sums_hold(loaded)


def test_a_frame_without_a_value_is_a_fault_of_the_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "channels:\n  dark.level: {is: camera.level, table: [[50 V, 50 V], [60 V, 60 V]]}"
    monkeypatch.setattr("tests.execution.test_hardware.STATION", STATION.replace("channels:", table))
    loaded = run(tmp_path, SCAN.replace("camera.level", "dark.level")).load()
    assert loaded.attempts()["fault"].to_list() == ["no-value"]
    assert set(loaded.samples("dark.level", attempts="all")["status"]) == {"failed"}
    assert sums_hold(loaded)


def test_a_table_that_nobody_knows_the_end_of_has_failed_edges(tmp_path: Path) -> None:
    loaded = run(tmp_path, SCAN, seq=failing(6)).load()
    assert {status for _, _, status in rows(loaded, "seq.shoot")} == {"failed"}


def test_an_interlock_in_the_middle_stops_the_table_and_leaves_it_safe(tmp_path: Path) -> None:
    text = SCAN.replace("meter.level: {set: {load: 1 V, otherwise: 2 V}}",
                        "meter.level: {set: {load: 1 V, otherwise: 2 V}, record: 1 kHz}")  # fmt: skip
    text += "interlocks: {high: meter.level > 1.5 V}\n"
    loaded = run(tmp_path, text).load()
    assert loaded.outcome is shotlane.Outcome.ABORTED
    came = [(at, value) for at, value, status in rows(loaded, "seq.shoot") if status == "ok"]
    assert came == [(20_000_000, 1.0)]
    told = [json.loads(fields) for fields in loaded.events().filter(type="table.stopped")["fields"]]
    assert [(fields["role"], fields["edges"], fields["came"]) for fields in told] == [
        ("seq", 5, 1), ("camera", 0, 0),
    ]  # fmt: skip
    safe = rows(loaded, "seq.shoot", "safe")
    assert [value for _, value, _ in safe] == [0.0]
    assert loaded.samples("camera.level", attempts="all").height == 0
    assert sums_hold(loaded)


def test_virtual_runs_are_the_same_each_time(tmp_path: Path) -> None:
    runs = [run(tmp_path, TWO).load() for _ in range(2)]
    first, second = (
        loaded.actions().select("channel", "target_ns", "requested_ns", "received_ns", "value")
        for loaded in runs
    )
    assert first.equals(second)


def test_how_well_the_trigger_is_known_is_stored_with_every_edge(tmp_path: Path) -> None:
    late = ", faults: [{fault: late, request: 5, by: 30 ms, count: 1}]"
    edges = run(tmp_path, SCAN, seq=late).load().actions().filter(channel="seq.shoot", kind="planned")
    assert edges["requested_ns"].to_list() == edges["target_ns"].to_list()
    assert set(edges["received_ns"] - edges["requested_ns"]) == {30_000_000}
