"""Who is there: never an exception, a row per attempt."""

import socket

import pytest

from shotlane import find_devices, list_serial_ports, probe
from shotlane.testing import Bench


def _nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"modbus+tcp://127.0.0.1:{unused.getsockname()[1]}"


def test_a_unit_that_answers_is_found(bench: Bench) -> None:
    row = probe(bench.furnace_resource)
    assert row.ok
    assert row.found is not None
    assert row.found.startswith("a unit")


def test_what_does_not_answer_is_a_row_that_says_why() -> None:
    row = probe(_nobody(), timeout=0.2)
    assert not row.ok
    assert row.problem


@pytest.mark.parametrize(
    "address", ["", "nonsense", "modbus+tcp://", "serial:///no/such/port", "tcp://:0", "sim://"]
)
def test_an_address_that_cannot_be_is_a_row_too(address: str) -> None:
    assert probe(address, timeout=0.1).problem


def test_every_unit_and_baud_rate_has_a_row(bench: Bench) -> None:
    base = f"modbus+tcp://127.0.0.1:{bench.modbus_port}"
    serial = f"serial://{bench.serial_path}"
    rows = find_devices([base, serial], units=[1, 2], baudrates=[9600, 19200], timeout=0.1)
    addresses = [row.address for row in rows]
    assert addresses[:2] == [f"{base}?unit=1", f"{base}?unit=2"]
    assert addresses[2:] == [f"{serial}?baudrate=9600", f"{serial}?baudrate=19200"]


def test_addresses_of_one_port_do_not_find_each_other_there(bench: Bench) -> None:
    port = f"127.0.0.1:{bench.modbus_port}"
    rows = find_devices([f"tcp://{port}", f"modbus+tcp://{port}?unit=1", f"modbus+tcp://{port}?unit=2"])
    assert not [row.problem for row in rows if "in use" in (row.problem or "")]
    assert [row.ok for row in rows] == [False, True, False]


def test_nothing_more_is_asked_where_something_answered(bench: Bench) -> None:
    base = f"modbus+tcp://127.0.0.1:{bench.modbus_port}"
    rows = find_devices([base], units=[1, 2, 3], stop_on_first_hit=True)
    assert [row.ok for row in rows] == [True]
    assert len(bench.requests("furnace")) == 1


def test_nothing_is_set_by_a_search(bench: Bench) -> None:
    before = bench.registers()["furnace"]["setpoint_degF"]
    find_devices([bench.furnace_resource, bench.gas_tcp_resource], timeout=0.1)
    assert bench.registers()["furnace"]["setpoint_degF"] == before


def test_without_addresses_the_ports_of_the_machine_are_listed() -> None:
    assert [row.address for row in find_devices()] == [row.address for row in list_serial_ports()]
