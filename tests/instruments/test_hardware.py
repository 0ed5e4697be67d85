"""Instruments that keep time themselves: declared, simulated, and given their tables by the pool."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.instruments._stations import Lab, marked, only, resolve, sound

from shotlane.instruments import Edges, InstrumentError, ProgramTable

US = 1_000
SEQUENCER = """
instrument: sequencer
protocol: simulated
time_step: 1 us
attributes:
  shoot: {type: bool, access: rw, safe: off}
  field: {unit: V, access: rw, min: 0 V, max: 10 V, safe: 0 V}
  spare: {type: bool, access: rw, safe: off, timed: software}
  ready: {type: bool}
"""
CAMERA = """
instrument: camera
protocol: simulated
time_step: 1 us
timeout: 100 ms
attributes:
  image: {type: array, unit: count}
  gain: {access: rw, timed: software}
  atoms: {timed: software}
simulate:
  image: {waveform: {points: 4, rows: 3, peak: 8 count, offset: 1 count, times: atoms}}
"""
DOCUMENTS = {"sequencer": SEQUENCER, "camera": CAMERA}
STATION = """
station: atoms
instruments:
  seq: {instrument: sequencer, resource: 'sim://'}
  camera: {instrument: camera, resource: 'sim://', triggered_by: seq.shoot}
channels:
  mot.field: {is: seq.field, unit: MHz, table: [[0 MHz, 0 V], [20 MHz, 10 V]]}
couple:
  camera.atoms: {follows: seq.field, gain: 1 1/V}
