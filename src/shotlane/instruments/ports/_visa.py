"""Bytes over VISA: GPIB, USB-TMC, VXI-11, HiSLIP, serial ports and sockets of a VISA library.

Two kinds of VISA resource behave differently. A serial port or socket is a stream: bytes come when they
come. Everything else passes whole messages: it may be read only after something was asked (reading an
instrument that was asked nothing puts an error into its queue), and after a timeout a device clear throws
away the answer that is still owed. PyVISA is used nowhere else (PyVISA 1.14 and later).
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import pyvisa
from pyvisa import constants

from shotlane.instruments.ports._transport import PortLost

_CHUNK: Final = 65536
_TIMEOUT = constants.StatusCode.error_timeout
_MORE = constants.StatusCode.success_max_count_read
_PARITIES: Final = {
    "none": constants.Parity.none,
    "even": constants.Parity.even,
    "odd": constants.Parity.odd,
}
_STOP_BITS: Final = {
    "1": constants.StopBits.one,
    "1.5": constants.StopBits.one_and_a_half,
    "2": constants.StopBits.two,
}
# What PyVISA and its backends raise for an address, a library or a session that is no good.
_ERRORS = (pyvisa.Error, OSError, ValueError, TypeError, AttributeError, KeyError)


class VisaPort:
    """A VISA resource as a port of bytes. Implements `BytePort`."""

    def __init__(self, address: str, settings: Mapping[str, str]) -> None:
        self._address = address
        self._settings = settings
        self._resource: Any = None
        self._is_stream = False
        self._asked = False  # a message is being answered, or will be
        self._owed = False  # one was not answered in time

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as is known."""
        return self._resource is not None

    def open(self, timeout_s: float) -> None:
        """Open the resource with the library that the settings name, else the default one."""
        try:
            manager = pyvisa.ResourceManager(self._settings.get("library", ""))
            resource = manager.open_resource(self._address, open_timeout=_ms(timeout_s))
        except _ERRORS as error:
            raise PortLost(f"{self._address} cannot be opened: {_reason(error)}") from error
        try:
            self._is_stream = _is_stream(resource)
            _prepare(resource, self._settings, timeout_s)
        except _ERRORS as error:
            with suppress(Exception):
                resource.close()
            raise PortLost(f"{self._address} cannot be set up: {_reason(error)}") from error
        self._resource, self._asked, self._owed = resource, False, False

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send one message, or bytes of a stream."""
        resource = self._opened()
        try:
            resource.timeout = _ms(timeout_s)
            resource.write_raw(data)
        except _ERRORS as error:
            if _is_timeout(error):
                raise TimeoutError(str(error)) from error
            raise PortLost(f"{self._address}: {_reason(error)}") from error
        self._asked = True

    def receive(self, timeout_s: float) -> bytes:
        """What has come, waiting for the first byte."""
        self._opened()
        try:
            if self._is_stream:
                return self._stream(timeout_s)
            return self._message(timeout_s) if self._asked else self._forget(timeout_s)
        except _ERRORS as error:
            raise PortLost(f"{self._address}: {_reason(error)}") from error

    def close(self) -> None:
        """Close it."""
        resource, self._resource = self._resource, None
        if resource is not None:
            # A device that is gone cannot be closed in order; it is gone all the same.
            with suppress(*_ERRORS):
                resource.close()

    def _message(self, timeout_s: float) -> bytes:
        data, status = self._read(_CHUNK, timeout_s)
        if status == _TIMEOUT:
            self._asked, self._owed = False, True
        elif status != _MORE:
            self._asked = False
        return data

    def _forget(self, timeout_s: float) -> bytes:
        """Nothing was asked: throw away the answer that is owed, if there is one."""
        if not self._owed:
            return b""
        self._owed = False
        try:
            self._resource.clear()
        except (NotImplementedError, pyvisa.Error):
            # Not every interface can be cleared: then what comes is read and left to the line.
            return self._read(_CHUNK, timeout_s)[0]
        return b""

    def _stream(self, timeout_s: float) -> bytes:
        """The first byte, and what has come with it: more than has come would be waited for, and lost."""
        data, status = self._read(1, timeout_s)
        while data and status != _TIMEOUT and len(data) < _CHUNK:
            more, status = self._read(self._waiting(), 0.0)
            data += more
        return data

    def _waiting(self) -> int:
        """How many bytes have come, at least 1 where nobody can say: one byte is never lost to a timeout."""
        with suppress(*_ERRORS):
            return max(1, int(self._resource.bytes_in_buffer))
        return 1

    def _read(self, count: int, timeout_s: float) -> tuple[bytes, Any]:
        resource = self._resource
        resource.timeout = _ms(timeout_s)
        try:
            data, status = resource.visalib.read(resource.session, count)
        except pyvisa.VisaIOError as error:
            if _is_timeout(error):
                return b"", _TIMEOUT
            raise
        return bytes(data), status

    def _opened(self) -> Any:
        if self._resource is None:
            raise PortLost(f"{self._address} is not open")
        return self._resource


def _is_stream(resource: Any) -> bool:
    kinds = (constants.InterfaceType.asrl,)
    return resource.interface_type in kinds or resource.resource_class.upper() == "SOCKET"


def _prepare(resource: Any, settings: Mapping[str, str], timeout_s: float) -> None:
    """No termination of VISA's own: where a reply ends is for the line to see."""
    resource.timeout = _ms(timeout_s)
    with suppress(NotImplementedError, pyvisa.Error):
        resource.read_termination = None
        resource.set_visa_attribute(constants.ResourceAttribute.termchar_enabled, constants.VI_FALSE)
    if resource.interface_type != constants.InterfaceType.asrl:
        return
    resource.end_input = constants.SerialTermination.none
    resource.end_output = constants.SerialTermination.none
    if "baudrate" in settings:
        resource.baud_rate = int(settings["baudrate"])
    if "bytesize" in settings:
        resource.data_bits = int(settings["bytesize"])
    if "parity" in settings:
        resource.parity = _PARITIES[settings["parity"]]
    if "stopbits" in settings:
        resource.stop_bits = _STOP_BITS[settings["stopbits"]]


def _ms(seconds: float) -> int:
    """VISA counts milliseconds; 0 means at once."""
    return max(0, round(seconds * 1000))


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, pyvisa.VisaIOError) and error.error_code == _TIMEOUT


def _reason(error: BaseException) -> str:
    if isinstance(error, pyvisa.VisaIOError):
        return f"{error.abbreviation}: {error.description}"
    return " ".join(str(error).split()) or type(error).__name__
