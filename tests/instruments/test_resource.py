"""Addresses: what they say, and that two spellings of one wire are one port."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.instruments.definition._resource import ResourceError, parse_resource

HERE = Path("/lab")


def test_a_serial_address_has_a_device_and_settings() -> None:
    resource = parse_resource("serial:///dev/ttyUSB7?baudrate=19200&parity=even", "gas", HERE)
    assert (resource.path, resource.query) == ("/dev/ttyUSB7", {"baudrate": "19200", "parity": "even"})


def test_a_relative_device_lies_next_to_the_station() -> None:
    assert (
        parse_resource("serial://../data/gas", "gas", HERE / "stations").path == "/lab/stations/../data/gas"
    )


def test_modbus_has_its_own_port_and_a_unit() -> None:
    resource = parse_resource("modbus+tcp://Furnace.lab?unit=3", "furnace", HERE)
    assert (resource.host, resource.tcp_port, resource.query) == ("Furnace.lab", 502, {"unit": "3"})
    assert resource.port == "tcp:furnace.lab:502"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tcp://localhost:5025", "tcp://127.0.0.1:5025"),
        ("tcp://[::1]:502", "modbus+tcp://LocalHost"),
        ("tcp://Meter.Lab:502", "modbus+tcp://meter.lab"),
        ("visa://TCPIP::LocalHost::5025::SOCKET", "tcp://127.0.0.1:5025"),
        ("serial:///dev/ttyUSB7?baudrate=9600", "serial:///dev/../dev/ttyUSB7"),
        ("serial://COM3", "serial://com3"),
        ("sim://line", "sim://line"),
    ],
)
def test_one_wire_spelt_twice_is_one_port(one: str, other: str) -> None:
    assert parse_resource(one, "a", HERE).port == parse_resource(other, "b", HERE).port


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sim://", "sim://"),
        ("tcp://10.0.0.1:5025", "tcp://10.0.0.1:5026"),
        ("serial:///dev/ttyUSB7", "serial:///dev/ttyUSB8"),
    ],
)
def test_two_wires_are_two_ports(one: str, other: str) -> None:
    assert parse_resource(one, "a", HERE).port != parse_resource(other, "b", HERE).port


schemes = st.sampled_from(["sim", "serial", "tcp", "modbus+tcp", "visa", "tpc"])


@given(st.text() | st.builds("{}://{}".format, schemes, st.text()))
def test_any_text_is_an_address_or_says_why_not(text: str) -> None:
    try:
        resource = parse_resource(text, "role", HERE)
    except ResourceError:
        return
    assert resource.port
