"""Addresses that mean one instrument are locked as one."""

import socket
from pathlib import Path

import pytest

from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.pool._lock_address import lock_address


def address(text: str, folder: Path = Path("/")) -> str | None:
    return lock_address(parse_resource(text, "furnace", folder))


@pytest.mark.parametrize(
    "text",
    [
        "tcp://127.0.0.1:502",
        "tcp://localhost:502",
        "tcp://LOCALHOST:502",
        "tcp://localhost.:502",
        "tcp://[::1]:502",
        "tcp://[::ffff:127.0.0.1]:502",
        "tcp://0.0.0.0:502",
        "modbus+tcp://127.0.0.1",
        "modbus+tcp://127.0.0.1:502?unit=7",
    ],
)
def test_spellings_of_one_host_and_port_are_one(text: str) -> None:
    assert address(text) == "tcp:127.0.0.1:502"


def test_other_hosts_and_ports_are_others() -> None:
    found = {address(f"tcp://{place}") for place in ("10.0.0.1:502", "10.0.0.2:502", "10.0.0.1:503")}
    assert len(found) == 3


def test_a_name_is_the_address_that_it_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"furnace.lab": "10.0.0.7", "10.0.0.7": "10.0.0.7"}

    def look_up(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host not in known:
            raise socket.gaierror
        return [(0, 0, 0, "", (known[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert address("tcp://Furnace.Lab:502") == address("tcp://10.0.0.7:502")
    assert address("tcp://unknown.lab:502") == "tcp:unknown.lab:502"


def test_a_link_is_the_device_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "gas").symlink_to("ttyUSB0")
    (tmp_path / "again").symlink_to("gas")
    device = address(f"serial://{tmp_path}/ttyUSB0?baudrate=9600")
    assert address(f"serial://{tmp_path}/again") == device
    assert address("serial://gas", tmp_path) == device
    assert address(f"serial://{tmp_path}/x/../gas") == device


def test_a_simulated_instrument_has_none() -> None:
    assert address("sim://oven") is None
