"""Every instrument of the catalogue: resolves without a fault, simulates, and keeps its limits."""

from pathlib import Path
from typing import Any

import pytest
from tests.instruments._catalogue import OPTIONS
from tests.instruments._stations import Lab, sound

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import InstrumentError, catalogue_names, catalogue_text, check_instrument
from shotlane.instruments.definition._accept import accepted
from shotlane.model import Attribute, ValueType

S = 1_000_000_000


def lab_of(name: str, folder: Path) -> Lab:
    text = f"station: one\ninstruments:\n  it:\n    instrument: {name}\n    resource: sim://\n"
    text += f"    options: {OPTIONS[name]}\n" if name in OPTIONS else ""
    lab = Lab(sound(text, folder))
    lab.pool.open(["it"])
    return lab


def values_of(attribute: Attribute) -> list[Any]:
    """Values that an attribute takes, the ends of its range among them."""
    match attribute.type:
        case ValueType.BOOL:
            return [True, False]
        case ValueType.OPTION:
            return list(attribute.options)
        case ValueType.INT:
            return [round(attribute.low or 0), round(attribute.high or 1)]
        case _:
            return [attribute.low or 0.0, attribute.high or 1.0]


@pytest.mark.parametrize("name", catalogue_names())
def test_reads_everything_it_declares(tmp_path: Path, name: str) -> None:
    lab = lab_of(name, tmp_path)
    attributes = lab.resolved.definitions["it"].attributes
    readable = [attribute.name for attribute in attributes.values() if attribute.readable]
    readings = lab.pool.read("it", readable).readings
    assert list(readings) == readable
    assert all(reading.value is not None for reading in readings.values())


@pytest.mark.parametrize("name", catalogue_names())
def test_takes_what_lies_in_its_limits_and_reads_it_back(tmp_path: Path, name: str) -> None:
    lab = lab_of(name, tmp_path)
    for attribute in lab.resolved.definitions["it"].attributes.values():
        for value in values_of(attribute) if attribute.writable else []:
            lab.pool.write("it", attribute.name, value)
            if attribute.readable:
                assert lab.value("it", attribute.name) == accepted(attribute, value)


@pytest.mark.parametrize("name", catalogue_names())
def test_refuses_what_lies_beyond_its_limits(tmp_path: Path, name: str) -> None:
    lab = lab_of(name, tmp_path)
    for attribute in lab.resolved.definitions["it"].attributes.values():
        if attribute.writable and attribute.high is not None:
            with pytest.raises(InstrumentError, match="above the limit"):
                lab.pool.write("it", attribute.name, attribute.high * 2)


@pytest.mark.parametrize("name", catalogue_names())
def test_answers_every_command(tmp_path: Path, name: str) -> None:
    lab = lab_of(name, tmp_path)
    for command in lab.resolved.definitions["it"].commands:
        lab.pool.call("it", command, {})


@pytest.mark.parametrize("name", catalogue_names())
def test_says_where_it_comes_from_and_that_nobody_tried_it(tmp_path: Path, name: str) -> None:
    text = catalogue_text(name)
    document = lab_of(name, tmp_path).resolved.definitions["it"].document
    assert document.source
    assert document.instrument == name
    assert document.tried or "Never tried on " in text


def test_a_furnace_follows_its_set_point(tmp_path: Path) -> None:
    lab = lab_of("watlow-ezzone", tmp_path)
    lab.pool.write("it", "setpoint", 140.0)
    lab.now_ns += 2 * S
    assert lab.value("it", "temperature") == pytest.approx(140.0, abs=1.0)


def test_tare_makes_the_balance_read_nothing(tmp_path: Path) -> None:
    lab = lab_of("generic-balance", tmp_path)
    lab.pool.call("it", "tare", {})
    assert lab.value("it", "mass") == pytest.approx(0.0, abs=0.01)


def test_a_shut_valve_lets_nothing_through(tmp_path: Path) -> None:
    lab = lab_of("alicat-mfc", tmp_path)
    lab.pool.write("it", "flow_setpoint", 20.0)
    lab.now_ns += S
    assert lab.value("it", "flow") == pytest.approx(0.0, abs=0.01)
    lab.pool.write("it", "shutoff", False)
    lab.now_ns += S
    assert lab.value("it", "flow") == pytest.approx(20.0, abs=0.01)


def test_the_gas_that_was_selected_is_read(tmp_path: Path) -> None:
    lab = lab_of("alicat-mfc", tmp_path)
    lab.pool.write("it", "gas_select", "He")
    assert lab.value("it", "gas") == "He"


@pytest.mark.parametrize("name", catalogue_names())
def test_is_sound_without_a_station(name: str) -> None:
    text = catalogue_text(name)
    report = Report()
    document = read_text(text, name, report)
    assert document is not None
    check_instrument(document, report)
    assert not list(report)
