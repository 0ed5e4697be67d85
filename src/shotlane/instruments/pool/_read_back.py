"""Reading back what an instrument was set to: where a set must be verified, and after a possible restart.

Reading back is tried as often as any reading, and each of its requests is told, because nobody planned it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.pool._agreement import valued
from shotlane.instruments.pool._health import UNANSWERED
from shotlane.instruments.pool._member import Exchange, Member, RoleNotify
from shotlane.instruments.pool._presence import ForgottenError, Presence
from shotlane.instruments.pool._repeated import REPEATED, repeatable
from shotlane.model import ScalarValue


class ReadBack:
    """Compares members of a pool with what they were set to; the lock of the port is held."""

    def __init__(self, presence: Presence, tell: RoleNotify) -> None:
        self._presence = presence
        self._tell = tell

    def check(self, member: Member) -> None:
        """Compare what was set, where the device may have restarted. Raises `InstrumentError`.

        A difference counts as disconnected: nothing that was set holds any more, and only a new attempt sends
        it.
        """
        known = member.set_points
        if not known.doubted:
            return
        readings: Mapping[str, Reading] = {}
        if known.names:
            try:
                readings = self._read(member, known.names)
            except InstrumentError as error:
                if error.fault in UNANSWERED or error.fault in REPEATED:
                    raise
                # The device is there, and does not say: nobody knows, and the next reading asks again.
            complaint = known.complaint(readings)
            if complaint is not None:
                message = f"{complaint}: it has restarted, or somebody changed it"
                raise ForgottenError("disconnected", message)
        unknown = known.compared(readings)
        if unknown:
            self._tell(member.role, "exchange.unverified", {"names": unknown})

    def verify(self, member: Member, name: str, value: ScalarValue, exchange: Exchange) -> None:
        """Raise `InstrumentError` when a set was confirmed and not done."""
        attribute = member.definition.attributes[name]
        try:
            reading = self._read(member, (name,))[name]
            if reading.value is None or not member.set_points.agree(name, value, reading.value):
                now = "nothing" if reading.value is None else valued(attribute, reading.value)
                message = f"it was set to {valued(attribute, value)}, and is {now}"
                raise InstrumentError("rejected", message)  # noqa: TRY301  completed below like those of the wire
        except InstrumentError as error:
            self._presence.failed(member, error, (name,))
            error.requested_ns, error.received_ns = exchange.requested_ns, exchange.received_ns
            raise

    def _read(self, member: Member, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read what was set; every request is told here or by the driver."""
        for number in range(1, member.definition.tries + 1):
            last, sent, faults = number == member.definition.tries, True, dict[str, InstrumentError]()
            try:
                readings = member.driver.read(names)
                faults = repeatable(readings)
                if not faults:
                    return readings
            except InstrumentError as error:
                sent = error.context.sent is not None
                if last or error.fault not in REPEATED:
                    raise _fault(error) from error
            finally:
                fields = {"operation": "read", "names": list(names), "exchanges": int(sent)}
                self._tell(member.role, "exchange.checked", fields)
            if last:
                first = next(iter(faults.values()))
                raise _fault(first) from first
        raise AssertionError("tries is at least 1")


def _fault(error: InstrumentError) -> InstrumentError:
    """The fault of a request that was told: `context.sent` is for what was asked for."""
    message = f"{error.message}, while what was set was read back"
    return InstrumentError(error.fault, message, replace(error.context, sent=None))
