"""The safe state: every safe value written, in the order of the station, whatever happens on the way.

A write that fails, hangs or meets a bug does not stop the rest: what else its instrument is to be set to
comes after the others. Ports that are still in an exchange come last, so that they hold up nobody. An
instrument of which anything failed is made safe again as a whole, in rounds: it may have restarted meanwhile.
So it is where a value got through at a second try only, since the set-up, which is sent again before that,
may have undone one that was written first. A port that hangs is not tried again. Each write is one action row
of the attempt that is open, or one event when none is; what the last one came to is what counts.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from shotlane.execution._bounded import NotEndedError, bounded
from shotlane.execution._clock import Clock
from shotlane.execution._fault import CRASHED, STUCK, Stamps, raw_of, stamps_of
from shotlane.execution._journal import Journal
from shotlane.execution._ledger import Ledger, own_row
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.execution._rounds import Rounds
from shotlane.instruments import InstrumentError
from shotlane.model import ScalarValue
from shotlane.records import ActionKind

# More than any sound driver needs for a write with its repetitions.
BOUND_S = 15.0
_SILENT: Final = frozenset({"timeout", "disconnected"})
# Python answers a signal when this thread is awake.
_LISTEN_NS: Final = 100_000_000
_NEVER: Final = threading.Event()

_Write = tuple[str, str, ScalarValue]


class Unsafe(NamedTuple):
    """A safe value that may not hold; `attribute` None for what the driver itself does."""

    role: str
    attribute: str | None
    message: str

    @property
    def name(self) -> str:
        """The channel, else the role."""
        return self.role if self.attribute is None else f"{self.role}.{self.attribute}"


class _Failure(NamedTuple):
    """Why one write failed, and whether a request may have left."""

    raw: str
    message: str
    stamps: Stamps
    silent: bool = False


def _all_open() -> Sequence[Unsafe]:
    """What is to be open is."""
    return ()


def _no_longer(_roles: Sequence[str]) -> int:
    """No longer than ever."""
    return 0


def _stand(_until_ns: int) -> object:
    """Let nothing go on meanwhile that this thread would have to drive."""


class SafeState:
    """Makes the opened instruments safe. `needed`: something may have been written since.

    `rest`: what this thread drives until an instant, between two rounds.
    """

    def __init__(
        self,
        pool: InstrumentPool,
        clock: Clock,
        journal: Journal,
        channels: Mapping[str, int],
        rest: Callable[[int], object] = _stand,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._journal = journal
        self._channels = channels  # indices of the run's channels, by name
        self._rest = rest
        self._stuck: set[str] = set()
        self._silent: set[str] = set()  # roles that did not answer in this round
        self._round: list[Unsafe] = []
        self._begun: set[str] = set()  # roles of which this round has written a value
        self._shaken: set[str] = set()  # roles of which this round may have undone one
        self._given_up: dict[str, bool] = {}  # roles that the last time was spent on in vain; whether silent
        self._told: set[tuple[str, str | None, str]] = set()
        self.needed = False
        self.written: int | None = None  # safe values that the last time wrote
        self.unsafe: list[Unsafe] = []

    def reach(
        self,
        reason: str,
        ledger: Ledger | None = None,
        busy: frozenset[str] = frozenset(),
        *,
        until: Callable[[Sequence[str]], int] | None = None,
        closed: Callable[[], Sequence[Unsafe]] = _all_open,
    ) -> None:
        """Write every safe value, then let every driver do the rest; again what failed. Never raises.

        `until`: given where the instruments are left alone afterwards; to which instant at least those roles
        are tried that do not answer. Without, who was given up the last time, and has not answered since,
        does not use up the patience once more. `closed` opens, before each round, what is not open yet, and
        says what is still not.
        """
        rounds, settled, hung = Rounds(), set[str](), list[Unsafe]()
        hopeless = self._hopeless() if until is None else set()
        until = until or _no_longer
        self._told.clear()
        while True:
            not_open = list(closed())
            roles = [role for role in self._pool.roles_opened if role not in settled]
            roles.sort(key=lambda role: self._pool.port_of(role) in busy)
            failed = self._made_safe(reason, ledger, roles)
            hung += [item for item in failed if self._pool.port_of(item.role) in self._stuck]
            again = [item for item in failed if item not in hung]
            settled.update(set(roles) - {item.role for item in again} - self._shaken)
            self.unsafe = self._in_order([*not_open, *hung, *again])
            if not (not_open or again or self._shaken):
                break
            patient = bool(not_open) or not {item.role for item in again} <= hopeless
            silent = sorted({item.role for item in again} & self._silent)
            next_ns = rounds.next_ns(self._clock.now_ns(), until(silent), patient=patient)
            if next_ns is None:
                break
            self._wait(next_ns, partial(until, silent) if rounds.longer else None)
        self._given_up = {item.role: item.role in self._silent for item in self.unsafe}
        self._conclude(reason)

    def repeat(self, ledger: Ledger, times: Mapping[int | str, int]) -> None:
        """Reach it as often as is recorded: `times`, by channel or command, 1 where nothing is."""
        writes, number = list(self._pool.safe_writes()), 0
        while writes:
            for write in writes:
                self._write("", ledger, write)
            number += 1
            writes = [write for write in writes if times.get(self._subject(write), 0) > number]
        for role in self._pool.roles_opened:
            self._make_safe("", role)

    def _hopeless(self) -> set[str]:
        """Who was given up the last time, and has not answered since."""
        return {role for role, silent in self._given_up.items() if not silent or self._pool.is_down(role)}

    def _conclude(self, reason: str) -> None:
        self.needed = bool(self.unsafe)
        count = len(self._pool.safe_writes())
        self.written = count - sum(item.attribute is not None for item in self.unsafe)
        if not self.unsafe:
            self._journal.tell("safe-state.reached", reason=reason, written=count)

    def _made_safe(self, reason: str, ledger: Ledger | None, roles: Sequence[str]) -> list[Unsafe]:
        """One round; what failed."""
        self._round, self._silent, self._begun, self._shaken = [], set(), set(), set()
        later: list[_Write] = []
        writes = [write for write in self._pool.safe_writes() if write[0] in roles]
        for role in roles:
            own = [write for write in writes if write[0] == role]
            for number, write in enumerate(own, 1):
                if not self._write(reason, ledger, write):
                    later += own[number:]
                    break
        for write in later:
            self._write(reason, ledger, write)
        for role in roles:
            self._make_safe(reason, role)
        return self._round

    def _in_order(self, items: Iterable[Unsafe]) -> list[Unsafe]:
        """In the order of the station; what is not open comes first."""
        opened = {role: place for place, role in enumerate(self._pool.roles_opened)}
        return sorted(items, key=lambda item: opened.get(item.role, -1))

    def _wait(self, until_ns: int, end_ns: Callable[[], int] | None) -> None:
        """Let a pause pass, whoever is impatient; `end_ns`: unless that comes to lie before it."""
        self._rest(until_ns)
        while (now_ns := self._clock.now_ns()) < (until_ns if end_ns is None else min(until_ns, end_ns())):
            with suppress(KeyboardInterrupt):
                self._clock.wait_until(min(until_ns, now_ns + _LISTEN_NS), _NEVER)

    def _subject(self, write: _Write) -> int | str:
        """The channel; what the run does not know by number is told in words."""
        role, attribute, value = write
        return self._channels.get(f"{role}.{attribute}", f"{role}.{attribute} = {value!r}")

    def _write(self, reason: str, ledger: Ledger | None, write: _Write) -> bool:
        """Write one value and record it; whether it holds."""
        role, attribute, value = write
        number = ledger.next_number() if ledger else 0
        begun_ns = self._clock.now_ns()
        answer, failure = self._tried(role, lambda: self._pool.write_safe(role, attribute, value))
        if answer is not None:
            stamps: Stamps = (answer.requested_ns, answer.received_ns)
            if answer.overcome is not None and role in self._begun:
                self._shaken.add(role)
            self._begun.add(role)
        else:
            stamps = failure.stamps if failure else (None, None)
        if ledger is not None:
            subject = self._subject(write)
            channel, command = (subject, None) if isinstance(subject, int) else (None, subject)
            raw = failure.raw if failure else None
            row = own_row(number, ActionKind.SAFE, channel, command, begun_ns, stamps, value, raw)
            ledger.other_action(row)
        elif failure is None:
            self._journal.tell("safe-state.written", role=role, attribute=attribute, value=value, exchanges=1)
        if failure is not None:
            told = int(ledger is None and stamps[0] is not None)
            self._fail(reason, role, attribute, failure, told)
        return failure is None

    def _make_safe(self, reason: str, role: str) -> None:
        _, failure = self._tried(role, lambda: self._pool.make_safe(role))
        if failure is None or (failure.silent and role in self._silent):
            return  # that it does not answer was told
        if failure.message in [item.message for item in self._round if item.role == role]:
            return
        # Its requests are told by the driver itself.
        self._fail(reason, role, None, failure, 0)

    def _tried(self, role: str, action: Callable[[], Answer | None]) -> tuple[Answer | None, _Failure | None]:
        """Try something on a role's port, bounded in time; a port that hangs is not tried again."""
        port = self._pool.port_of(role)
        if port in self._stuck:
            text = "its port has not come back from an exchange"
            return None, _Failure(f"{STUCK}: {text}", text, (None, None), silent=True)
        begun_ns = self._clock.now_ns()
        try:
            return bounded(action, BOUND_S), None
        except InstrumentError as error:
            silent = error.fault in _SILENT
            return None, _Failure(raw_of(error), error.message, stamps_of(error), silent)
        except NotEndedError as error:
            self._stuck.add(port)
            return None, _Failure(f"{STUCK}: {error}", str(error), (begun_ns, None), silent=True)
        except BaseException as error:  # noqa: BLE001  a driver's bug, or its `sys.exit`, must not keep the others from being safe
            text = self._pool.mask(f"{type(error).__name__}: {error}")
            return None, _Failure(f"{CRASHED}: {text}", text, (begun_ns, self._clock.now_ns()))

    def _fail(self, reason: str, role: str, attribute: str | None, failure: _Failure, exchanges: int) -> None:
        self._round.append(Unsafe(role, attribute, failure.message))
        if failure.silent:
            self._silent.add(role)
        words = (role, attribute, failure.message)
        if not exchanges and words in self._told:
            return  # its row says that it was tried again
        self._told.add(words)
        self._journal.tell(
            "safe-state.failed",
            reason=reason,
            role=role,
            attribute=attribute,
            message=failure.message,
            exchanges=exchanges,
        )
