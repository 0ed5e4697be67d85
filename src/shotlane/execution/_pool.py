"""What execution asks of the instruments: the face of the pool, and of whatever stands in for it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from shotlane.instruments import InstrumentError, ProgramTable, Reading
from shotlane.model import ScalarValue


class Answer(Protocol):
    """What one exchange gave; stamps on the clock of the run, of the last try."""

    @property
    def readings(self) -> Mapping[str, Reading]:
        """By attribute; of a read only."""

    @property
    def requested_ns(self) -> int:
        """Just before the request."""

    @property
    def received_ns(self) -> int:
        """Just after the reply."""

    @property
    def earlier(self) -> Mapping[str, tuple[int, int]]:
        """Stamps of the readings that a try before the last one gave, by attribute."""

    @property
    def result(self) -> Any:
        """What a command answered."""

    @property
    def overcome(self) -> InstrumentError | None:
        """The fault that made a repetition necessary, which took time; None without one."""


class InstrumentPool(Protocol):
    """The open instruments. Exchanges raise `InstrumentError`; any other exception is a bug."""

    @property
    def roles_opened(self) -> tuple[str, ...]:
        """Those that are open, in the order of the station."""

    def port_of(self, role: str) -> str:
        """The port that a role shares with whoever is on the same wire."""

    def lock_of(self, port: str) -> AbstractContextManager[Any]:
        """The lock of a port, re-entrant, for who must look at something before the port is used."""

    def open(self, roles: Sequence[str]) -> None:
        """Open all; raises `PoolError` with every fault."""

    def is_down(self, role: str) -> bool:
        """Whether it is declared down: it has not answered for several requests."""

    def ask_again(self, role: str) -> None:
        """Let the next request through to one that is declared down."""

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Tell drivers that want to know."""

    def in_doubt(self, port: str) -> bool:
        """Whether replies may still come on a port that nobody waits for."""

    def settle(self, port: str) -> None:
        """Listen until none can come any more; never raises."""

    def read(self, role: str, names: Sequence[str]) -> Answer:
        """Read attributes in one exchange."""

    def write(self, role: str, name: str, value: ScalarValue) -> Answer:
        """Set an attribute."""

    def call(self, role: str, command: str, arguments: Mapping[str, Any]) -> Answer:
        """Run a command."""

    def program(self, role: str, table: ProgramTable) -> Answer:
        """Load a table into an instrument that keeps time itself."""

    def arm(self, role: str) -> Answer:
        """Let it be ready for its trigger."""

    def trigger(self, role: str) -> Answer:
        """Start its table."""

    def collect(self, role: str) -> Answer:
        """What its table gave, as the result: readings by attribute, in the order of the edges."""

    def stop(self, role: str) -> Answer:
        """End its table at once."""

    def mask(self, value: Any) -> Any:
        """A value of any shape without the secrets in it."""

    def safe_writes(self) -> Sequence[tuple[str, str, ScalarValue]]:
        """Role, attribute and value of the safe state, in the order of the station; opened roles only."""

    def write_safe(self, role: str, name: str, value: ScalarValue) -> Answer:
        """Set one of these, also where what must be sent before it fails."""

    def make_safe(self, role: str) -> None:
        """What the safe state needs beyond these."""

    def close(self) -> None:
        """Let go of all; never raises. Whatever is asked of it later reaches no wire."""
