"""Bytes over a serial port or a TCP socket: open, send, take what has come, close.

A port takes no decisions: it neither waits for more than was asked, nor throws anything away, nor repeats.
Its path is resolved anew at each opening, because USB ports and pseudo-terminals come back under another
node. Whatever goes wrong on it raises `PortLost`.
"""

import errno
import os
import select
import socket
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

import serial

# Names and allowed values of what follows the `?` of a serial resource.
_PARITIES: Final[Mapping[str, str]] = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
}
_CHUNK: Final = 65536


class PortLost(OSError):
    """The port cannot be opened, or is gone."""


class BytePort(Protocol):
    """What carries bytes."""

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as is known."""

    def open(self, timeout_s: float) -> None:
        """Open it. Raises `PortLost`."""

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all bytes. Raises `PortLost`, or `TimeoutError` when they do not go."""

    def receive(self, timeout_s: float) -> bytes:
        """What has come, waiting for the first byte; empty after the timeout. Raises `PortLost`."""

    def close(self) -> None:
        """Close it. Never raises."""


class SerialPort:
    """A serial port, a USB adapter or a pseudo-terminal, taken exclusively."""

    def __init__(self, path: str, settings: Mapping[str, str]) -> None:
        self._path = path
        self._settings = serial_settings(settings)
        self._serial: serial.Serial | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as is known."""
        return self._serial is not None

    def open(self, timeout_s: float) -> None:
        """Open it under the node that its path means now."""
        try:
            # Reads return at once: waiting is done by `select`, whose time can change at no cost.
            self._serial = serial.Serial(
                self._path, timeout=0, write_timeout=timeout_s, exclusive=True, **self._settings
            )
        except _CANNOT_OPEN as error:
            raise PortLost(_serial_reason(self._path, error)) from error

    def send(self, data: bytes, timeout_s: float) -> None:
        """Hand all bytes to the system."""
        port = self._port()
        try:
            port.write(data)
        except serial.SerialTimeoutException as error:
            raise TimeoutError(str(error)) from error
        except (OSError, TypeError) as error:
            raise PortLost(f"{self._path} is gone: {error}") from error

    def receive(self, timeout_s: float) -> bytes:
        """What has come, waiting for the first byte."""
        port = self._port()
        try:
            if not _wait_readable(port, timeout_s):
                return b""
            data: bytes = port.read(_CHUNK)
        except (OSError, TypeError, ValueError) as error:
            # Readable and yet empty is how a port says that it was pulled out: pyserial's words say less.
            raise PortLost(f"{self._path} is gone") from error
        return data

    def close(self) -> None:
        """Close it."""
        port, self._serial = self._serial, None
        if port is not None:
            _close_quietly(port)

    def _port(self) -> serial.Serial:
        if self._serial is None:
            raise PortLost(f"{self._path} is not open")
        return self._serial


def _cannot_open() -> tuple[type[Exception], ...]:
    """What pyserial raises at opening: also `termios.error`, which is no `OSError`, for refused settings."""
    try:
        import termios  # not on Windows
    except ImportError:
        return OSError, ValueError
    return OSError, ValueError, termios.error


_CANNOT_OPEN: Final = _cannot_open()


def serial_settings(query: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of pyserial for what follows the `?` of a resource. Raises `ValueError` for a bad value."""
    parity = query.get("parity", "none")
    if parity not in _PARITIES:
        raise ValueError(f"parity {parity!r} is none of {', '.join(_PARITIES)}")
    stop_bits = float(query.get("stopbits", "1"))
    return {
        "baudrate": int(query.get("baudrate", "9600")),
        "bytesize": int(query.get("bytesize", "8")),
        "parity": _PARITIES[parity],
        "stopbits": int(stop_bits) if stop_bits.is_integer() else stop_bits,
    }


def _wait_readable(port: serial.Serial, timeout_s: float) -> bool:
    if os.name == "posix":
        readable, _, _ = select.select([port.fileno()], [], [], max(0.0, timeout_s))
        return bool(readable)
    end = time.monotonic() + timeout_s  # Windows: a serial port cannot be selected on
    while not port.in_waiting:
        if time.monotonic() >= end:
            return False
        time.sleep(0.001)
    return True


def _serial_reason(path: str, error: Exception) -> str:
    text = str(error)
    if isinstance(error, FileNotFoundError) or getattr(error, "errno", None) == 2:
        return f"there is no port {path}"
    if getattr(error, "errno", None) == 13:
        return f"no permission for {path} (is the user in the group of serial ports, mostly dialout?)"
    if "exclusively lock" in text:
        return f"{path} is in use by another program"
    if error.args[:1] == (errno.EINVAL,):
        return f"{path} does not take these settings (a pseudo-terminal has no parity and no 7 bits)"
    return f"{path} cannot be opened: {text}"


class SocketPort:
    """A TCP connection."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as is known."""
        return self._socket is not None

    def open(self, timeout_s: float) -> None:
        """Connect."""
        host, port = self._address
        try:
            self._socket = socket.create_connection(self._address, timeout=timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise PortLost(f"nothing answers at {host} port {port}: {reason}") from error

    def send(self, data: bytes, timeout_s: float) -> None:
        """Hand all bytes to the system."""
        connection = self._connection()
        connection.settimeout(max(0.001, timeout_s))
        try:
            connection.sendall(data)
        except TimeoutError:
            raise
        except OSError as error:
            raise PortLost(f"the connection broke: {error.strerror or error}") from error

    def receive(self, timeout_s: float) -> bytes:
        """What has come, waiting for the first byte."""
        connection = self._connection()
        connection.settimeout(max(0.0, timeout_s))
        try:
            data = connection.recv(_CHUNK)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise PortLost(f"the connection broke: {error.strerror or error}") from error
        if not data:
            raise PortLost("the device closed the connection")
        return data

    def close(self) -> None:
        """Close it."""
        connection, self._socket = self._socket, None
        if connection is not None:
            _close_quietly(connection)

    def _connection(self) -> socket.socket:
        if self._socket is None:
            raise PortLost("the connection is not open")
        return self._socket


def _close_quietly(port: serial.Serial | socket.socket) -> None:
    try:
        port.close()
    except OSError:
        # A port that vanished cannot be closed in order; it is gone all the same.
        return