"""


def lab(folder: Path, station: str = STATION) -> Lab:
    made = Lab(sound(station, folder, DOCUMENTS))
    made.pool.open(["seq", "camera"])
    return made


def edges(*pairs: tuple[int, Any]) -> Edges:
    return Edges(np.array([at * US for at, _ in pairs], dtype=np.int64), [value for _, value in pairs])


def shots(*instants: int) -> Edges:
    """Pulses of 1 us."""
    return edges(*(pair for at in instants for pair in ((at, True), (at + 1, False))))


def load(made: Lab, frames: int = 0, **outputs: Edges) -> None:
    last = max(int(item.times_ns[-1]) for item in outputs.values())
    made.pool.program("seq", ProgramTable(last, outputs))
    made.pool.arm("seq")
    if frames:
        made.pool.program("camera", ProgramTable(last, frames={"image": frames}))
        made.pool.arm("camera")


def test_the_channel_table_says_what_times_a_channel(tmp_path: Path) -> None:
    channels = sound(STATION, tmp_path, DOCUMENTS).table.channels
    programmed = {name for name, channel in channels.items() if channel.programmed}
    assert programmed == {"seq.shoot", "seq.field", "mot.field"}
    assert {name for name, channel in channels.items() if channel.triggered} == {"camera.image"}
    assert channels["seq.field"].hardware is not None
    assert channels["seq.field"].hardware.time_step_ns == US


def test_edges_come_about_as_time_passes(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, field=edges((0, 1.0), (10, 2.0), (20, 3.0)))
    made.now_ns = 5 * US
    made.pool.trigger("seq")
    seen = []
    for now in (4, 5, 14, 15, 25):
        made.now_ns = max(now, 5) * US
        seen.append(made.value("seq", "field"))
    assert seen == [1.0, 1.0, 1.0, 2.0, 3.0]


def test_a_frame_shows_what_was_true_at_its_edge(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, frames=2, field=edges((0, 1.0), (10, 5.0)), shoot=shots(3, 12))
    made.pool.trigger("seq")
    made.now_ns = 1_000 * US
    frames = made.pool.collect("camera").result["image"]
    assert [frame.value.shape for frame in frames] == [(3, 4)] * 2
    assert [float(frame.value.max()) - 1 for frame in frames] == pytest.approx(
        [8 * 0.2494, 40 * 0.2494], rel=0.01
    )
    assert [frame.value is frames[0].value for frame in frames] == [True, False]


def test_an_edge_before_the_camera_is_armed_takes_no_frame(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, shoot=shots(3))
    made.pool.trigger("seq")
    made.now_ns = 100 * US
    made.pool.program("camera", ProgramTable(0, frames={"image": 1}))
    made.pool.arm("camera")
    with pytest.raises(InstrumentError, match=r"camera.image gave 0 frames of 1") as caught:
        made.pool.collect("camera")
    assert caught.value.fault == "timeout"


def test_too_many_frames_are_a_fault_too(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, frames=1, shoot=shots(3, 6))
    made.pool.trigger("seq")
    made.now_ns = 100 * US
    with pytest.raises(InstrumentError, match=r"gave 2 frames of 1") as caught:
        made.pool.collect("camera")
    assert caught.value.fault == "garbled"


def test_setting_by_hand_stops_the_table_first(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, field=edges((0, 1.0), (10, 2.0)))
    made.pool.trigger("seq")
    made.now_ns = 5 * US
    made.pool.write("seq", "field", 0.0)
    made.now_ns = 100 * US
    assert made.value("seq", "field") == 0.0


def test_what_the_computer_times_is_set_beside_the_table(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, field=edges((0, 1.0), (10, 2.0)))
    made.pool.trigger("seq")
    made.now_ns = 5 * US
    made.pool.write("seq", "spare", True)
    made.now_ns = 100 * US
    assert (made.value("seq", "field"), made.value("seq", "spare")) == (2.0, True)


def test_what_was_stopped_holds(tmp_path: Path) -> None:
    made = lab(tmp_path)
    load(made, field=edges((0, 1.0), (10, 2.0)))
    made.pool.trigger("seq")
    made.now_ns = 5 * US
    made.pool.stop("seq")
    made.now_ns = 100 * US
    assert made.value("seq", "field") == 1.0
    with pytest.raises(InstrumentError, match="seq was given no table"):
        made.pool.collect("seq")


def test_an_alias_in_a_table_is_converted(tmp_path: Path) -> None:
    made = lab(tmp_path)
    made.pool.program("seq", ProgramTable(0, {"mot.field": edges((0, 10.0))}))
    made.pool.arm("seq")
    made.pool.trigger("seq")
    made.now_ns = US
    assert made.value("seq", "field") == 5.0


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ({"field": edges((0, 11.0))}, "seq.field: 11 V"),
        ({"ready": edges((0, True))}, "seq.ready cannot be set"),
        ({"field": Edges(np.array([500]), [1.0])}, "seq.field: edges lie beside the time step"),
    ],
)
def test_a_table_is_checked_before_it_is_sent(tmp_path: Path, output: dict[str, Edges], told: str) -> None:
    made = lab(tmp_path)
    with pytest.raises(InstrumentError, match=told) as caught:
        made.pool.program("seq", ProgramTable(0, output))
    assert caught.value.fault == "rejected"


def test_an_instrument_that_the_computer_times_takes_no_table(tmp_path: Path) -> None:
    plain = "station: one\ninstruments:\n  furnace: {instrument: watlow-ezzone, resource: 'sim://'}\n"
    made = Lab(sound(plain, tmp_path))
    made.pool.open(["furnace"])
    with pytest.raises(InstrumentError, match="furnace does not keep time itself"):
        made.pool.program("furnace", ProgramTable(0))


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        ("seq.shot", "there is no channel 'seq.shot'"),
        ("seq.field", "seq.field is no switch, so it triggers nothing"),
        ("seq.spare", "seq.spare is timed by the computer, so it triggers nothing"),
        ("seq.ready", "seq.ready is no switch, so it triggers nothing"),
        ("camera.gain", "camera.gain belongs to the instrument itself, so it triggers nothing"),
    ],
)
def test_what_triggers_nothing_is_told_at_its_place(tmp_path: Path, trigger: str, told: str) -> None:
    _, report = resolve(
        STATION.replace("triggered_by: seq.shoot", f"triggered_by: {trigger}"), tmp_path, DOCUMENTS
    )
    fault = only(report)
    assert (fault.code, fault.message, marked(fault)) == ("STA180", told, trigger)


def test_an_inverted_alias_of_a_trigger_is_not_available_yet(tmp_path: Path) -> None:
    station = STATION.replace("couple:", "  mot.shot: {is: seq.shoot, inverted: true}\ncouple:")
    assert only(resolve(station, tmp_path, DOCUMENTS)[1]).code == "STA900"


def test_an_instrument_without_a_step_cannot_be_triggered(tmp_path: Path) -> None:
    camera = CAMERA.replace("time_step: 1 us\n", "")
    _, report = resolve(STATION, tmp_path, {**DOCUMENTS, "camera": camera})
    assert only(report).message == "camera does not keep time itself, so no edge can trigger it"


def test_what_only_exists_in_simulation_has_no_address(tmp_path: Path) -> None:
    station = STATION.replace("resource: 'sim://', triggered", "resource: 'tcp://127.0.0.1:7', triggered")
    assert only(resolve(station, tmp_path, DOCUMENTS)[1]).code == "STA151"


def test_a_wire_cannot_carry_tables_yet(tmp_path: Path) -> None:
    camera = "instrument: camera\nprotocol: ascii\ntime_step: 1 us\n"
    camera += "attributes: {x: {query: 'X?', reply: '{value:f}'}}\n"
    _, report = resolve(STATION.partition("channels:")[0], tmp_path, {**DOCUMENTS, "camera": camera})
    assert [item.code for item in report] == ["INS900"]


def test_nothing_is_said_to_an_instrument_that_only_exists_in_simulation(tmp_path: Path) -> None:
    camera = CAMERA.replace("image: {type: array,", "image: {type: array, query: 'IMG?',")
    _, report = resolve(STATION, tmp_path, {**DOCUMENTS, "camera": camera})
    assert [item.code for item in report] == ["INS031"]
    hardware = CAMERA.replace("time_step: 1 us\n", "").replace(
        "timed: software}\nsim", "timed: hardware}\nsim"
    )
    _, report = resolve(
        STATION.replace(", triggered_by: seq.shoot", ""), tmp_path, {**DOCUMENTS, "camera": hardware}
    )
    assert [item.code for item in report] == ["INS032"]


DRIVER = """
import time

