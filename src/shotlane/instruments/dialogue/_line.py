"""A line on which one writes and another answers: one request, one reply, and never somebody else's reply.

A reply has nothing that says which request it answers, so a late one would be taken for the answer to the
next question. Therefore: what came unasked is thrown away before a request is sent; after a timeout, or
a reply that made no sense, a reply is owed (`_owed`): the line is drained until it is quiet, and unless every
reply that is owed came meanwhile, the line is listened to once more after the next reply: for the timeout at
least, and twice as long as any reply here has taken, where that one counts from the earliest request that was
not answered, because it may be to that. If anything follows, nobody can tell which of the two was the late
one, and both are thrown away as garbled. If nothing does, what is owed counts as lost.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.instruments.dialogue._framing import Data, Framing, FramingError, Ignored, Taken, Test
from shotlane.instruments.dialogue._noise import Noise
from shotlane.instruments.ports._owed import KEPT, SETTLED_S, Owed, Sent
from shotlane.instruments.ports._shared_line import SharedLine
from shotlane.instruments.ports._transport import BytePort, PortLost


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to send, and how its reply is cut from what comes; None when none comes.

    `ignored` are lines that may come unasked; `gap_s` is the least time since the line was last used. `fits`
    says whether a whole reply can be read, `doubted` takes what shows later that the answer may be wrong.
    """

    command: str
    data: bytes
    reply: Framing | None
    ignored: Ignored | None = None
    gap_s: float = 0.0
    fits: Test | None = None
    doubted: Callable[[bytes], None] | None = None

    def answer_size(self, data: Data, at: int) -> int | None:
        """Bytes of a reply to it that stands there; 0 where none does, None while it is not whole."""
        if self.reply is None:
            return 0
        try:
            taken = self.reply.take(data, at)
        except FramingError:
            return 0
        if taken is None:
            return None
        if self.fits is not None and not self.fits(taken.payload):
            return 0
        return taken.size

    def doubt(self, received: bytes) -> None:
        """Tell that its reply, already taken, may have been to a request before it."""
        if self.doubted is not None:
            self.doubted(received)


