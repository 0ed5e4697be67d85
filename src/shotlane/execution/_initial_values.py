"""The set-up of one port in one attempt: a generator of waits, with the set of one initial value after each.

Whoever drives it goes on or closes it; each value that was begun gets one row, whatever became of it.
"""

from collections.abc import Iterator, Sequence

from shotlane.execution._clock import Clock
from shotlane.execution._demands import Demands
from shotlane.execution._fault import CRASHED, Stamps, raw_of, stamps_of
from shotlane.execution._ledger import Ledger, own_row
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._trouble import Trouble
from shotlane.instruments import InstrumentError
from shotlane.model import Channel
from shotlane.plan import InitialValue, Plan
from shotlane.records import ActionKind


class InitialValues:
    """Writes the initial values of one port. `ledger`: where its rows go."""

    def __init__(
        self,
        plan: Plan,
        pool: InstrumentPool,
        clock: Clock,
        ledger: Ledger,
        trouble: Trouble,
        demands: Demands,
    ) -> None:
        self._channels = plan.channels
        self._pool = pool
        self._clock = clock
        self._trouble = trouble
        self._demands = demands
        self.ledger = ledger
        # What is being set, since when, and the number of its row.
        self._under_way: InitialValue | None = None
        self._begun_ns = 0
        self._number = 0

    def settle(self, port: str) -> Iterator[int]:
        """Let a port in doubt settle before t = 0, so that no timed exchange waits for that."""
        if self._pool.in_doubt(port):
            yield self._clock.now_ns()
            self._pool.settle(port)

    def write(self, initial: Sequence[InitialValue]) -> Iterator[int]:
        """Write them, each as soon as the one before is through."""
        for item in initial:
            channel = self._channels[item.channel]
            lock = self._pool.lock_of(self._pool.port_of(channel.role))
            yield self._clock.now_ns()
            with lock:
                if self._trouble.over:
                    return
                self._set(item, channel)

    def _set(self, item: InitialValue, channel: Channel) -> None:
        """Write one of them."""
        self._under_way, self._begun_ns = item, self._clock.now_ns()
        self._number = self.ledger.next_number()
        stamps: Stamps = (self._begun_ns, None)
        raw: str | None = f"{CRASHED}: the exchange met a bug"
        try:
            answer = self._pool.write(channel.role, channel.attribute.name, item.value)
            stamps, raw = (answer.requested_ns, answer.received_ns), None
        except InstrumentError as error:
            stamps, raw = stamps_of(error), raw_of(error)
            self._demands.refused(channel, item.value, error)
        finally:
            self._note(item, stamps, raw)
            self._under_way = None

    def give_up(self, raw: str) -> None:
        """Note as failed what is under way."""
        if self._under_way is not None:
            self._note(self._under_way, (self._begun_ns, None), raw)

    def _note(self, item: InitialValue, stamps: Stamps, raw: str | None) -> None:
        """Note what became of one."""
        kind, begun_ns = ActionKind.SETUP, self._begun_ns
        row = own_row(self._number, kind, item.channel, None, begun_ns, stamps, item.value, raw)
        self.ledger.other_action(row)
