"""One exchange with an instrument, with its repetitions.

In this order: the instrument is made ready, or is not asked (`_presence`); where it may have restarted, what
it was set to is read back before a reading is believed (`_read_back`); then the request itself, tried again
when it timed out or came back garbled. A set that must be verified is read back. Each wire request beyond
the one asked for is told, once.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.definition._hardware_timed import ProgramTable
from shotlane.instruments.pool._masked import Mask, complete, masked_texts
from shotlane.instruments.pool._member import Exchange, Member, RoleNotify, Stamps
from shotlane.instruments.pool._presence import Presence
from shotlane.instruments.pool._read_back import ReadBack
from shotlane.instruments.pool._repeated import REPEATED, repeatable
from shotlane.instruments.pool._tables import collected, end_table, hardware_of, load, stop_table
from shotlane.model import ScalarValue


class Operation(StrEnum):
    """What is asked of an instrument."""

    READ = "read"
    WRITE = "write"
    CALL = "call"
    PROGRAM = "program"
    ARM = "arm"
    TRIGGER = "trigger"
    COLLECT = "collect"
    STOP = "stop"


class Exchanger:
    """Speaks with members of a pool; the lock of the port is held."""

    def __init__(
        self, presence: Presence, *, now_ns: Callable[[], int], tell: RoleNotify, mask: Mask
    ) -> None:
        self._presence = presence
        self._read_back = ReadBack(presence, tell)
        self._now_ns = now_ns
        self._tell = tell
        self._mask = mask

    def read(self, member: Member, names: Sequence[str]) -> Exchange:
        """Read attributes; what timed out or came back garbled is tried again, alone where others came."""
        return self._exchange(member, Operation.READ, names, member.definition.tries, member.driver.read)

    def write(self, member: Member, name: str, value: ScalarValue) -> Exchange:
        """Set an attribute, and read it back where it must be verified."""

        def act(_: Sequence[str]) -> None:
            member.set_points.unknown(name)
            member.driver.write(name, value)

        # What the computer times may be set while a table runs.
        running = end_table(member) if member.definition.attributes[name].hardware_timed else None
        exchange = self._exchange(member, Operation.WRITE, (name,), member.definition.tries, act)
        if running is not None:
            # It was set all the same, and may be overwritten.
            self._presence.failed(member, running, (name,))
            running.requested_ns, running.received_ns = exchange.requested_ns, exchange.received_ns
            raise running
        member.set_points.written(name, value)
        self._count_wear(member, name)
        if member.definition.attributes[name].verify:
            self._read_back.verify(member, name, value, exchange)
        return exchange

    def call(self, member: Member, command: str, arguments: Mapping[str, Any]) -> Exchange:
        """Run a command, once: what it did is not known when its answer is lost."""

        def act(_: Sequence[str]) -> Any:
            member.set_points.forget()
            return member.driver.call(command, arguments)

        return self._exchange(member, Operation.CALL, (command,), 1, act)

    def program(self, member: Member, table: ProgramTable) -> Exchange:
        """Load a table, in place of one that may be running."""
        return self._exchange(member, Operation.PROGRAM, (), 1, lambda _: load(member, table))

    def arm(self, member: Member) -> Exchange:
        """Let it be ready for its trigger."""
        return self._exchange(member, Operation.ARM, (), 1, lambda _: hardware_of(member).arm())

    def trigger(self, member: Member) -> Exchange:
        """Start its table."""
        return self._exchange(member, Operation.TRIGGER, (), 1, lambda _: hardware_of(member).trigger())

    def collect(self, member: Member) -> Exchange:
        """What its table gave, as the result: frames by attribute; the table is over then."""
        return self._exchange(member, Operation.COLLECT, (), 1, lambda _: collected(member))

    def stop(self, member: Member) -> Exchange:
        """End a table at once."""
        return self._exchange(member, Operation.STOP, (), 1, lambda _: stop_table(member))

    def _exchange(
        self,
        member: Member,
        operation: Operation,
        names: Sequence[str],
        tries: int,
        act: Callable[[Sequence[str]], Any],
    ) -> Exchange:
        """Do one exchange, tried up to `tries` times. `act` gives readings for a read, else a result."""
        gathered: dict[str, Reading] = {}
        earlier: dict[str, Stamps] = {}
        overcome: InstrumentError | None = None
        for number in range(1, tries + 1):
            requested, ready = self._now_ns(), False
            try:
                self._presence.ready(member)
                if operation is Operation.READ:
                    self._read_back.check(member)
                ready = True
                requested = self._now_ns()
                answer = act(names)
                received = self._now_ns()
            except InstrumentError as error:
                received = self._now_ns()
                fault, exchanges = error, int(ready and error.context.sent is not None)
                self._presence.failed(member, error, names)
                if operation is not Operation.READ and error.fault == "rejected" and member.definition.setup:
                    member.set_points.doubt()  # the set-up, which is sent again, may change what was set
                if number == tries or error.fault not in REPEATED or member.health.down:
                    if _was_sent(member, error, ready):
                        error.requested_ns, error.received_ns = requested, received
                    if not gathered:
                        raise
                    # The others of this reading have their values already.
                    gathered.update(dict.fromkeys(names, Reading(None, None, error)))
                    return Exchange(gathered, requested, received, overcome=overcome, earlier=earlier)
            else:
                self._presence.answered(member, received)
                if operation is not Operation.READ:
                    result = self._mask(answer) if isinstance(answer, str) else answer
                    return Exchange({}, requested, received, result, overcome)
                for name, reading in answer.items():
                    if reading.fault is not None:
                        complete(member.definition, reading.fault, self._mask, (name,))
                gathered.update(answer)
                gathered.update(masked_texts(member.definition, answer, self._mask))
                faults = repeatable(answer)
                if faults:
                    member.set_points.doubt()
                if not faults or number == tries:
                    return Exchange(gathered, requested, received, overcome=overcome, earlier=earlier)
                earlier.update(dict.fromkeys(answer.keys() - faults.keys(), (requested, received)))
                names, fault, exchanges = list(faults), next(iter(faults.values())), 1
            overcome = fault
            fields = {"operation": str(operation), "names": list(names), "try": number}
            fields |= {"exchanges": exchanges, "fault": fault.fault, "message": fault.message}
            self._tell(member.role, "exchange.repeated", fields)
        raise AssertionError("tries is at least 1")

    def _count_wear(self, member: Member, name: str) -> None:
        """Count what wears memory out; tell it when the budget is spent."""
        if member.wear is None:
            return
        view = member.definition.aliases.get(name)
        target = name if view is None else view.target
        writes = member.wear.count(target, {**member.definition.setup, **member.set_points.values})
        if writes is not None:
            budget = member.definition.wear[target]
            fields = {"attribute": target, "writes": writes, "budget": budget.writes, "per_s": budget.per_s}
            self._tell(member.role, "instrument.worn", fields)


def _was_sent(member: Member, error: InstrumentError, ready: bool) -> bool:
    """Whether the request itself may have left; a driver that never speaks beside it need not say so."""
    return ready and (member.prepare is None or error.context.sent is not None)