class Line(SharedLine):
    """A line on which replies say nothing of their requests.

    `guarded` False takes the stale-reply guard away: only tests do that, to show what it is for.
    """

    def __init__(self, port: BytePort, resource: str, *, guarded: bool = True) -> None:
        super().__init__(port, resource)
        self._guarded = guarded
        self._owed = Owed()
        self._noisy = False
        self._rest = bytearray()
        self._last_used = 0.0

    def drop(self) -> None:
        """Close the port, and forget what came. Never raises."""
        super().drop()
        self._rest.clear()

    def _opened(self, timeout_s: float) -> None:
        self._rest.clear()
        self._owed.forget_pace()

    def distrust(self, *, owed: bool = True) -> None:
        """Say that the last reply made no sense: the line is drained before the next request.

        `owed`: what came may have been something else, and the reply to the last request still comes.
        """
        self._noisy = True
        if owed:
            self._owed.add_last()

    @property
    def in_doubt(self) -> bool:
        """Whether the next exchange would first, or at its end, wait for what nobody asked for."""
        return self._guarded and self.connected and (self._noisy or len(self._owed) > 0)

    def settle(self, timeout_s: float, ignored: Ignored | None = None) -> None:
        """Listen until all that is owed has come or counts as lost. Never raises."""
        owed_s = self._owed.settled_s(timeout_s)
        # What timed out has been listened for until then.
        noise = Noise(ignored, self._last_used)
        end_s = time.monotonic() + owed_s
        thrown = bytes(self._rest)
        self._rest.clear()
        try:
            while self.in_doubt and noise.since_s < end_s:
                self._owed.came(thrown, noise.since_s)
                wait_s = max(owed_s if self._owed else 0.0, SETTLED_S)
                thrown = self._port.receive(noise.left_s(wait_s, time.monotonic()))
                noise.hear(thrown, time.monotonic())
                if not thrown or noise.is_over(wait_s, time.monotonic()):
                    self._rest += noise.begun
                    self._owed.give_up()
                    self._noisy = False
                    return
                while time.monotonic() < end_s and (piece := self._port.receive(SETTLED_S)):
                    noise.hear(piece, time.monotonic())
                    thrown += piece[: KEPT - len(thrown)]
        except PortLost:
            self._lose()

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
            self._lose()
            raise self._fault("disconnected", str(error), talk) from error
        finally:
            self._last_used = time.monotonic()

    def _lose(self) -> None:
        self.drop()
        self._owed.clear()
        self._noisy = True

    def _keep_gap(self, gap_s: float) -> None:
        wait_s = self._last_used + gap_s - time.monotonic()
        if gap_s and wait_s > 0:
            time.sleep(wait_s)

    def _ask(self, request: Request, timeout_s: float, talk: "_Exchange") -> bytes:
        sent = Sent(request, time.monotonic(), timeout_s)
        if request.reply is not None:
            self._owed.add(sent)  # also when an interrupt tears this exchange apart
        talk.sent = request.data
        self.requests += 1
        try:
            self._port.send(request.data, timeout_s)
        except TimeoutError as error:
            raise self._fault("timeout", "the request could not be sent in time", talk) from error
        if request.reply is None:
            return b""
        reply = self._read(request.reply, sent.at_s + timeout_s, talk)
        came_s = time.monotonic()
        if len(self._owed) > 1 and self._guarded:
            self._check_alone(came_s, talk)
        else:
            self._owed.answer_all()
        self._noisy = False
        self._owed.answered(sent, came_s)
        return reply

    def _read(self, framing: Framing, deadline: float, talk: "_Exchange") -> bytes:
        data = self._rest
        while True:
            taken = self._take(framing, data, talk)
            if taken is not None and taken.sure:
                break
            left_s = deadline - time.monotonic()
            wait_s = left_s if taken is None else min(left_s, SETTLED_S)
            piece = self._port.receive(wait_s) if wait_s > 0 else b""
            if piece and len(data) <= framing.limit:
                data += piece
            elif taken is not None:
                break
            else:
                talk.received = _replied(talk.request, data)
                data.clear()
                what = "only a part of the reply came in time" if talk.received else "no reply came in time"
                raise self._fault("timeout", what, talk)
        talk.received = _replied(talk.request, data[: taken.size])
        del data[: taken.size]
        return taken.payload

    def _take(self, framing: Framing, data: bytearray, talk: "_Exchange") -> Taken | None:
        try:
            return framing.take(data)
        except FramingError as error:
            # What came may be the reply to an earlier request: the one to this is owed.
            talk.received = _replied(talk.request, data)
            raise self._fault("garbled", str(error), talk) from error

    def _settle(self, timeout_s: float, talk: "_Exchange") -> None:
        """Throw away what nobody asked for; wait for quiet where the line is not trusted."""
        thrown, now_s = bytearray(self._rest), time.monotonic()
        self._rest.clear()
        quiet_s = self._quiet_s(timeout_s)
        noise = Noise(talk.request.ignored, now_s)
        noise.hear(thrown, now_s)
        end = now_s + max(timeout_s, quiet_s)
        while piece := self._port.receive(noise.left_s(quiet_s, now_s)):
            now_s = time.monotonic()
            noise.hear(piece, now_s)
            thrown += piece[: KEPT - len(thrown)]
            if now_s > end:
                self._check_quiet(noise, quiet_s, piece, talk)
                break
            now_s = time.monotonic()
        if thrown:
            self._owed.came(thrown, noise.since_s)

    def _check_quiet(self, noise: Noise, quiet_s: float, piece: bytes, talk: "_Exchange") -> None:
        """Raise when there is noise; lines that nobody waits for may come one right after the other."""
        if not noise.is_over(max(quiet_s, SETTLED_S), time.monotonic()):
            talk.received = piece
            raise self._fault("garbled", "the line does not fall quiet", talk)
        self._rest += noise.begun

    def _quiet_s(self, timeout_s: float) -> float:
        return self._owed.quiet_s(timeout_s) or (SETTLED_S if self._noisy else 0.0)

    def _check_alone(self, came_s: float, talk: "_Exchange") -> None:
        """Raise when a second reply follows the first one while more than one is owed."""
        extra, noise = self._rest, Noise(talk.request.ignored, came_s)
        end = came_s + self._owed.listened_s(came_s)
        noise.hear(extra, came_s)
        while not noise.found:
            end_s = end + SETTLED_S if noise.begun else end
            piece = self._port.receive(max(0.0, end_s - time.monotonic()))
            if not piece or time.monotonic() > end + SETTLED_S:
                extra[:] = noise.begun
                self._owed.answer_first()
                self._owed.give_up()
                return
            noise.hear(piece, time.monotonic())
            extra += piece
        self._owed.second_came(extra, came_s, time.monotonic())
        self._noisy = True
        talk.received += bytes(extra)
        extra.clear()
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


def _replied(request: Request, data: bytearray) -> bytes:
    """What came, without the lines before it that came unasked."""
    return bytes(data if request.ignored is None else data[request.ignored.skip(data) :])


def printable(data: bytes) -> str:
    """Bytes as text for people: control characters and what is not ASCII as escapes."""
    return repr(data)[2:-1]