from shotlane.expression import parse_unit
from shotlane.instruments import Identity, Reading
from shotlane.model import Attribute, ValueType


class Sequencer:
    time_step_ns = 1000

    def __init__(self):
        self.log = []
        self.values = {"out": 0.0}

    def open(self): return Identity("us", "sequencer")
    def attributes(self): return {}
    def commands(self): return {}
    def read(self, names): return {name: Reading(self.values[name]) for name in names}
    def write(self, name, value): self.values[name] = value
    def call(self, command, arguments): return None
    def make_safe(self): pass
    def close(self): pass
    def program(self, table): self.table = table
    def arm(self): self.log.append("armed")
    def trigger(self): self.log.append("triggered")
    def stop(self): self.log.append("stopped")

    def collect(self):
        for name, edges in self.table.outputs.items():
            self.values[name] = edges.values[-1]
        return {}
"""
OWN = """
station: own
instruments:
  seq:
    driver: drivers:Sequencer
    time_step: {step}
    attributes: {{out: {{unit: V, access: rw, max: 5 V, min: 0 V, safe: 0 V}}}}
"""


def own(folder: Path, step: str) -> Lab:
    (folder / "drivers.py").write_text(DRIVER, encoding="utf-8")
    return Lab(sound(OWN.format(step=step), folder, {}))


def test_a_class_of_ones_own_is_given_tables(tmp_path: Path) -> None:
    made = own(tmp_path, "1 us")
    made.pool.open(["seq"])
    made.pool.program("seq", ProgramTable(5 * US, {"out": edges((0, 1.0), (5, 4.0))}))
    made.pool.arm("seq")
    made.pool.trigger("seq")
    assert made.pool.collect("seq").result == {}
    assert made.value("seq", "out") == 4.0


def test_a_class_with_another_step_than_the_station_says_is_refused(tmp_path: Path) -> None:
    made = own(tmp_path, "2 us")
    with pytest.raises(Exception, match="its time step is 1000 ns, and the station says 2000 ns"):
        made.pool.open(["seq"])
