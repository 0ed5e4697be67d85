"""A line on which one writes and another answers: one request, one reply, and never somebody else's reply.

A reply has nothing that says which request it answers, so a late one would be taken for the answer to the
next question. Therefore: what came unasked is thrown away before a request is sent; after a garbled reply
the line is drained until it is quiet; after a timeout a reply is owed, so the line is drained for longer,
and after the next reply it is listened to once more: if anything follows, nobody can tell which of the two
was the late one, and both are thrown away as garbled.
"""

import time
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shotlane.instruments._contract import ErrorContext, InstrumentError
from shotlane.instruments._transport import BytePort, PortLost

# Quiet that ends a drain: after a garbled reply, and (at most) after a timeout.
_SETTLED_S: Final = 0.05
_OWED_S: Final = 0.2
_LONGEST_REPLY: Final = 1 << 20


class Step(Enum):
    """How far the line can be trusted."""

    IN_STEP = "in step"
    NOISY = "noisy"
    OWED = "owed"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to send; `end` of its reply, None when no reply comes."""

    command: str
    data: bytes
    end: bytes | None


class Line:
    """A port that several instruments may share; used by one thread at a time.

    `openings` counts how often it was opened: a driver that sees it change sends its set-up again. `guarded`
    False takes the stale-reply guard away: only tests do that, to show what it is for.
    """

    def __init__(self, port: BytePort, resource: str, *, guarded: bool = True) -> None:
        self.openings = 0
        self.requests = 0
        self._port = port
        self._resource = resource
        self._guarded = guarded
        self._step = Step.IN_STEP
        self._rest = b""
        self._users: set[object] = set()

    @property
    def connected(self) -> bool:
        """Whether the port is open, as far as is known."""
        return self._port.is_open

    def take(self, user: object, timeout_s: float) -> None:
        """Open the line for a driver. Raises `InstrumentError` when the port cannot be opened."""
        self._users.add(user)
        self.connect(timeout_s)

    def release(self, user: object) -> None:
        """A driver lets go; the last one closes the line. Never raises."""
        self._users.discard(user)
        if not self._users:
            self.drop()

    def connect(self, timeout_s: float) -> None:
        """Open the port unless it is open."""
        if self._port.is_open:
            return
        begun = time.monotonic()
        try:
            self._port.open(timeout_s)
        except PortLost as error:
            context = ErrorContext(self._resource, command="connect", elapsed_s=time.monotonic() - begun)
            raise InstrumentError("disconnected", str(error), context) from error
        self._rest = b""
        self.openings += 1

    def drop(self) -> None:
        """Close the port. Never raises."""
        self._port.close()
        self._rest = b""

    def distrust(self) -> None:
        """Say that the last reply made no sense: the line is drained before the next request."""
        if self._step is Step.IN_STEP:
            self._step = Step.NOISY

    def exchange(self, request: Request, timeout_s: float) -> bytes:
        """Send, and take the reply without its end. Raises `InstrumentError`."""
        self.connect(timeout_s)
        talk = _Exchange(request, time.monotonic())
        try:
            if self._guarded:
                self._settle(timeout_s, talk)
            return self._ask(request, timeout_s, talk)
        except PortLost as error:
            self.drop()
            self._step = Step.NOISY
            raise self._fault("disconnected", str(error), talk) from error

    def _ask(self, request: Request, timeout_s: float, talk: "_Exchange") -> bytes:
        before, self._step = self._step, Step.OWED  # also when an interrupt tears this exchange apart
        deadline = time.monotonic() + timeout_s
        talk.sent = request.data
        self.requests += 1
        try:
            self._port.send(request.data, timeout_s)
        except TimeoutError as error:
            raise self._fault("timeout", "the request could not be sent in time", talk) from error
        if request.end is None:
            self._step = before
            return b""
        reply = self._read_until(request.end, deadline, talk)
        if before is Step.OWED and self._guarded:
            self._check_alone(timeout_s, talk)
        self._step = Step.IN_STEP
        return reply

    def _read_until(self, end: bytes, deadline: float, talk: "_Exchange") -> bytes:
        data = self._rest
        while (found := data.find(end)) < 0:
            left_s = deadline - time.monotonic()
            piece = self._port.receive(left_s) if left_s > 0 else b""
            if not piece or len(data) > _LONGEST_REPLY:
                talk.received, self._rest = data, b""
                what = "only a part of the reply came in time" if data else "no reply came in time"
                raise self._fault("timeout", what, talk)
            data += piece
        talk.received = data[: found + len(end)]
        self._rest = data[found + len(end) :]
        return data[:found]

    def _settle(self, timeout_s: float, talk: "_Exchange") -> None:
        """Throw away what nobody asked for; wait for quiet where the line is not trusted."""
        self._rest = b""
        quiet_s = _quiet_s(self._step, timeout_s)
        end = time.monotonic() + max(timeout_s, quiet_s)
        while piece := self._port.receive(quiet_s):
            talk.received = piece
            if time.monotonic() > end:
                raise self._fault("garbled", "the line does not fall quiet", talk)
        talk.received = b""

    def _check_alone(self, timeout_s: float, talk: "_Exchange") -> None:
        """Raise when a second reply follows the first one after a timeout."""
        extra = self._rest or self._port.receive(_quiet_s(Step.OWED, timeout_s))
        if extra:
            talk.received += extra
            self._rest = b""
            self._step = Step.NOISY
            message = "two replies came, and one of them was to an earlier request"
            raise self._fault("garbled", message, talk)

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
