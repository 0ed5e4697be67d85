"""All wires of a station: what is simulated on them, and the station file with which they are used.

A role is served where its address says: serial lines as pseudo-terminals, everything else on TCP ports of the
loopback interface. Roles that share a wire share it here too.
"""

import json
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from shotlane.diagnostics import Report
from shotlane.document import STATION_SECTIONS, read_file, with_includes
from shotlane.instruments import Definition, ResolvedStation, resolve_station
from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.simulation._fault_schedule import FaultSchedule
from shotlane.instruments.simulation._state import SimulatedStates
from shotlane.model import Station, load_station, of_known_language
from shotlane.records import file_name
from shotlane.serving._device import ServedDevice
from shotlane.serving._dialogue import Lines, ServedDialogue
from shotlane.serving._modbus import RtuRequests, TcpRequests
from shotlane.serving._request_log import RequestLog
from shotlane.serving._unit import ServedUnit
from shotlane.serving._wires import PtyWire, Requests, TcpWire


class ServingError(Exception):
    """A station that cannot be served; the message says why."""


@dataclass(slots=True)
class ServedStation:
    """Wires that are open. `resources`: the address of each role that is served."""

    name: str
    resources: dict[str, str] = field(default_factory=dict)
    not_served: tuple[str, ...] = ()
    file: Path | None = None
    wires: list[TcpWire | PtyWire] = field(default_factory=list)
    log: RequestLog = field(default_factory=lambda: RequestLog(None))

    def close(self) -> None:
        """Close every wire."""
        for wire in self.wires:
            wire.close()
        self.log.close()

    def __enter__(self) -> "ServedStation":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(
    path: Path, report: Report, *, into: Path, port: int = 0, log: Path | None = None, seed: int = 0
) -> ServedStation | None:
    """Serve the instruments of a station; None when it has mistakes, which are in the report.

    `into` gets the file of the station that is served, and the links of its serial ports. `port`: the first
    TCP port, 0 for any free ones. `log` gets one JSON line per request. Raises `ServingError`.
    """
    document = read_file(path, report)
    if document is None:
        return None
    document = with_includes(document, path, report, STATION_SECTIONS, of_known_language("station", report))
    station = load_station(document, report)
    if station is None or not report.ok:
        return None
    # What a station forbids its users, the device itself does not know.
    bare = {
        role: one.model_copy(update={"limits": {}, "safe": {}, "calibration": {}})
        for role, one in station.instruments.items()
    }
    unlimited = station.model_copy(update={"instruments": bare, "channels": {}})
    resolved = resolve_station(unlimited, document, report, mock=True, folder=path.parent)
    if not report.ok:
        return None
    try:
        served = ServedStation(f"{station.station}-served", log=RequestLog(log))
    except OSError as error:
        raise ServingError(f"the log cannot be written: {error}") from error
    try:
        _open(served, station, resolved, path.parent, into, port, seed)
        served.file = _write_station(served, document.data, path.parent, into)
    except OSError as error:
        served.close()
        raise ServingError(str(error)) from error
    return served


def _open(
    served: ServedStation,
    station: Station,
    resolved: ResolvedStation,
    folder: Path,
    into: Path,
    port: int,
    seed: int,
) -> None:
    definitions = resolved.definitions
    states = SimulatedStates(definitions.values(), resolved.couplings, seed, time.monotonic_ns())
    wires: dict[str, list[str]] = {}
    for role, definition in definitions.items():
        if definition.adoption is None:
            wires.setdefault(definition.resource.port, []).append(role)
    served.not_served = tuple(role for role in definitions if not any(role in one for one in wires.values()))
    into.mkdir(parents=True, exist_ok=True)
    for roles in wires.values():
        devices = {
            role: ServedDevice(
                definitions[role],
                states.of(role),
                FaultSchedule(definitions[role].faults, seed, role),
                served.log,
            )
            for role in roles
        }
        kinds = {role: _address(station, role, definitions[role], folder) for role in roles}
        begin = _listener(devices, kinds)
        first = roles[0]
        if kinds[first].scheme.endswith("serial"):
            wire: TcpWire | PtyWire = PtyWire(into.resolve() / f"{file_name(served.name)}-{first}", begin)
        else:
            tcp_wires = sum(isinstance(one, TcpWire) for one in served.wires)
            wire = TcpWire(port + tcp_wires if port else 0, begin)
        served.wires.append(wire)
        served.resources |= {role: _resource(kinds[role], wire) for role in roles}


@dataclass(frozen=True, slots=True)
class _Address:
    """How a role is reached: the scheme of its address, and the settings that go with it."""

    scheme: str
    query: Mapping[str, str]

    @property
    def unit(self) -> int:
        return int(self.query.get("unit", "1"))


def _address(station: Station, role: str, definition: Definition, folder: Path) -> _Address:
    written = station.instruments[role].resource
    resource = None if written is None else parse_resource(written, role, folder)
    is_modbus = definition.document.protocol == "modbus"
    if resource is None or resource.scheme in ("sim", "visa"):
        return _Address("modbus+tcp" if is_modbus else "tcp", {})
    if resource.scheme.endswith("rfc2217"):
        # Served without its server: the bytes are those of the device.
        unit = {key: value for key, value in resource.query.items() if key == "unit"}
        return _Address("modbus+tcp", {**unit, "framing": "rtu"}) if is_modbus else _Address("tcp", {})
    return _Address(resource.scheme, resource.query)


def _listener(devices: Mapping[str, ServedDevice], kinds: Mapping[str, _Address]) -> Callable[[], Requests]:
    """What begins to listen on a new connection."""
    first = next(iter(kinds.values()))
    if not first.scheme.startswith("modbus"):
        return partial(Lines, [ServedDialogue(device) for device in devices.values()])
    units = {kinds[role].unit: ServedUnit(device) for role, device in devices.items()}
    is_rtu = first.scheme.endswith("serial") or first.query.get("framing") == "rtu"
    return partial(RtuRequests, units) if is_rtu else partial(TcpRequests, units)


def _resource(address: _Address, wire: TcpWire | PtyWire) -> str:
    # A pseudo-terminal has no parity, no 7 bits and no echo: it takes them once, then refuses to open.
    left_out = ("parity", "bytesize", "echo") if isinstance(wire, PtyWire) else ()
    query = "&".join(f"{key}={value}" for key, value in address.query.items() if key not in left_out)
    place = str(wire.link) if isinstance(wire, PtyWire) else f"127.0.0.1:{wire.port}"
    return f"{address.scheme}://{place}" + (f"?{query}" if query else "")


def _write_station(served: ServedStation, data: Mapping[str, Any], folder: Path, into: Path) -> Path:
    """Write the station with the addresses of now; JSON is YAML."""
    written = {key: deepcopy(value) for key, value in data.items() if key not in ("couple", "include")}
    written["station"] = served.name
    for role, resource in served.resources.items():
        part = written["instruments"][role]
        part["resource"] = resource
        part.pop("faults", None)
        part.pop("driver", None)
        own = folder / f"{part['instrument']}.yaml"
        if own.is_file() and folder.resolve() != into.resolve():
            (into / own.name).write_bytes(own.read_bytes())
    path = into / f"{file_name(served.name)}.yaml"
    head = "# Written by `shotlane simulate`: these addresses hold while it runs.\n"
    path.write_text(head + json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
