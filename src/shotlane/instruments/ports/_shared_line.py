"""A line that several instruments may share, and who of them still uses it.

`openings` counts how often it was opened: a driver that sees it change sends its set-up again. A line that
its last user let go of stays closed: an exchange that was given up, and whose thread comes back to life
later, must not open it again and speak.
"""

import time

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.instruments.ports._transport import BytePort, PortLost


class SharedLine:
    """The port of a line; used by one thread at a time. `requests` counts what was sent."""

    def __init__(self, port: BytePort, resource: str) -> None:
        self.openings = 0
        self.requests = 0
        self._port = port
        self._resource = resource
        self._users: set[object] = set()
        self._is_released = False

    @property
    def connected(self) -> bool:
        """Whether the port is open, as far as is known."""
        return self._port.is_open

    @property
    def in_doubt(self) -> bool:
        """Whether the next exchange would wait for what nobody asked for."""
        raise NotImplementedError

    def settle(self, timeout_s: float) -> None:
        """Listen until there is none. Never raises."""
        raise NotImplementedError

    def take(self, user: object, timeout_s: float) -> None:
        """Open the line for a driver. Raises `InstrumentError` when the port cannot be opened."""
        self._users.add(user)
        self._is_released = False
        self.connect(timeout_s)

    def release(self, user: object) -> None:
        """A driver lets go; the last one closes the line. Never raises."""
        self._users.discard(user)
        if not self._users:
            self._is_released = True
            self.drop()

    def connect(self, timeout_s: float) -> None:
        """Open the port unless it is open. Raises `InstrumentError`."""
        if self._is_released:
            context = ErrorContext(self._resource, command="connect")
            raise InstrumentError("disconnected", "the line was closed", context)
        if self._port.is_open:
            return
        begun = time.monotonic()
        try:
            self._port.open(timeout_s)
            self._opened(timeout_s)
        except PortLost as error:
            self._port.close()
            context = ErrorContext(self._resource, command="connect", elapsed_s=time.monotonic() - begun)
            raise InstrumentError("disconnected", str(error), context) from error
        except InstrumentError:
            self._port.close()
            raise
        self.openings += 1

    def drop(self) -> None:
        """Close the port. Never raises."""
        self._port.close()

    def _opened(self, timeout_s: float) -> None:
        """Begin with nothing known of what is on its way. Raises `PortLost` or `InstrumentError`."""
