"""Who is there: serial ports as the system lists them, and what answers at addresses that a person names.

Nothing is set and nothing is raised: every attempt is a row. A port that nobody named is never spoken to,
because a device may take a question for something else.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from shotlane.instruments import Probe, scan_address, scan_serial_ports


def list_serial_ports() -> list[Probe]:
    """The serial ports of this machine; none is opened."""
    return list(scan_serial_ports())


def probe(address: str, *, unit: int | None = None, timeout: float = 0.3) -> Probe:
    """One attempt at an address: `*IDN?`, or a register of a Modbus unit (1, if the address names none)."""
    return _attempts(address, () if unit is None else (unit,), timeout)[0]


def find_devices(
    addresses: str | Iterable[str] = (),
    *,
    baudrates: Sequence[int] = (),
    units: Iterable[int] = (),
    timeout: float = 0.3,
    max_concurrency: int = 8,
    stop_on_first_hit: bool = False,
) -> list[Probe]:
    """Ask at every address, serial ones at every baud rate, Modbus ones for every unit; a row per attempt.

    Without addresses the serial ports are listed. Different ports are asked side by side;
    `stop_on_first_hit`: nothing more is asked at one that has answered.
    """
    asked = list(dict.fromkeys([addresses] if isinstance(addresses, str) else addresses))
    if not asked:
        return list_serial_ports()
    wanted = tuple(units)
    # Two addresses of one port are asked in turn: else each would find the other one there.
    turns = {_port(address): Lock() for address in asked}

    def in_turn(address: str) -> list[Probe]:
        with turns[_port(address)]:
            return ask(address)

    def ask(address: str) -> list[Probe]:
        rows: list[Probe] = []
        asked_units = wanted if address.startswith("modbus") else ()
        for variant in _variants(address, baudrates):
            for unit in asked_units or (None,):
                rows += _attempts(variant, () if unit is None else (unit,), timeout)
                if stop_on_first_hit and rows[-1].found is not None:
                    return rows
        return rows

    with ThreadPoolExecutor(max(1, max_concurrency), thread_name_prefix="find") as threads:
        return [row for rows in threads.map(in_turn, asked) for row in rows]


def _port(address: str) -> str:
    return address.partition("?")[0].rpartition("://")[2]


def _variants(address: str, baudrates: Sequence[int]) -> list[str]:
    """The address at every baud rate, where it has one and names none."""
    if not baudrates or "serial://" not in address or "baudrate=" in address:
        return [address]
    joint = "&" if "?" in address else "?"
    return [f"{address}{joint}baudrate={rate}" for rate in baudrates]


def _attempts(address: str, units: Sequence[int], timeout: float) -> list[Probe]:
    """At least one row, whatever happens."""
    named = [
        int(part[5:])
        for part in address.partition("?")[2].split("&")
        if part[5:].isdecimal() and part[:5] == "unit="
    ]
    try:
        rows = list(scan_address(address, units=units or named or (1,), timeout_s=timeout))
    except Exception as error:  # noqa: BLE001  a search goes on, whatever it meets
        rows = [Probe(address, "nothing", None, f"{type(error).__name__}: {error}", 0.0)]
    return rows or [Probe(address, "nothing", None, "nothing was asked", 0.0)]
