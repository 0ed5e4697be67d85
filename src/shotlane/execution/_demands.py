"""What lanes demand of the port that serves them: to be punctual, and to lose no more than they may.

What falls short of that is the fault of the attempt. What a port misses after a fault of one of its
exchanges, overcome or not, is the doing of that: `cause`, the last one. Where there was none yet, it is the
doing of what the port met in the attempt before, `before`, until it is on time again.
"""

from shotlane.execution._due import Due, Kind
from shotlane.execution._fault import LATE, MISSED, fault_of
from shotlane.execution._ledger import Ledger
from shotlane.execution._trouble import Trouble
from shotlane.instruments import InstrumentError
from shotlane.model import Channel, ScalarValue
from shotlane.plan import Plan
from shotlane.records import NO_VALUE, Fault

WAS_MISSED = "was missed, because the next was due"
# What has no channel, and no lane that says more.
OF_ROLES = (Kind.CALL, Kind.TRIGGER)


class Demands:
    """Judges one port in one attempt. `ledger`: has the counts that losses are judged by."""

    def __init__(self, plan: Plan, ledger: Ledger, trouble: Trouble) -> None:
        self._channels = plan.channels
        self._lanes = plan.lanes
        self._trouble = trouble
        self.ledger = ledger
        self.cause: InstrumentError | None = None
        self.before: InstrumentError | None = None
        self._last: dict[int, InstrumentError | None] = {}  # why each channel lost a reading the last time
        self._has_begun = False

    def begin(self, *, late: bool) -> None:
        """Take note that the next exchange begins; the first one has not been held up by another."""
        if self._has_begun and not late:
            self.before = None
        self._has_begun = True

    def check_punctual(self, due: Due, text: str) -> None:
        """Make what is late or missed the fault of the attempt where the lane says so."""
        if due.kind in OF_ROLES or not self._lanes[due.subject].on_late_fails:
            return
        channel, what = self._channels[due.subject], "reading" if due.kind is Kind.READ else "set"
        cause = self.cause or self.before
        held_up = f"; the port was held up: {cause.message}" if cause else ""
        self._trouble.fail(Fault(LATE, f"a {what} of {channel.name} {text}{held_up}", _known(channel)))

    def check_losses(self, index: int, error: InstrumentError | None) -> None:
        """Decide whether the readings lost so far are a fault of the attempt; `error` is the last one's."""
        channel, lane, count = self._channels[index], self._lanes[index], self.ledger.readings[index]
        self._last[index] = error
        down = error is not None and error.fault == "disconnected"
        if not (down or lane.required or count.lost > lane.max_missing * count.expected):
            return
        text = f"{channel.name} lost {count.lost} of {count.expected} readings"
        if lane.required:
            text += ", of which each is required"
        elif not down:
            text += f", and may lose {lane.max_missing:.4g} of them"
        self._trouble.fail(self._loss(channel, text, error))

    def judge_losses(self, index: int) -> None:
        """Decide at the end, when it is known how many readings of a channel open-ended steps planned."""
        if self.ledger.readings[index].lost:
            self.check_losses(index, self._last.get(index, self.cause))

    def _loss(self, channel: Channel, text: str, error: InstrumentError | None) -> Fault:
        if error is not None:
            how = " had no value" if error.fault == NO_VALUE else ""
            return fault_of(error, f"{text}; the last{how}: {error.message}", _known(channel))
        cause = self.cause or self.before
        if cause is None:
            return Fault(MISSED, f"{text}; the last {WAS_MISSED}", _known(channel))
        when = "" if self.cause else " since the attempt before"
        why = f"because the port was held up{when}: {cause.message}"
        return fault_of(cause, f"{text}; the last was missed, {why}", _known(channel))

    def refused(self, channel: Channel, value: ScalarValue, error: InstrumentError) -> None:
        """Make a set that failed the fault of the attempt."""
        text = f"{channel.name} could not be set to {value}: {error.message}"
        self._trouble.fail(fault_of(error, text, _known(channel)))


def _known(channel: Channel) -> dict[str, str]:
    return {"role": channel.role, "channel": channel.name}
