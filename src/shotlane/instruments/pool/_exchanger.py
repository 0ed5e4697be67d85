"""One exchange with an instrument, with its repetitions, and everything that must be looked at around it.

In this order: an instrument that is declared down is not asked; one that was lost is opened again; where it
may have restarted, what it was set to is read back before a reading is believed; then the request itself,
tried again when it timed out or came back garbled. A set that must be verified is read back. Each wire
request beyond the one asked for is told, once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._hardware_timed import ProgramTable
from shotlane.instruments.pool._agreement import valued
from shotlane.instruments.pool._health import UNANSWERED
from shotlane.instruments.pool._member import Exchange, Member, RoleNotify, Stamps
from shotlane.instruments.pool._tables import check_table, checked_frames, end_table, hardware_of
from shotlane.model import ScalarValue, ValueType, channel_name

REPEATED = frozenset({"timeout", "garbled"})


class _DeclaredDown(InstrumentError):
    """It was not even asked."""


class _Forgotten(InstrumentError):
    """It answers, and what it was set to is gone."""


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
    """Speaks with members of a pool. `reopen` opens one again, `lose` gives up the wire of a port."""

    def __init__(
        self,
        *,
        now_ns: Callable[[], int],
        notify: RoleNotify,
        reopen: Callable[[Member], None],
        lose: Callable[[str], None],
        mask: Callable[[Any], Any],
    ) -> None:
        self._now_ns = now_ns
        self._notify = notify
        self._reopen = reopen
        self._lose = lose
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
            self._failed(member, running, (name,))
            running.requested_ns, running.received_ns = exchange.requested_ns, exchange.received_ns
            raise running
        member.set_points.written(name, value)
        self._count_wear(member, name)
        if member.definition.attributes[name].verify:
            self._verify(member, name, value, exchange)
        return exchange

    def call(self, member: Member, command: str, arguments: Mapping[str, Any]) -> Exchange:
        """Run a command, once: what it did is not known when its answer is lost."""

        def act(_: Sequence[str]) -> Any:
            member.set_points.forget()
            return member.driver.call(command, arguments)

        return self._exchange(member, Operation.CALL, (command,), 1, act)

    def program(self, member: Member, table: ProgramTable) -> Exchange:
        """Load a table, in place of one that may be running."""

        def act(_: Sequence[str]) -> None:
            running = end_table(member)
            if running is not None:
                raise running
            check_table(member, table)
            member.table = table
            for name in table.outputs:
                member.set_points.unknown(name)
            hardware_of(member).program(table)

        return self._exchange(member, Operation.PROGRAM, (), 1, act)

    def arm(self, member: Member) -> Exchange:
        """Let it be ready for its trigger."""
        return self._exchange(member, Operation.ARM, (), 1, lambda _: hardware_of(member).arm())

    def trigger(self, member: Member) -> Exchange:
        """Start its table."""
        return self._exchange(member, Operation.TRIGGER, (), 1, lambda _: hardware_of(member).trigger())

    def collect(self, member: Member) -> Exchange:
        """What its table gave, as the result: frames by attribute; the table is over then."""

        def act(_: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
            table = member.table
            if table is None:
                raise InstrumentError("rejected", f"{member.role} was given no table")
            frames = checked_frames(member, hardware_of(member).collect(), table.frames)
            member.table = None
            return frames

        return self._exchange(member, Operation.COLLECT, (), 1, act)

    def stop(self, member: Member) -> Exchange:
        """End a table at once."""

        def act(_: Sequence[str]) -> None:
            running = end_table(member)
            if running is not None:
                raise running

        return self._exchange(member, Operation.STOP, (), 1, act)

    def ready(self, member: Member) -> None:
        """Open again what was lost, and let the driver get ready.

        Raises `InstrumentError`, at once for what is declared down.
        """
        wait_ns = member.health.wait_ns(self._now_ns())
        if wait_ns:
            raise _DeclaredDown("disconnected", _down_text(member, wait_ns))
        if member.lost:
            self._reopen(member)
            member.lost = False
            self._tell(member, "instrument.reopened", {"resource": member.definition.resource.text})
        if member.prepare is not None:
            member.prepare()

    def complete(self, definition: Definition, error: InstrumentError, names: Sequence[str] = ()) -> None:
        """Fill in what is known here of where a fault arose."""
        role, context = definition.role, error.context
        error.message = self._mask(error.message)
        error.args = (error.message,)
        error.context = replace(
            context,
            command=self._mask(context.command),
            sent=self._mask(context.sent),
            received=self._mask(context.received),
            resource=context.resource or definition.resource.text,
            role=context.role or role,
            channel=context.channel or (channel_name(role, names[0]) if len(names) == 1 else None),
        )

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
                self.ready(member)
                if operation is Operation.READ:
                    self._check_set_points(member)
                ready = True
                requested = self._now_ns()
                answer = act(names)
                received = self._now_ns()
            except InstrumentError as error:
                received = self._now_ns()
                fault, exchanges = error, int(ready and error.context.sent is not None)
                self._failed(member, error, names)
                if number == tries or error.fault not in REPEATED or member.health.down:
                    if _was_sent(member, error, ready):
                        error.requested_ns, error.received_ns = requested, received
                    if not gathered:
                        raise
                    # The others of this reading have their values already.
                    gathered.update(dict.fromkeys(names, Reading(None, None, error)))
                    return Exchange(gathered, requested, received, overcome=overcome, earlier=earlier)
            else:
                self._answered(member, received)
                if operation is not Operation.READ:
                    result = self._mask(answer) if isinstance(answer, str) else answer
                    return Exchange({}, requested, received, result, overcome)
                for name, reading in answer.items():
                    if reading.fault is not None:
                        self.complete(member.definition, reading.fault, (name,))
                gathered.update(answer)
                gathered.update(self._without_secrets(member, answer))
                faults = _repeatable(answer)
                if faults:
                    member.set_points.doubt()
                if not faults or number == tries:
                    return Exchange(gathered, requested, received, overcome=overcome, earlier=earlier)
                earlier.update(dict.fromkeys(answer.keys() - faults.keys(), (requested, received)))
                names, fault, exchanges = list(faults), next(iter(faults.values())), 1
            overcome = fault
            fields = {
                "operation": str(operation),
                "names": list(names),
                "try": number,
                "exchanges": exchanges,
            }
            fields |= {"fault": fault.fault, "message": fault.message}
            self._tell(member, "exchange.repeated", fields)
        raise AssertionError("tries is at least 1")

    def _without_secrets(
        self, member: Member, answer: Mapping[str, Reading]
    ) -> Iterator[tuple[str, Reading]]:
        """Those readings that are text, masked: an instrument may give back what it was told.

        An option is one of the words of its document and stays what it is.
        """
        for name, reading in answer.items():
            if isinstance(reading.value, str):
                if member.definition.attributes[name].type is ValueType.TEXT:
                    yield name, reading._replace(value=self._mask(reading.value), raw=self._mask(reading.raw))
            elif reading.raw is not None:
                yield name, reading._replace(raw=self._mask(reading.raw))

    def _check_set_points(self, member: Member) -> None:
        """Read back what was set, where the device may have restarted. Raises `InstrumentError`.

        A difference counts as disconnected: nothing that was set holds any more, and only a new attempt sends
        it.
        """
        known = member.set_points
        if not known.doubted:
            return
        readings: Mapping[str, Reading] = {}
        if known.names:
            try:
                readings = self._read_back(member, known.names)
            except InstrumentError as error:
                if error.fault in UNANSWERED or error.fault in REPEATED:
                    raise
                # The device is there, and does not say: nobody knows, and the next reading asks again.
            complaint = known.complaint(readings)
            if complaint is not None:
                message = f"{complaint}: it has restarted, or somebody changed it"
                raise _Forgotten("disconnected", message)
        unknown = known.compared(readings)
        if unknown:
            self._tell(member, "exchange.unverified", {"names": unknown})

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
            self._tell(member, "instrument.worn", fields)

    def _verify(self, member: Member, name: str, value: ScalarValue, exchange: Exchange) -> None:
        """Raise `InstrumentError` when a set was confirmed and not done."""
        attribute = member.definition.attributes[name]
        try:
            reading = self._read_back(member, (name,))[name]
            if reading.value is None or not member.set_points.agree(name, value, reading.value):
                now = "nothing" if reading.value is None else valued(attribute, reading.value)
                message = f"it was set to {valued(attribute, value)}, and is {now}"
                raise InstrumentError("rejected", message)  # noqa: TRY301  completed below like those of the wire
        except InstrumentError as error:
            self._failed(member, error, (name,))
            error.requested_ns, error.received_ns = exchange.requested_ns, exchange.received_ns
            raise

    def _read_back(self, member: Member, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read what was set, tried as often as any reading; every request is told here or by the driver."""
        for number in range(1, member.definition.tries + 1):
            last, sent, faults = number == member.definition.tries, True, dict[str, InstrumentError]()
            try:
                readings = member.driver.read(names)
                faults = _repeatable(readings)
                if not faults:
                    return readings
            except InstrumentError as error:
                sent = error.context.sent is not None
                if last or error.fault not in REPEATED:
                    raise _read_back_fault(error) from error
            finally:
                fields = {"operation": "read", "names": list(names), "exchanges": int(sent)}
                self._tell(member, "exchange.checked", fields)
            if last:
                first = next(iter(faults.values()))
                raise _read_back_fault(first) from first
        raise AssertionError("tries is at least 1")

    def _failed(self, member: Member, error: InstrumentError, names: Sequence[str]) -> None:
        """Take note of a fault: of the wire, the instrument's health, and what may be forgotten."""
        self.complete(member.definition, error, names)
        if isinstance(error, _DeclaredDown):
            return
        if isinstance(error, _Forgotten):
            # Only this one: whoever shares its wire goes on.
            member.driver.close()
            member.lost = True
            member.set_points.forget()
            return
        now_ns = self._now_ns()
        if error.fault not in UNANSWERED:
            if error.context.sent is not None:
                self._answered(member, now_ns)
        elif member.health.failed(now_ns):
            fields = {"fault": error.fault, "message": error.message, "unanswered": member.health.unanswered}
            self._tell(member, "instrument.down", fields)
        if error.fault in REPEATED:
            member.set_points.doubt()
        if error.fault == "disconnected":
            member.set_points.forget()
            self._lose(member.definition.resource.port)

    def _answered(self, member: Member, now_ns: int) -> None:
        down_ns = member.health.answered(now_ns)
        if down_ns is not None:
            self._tell(member, "instrument.answered-again", {"down_s": down_ns / 1e9})

    def _tell(self, member: Member, type_: str, fields: Mapping[str, Any]) -> None:
        self._notify(member.role, type_, {"role": member.role, **fields})


def _down_text(member: Member, wait_ns: int) -> str:
    count = member.health.unanswered
    return f"declared down: {count} requests in a row were not answered; asked again in {wait_ns / 1e9:.1f} s"


def _was_sent(member: Member, error: InstrumentError, ready: bool) -> bool:
    """Whether the request itself may have left; a driver that never speaks beside it need not say so."""
    return ready and (member.prepare is None or error.context.sent is not None)


def _repeatable(readings: Mapping[str, Reading]) -> dict[str, InstrumentError]:
    """The faults worth another try, by name."""
    return {
        name: reading.fault
        for name, reading in readings.items()
        if reading.fault is not None and reading.fault.fault in REPEATED
    }


def _read_back_fault(error: InstrumentError) -> InstrumentError:
    """The fault of a request that was told: `context.sent` is for what was asked for."""
    message = f"{error.message}, while what was set was read back"
    return InstrumentError(error.fault, message, replace(error.context, sent=None))
