"""Arrays from a wire, or from a simulation, to the store and back, with their type and unit."""

from pathlib import Path

import numpy as np
import pytest
from tests.instruments._scripted import peer
from tests.instruments._stations import Lab, marked, only, resolve, sound

import shotlane

SCOPE = """
instrument: scope
protocol: scpi
identity: {query: none}
attributes:
  trace: {query: "CURV?", block: {type: int16, byte_order: low_first}, unit: mV, update: 10 ms}
  spectrum: {query: "SPEC?", type: array, unit: W}
simulate:
  trace: {waveform: {sine: 1 V, points: 8, offset: 0.5 V}}
  spectrum: {waveform: {peak: 2 W, points: 50}, noise: 1 mW}
"""
STATION = "station: one\ninstruments:\n  scope: {instrument: scope, resource: '%s'}\n"
SEQUENCE = """
sequence: look
station: one
timeline: [{wait: 0.1 s}]
lanes:
  scope.trace: {read: {wait: {at: [0 s, end]}}}
  scope.spectrum: {record: 50 Hz}
"""


def project(folder: Path, resource: str) -> Path:
    """A project folder with one station; returns the sequence."""
    (folder / "stations").mkdir()
    (folder / "stations" / "one.yaml").write_text(STATION % resource, encoding="utf-8")
    (folder / "stations" / "scope.yaml").write_text(SCOPE, encoding="utf-8")
    (folder / "look.yaml").write_text(SEQUENCE, encoding="utf-8")
    return folder / "look.yaml"


@pytest.mark.real_time
def test_a_block_from_a_wire_is_stored_as_it_came(tmp_path: Path) -> None:
    numbers = np.arange(-3, 500, dtype="<i2")
    block = b"#41006" + numbers.tobytes() + b"\n"
    with peer({b"CURV?": block, b"SPEC?": b"1,2.5,9.9E37\n"}) as device:
        run = shotlane.run(project(tmp_path, device.resource))
    assert run.outcome is shotlane.Outcome.DONE
    arrays = run.load().arrays("scope.trace")
    assert [(item.array.dtype, item.tick) for item in arrays] == [
        (np.dtype("int16"), 0),
        (np.dtype("int16"), 1),
    ]
    assert np.array_equal(arrays[0].array, numbers)
    assert {item.unit for item in arrays} == {"mV"}
    spectra = run.load().arrays("scope.spectrum")
    assert len(spectra) == 5
    assert spectra[0].array.tolist() == [1, 2.5, np.inf]


def test_a_simulated_array_is_stored(tmp_path: Path) -> None:
    sequence = project(tmp_path, "sim://")
    first, second = (
        shotlane.run(sequence, virtual_time=True).load().arrays("scope.spectrum") for _ in range(2)
    )
    assert len(first) == 5
    assert first[0].array.shape == (50,)
    assert first[0].array.max() == pytest.approx(2.0, abs=0.02)
    assert not np.array_equal(first[0].array, first[1].array)  # each reading has noise of its own
    assert all(np.array_equal(a.array, b.array) for a, b in zip(first, second, strict=True))


def test_a_waveform_is_in_the_unit_of_its_attribute(tmp_path: Path) -> None:
    lab = Lab(sound(STATION % "sim://", tmp_path, {"scope": SCOPE}))
    lab.pool.open(["scope"])
    trace = lab.value("scope", "trace")
    assert trace.tolist() == [
        500.0,
        1207.10678119,
        1500.0,
        1207.10678119,
        500.0,
        -207.10678119,
        -500.0,
        -207.10678119,
    ]
    trace[:] = 0
    assert lab.value("scope", "trace")[2] == 1500.0


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("trace: {waveform: {sine: 1 A}}", "1 A", "is a current, not a voltage"),
        ("trace: {waveform: {sin: 1 V}}", "sin", "sin"),
        ("trace: {waveform: {points: 0}}", "0", "1"),
        ("trace: {waveform: {points: 3}, start: [1]}", "start", "belongs to an attribute without"),
        ("trace: 5", "5", "begins with a list of numbers"),
    ],
)
def test_faults_of_a_waveform(tmp_path: Path, line: str, place: str, words: str) -> None:
    scope = SCOPE[: SCOPE.index("simulate:")] + f"simulate:\n  {line}\n"
    _, report = resolve(STATION % "sim://", tmp_path, {"scope": scope})
    item = only(report)
    assert marked(item) == place
    assert words in item.message


def test_an_array_cannot_be_set(tmp_path: Path) -> None:
    scope = SCOPE.replace("type: array, unit: W", "type: array, access: rw, set: {send: 'S {value}'}")
    _, report = resolve(STATION % "sim://", tmp_path, {"scope": scope[: scope.index("simulate:")]})
    assert only(report).message == "arrays can only be read"
