"""A mistake in a station or in its instrument documents is told by itself and first: nothing that follows."""

from pathlib import Path

import pytest

from shotlane.api import check
from shotlane.diagnostics import Report, render_text

PUMP = """\
instrument: pump
protocol: ascii
write: "{command}\\r"
attributes:
  rate: {query: RATE, reply: "{rate:f}", set: {send: "RATE {value}", reply: none},
    unit: mL/min, access: rw, min: 0 mL/min, max: 20 mL/min, safe: 0 mL/min}
  volume: {query: VOL, reply: "{volume:f}", unit: mL}
commands:
  clear: {send: CLR, reply: none}
"""
LAB = """\
station: lab
instruments:
  pump:
    instrument: pump
    resource: sim://
    limits: {rate: [0 mL/min, 10 mL/min]}
    safe: {rate: 0 mL/min}
    calibration: {volume: {factor: 1.02}}
channels:
  dosing.flow: {is: pump.rate}
"""
DOSE = """\
sequence: dose
station: lab
parameters: {r: 5 mL/min}
timeline:
  - rinse: 1 s
  - dose: {until: pump.volume > 2 mL, timeout: 10 s}
  - steady: 2 s
lanes:
  pump: {call: {rinse: clear()}}
  pump.rate: {set: {dose: r, otherwise: 0 mL/min}}
  pump.volume: {record: 2 Hz}
  dosing.flow: {record: 1 Hz}
results:
  V: last(pump.volume, steady)
interlocks:
  overfill: pump.volume > 3 mL
"""


def checked(folder: Path, pump: str = PUMP, lab: str = LAB, dose: str = DOSE) -> Report:
    stations = folder / "stations"
    stations.mkdir()
    (stations / "pump.yaml").write_text(pump, encoding="utf-8")
    (stations / "lab.yaml").write_text(lab, encoding="utf-8")
    (folder / "dose.yaml").write_text(dose, encoding="utf-8")
    return check(folder / "dose.yaml")


def test_the_lab_is_sound_without_a_slip(tmp_path: Path) -> None:
    report = checked(tmp_path)
    assert not len(report), render_text(report)


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("unit: mL/min", "unit: mL/mni", "INS010"),
        ("unit: mL}", "unit: mLiter}", "INS010"),
        ("access: rw", "access: wr", "INS005"),
        ("safe: 0 mL/min", "safe: 30 mL/min", "INS012"),
        ("max: 20 mL/min", "max: 20 mL", "INS010"),
        ("query: VOL", "query: 3", "INS003"),
        (
            "{send: CLR, reply: none}",
            "{send: CLR, reply: none, parameters: {speed: {unit: mL/mni}}}",
            "INS010",
        ),
        ("clear: {send: CLR, reply: none}", "clear: {sned: CLR, reply: none}", "INS001"),
        ("  clear: {send: CLR, reply: none}", "  clear:", "INS004"),
    ],
)
def test_a_mistake_of_an_instrument_is_the_only_message(
    right: str, wrong: str, code: str, tmp_path: Path
) -> None:
    assert right in PUMP
    report = checked(tmp_path, pump=PUMP.replace(right, wrong, 1))
    assert [(item.code, item.span and item.span.source.name.rpartition("/")[2]) for item in report] == [
        (code, "pump.yaml")
    ], render_text(report)


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("[0 mL/min, 10 mL/min]", "[0 mL/min, 10 mL]", "STA131"),
        ("safe: {rate: 0 mL/min}", "safe: {rate: 30 mL/min}", "STA140"),
        ("safe: {rate: 0 mL/min}", "safe: {rate: }", "STA004"),
        ("{factor: 1.02}", "{factor: 1 V}", "STA200"),
        ("{is: pump.rate}", "{is: pump.rtae}", "STA201"),
        ("{is: pump.rate}", "{is: pump.rate, unit: V}", "STA201"),
    ],
)
def test_a_mistake_of_a_station_is_the_only_message(
    right: str, wrong: str, code: str, tmp_path: Path
) -> None:
    assert right in LAB
    report = checked(tmp_path, lab=LAB.replace(right, wrong, 1))
    assert [(item.code, item.span and item.span.source.name.rpartition("/")[2]) for item in report] == [
        (code, "lab.yaml")
    ], render_text(report)


def test_what_is_needed_is_told_before_what_needs_it(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        pump=PUMP.replace("unit: mL/min", "unit: mL/mni"),
        lab=LAB.replace("resource: sim://", "resource: nowhere://"),
        dose=DOSE.replace("rinse: 1 s", "rinse: 1 m").replace("r: 5 mL/min", "r: 5 mL/mni"),
    )
    names = [Path(item.span.source.name).name for item in report.errors if item.span is not None]
    assert names == ["lab.yaml", "pump.yaml", "dose.yaml", "dose.yaml"], render_text(report)
    # The name that sorts first comes last.
    assert sorted(names) != names


def test_letters_that_changed_places_are_the_likeliest_slip(tmp_path: Path) -> None:
    report = checked(
        tmp_path, pump=PUMP.replace("unit: mL/min", "unit: mL/mni").replace("access: rw", "access: wr")
    )
    assert [item.help for item in report] == ["did you mean 'min'?", "did you mean 'rw'?"]
