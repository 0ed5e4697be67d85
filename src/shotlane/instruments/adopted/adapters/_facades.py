"""What the adapters of alicatlib and watlowlib share: blocking facades and one family of exceptions.

Both raise from one base class, named alike; the class says the fault.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from shotlane.instruments.definition._contract import InstrumentError

# The end of a class's name, and of its base classes', with its fault; the first that fits.
_FAULTS = (
    ("TimeoutError", "timeout"),
    ("ConnectionError", "disconnected"),
    ("TransportError", "disconnected"),
    ("CommandRejectedError", "rejected"),
    ("IllegalDataAddressError", "rejected"),
    ("IllegalDataValueError", "rejected"),
    ("IllegalFunctionError", "rejected"),
    ("NoSuchObjectError", "rejected"),
    ("NoSuchAttributeError", "rejected"),
    ("NoSuchInstanceError", "rejected"),
    ("ConfigurationError", "rejected"),
    ("CapabilityError", "rejected"),
    ("ProtocolError", "garbled"),
)


class Facade:
    """A blocking device of such a library: opened by its context manager, used, left again."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Any]], base: type[Exception]) -> None:
        self._connect = connect
        self._base = base
        self._stack: ExitStack | None = None
        self._device: Any = None

    @property
    def device(self) -> Any:
        """The open device. Raises `InstrumentError`."""
        if self._device is None:
            raise InstrumentError("disconnected", "the device is not open")
        return self._device

    def open(self) -> Any:
        """Connect."""
        self.close()
        stack = ExitStack()
        with self.faults():
            self._device = stack.enter_context(self._connect())
        self._stack = stack
        return self._device

    def close(self) -> None:
        """Disconnect; may raise what the library raises."""
        stack, self._stack, self._device = self._stack, None, None
        if stack is not None:
            stack.close()

    @contextmanager
    def faults(self) -> Iterator[None]:
        """The library's exceptions as faults."""
        try:
            yield
        except self._base as error:
            names = [kind.__name__ for kind in type(error).__mro__]
            fault = next(
                (fault for end, fault in _FAULTS if any(name.endswith(end) for name in names)), "failed"
            )
            raise InstrumentError(fault, " ".join(str(error).split())) from error
