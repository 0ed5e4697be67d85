"""What the drivers of instrument documents have in common on any wire: opening, set-up, letting go."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from shotlane.instruments.definition._contract import Identity, Notify
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.ports._shared_line import SharedLine
from shotlane.instruments.ports._turns import SetUp, already_told, safe_values
from shotlane.model import Attribute, Command, ScalarValue


class WireDriver:
    """One instrument on a line that it may share; the half of `Driver` that no protocol changes."""

    def __init__(self, definition: Definition, line: SharedLine, notify: Notify) -> None:
        self._definition = definition
        self._document = definition.document
        self._notify = notify
        self._timeout_s = definition.timeout_s
        self._shared = line
        resource, safe = definition.resource.text, safe_values(definition.attributes)
        self._set_up = SetUp(definition.setup, line, self._put, notify, resource, safe)

    def open(self) -> Identity:
        """Connect, ask who answers, send the set-up."""
        return self.open_as(_whoever)

    def open_as(self, accept: Callable[[Identity], None]) -> Identity:
        """The same, but for what `accept` refuses: another device must not get the set-up of this one."""
        self._shared.take(self, self._timeout_s)
        with already_told("it was opened"):
            identity = self._identify()
            accept(identity)
            self._set_up.begin(self._timeout_s)
        return identity

    def prepare(self) -> None:
        """Connect, and send the set-up where it is due."""
        self._set_up.ensure_before(self._timeout_s)

    @property
    def in_doubt(self) -> bool:
        """Whether the next exchange would wait for what nobody asked for."""
        return self._shared.in_doubt

    def settle(self) -> None:
        """Listen until there is none."""
        self._shared.settle(self._timeout_s)

    def yielding(self) -> AbstractContextManager[None]:
        """Within it, a set-up that fails keeps no exchange from being tried."""
        return self._set_up.yielding()

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""
        return self._definition.attributes

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""
        return self._definition.commands

    def make_safe(self) -> None:
        """Nothing beyond the declared safe values."""

    def close(self) -> None:
        """Let go of the line. Whatever still runs in another thread says no more."""
        self._set_up.end()
        self._shared.release(self)

    def _put(self, name: str, value: ScalarValue) -> None:
        """Send one value of the set-up. Raises `InstrumentError`."""
        raise NotImplementedError

    def _identify(self) -> Identity:
        """Ask who answers. Raises `InstrumentError`."""
        raise NotImplementedError


def _whoever(_: Identity) -> None:
    """Anybody may answer."""
