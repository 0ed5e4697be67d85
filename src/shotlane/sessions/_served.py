"""An instrument of another process's session as a driver: a station's role that a server is behind.

The server judges units and limits once more. A command that must be confirmed is refused there: a station's
word does not stand in for the person at the instrument. Safe values are those of the station that names this
driver; whatever else there is to be made safe is done by the session that has the instrument.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shotlane.expression import parse_unit
from shotlane.instruments import ErrorContext, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, CommandParameter, ValueType
from shotlane.sessions._addresses import parse_address
from shotlane.sessions._error import SessionError
from shotlane.sessions._remote import RemoteInstrument, remote_instrument
from shotlane.sessions._tokens import Token


class Served:
    """Makes the drivers of the roles behind one server. `token` as `remote_instrument` takes it."""

    def __init__(self, address: str, token: Token) -> None:
        parse_address(address)
        self._address = address
        self._token = token

    def __repr__(self) -> str:
        return f"<instrument server at {self._address}>"

    def __call__(self, role: str, timeout_s: float, instrument: str | None = None) -> "ServedDriver":
        """The driver of a role; `instrument`: what the server calls it, if not by the same name."""
        there = instrument or role

        def connect() -> RemoteInstrument:
            return remote_instrument(self._address, there, token=self._token, timeout=timeout_s)

        return ServedDriver(there, self._address, connect)


def served_driver(
    role: str, timeout_s: float, address: str, instrument: str | None = None, token_file: str | None = None
) -> "ServedDriver":
    """The driver `device-server` of a station, which says all of it."""
    try:
        server = Served(address, None if token_file is None else Path(token_file))
    except SessionError as error:
        raise InstrumentError("rejected", str(error)) from error
    return server(role, timeout_s, instrument)


class ServedDriver:
    """One instrument of a server. Implements `Driver`."""

    def __init__(self, role: str, address: str, connect: Callable[[], RemoteInstrument]) -> None:
        self._role = role
        self._address = address
        self._connect = connect
        self._remote: RemoteInstrument | None = None
        self._about: Mapping[str, Any] = {}

    def open(self) -> Identity:
        """Connect, and ask what it is."""
        try:
            self._remote = self._connect()
        except SessionError as error:
            raise InstrumentError("disconnected", str(error)) from error
        self._about = self._asked(self._remote.describe)
        return Identity(**{name: self._about["identity"].get(name) for name in Identity.__slots__})

    def attributes(self) -> Mapping[str, Attribute]:
        """What the server's station has."""
        return {name: _attribute(name, told) for name, told in self._about["attributes"].items()}

    def commands(self) -> Mapping[str, Command]:
        """What the server's station has."""
        return {name: _command(name, told) for name, told in self._about["commands"].items()}

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read in one request."""
        remote = self._open()
        found = self._asked(lambda: remote.read(*names))
        return {name: Reading(found[name] if len(names) > 1 else found) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Set."""
        remote = self._open()
        self._asked(lambda: remote.write(name, value))

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command."""
        remote = self._open()
        return self._asked(lambda: remote.call(command, **arguments))

    def make_safe(self) -> None:
        """Nothing beyond the safe values."""

    def close(self) -> None:
        """Let go of the connection."""
        remote, self._remote = self._remote, None
        if remote is not None:
            remote.close()

    def _open(self) -> RemoteInstrument:
        if self._remote is None:
            raise InstrumentError("disconnected", "the driver is not open")
        return self._remote

    def _asked(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except InstrumentError as error:
            # Where it is, and what it is called there, is in the message; here it has a name of its own.
            told = f"{self._role} at {self._address}: {error.message}"
            sent = error.context.sent or error.context.command or "a request"
            fault = error.fault if self._open().connected else "disconnected"
            raise InstrumentError(fault, told, ErrorContext(sent=sent)) from error
        except SessionError as error:
            fault = "rejected" if self._open().connected else "disconnected"
            raise InstrumentError(fault, str(error)) from error


def _attribute(name: str, told: Mapping[str, Any]) -> Attribute:
    access = {"readable": told["readable"], "writable": told["writable"]}
    type_, unit, limits = _value(told)
    marks = {"status": told["status"], "description": told["description"]}
    return Attribute(name, type_, unit, **access, **limits, **marks)


def _command(name: str, told: Mapping[str, Any]) -> Command:
    parameters = []
    for one, parameter in told["parameters"].items():
        type_, unit, limits = _value(parameter)
        parameters.append(CommandParameter(one, type_, unit, **limits, required=parameter["required"]))
    return Command(name, tuple(parameters), confirm=told["confirm"], description=told["description"])


def _value(told: Mapping[str, Any]) -> tuple[ValueType, Any, dict[str, Any]]:
    unit = None if told["unit"] is None else parse_unit(told["unit"])
    limits = {"low": told["low"], "high": told["high"], "options": tuple(told["options"])}
    return ValueType(told["type"]), unit, limits
