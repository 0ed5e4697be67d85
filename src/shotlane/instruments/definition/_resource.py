"""Where an instrument is: reading the address that a station gives.

Two spellings of one wire give one `port`: a serial device by the file it really is, a host by its lower-case
name with the loopback's names made one. The address itself is kept as written, because a link to a USB port
must be followed anew at each opening.

`${secret:NAME}` may stand after the `://`, for what is not a number. Until the secret is known a word of
letters stands for it, so that everything around it is checked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from shotlane.diagnostics import did_you_mean
from shotlane.instruments.definition._definition import Resource

SERIAL_KEYS = ("baudrate", "bytesize", "parity", "stopbits")
KNOWN_KEYS: Mapping[str, tuple[str, ...]] = {
    "sim": (),
    "serial": SERIAL_KEYS,
    "tcp": (),
    "modbus+tcp": ("unit", "framing"),
    "modbus+serial": (*SERIAL_KEYS, "unit", "echo"),
    # `ign_set_control` is what others write where a server does not confirm control lines: always so here.
    "rfc2217": (*SERIAL_KEYS, "ign_set_control"),
    "modbus+rfc2217": (*SERIAL_KEYS, "unit", "ign_set_control"),
    "visa": (*SERIAL_KEYS, "library"),
}
# Whose bytes take their time at a baud rate.
SERIAL_SCHEMES = ("serial", "modbus+serial", "rfc2217", "modbus+rfc2217")
DEFAULT_TCP_PORTS = {"modbus+tcp": 502}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "bytesize": ("5", "6", "7", "8"),
    "parity": ("none", "even", "odd"),
    "stopbits": ("1", "1.5", "2"),
    "framing": ("tcp", "rtu"),
    "echo": ("yes", "no"),
}
_RANGES: Mapping[str, tuple[int, int]] = {"baudrate": (50, 4_000_000), "unit": (0, 255)}
# On a serial line 0 is everybody, who does not answer (Modbus over Serial Line 1.02, section 2.2).
_SERIAL_UNITS = (1, 247)
SECRET = re.compile(r"\$\{secret:([A-Za-z_][A-Za-z0-9_]*)\}")
_BARE_SERIAL = re.compile(r"/dev/\S|COM\d", re.IGNORECASE)
_VISA_SERIAL = re.compile(r"ASRL(/dev/[^:]+)(?:::INSTR)?", re.IGNORECASE)
_VISA_SOCKET = re.compile(r"TCPIP\d*::([^:]+)::(\d+)::SOCKET", re.IGNORECASE)


class ResourceError(Exception):
    """An address that cannot be used."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def parse_resource(text: str, role: str, folder: Path) -> Resource:
    """Read an address; a relative serial device is taken from `folder`. Raises `ResourceError`."""
    scheme, found, rest = text.partition("://")
    if not found and "::" in text:
        # A VISA address as other programs write it.
        scheme, found, rest = "visa", "://", text
    if not found or not text.isprintable():
        raise _not_an_address(text)
    if SECRET.search(text):
        return _with_secrets(text, scheme, rest, role, folder)
    if scheme not in KNOWN_KEYS:
        help = did_you_mean(scheme, KNOWN_KEYS, what="known kinds of address")
        raise ResourceError(f"'{scheme}://' is no known kind of address", help)
    base, _, query = rest.partition("?")
    resource = Resource(text, scheme, "", query=_query(scheme, query), address=text, folder=folder)
    if scheme == "sim":
        return replace(resource, port=f"sim:{base}" if base else f"sim:{role}")
    if scheme == "visa":
        return _visa(resource, base, folder)
    return _serial(resource, base, folder) if scheme.endswith("serial") else _tcp(resource, base)


def _with_secrets(text: str, scheme: str, rest: str, role: str, folder: Path) -> Resource:
    base, _, query = rest.partition("?")
    if SECRET.search(scheme) or SECRET.search(query):
        raise ResourceError("a secret stands for a name here, not for a kind of address or a setting")
    words = {f"secret{number}": found[0] for number, found in enumerate(SECRET.finditer(base))}
    plain = text
    for word, written in words.items():
        plain = plain.replace(written, word)
    try:
        resource = parse_resource(plain, role, folder)
    except ResourceError as error:
        raise ResourceError(_put_back(error.message, words), error.help) from error
    port = _put_back(resource.port, words)
    return replace(resource, text=text, port=port, address="")


def _put_back(text: str, words: Mapping[str, str]) -> str:
    for word, written in words.items():
        text = text.replace(word, written)
    return text


