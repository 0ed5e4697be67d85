"""A line on which one writes and another answers: one request, one reply, and never somebody else's reply.

A reply has nothing that says which request it answers, so a late one would be taken for the answer to the
next question. Therefore: what came unasked is thrown away before a request is sent; after a timeout, or
a reply that made no sense, a reply is owed: the line is drained until it is quiet, and after the next reply
it is listened to once more, twice as long as any reply here has taken: if anything follows, nobody can tell
which of the two was the late one, and both are thrown away as garbled.
"""

import time
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.instruments.dialogue._framing import Framing, FramingError, Ignored, Taken
from shotlane.instruments.ports._shared_line import SharedLine
from shotlane.instruments.ports._transport import BytePort, PortLost

# Quiet that ends a drain: of noise, and (at most) where a reply is owed.
_SETTLED_S: Final = 0.05
_OWED_S: Final = 0.2


class Step(Enum):
    """How far the line can be trusted."""

    IN_STEP = "in step"
    NOISY = "noisy"
    OWED = "owed"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to send, and how its reply is cut from what comes; None when none comes.

    `ignored` are lines that may come unasked; `gap_s` is the least time since the line was last used.
    """

    command: str
    data: bytes
    reply: Framing | None
    ignored: Ignored | None = None
    gap_s: float = 0.0


class Line(SharedLine):
    """A line on which replies say nothing of their requests.

    `guarded` False takes the stale-reply guard away: only tests do that, to show what it is for.
    """

    def __init__(self, port: BytePort, resource: str, *, guarded: bool = True) -> None:
        super().__init__(port, resource)
        self._guarded = guarded
        self._step = Step.IN_STEP
        self._rest = bytearray()
        self._last_used = 0.0
        self._slowest_s: float | None = None  # of the replies since it was opened

    def drop(self) -> None:
        """Close the port, and forget what came. Never raises."""
        super().drop()
        self._rest.clear()

    def _opened(self, timeout_s: float) -> None:
        self._rest.clear()
        self._slowest_s = None

    def distrust(self, *, owed: bool = True) -> None:
        """Say that the last reply made no sense: the line is drained before the next request.

        `owed`: what came may have been something else, and the reply to the last request still comes.
        """
        if owed:
            self._step = Step.OWED
        elif self._step is Step.IN_STEP:
            self._step = Step.NOISY

    def exchange(self, request: Request, timeout_s: float) -> bytes:
        """Send, and take the reply without its end. Raises `InstrumentError`."""
        self.connect(timeout_s)
        self._keep_gap(request.gap_s)
        talk = _Exchange(request, time.monotonic())
        try:
            if self._guarded:
                self._settle(timeout_s, talk)
            return self._ask(request, timeout_s, talk)
        except PortLost as error:
            self.drop()
            self._step = Step.NOISY
            raise self._fault("disconnected", str(error), talk) from error
        finally:
            self._last_used = time.monotonic()

    def _keep_gap(self, gap_s: float) -> None:
        wait_s = self._last_used + gap_s - time.monotonic()
        if gap_s and wait_s > 0:
            time.sleep(wait_s)

    def _ask(self, request: Request, timeout_s: float, talk: "_Exchange") -> bytes:
        before, self._step = self._step, Step.OWED  # also when an interrupt tears this exchange apart
        deadline = time.monotonic() + timeout_s
        talk.sent = request.data
        self.requests += 1
        try:
            self._port.send(request.data, timeout_s)
        except TimeoutError as error:
            raise self._fault("timeout", "the request could not be sent in time", talk) from error
        if request.reply is None:
            self._step = before
            return b""
        reply = self._read(request.reply, deadline, talk)
        took_s = time.monotonic() - deadline + timeout_s
        if before is Step.OWED and self._guarded:
            self._check_alone(timeout_s, talk)
        self._step = Step.IN_STEP
        self._slowest_s = max(self._slowest_s or 0.0, took_s)
        return reply

    def _read(self, framing: Framing, deadline: float, talk: "_Exchange") -> bytes:
        data = self._rest
        while True:
            taken = self._take(framing, data, talk)
            if taken is not None and taken.sure:
                break
            left_s = deadline - time.monotonic()
            wait_s = left_s if taken is None else min(left_s, _SETTLED_S)
            piece = self._port.receive(wait_s) if wait_s > 0 else b""
            if piece and len(data) <= framing.limit:
                data += piece
            elif taken is not None:
                break
            else:
                talk.received = bytes(data)
                data.clear()
                what = "only a part of the reply came in time" if talk.received else "no reply came in time"
                raise self._fault("timeout", what, talk)
        talk.received = bytes(data[: taken.size])
        del data[: taken.size]
        return taken.payload

    def _take(self, framing: Framing, data: bytearray, talk: "_Exchange") -> Taken | None:
        try:
            return framing.take(data)
        except FramingError as error:
            # What came may be the reply to an earlier request: the one to this is owed.
            talk.received = bytes(data)
            raise self._fault("garbled", str(error), talk) from error

    def _settle(self, timeout_s: float, talk: "_Exchange") -> None:
        """Throw away what nobody asked for; wait for quiet where the line is not trusted."""
        self._rest.clear()
        quiet_s = _quiet_s(self._step, timeout_s)
        end = time.monotonic() + max(timeout_s, quiet_s)
        while piece := self._port.receive(quiet_s):
            talk.received = piece
            if time.monotonic() > end:
                raise self._fault("garbled", "the line does not fall quiet", talk)
        talk.received = b""

    def _check_alone(self, timeout_s: float, talk: "_Exchange") -> None:
        """Raise when a second reply follows the first one after a timeout."""
        extra, ignored = self._rest, talk.request.ignored
        end = time.monotonic() + self._owed_s(timeout_s)
        while not extra or (ignored is not None and ignored.holds_all(extra)):
            piece = self._port.receive(max(0.0, end - time.monotonic()))
            if not piece:
                extra.clear()
                return
            extra += piece
        talk.received += bytes(extra)
        extra.clear()
        self._step = Step.NOISY
        message = "two replies came, and one of them was to an earlier request"
        raise self._fault("garbled", message, talk)

    def _owed_s(self, timeout_s: float) -> float:
        """How long after a reply the reply to the same or the next request may still come."""
        if self._slowest_s is None:
            return max(timeout_s, _SETTLED_S)
        return min(max(2 * self._slowest_s, _OWED_S), max(timeout_s, _SETTLED_S))

    def _fault(self, fault: str, message: str, talk: "_Exchange") -> InstrumentError:
        context = ErrorContext(
            resource=self._resource,
            command=talk.request.command,
            sent=printable(talk.sent) if talk.sent else None,
            received=printable(talk.received) if talk.received else None,
            elapsed_s=time.monotonic() - talk.begun,
        )
        return InstrumentError(fault, message, context)


@dataclass(slots=True)
class _Exchange:
    """What is known of an exchange under way."""

    request: Request
    begun: float
    sent: bytes = b""
    received: bytes = b""


def _quiet_s(step: Step, timeout_s: float) -> float:
    if step is Step.IN_STEP:
        return 0.0
    return _SETTLED_S if step is Step.NOISY else min(max(timeout_s, _SETTLED_S), _OWED_S)


def printable(data: bytes) -> str:
    """Bytes as text for people: control characters and what is not ASCII as escapes."""
    return repr(data)[2:-1]
