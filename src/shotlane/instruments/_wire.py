"""From a definition to a driver on a real wire; imported late: simulated stations never need it."""

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from shotlane.instruments.definition._contract import Driver, ErrorContext, InstrumentError, Notify
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import visa_address

if TYPE_CHECKING:
    from shotlane.instruments.ports._transport import BytePort

    Wrap = Callable[[BytePort, Resource], BytePort]


def make_driver(
    definition: Definition, lines: MutableMapping[str, Any], notify: Notify, wrap: "Wrap | None" = None
) -> Driver:
    """The driver of one instrument. `lines`: what the drivers of a pool share, by port.

    `wrap` puts something around each port, e.g. what hears it.
    """
    scheme, protocol = definition.resource.scheme, definition.document.protocol
    if scheme in ("modbus+tcp", "modbus+serial", "modbus+rfc2217") and protocol == "modbus":
        return _modbus_driver(definition, lines, notify, wrap)
    if scheme in ("serial", "tcp", "visa", "rfc2217") and protocol in ("ascii", "scpi", "binary"):
        return _ascii_driver(definition, lines, notify, wrap)
    message = f"an instrument that speaks {protocol} cannot be reached over {scheme}://"
    raise InstrumentError("rejected", message, ErrorContext(definition.resource.text, definition.role))


# Start-up time: pyserial takes 10 ms to import, and a simulated station needs none of this.


def _modbus_driver(
    definition: Definition, lines: MutableMapping[str, Any], notify: Notify, wrap: "Wrap | None"
) -> Driver:
    from shotlane.instruments.modbus._driver import ModbusDriver

    resource = definition.resource
    line = lines.get(resource.port)
    if line is None:
        line = lines[resource.port] = modbus_line(resource, wrap)
    return ModbusDriver(definition, line, notify)


def modbus_line(resource: Resource, wrap: "Wrap | None" = None) -> Any:
    """The line of a port with Modbus on it, not open yet."""
    from shotlane.instruments.modbus._frame import RtuFraming, TcpFraming
    from shotlane.instruments.modbus._line import ModbusLine
    from shotlane.instruments.modbus._pace import pace_of

    port = byte_port(resource, wrap)
    if resource.scheme in ("modbus+serial", "modbus+rfc2217"):
        return ModbusLine(port, RtuFraming(), resource.text, pace_of(resource.query))
    framing = RtuFraming() if resource.query.get("framing") == "rtu" else TcpFraming()
    return ModbusLine(port, framing, resource.text)


def _ascii_driver(
    definition: Definition, lines: MutableMapping[str, Any], notify: Notify, wrap: "Wrap | None"
) -> Driver:
    from shotlane.instruments.dialogue._driver import AsciiDriver
    from shotlane.instruments.dialogue._line import Line

    resource = definition.resource
    line = lines.get(resource.port)
    if line is None:
        line = lines[resource.port] = Line(byte_port(resource, wrap), resource.text)
    return AsciiDriver(definition, line, notify)


def byte_port(resource: Resource, wrap: "Wrap | None" = None) -> "BytePort":
    """The port of an address, not open yet."""
    port = _port(resource)
    return port if wrap is None else wrap(port, resource)


def _port(resource: Resource) -> Any:
    from shotlane.instruments.ports._transport import SerialPort, SocketPort

    scheme = resource.scheme.removeprefix("modbus+")
    if scheme == "serial":
        return SerialPort(resource.path, resource.query)
    if scheme == "rfc2217":
        return _rfc2217_port(resource)
    if scheme == "visa":
        # Start-up time, and PyVISA is an extra.
        from shotlane.instruments.ports._visa import VisaPort

        return VisaPort(visa_address(resource.address), resource.query)
    return SocketPort(resource.host, resource.tcp_port)


def _rfc2217_port(resource: Resource) -> Any:
    from shotlane.instruments.ports._rfc2217 import Rfc2217Port

    return Rfc2217Port(resource.host, resource.tcp_port, resource.query)