def revealed(resource: Resource, reveal: Callable[[str], str]) -> Resource:
    """The same with its secrets; what people see of it stays. Raises `ResourceError`."""
    if not resource.holds_secret:
        return resource
    if resource.scheme == "driver":
        return replace(resource, address=reveal(resource.text), path=reveal(resource.path))
    known = parse_resource(reveal(resource.text), "", resource.folder)
    return replace(known, text=resource.text, port=resource.port)


def visa_address(text: str) -> str:
    """The address that VISA itself is given."""
    return text.removeprefix("visa://").partition("?")[0]


def _visa(resource: Resource, base: str, folder: Path) -> Resource:
    if "::" not in base and not base.upper().startswith("ASRL"):
        raise ResourceError(f"'{base}' is no VISA address", "write e.g. `visa://GPIB0::16::INSTR`")
    file, at, backend = resource.query.get("library", "").rpartition("@")
    if file:
        # The file of a simulation lies next to the station.
        resource = replace(resource, query={**resource.query, "library": f"{folder / file}{at}{backend}"})
    serial = _VISA_SERIAL.fullmatch(base)
    if serial is not None:
        # The same wire as serial:// with that device.
        return replace(resource, path=serial[1], port=f"serial:{Path(serial[1]).resolve()}")
    socket = _VISA_SOCKET.fullmatch(base)
    if socket is not None:
        port = f"tcp:{_shared(socket[1])}:{socket[2]}"
        return replace(resource, host=socket[1], tcp_port=int(socket[2]), port=port)
    return replace(resource, port=f"visa:{base.upper()}")


def _not_an_address(text: str) -> ResourceError:
    # The bare name of a serial port is what other programs take.
    serial = _BARE_SERIAL.match(text) is not None
    help = f"`serial://{text}`" if serial else "e.g. `tcp://192.168.0.7:5025` or `sim://`"
    return ResourceError(f"'{text}' is no address", f"write {help}")


def _query(scheme: str, text: str) -> dict[str, str]:
    known = KNOWN_KEYS[scheme]
    pairs = dict(parse_qsl(text, keep_blank_values=True))
    for name, value in pairs.items():
        if name not in known:
            raise ResourceError(
                f"{scheme}:// has no setting '{name}'", did_you_mean(name, known, what="known settings")
            )
        _check_setting(scheme, name, value)
    return pairs


def _check_setting(scheme: str, name: str, value: str) -> None:
    choices = _CHOICES.get(name)
    if choices is not None and value not in choices:
        raise ResourceError(f"'{value}' is no value of '{name}'", f"one of {', '.join(choices)}")
    if name in _RANGES:
        low, high = _SERIAL_UNITS if name == "unit" and scheme in SERIAL_SCHEMES else _RANGES[name]
        if not value.isdecimal() or not low <= int(value) <= high:
            raise ResourceError(f"'{name}' is {value!r}", f"a whole number from {low} to {high}")


def _serial(resource: Resource, base: str, folder: Path) -> Resource:
    if not base:
        raise ResourceError(
            "the address names no device", f"write e.g. `{resource.scheme}:///dev/ttyUSB0?baudrate=19200`"
        )
    # COM3 is a name that Windows knows, not a file beside the station.
    path = Path(base) if base.upper().startswith("COM") else folder / base
    shared = base.upper() if base.upper().startswith("COM") else str(path.resolve())
    return replace(resource, path=str(path), port=f"serial:{shared}")


def _tcp(resource: Resource, base: str) -> Resource:
    try:
        parts = urlsplit(f"//{base}")
        host, tcp_port = _host(parts.netloc), parts.port
    except ValueError:
        host, tcp_port = "", None
    if not host or parts.path not in {"", "/"}:
        raise ResourceError(
            f"'{base}' is no host and port", f"write e.g. `{resource.scheme}://192.168.0.7:5025`"
        )
    tcp_port = tcp_port or DEFAULT_TCP_PORTS.get(resource.scheme)
    if tcp_port is None:
        raise ResourceError("the address names no port", f"write e.g. `{resource.scheme}://{host}:5025`")
    return replace(resource, host=host, tcp_port=tcp_port, port=f"tcp:{_shared(host)}:{tcp_port}")


def _host(netloc: str) -> str:
    """The host as it is written. `urlsplit` gives it in lower case, which no mask of a secret would know."""
    place = netloc.rpartition("@")[2]
    _, bracket, inside = place.partition("[")
    return inside.partition("]")[0] if bracket else place.partition(":")[0]


def _shared(host: str) -> str:
    """One name for all spellings of a host."""
    plain = host.lower()
    return "127.0.0.1" if plain in {"localhost", "::1"} else plain
