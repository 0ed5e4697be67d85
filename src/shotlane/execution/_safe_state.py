"""The safe state: every safe value written, in the order of the station, whatever happens on the way.

A write that fails, hangs or meets a bug does not stop the rest; it is remembered as unsafe. Ports that are
still in an exchange come last, so that they hold up nobody. Each write is one action row of the attempt that
is open, or one event when none is.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from shotlane.execution._bounded import NotEndedError, bounded
from shotlane.execution._clock import Clock
from shotlane.execution._fault import CRASHED, STUCK, Stamps, raw_of, stamps_of
from shotlane.execution._journal import Journal
from shotlane.execution._ledger import Ledger, own_row
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.instruments import InstrumentError
from shotlane.model import ScalarValue
from shotlane.records import ActionKind

# More than any sound driver needs for a write with its repetitions.
BOUND_S = 10.0


class Unsafe(NamedTuple):
    """A safe value that may not hold; `attribute` None for what the driver itself does."""

    role: str
    attribute: str | None
    message: str


class _Failure(NamedTuple):
    """Why one write failed, and whether a request may have left."""

    raw: str
    message: str
    stamps: Stamps


class SafeState:
    """Makes the opened instruments safe. `needed`: something may have been written since."""

    def __init__(
        self, pool: InstrumentPool, clock: Clock, journal: Journal, channels: Mapping[str, int]
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._journal = journal
        self._channels = channels  # indices of the run's channels, by name
        self._stuck: set[str] = set()
        self.needed = False
        self.written: int | None = None  # safe values that the last time wrote
        self.unsafe: list[Unsafe] = []

    def reach(self, reason: str, ledger: Ledger | None = None, busy: frozenset[str] = frozenset()) -> None:
        """Write every safe value, then let every driver do the rest. Never raises."""
        self.unsafe = []
        writes = sorted(self._pool.safe_writes(), key=lambda write: self._pool.port_of(write[0]) in busy)
        for role, attribute, value in writes:
            self._write(reason, ledger, role, attribute, value)
        for role in sorted(self._pool.roles_opened, key=lambda role: self._pool.port_of(role) in busy):
            self._make_safe(reason, role)
        self.needed = bool(self.unsafe)
        failed = sum(item.attribute is not None for item in self.unsafe)
        self.written = len(writes) - failed
        if not self.unsafe:
            self._journal.tell("safe-state.reached", reason=reason, written=len(writes))

    def _write(
        self, reason: str, ledger: Ledger | None, role: str, attribute: str, value: ScalarValue
    ) -> None:
        """Write one value and record it."""
        number = ledger.next_number() if ledger else 0
        begun_ns = self._clock.now_ns()
        answer, failure = self._tried(role, lambda: self._pool.write(role, attribute, value))
        if answer is not None:
            stamps: Stamps = (answer.requested_ns, answer.received_ns)
        else:
            stamps = failure.stamps if failure else (None, None)
        if ledger is not None:
            channel = self._channels.get(f"{role}.{attribute}")
            # A channel that the run does not know by number is told in words.
            command = f"{role}.{attribute} = {value!r}" if channel is None else None
            raw = failure.raw if failure else None
            row = own_row(number, ActionKind.SAFE, channel, command, begun_ns, stamps, value, raw)
            ledger.other_action(row)
        elif failure is None:
            self._journal.tell("safe-state.written", role=role, attribute=attribute, value=value, exchanges=1)
        if failure is not None:
            told = int(ledger is None and stamps[0] is not None)
            self._fail(reason, role, attribute, failure.message, told)

    def _make_safe(self, reason: str, role: str) -> None:
        _, failure = self._tried(role, lambda: self._pool.make_safe(role))
        if failure is not None:
            # Its requests are told by the driver itself.
            self._fail(reason, role, None, failure.message, 0)

    def _tried(self, role: str, action: Callable[[], Answer | None]) -> tuple[Answer | None, _Failure | None]:
        """Try something on a role's port, bounded in time; a port that hangs is not tried again."""
        port = self._pool.port_of(role)
        if port in self._stuck:
            text = "its port has not come back from an exchange"
            return None, _Failure(f"{STUCK}: {text}", text, (None, None))
        begun_ns = self._clock.now_ns()
        try:
            return bounded(action, BOUND_S), None
        except InstrumentError as error:
            return None, _Failure(raw_of(error), error.message, stamps_of(error))
        except NotEndedError as error:
            self._stuck.add(port)
            return None, _Failure(f"{STUCK}: {error}", str(error), (begun_ns, None))
        except BaseException as error:  # noqa: BLE001  a driver's bug, or its `sys.exit`, must not keep the others from being safe
            text = self._pool.mask(f"{type(error).__name__}: {error}")
            return None, _Failure(f"{CRASHED}: {text}", text, (begun_ns, self._clock.now_ns()))

    def _fail(self, reason: str, role: str, attribute: str | None, message: str, exchanges: int) -> None:
        self.unsafe.append(Unsafe(role, attribute, message))
        self._journal.tell(
            "safe-state.failed",
            reason=reason,
            role=role,
            attribute=attribute,
            message=message,
            exchanges=exchanges,
        )
