"""Whether an instrument is there: who is declared down is not asked, who was lost is opened again.

Every fault of an exchange is entered here once: in the health of the instrument, in what it may have
forgotten, and, where the wire is gone, for all who share it.
"""

from collections.abc import Callable, Mapping, Sequence

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.instruments.pool._health import UNANSWERED
from shotlane.instruments.pool._masked import Mask, complete
from shotlane.instruments.pool._member import Member, RoleNotify
from shotlane.instruments.pool._repeated import REPEATED


class _DeclaredDown(InstrumentError):
    """It was not even asked."""


class ForgottenError(InstrumentError):
    """It answers, and what it was set to is gone."""


class Presence:
    """Keeps account of the members that are open, by role. `reopen` opens one again."""

    def __init__(
        self,
        members: Mapping[str, Member],
        reopen: Callable[[Member], None],
        *,
        now_ns: Callable[[], int],
        tell: RoleNotify,
        mask: Mask,
    ) -> None:
        self._members = members
        self._reopen = reopen
        self._now_ns = now_ns
        self._tell = tell
        self._mask = mask

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
            self._tell(member.role, "instrument.reopened", {"resource": member.definition.resource.text})
        if member.prepare is not None:
            member.prepare()

    def answered(self, member: Member, now_ns: int) -> None:
        """Take note of an answer, whatever it said."""
        down_ns = member.health.answered(now_ns)
        if down_ns is not None:
            self._tell(member.role, "instrument.answered-again", {"down_s": down_ns / 1e9})

    def failed(self, member: Member, error: InstrumentError, names: Sequence[str]) -> None:
        """Take note of a fault, and complete it."""
        complete(member.definition, error, self._mask, names)
        if isinstance(error, _DeclaredDown):
            return
        if isinstance(error, ForgottenError):
            # Only this one: whoever shares its wire goes on.
            member.driver.close()
            member.lost = True
            member.set_points.forget()
            return
        self._judge_health(member, error)
        if error.fault in REPEATED:
            member.set_points.doubt()
        if error.fault == "disconnected":
            member.set_points.forget()
            self.lose(member.definition.resource.port)

    def lose(self, port: str) -> None:
        """Close every driver of a port whose wire is gone; any of them may have lost its power."""
        # An opening that was given up may still come to an end meanwhile.
        for member in list(self._members.values()):
            if member.definition.resource.port == port and not member.lost:
                member.driver.close()
                member.table = None
                member.lost = True
                member.set_points.doubt()

    def _judge_health(self, member: Member, error: InstrumentError) -> None:
        now_ns = self._now_ns()
        if error.fault not in UNANSWERED:
            if error.context.sent is not None:
                self.answered(member, now_ns)
        elif member.health.failed(now_ns):
            fields = {"fault": error.fault, "message": error.message, "unanswered": member.health.unanswered}
            self._tell(member.role, "instrument.down", fields)


def _down_text(member: Member, wait_ns: int) -> str:
    count = member.health.unanswered
    return f"declared down: {count} requests in a row were not answered; asked again in {wait_ns / 1e9:.1f} s"
