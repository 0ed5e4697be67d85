"""One port's part of one attempt: a generator of waits, with one exchange after each.

It yields the instant it wants to wait for; whoever drives it goes on when that has come, or closes it, and
then no further exchange is made. Nothing is late on behalf of another: a periodic reading or set whose
successor is due is missed, everything else is done however late.
"""

from collections.abc import Iterator, Sequence

from shotlane.execution._block import Block, blocks
from shotlane.execution._clock import Clock
from shotlane.execution._due import Due, Kind
from shotlane.execution._fault import MISSED, STUCK, Stamps, fault_of, raw_of, stamps_of
from shotlane.execution._lateness import PortLateness
from shotlane.execution._ledger import Ledger, own_row
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.execution._trouble import Trouble
from shotlane.instruments import InstrumentError
from shotlane.model import Channel, ScalarValue
from shotlane.plan import InitialValue, Plan, PlannedCall, decode
from shotlane.records import ActionKind, ActionRow, Fault, Status


class PortWorker:
    """Talks to the instruments of one port in one attempt."""

    def __init__(
        self,
        plan: Plan,
        pool: InstrumentPool,
        clock: Clock,
        ledger: Ledger,
        trouble: Trouble,
        lateness: PortLateness,
    ) -> None:
        self._channels = plan.channels
        self._lanes = plan.lanes
        self._texts = plan.texts
        self._pool = pool
        self._clock = clock
        self._ledger = ledger
        self._trouble = trouble
        self._lateness = lateness
        self._origin_ns = 0
        self._under_way: Block = []  # what the exchange that is going on now is for

    def set_up(self, initial: Sequence[InitialValue]) -> Iterator[int]:
        """Write the initial values, each as soon as the one before is through."""
        for item in initial:
            begun_ns = self._clock.now_ns()
            yield begun_ns
            channel = self._channels[item.channel]
            number = self._ledger.next_number()
            raw = None
            try:
                answer = self._pool.write(channel.role, channel.attribute.name, item.value)
                stamps: Stamps = (answer.requested_ns, answer.received_ns)
            except InstrumentError as error:
                stamps, raw = stamps_of(error), raw_of(error)
                self._refused(channel, item.value, error)
            row = own_row(number, ActionKind.SETUP, item.channel, None, begun_ns, stamps, item.value, raw)
            self._ledger.other_action(row)

    def run(self, dues: Iterator[Due], origin_ns: int) -> Iterator[int]:
        """Do what is due, from the origin of the attempt."""
        self._origin_ns = origin_ns
        for block in blocks(dues, self._role_of):
            first = block[0]
            yield origin_ns + first.target_ns
            self._under_way = block
            if first.kind is Kind.READ:
                self._read(block)
            elif first.kind is Kind.SET:
                self._set(first)
            else:
                self._call(first)
            self._under_way = []

    def abandon(self) -> None:
        """Count what a port that never came back is doing as failed; what it still writes is discarded."""
        block = self._under_way
        raw = f"{STUCK}: the exchange did not end"
        for due in block:
            if due.kind is Kind.READ:
                self._ledger.reading(due, Status.FAILED, raw=raw)
            else:
                command = written(due.value) if due.kind is Kind.CALL else None
                self._note(due, command, None, Status.FAILED, raw=raw)
        self._ledger = self._ledger.discarding()

    def _role_of(self, due: Due) -> str:
        if due.kind is Kind.CALL:
            return str(due.value.role)
        return self._channels[due.subject].role

    def _replaced(self, due: Due) -> bool:
        """Whether what takes the place of this is due already."""
        return due.periodic and self._clock.now_ns() - self._origin_ns >= due.successor_ns

    def _relative(self, stamps: Stamps) -> Stamps:
        requested, received = stamps
        return (
            None if requested is None else requested - self._origin_ns,
            None if received is None else received - self._origin_ns,
        )

    def _started(self, due: Due, name: str, requested_ns: int) -> Status:
        """Count how late a start was."""
        late_ns = requested_ns - due.target_ns
        self._lateness.add(name, late_ns)
        return Status.LATE if late_ns > due.tolerance_ns else Status.OK

    def _read(self, block: Block) -> None:
        """Read a block in one exchange, without what its successors replace."""
        wanted: Block = []
        for due in block:
            if self._replaced(due):
                self._ledger.reading(due, Status.MISSED)
                self._check_losses(due.subject, None)
            else:
                wanted.append(due)
        if not wanted or self._trouble.halt.is_set():
            return
        # Two readings of one channel at one instant are one request.
        names = list(dict.fromkeys([self._channels[due.subject].attribute.name for due in wanted]))
        try:
            answer = self._pool.read(self._channels[wanted[0].subject].role, names)
        except InstrumentError as error:
            for due in wanted:
                self._lose(due, error, stamps_of(error))
            return
        for due in wanted:
            self._take(due, answer)

    def _take(self, due: Due, answer: Answer) -> None:
        """Note one reading of a block."""
        channel = self._channels[due.subject]
        reading = answer.readings[channel.attribute.name]
        if reading.fault is not None:
            self._lose(due, reading.fault, (answer.requested_ns, answer.received_ns))
            return
        requested_ns = answer.requested_ns - self._origin_ns
        received_ns = answer.received_ns - self._origin_ns
        status = self._started(due, channel.name, requested_ns)
        self._ledger.reading(due, status, requested_ns, received_ns, reading.value, reading.raw)

    def _lose(self, due: Due, error: InstrumentError, stamps: Stamps) -> None:
        """Note a reading that was tried and gave nothing."""
        requested_ns, received_ns = self._relative(stamps)
        self._ledger.reading(due, Status.FAILED, requested_ns, received_ns, None, raw_of(error))
        self._check_losses(due.subject, error)

    def _check_losses(self, index: int, error: InstrumentError | None) -> None:
        """Decide whether the readings lost so far are a fault of the attempt; `error` is the last one's."""
        channel, lane, count = self._channels[index], self._lanes[index], self._ledger.readings[index]
        down = error is not None and error.fault == "disconnected"
        if not (down or lane.required or count.lost > lane.max_missing * count.planned):
            return
        text = f"{channel.name} lost {count.lost} of {count.planned} readings"
        if lane.required:
            text += ", of which each is required"
        elif not down:
            text += f", and may lose {lane.max_missing:.4g} of them"
        known = {"role": channel.role, "channel": channel.name}
        if error is None:
            text += "; the last was missed, because the next was due"
            self._trouble.fail(Fault(MISSED, text, known))
        else:
            self._trouble.fail(fault_of(error, f"{text}; the last: {error.message}", known))

    def _set(self, due: Due) -> None:
        """Send one value of the action table."""
        channel = self._channels[due.subject]
        value = decode(channel, due.value, self._texts)
        if self._replaced(due):
            self._note(due, None, value, Status.MISSED)
            return
        number = self._ledger.next_number()
        try:
            answer = self._pool.write(channel.role, channel.attribute.name, value)
        except InstrumentError as error:
            self._note(due, None, value, Status.FAILED, stamps_of(error), raw_of(error), number)
            self._refused(channel, value, error)
            return
        status = self._started(due, channel.name, answer.requested_ns - self._origin_ns)
        self._note(due, None, value, status, (answer.requested_ns, answer.received_ns), None, number)

    def _call(self, due: Due) -> None:
        """Run one command."""
        call: PlannedCall = due.value
        command = written(call)
        number = self._ledger.next_number()
        try:
            answer = self._pool.call(call.role, call.command.name, call.arguments)
        except InstrumentError as error:
            self._note(due, command, None, Status.FAILED, stamps_of(error), raw_of(error), number)
            fault = fault_of(error, f"{command} failed: {error.message}", {"role": call.role})
            self._trouble.fail(fault)
            return
        status = self._started(due, call.role, answer.requested_ns - self._origin_ns)
        stamps = (answer.requested_ns, answer.received_ns)
        self._note(due, command, answer.result, status, stamps, None, number)

    def _note(
        self,
        due: Due,
        command: str | None,
        value: object,
        status: Status,
        stamps: Stamps = (None, None),
        raw: str | None = None,
        number: int | None = None,
    ) -> None:
        """Note what became of a planned set or call; `number` was taken when it was begun."""
        row = ActionRow(
            self._ledger.next_number() if number is None else number,
            ActionKind.PLANNED,
            due.subject if due.kind is Kind.SET else None,
            command,
            due.target_ns,
            *self._relative(stamps),
            value,
            status,
            raw,
        )
        self._ledger.planned_action(row, self._role_of(due))

    def _refused(self, channel: Channel, value: ScalarValue, error: InstrumentError) -> None:
        """Make a set that failed the fault of the attempt."""
        text = f"{channel.name} could not be set to {value}: {error.message}"
        self._trouble.fail(fault_of(error, text, {"role": channel.role, "channel": channel.name}))


def written(call: PlannedCall) -> str:
    """A call as a person writes it: `balance.tare()`, `laser.pulse(length=3.0)`."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
    return f"{call.role}.{call.command.name}({arguments})"
