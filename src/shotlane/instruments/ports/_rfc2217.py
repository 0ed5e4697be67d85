"""Bytes over a serial port of another machine, by RFC 2217: its settings go with them.

Some servers, ser2net over a pseudo-terminal among them, never confirm the control lines (RTS, DTR), which
nobody here uses: so nothing waits for that. Everything else must be confirmed within three seconds.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

import serial

from shotlane.instruments.ports._transport import PortLost, serial_settings

_POLL_S: Final = 0.0005


class Rfc2217Port:
    """A serial port behind a server."""

    def __init__(self, host: str, port: int, settings: Mapping[str, str]) -> None:
        self._url = f"rfc2217://{host}:{port}?ign_set_control"
        self._place = f"{host} port {port}"
        self._settings = serial_settings(settings)
        self._serial: Any = None

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as is known."""
        return self._serial is not None

    def open(self, timeout_s: float) -> None:
        """Connect, and agree on the settings: how long that takes is the protocol's business."""
        del timeout_s
        try:
            self._serial = serial.serial_for_url(self._url, timeout=0, **self._settings)
        except (OSError, ValueError) as error:
            raise PortLost(f"no serial port at {self._place}: {error}") from error

    def send(self, data: bytes, timeout_s: float) -> None:
        """Hand all bytes to the connection."""
        del timeout_s
        try:
            self._port().write(data)
        except OSError as error:
            raise PortLost(f"the connection to {self._place} broke: {error}") from error

    def receive(self, timeout_s: float) -> bytes:
        """What has come, waiting for the first byte."""
        port = self._port()
        end = time.monotonic() + timeout_s
        try:
            while not (first := port.read(1)):
                if time.monotonic() >= end:
                    return b""
                # A thread of pyserial takes the bytes from the connection: there is nothing to select on.
                time.sleep(_POLL_S)
            return bytes(first + b"".join(port.read(1) for _ in range(port.in_waiting)))
        except OSError as error:
            raise PortLost(f"the connection to {self._place} broke: {error}") from error

    def close(self) -> None:
        """Close it."""
        port, self._serial = self._serial, None
        try:
            if port is not None:
                port.close()
        except OSError:
            return

    def _port(self) -> Any:
        if self._serial is None:
            raise PortLost(f"the connection to {self._place} is not open")
        return self._serial
