"""One port's part of one attempt: a generator of waits, with one exchange after each.

It yields the instant it wants to wait for; whoever drives it goes on when that has come, or closes it, and
then no further exchange is made. Nothing is late on behalf of another: a periodic reading or set whose
successor is due is missed, everything else is done however late.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from shotlane.execution._block import Block, blocks
from shotlane.execution._clock import Clock
from shotlane.execution._demands import OF_ROLES, WAS_MISSED, Demands
from shotlane.execution._due import Due, Kind
from shotlane.execution._fault import CRASHED, STUCK, Stamps, fault_in, fault_of, raw_of, stamps_of
from shotlane.execution._initial_values import InitialValues
from shotlane.execution._lateness import PortLateness
from shotlane.execution._ledger import Ledger
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.execution._trouble import Trouble
from shotlane.execution._written_call import written
from shotlane.instruments import InstrumentError
from shotlane.model import Channel, ScalarValue
from shotlane.plan import Plan, PlannedCall, decode
from shotlane.records import ActionKind, ActionRow, Status


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
        self._texts = plan.texts
        self._pool = pool
        self._clock = clock
        self._ledger = ledger
        self._trouble = trouble
        self._lateness = lateness
        self._origin_ns = 0
        # What the exchange under way is for, how much of that is noted, when it began, and its number.
        self._under_way: Block = []
        self._noted = 0
        self._begun_ns = 0
        self._number = 0
        self.arrived_ns: int | None = None  # when it came to its first wait after the set-up
        self.demands = Demands(plan, ledger, trouble)
        self.initial = InitialValues(plan, pool, clock, ledger, trouble, self.demands)

    def run(self, dues: Iterator[Due], origin_ns: int) -> Iterator[int]:
        """Do what is due, from the origin of the attempt."""
        self._origin_ns = origin_ns
        for block in blocks(dues, self._role_of):
            # Whatever can be done before the wait is: what is done after it makes the request late.
            exchange, lock = self._prepared(block), self._lock_of(self._role_of(block[0]))
            if self.arrived_ns is None:
                self.arrived_ns = self._clock.now_ns()
            yield origin_ns + block[0].target_ns
            with lock:
                # It may have waited for the port behind a poll until long after the attempt was over.
                if self._trouble.over:
                    return
                self._do(block, exchange)

    def _do(self, block: Block, exchange: Callable[[], None]) -> None:
        """Make one exchange, and note all that it is for."""
        self._under_way, self._noted, self._begun_ns = block, 0, self._clock.now_ns()
        late_ns = self._begun_ns - self._origin_ns - block[0].target_ns
        self.demands.begin(late=late_ns > block[0].tolerance_ns)
        try:
            exchange()
        except BaseException as error:
            # It was tried, so it is not unreached; who drives this worker records the bug.
            self._give_up(self._pool.mask(f"{CRASHED}: {type(error).__name__}: {error}"))
            raise
        self._under_way = []

    def _lock_of(self, role: str) -> AbstractContextManager[Any]:
        return self._pool.lock_of(self._pool.port_of(role))

    def _prepared(self, block: Block) -> Callable[[], None]:
        """What is to be done for a block, with its parts ready."""
        due = block[0]
        if due.kind is Kind.CALL:
            return partial(self._call, due, due.value, written(due.value))
        if due.kind is Kind.TRIGGER:
            return partial(self._trigger, due)
        channel = self._channels[due.subject]
        if due.kind is Kind.SET:
            return partial(self._set, due, channel, decode(channel, due.value, self._texts))
        soonest_ns = min([due.successor_ns for due in block])
        return partial(self._read, block, channel.role, self._names(block), soonest_ns)

    def _names(self, block: Block) -> list[str]:
        """The attributes of a block; two readings of one channel at one instant are one."""
        return list(dict.fromkeys([self._channels[due.subject].attribute.name for due in block]))

    def abandon(self) -> None:
        """Count what a port that never came back is doing as failed; what it still writes is discarded."""
        raw = f"{STUCK}: the exchange did not end"
        self.initial.give_up(raw)
        self._give_up(raw)
        self._ledger = self.demands.ledger = self.initial.ledger = self._ledger.discarding()

    def _give_up(self, raw: str) -> None:
        """Note as failed what the exchange under way is for and is not noted yet."""
        stamps: Stamps = (self._begun_ns, None)
        for due in self._under_way[self._noted :]:
            if due.kind is Kind.READ:
                self._ledger.reading(due, Status.FAILED, *self._relative(stamps), None, raw)
            elif due.kind is Kind.SET:
                value = decode(self._channels[due.subject], due.value, self._texts)
                self._note(due, None, value, Status.FAILED, stamps, raw)
            elif due.kind is Kind.CALL:
                self._note(due, written(due.value), None, Status.FAILED, stamps, raw)

    def _role_of(self, due: Due) -> str:
        if due.kind in OF_ROLES:
            return str(due.value.role)
        return self._channels[due.subject].role

    def _replaced(self, due: Due) -> bool:
        """Whether what takes the place of this is due already."""
        return self._begun_ns - self._origin_ns >= due.successor_ns

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
        if late_ns <= due.tolerance_ns:
            return Status.OK
        text = f"started {late_ns / 1e6:.4g} ms late, and its tolerance is {due.tolerance_ns / 1e6:.4g} ms"
        self.demands.check_punctual(due, text)
        return Status.LATE

    def _read(self, block: Block, role: str, names: list[str], soonest_ns: int) -> None:
        """Read a block in one exchange, without what is replaced by then."""
        if self._begun_ns - self._origin_ns >= soonest_ns:
            block = self._under_way = self._leave_out_replaced(block)
            if not block or self._trouble.halt.is_set():
                return
            names = self._names(block)
        try:
            answer = self._pool.read(role, names)
        except InstrumentError as error:
            self.demands.cause = error
            for due in block:
                self._lose(due, error, stamps_of(error))
            return
        self.demands.cause = answer.overcome or self.demands.cause
        for due in block:
            self._take(due, answer)

    def _leave_out_replaced(self, block: Block) -> Block:
        """Note what is replaced as missed; the rest."""
        rest: Block = []
        for due in block:
            if self._replaced(due):
                self._ledger.reading(due, Status.MISSED)
                self.demands.check_punctual(due, WAS_MISSED)
                self.demands.check_losses(due.subject, None)
            else:
                rest.append(due)
        return rest

    def _take(self, due: Due, answer: Answer) -> None:
        """Note one reading of a block."""
        channel = self._channels[due.subject]
        name = channel.attribute.name
        reading = answer.readings[name]
        requested_ns, received_ns = answer.requested_ns, answer.received_ns
        if answer.earlier:
            requested_ns, received_ns = answer.earlier.get(name, (requested_ns, received_ns))
        fault = fault_in(reading)
        if fault is not None:
            self._lose(due, fault, (requested_ns, received_ns))
            return
        requested_ns -= self._origin_ns
        received_ns -= self._origin_ns
        status = self._started(due, channel.name, requested_ns)
        self._ledger.reading(due, status, requested_ns, received_ns, reading.value, reading.raw)
        self._noted += 1

    def _lose(self, due: Due, error: InstrumentError, stamps: Stamps) -> None:
        """Note a reading that was tried and gave nothing."""
        requested_ns, received_ns = self._relative(stamps)
        self._ledger.reading(due, Status.FAILED, requested_ns, received_ns, None, raw_of(error))
        self._noted += 1
        self.demands.check_losses(due.subject, error)

    def _set(self, due: Due, channel: Channel, value: ScalarValue) -> None:
        """Send one value of the action table."""
        self._number = self._ledger.next_number()
        if self._replaced(due):
            self._note(due, None, value, Status.MISSED)
            self.demands.check_punctual(due, WAS_MISSED)
            return
        try:
            answer = self._pool.write(channel.role, channel.attribute.name, value)
        except InstrumentError as error:
            self._note(due, None, value, Status.FAILED, stamps_of(error), raw_of(error))
            self.demands.refused(channel, value, error)
            return
        self.demands.cause = answer.overcome or self.demands.cause
        status = self._started(due, channel.name, answer.requested_ns - self._origin_ns)
        self._note(due, None, value, status, (answer.requested_ns, answer.received_ns))

    def _call(self, due: Due, call: PlannedCall, command: str) -> None:
        """Run one command."""
        self._number = self._ledger.next_number()
        try:
            answer = self._pool.call(call.role, call.command.name, call.arguments)
        except InstrumentError as error:
            self._note(due, command, None, Status.FAILED, stamps_of(error), raw_of(error))
            fault = fault_of(error, f"{command} failed: {error.message}", {"role": call.role})
            self._trouble.fail(fault)
            return
        status = self._started(due, call.role, answer.requested_ns - self._origin_ns)
        stamps = (answer.requested_ns, answer.received_ns)
        self._note(due, command, answer.result, status, stamps)

    def _trigger(self, due: Due) -> None:
        """Start a table; its edges are noted when it is collected, or stopped."""
        role = self._role_of(due)
        try:
            answer = self._pool.trigger(role)
        except InstrumentError as error:
            text = f"the table of {role} could not be triggered: {error.message}"
            self._trouble.fail(fault_of(error, text, {"role": role}))
            return
        due.value.fired = (answer.requested_ns, answer.received_ns)
        self._started(due, role, answer.requested_ns - self._origin_ns)

    def _note(
        self,
        due: Due,
        command: str | None,
        value: object,
        status: Status,
        stamps: Stamps = (None, None),
        raw: str | None = None,
    ) -> None:
        """Note what became of a planned set or call."""
        row = ActionRow(
            self._number,
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
        self._noted += 1
