"""A line on which Modbus units answer: one request and its answer at a time, each within its own deadline.

Nothing is repeated here. What is passed on was checked: unit, function, length, the echo of a write, and the
transaction number (TCP) or the CRC (RTU). An answer that comes late is never taken for the answer to another
request:

- TCP tells late answers by their number. After a garbled answer the connection is dropped; after a timeout
  too, unless other units share it and it has answered since: their set-up would be sent again for nothing.
- RTU has no number. After a garbled answer the line is drained until it is quiet. After a timeout that unit
  owes an answer (`_owed`): before it is asked again the line must have been quiet for a while, and unless all
  that it owes came meanwhile, the line is listened to once more after its next answer: for the timeout at
  least, and twice as long as any answer of it has taken, where that one counts from the earliest request that
  was not answered. If anything follows, nobody can tell which of the two was the late one, and both are
  thrown away as garbled. Other units do not wait: they answer under their own number.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.instruments.modbus._codec import Verdict, exception_code, judge, values_of
from shotlane.instruments.modbus._frame import Framing, RtuQuestion, WrongFrame
from shotlane.instruments.modbus._pace import Pace
from shotlane.instruments.modbus._pdu import Request, mask_request, read_request, write_request
from shotlane.instruments.modbus._registers import Place
from shotlane.instruments.ports._owed import KEPT, SETTLED_S, Owed, Sent
from shotlane.instruments.ports._shared_line import SharedLine
from shotlane.instruments.ports._transport import BytePort, PortLost

# Sleeping for bytes that cannot have come yet ends this much earlier.
_WAKE_EARLY_S: Final = 0.0003


class IllegalRequest(InstrumentError):
    """The device refuses a request for good; `code` is the exception's."""

    def __init__(self, code: int, message: str, context: ErrorContext) -> None:
        super().__init__("rejected", message, context)
        self.code = code


@dataclass(slots=True)
class _Talk:
    """What is known of an exchange under way."""

    command: str
    begun: float
    sent: bytes = b""
    received: bytes = b""
    heard: bytes = b""  # what was received, without echo and late answers of other units


class ModbusLine(SharedLine):
    """One serial line or TCP connection that units share.

    `guarded` False takes the guard against late answers away: only tests do that, to show what it is for.
    """

    def __init__(
        self,
        port: BytePort,
        framing: Framing,
        resource: str,
        pace: Pace | None = None,
        *,
        guarded: bool = True,
    ) -> None:
        super().__init__(port, resource)
        self._framing = framing
        self._pace = pace or Pace()
        self._guarded = guarded
        self._quiet_at = 0.0  # when the line fell quiet, as far as is known
        self._noisy = False
        self._silent = 0  # timeouts since the last answer
        self._owed: defaultdict[int, Owed] = defaultdict(Owed)  # by unit; nothing where answers are numbered
        self._doubted: dict[int, Callable[[str, bytes], None]] = {}

    def _opened(self, timeout_s: float) -> None:
        if not self._framing.numbered:
            # Whoever used a serial line before may still be answered.
            now_s = time.monotonic()
            self._drain(lambda: SETTLED_S, now_s, timeout_s, _Talk("connect", now_s))
        for owed in self._owed.values():
            owed.forget_pace()
        self._silent, self._noisy = 0, False

    def tell_doubt(self, unit: int, tell: Callable[[str, bytes], None]) -> None:
        """Have told, with the request and what came, that an answer of a unit may have been to another."""
        self._doubted[unit] = tell

    @property
    def in_doubt(self) -> bool:
        """Whether the next exchange with some unit would first, or at its end, wait for what it owes."""
        return self._guarded and self.connected and (self._noisy or any(self._owed.values()))

    def settle(self, timeout_s: float) -> None:
        """Listen until all that any unit owes has come or counts as lost. Never raises."""
        owing = [owed for owed in self._owed.values() if owed]
        owed_s = max((owed.settled_s(timeout_s) for owed in owing), default=SETTLED_S)
        silent_s = max((owed.awaited_s for owed in owing), default=self._quiet_at)
        end_s = time.monotonic() + owed_s
        thrown = bytearray()
        try:
            while self.in_doubt and silent_s < end_s:
                wait_s = owed_s if any(owing) else SETTLED_S
                piece = self._port.receive(max(0.0, silent_s + wait_s - time.monotonic()))
                if not piece:
                    self._give_up_all()
                    return
                silent_s = self._quiet_at = time.monotonic()
                thrown += piece[: KEPT - len(thrown)]
                self._account(thrown)
                self._noisy = self._noisy or bool(thrown)
        except PortLost:
            self.drop()

    def _give_up_all(self) -> None:
        for owed in self._owed.values():
            owed.give_up()
        self._noisy = False

    def read(self, place: Place, unit: int, timeout_s: float) -> Sequence[int]:
        """Read consecutive registers or bits in one request."""
        request = read_request(place)
        return values_of(request, self._exchange(request, unit, timeout_s))

    def write(
        self, place: Place, words: Sequence[int], unit: int, timeout_s: float, *, several: bool = False
    ) -> None:
        """Write one coil, one register, or several registers in one request."""
        self._exchange(write_request(place, words, several=several), unit, timeout_s)

    def write_bits(self, place: Place, keep: int, put: int, unit: int, timeout_s: float) -> None:
        """Let the device change some bits of a register."""
        self._exchange(mask_request(place, keep, put), unit, timeout_s)

    def _exchange(self, request: Request, unit: int, timeout_s: float) -> bytes:
        self.connect(timeout_s)
        talk = _Talk(f"{request.command}, unit {unit}", time.monotonic())
        try:
            if self._guarded:
                self._settle(unit, timeout_s, talk)
            answer = self._ask(request, unit, timeout_s, talk)
        except PortLost as error:
            self.drop()
            raise self._fault("disconnected", str(error), talk) from error
        except WrongFrame as error:
            self._distrust()
            raise self._fault(error.fault, error.message, talk) from error
        self._silent = 0
        verdict: Verdict | None = judge(request, answer)
        if verdict is None:
            return answer
        raise self._fault(*verdict, talk, exception_code(answer))

    def _ask(self, request: Request, unit: int, timeout_s: float, talk: _Talk) -> bytes:
        """Send, and take the answer that fits, which may be an exception."""
        frame = self._framing.wrap(unit, request)
        self._keep_silence()
        sent = self._sent(request, unit, timeout_s, talk)
        talk.sent = frame
        self.requests += 1
        try:
            answer = self._answered(request, unit, sent, talk)
        except WrongFrame:
            self._find_answered(unit, sent, talk)
            raise
        except PortLost:
            self._owed[unit].answer(sent)  # whatever it was, it has come
            raise
        if not self._framing.numbered:
            self._check_alone(unit, sent, talk)
        return answer

    def _sent(self, request: Request, unit: int, timeout_s: float, talk: _Talk) -> Sent:
        """A request leaves. Without a number its answer is owed, also when an interrupt tears this apart."""
        tell = self._doubted.get(unit)
        question = RtuQuestion(unit, request, tell and partial(tell, talk.command))
        sent = Sent(question, time.monotonic(), timeout_s)
        if not self._framing.numbered:
            self._owed[unit].add(sent)
        return sent

    def _answered(self, request: Request, unit: int, sent: Sent, talk: _Talk) -> bytes:
        """Send what was begun, and take what answers. Raises `WrongFrame` for what is not the answer."""
        answered = False
        try:
            self._port.send(talk.sent, sent.timeout_s)
            answer = self._answer(unit, len(talk.sent), sent.at_s + sent.timeout_s, talk)
            _check_fits(request, answer)
            answered = True
        except TimeoutError as error:
            raise self._fault("timeout", "the request could not be sent in time", talk) from error
        except (WrongFrame, PortLost):
            answered = True  # whatever it was, it has come
            raise
        finally:
            if not answered:
                self._lose_touch()  # a timeout, or an interrupt that tears this exchange apart
        return answer

    def _answer(self, unit: int, sent: int, deadline: float, talk: _Talk) -> bytes:
        """What answers, checked as far as the frame goes."""
        echo = talk.sent if self._pace.echoes else b""
        data, late, dozed = b"", 0, False
        self._doze(sent + self._framing.missing(b""), deadline)
        while True:
            left_s = deadline - time.monotonic()
            piece = self._port.receive(left_s) if left_s > 0 else b""
            self._quiet_at = time.monotonic()
            if not piece:
                what = "only a part of the answer came in time" if data else "no answer came in time"
                raise self._fault("timeout", what, talk)
            data += piece
            talk.received = data
            heard = _after_echo(data, echo)
            if heard is None:
                continue
            late += self._late(unit, heard[late:])
            heard = talk.heard = heard[late:]
            if self._may_be_late(unit, heard):
                continue
            answer = self._framing.answer(heard)
            if answer is not None:
                return answer
            if heard and not dozed:
                # Once only: pieces that come a little late have their successors close behind.
                self._doze(self._framing.missing(heard), deadline)
                dozed = True

    def _doze(self, count: int, deadline: float) -> None:
        """Sleep while so many bytes cannot have come: waking for each would cost more than it tells."""
        sleep_s = min(count * self._pace.byte_s, deadline - time.monotonic()) - _WAKE_EARLY_S
        if sleep_s > 0:
            time.sleep(sleep_s)

    def _keep_silence(self) -> None:
        """Units take what follows too soon for the rest of what was said."""
        left_s = self._quiet_at + self._pace.gap_s - time.monotonic()
        if left_s > 0:
            time.sleep(left_s)

    def _settle(self, unit: int, timeout_s: float, talk: _Talk) -> None:
        """Throw away what nobody asked for; wait for quiet where the line is not trusted."""
        owed, now_s = self._owed[unit], time.monotonic()
        noise_s = SETTLED_S if self._noisy else 0.0
        # Quiet since it was given up counts: what came in the meantime stands in the buffer.
        since_s = now_s if self._noisy or not owed else min(owed.awaited_s, now_s)
        self._drain(lambda: max(noise_s, owed.quiet_s(timeout_s)), since_s, timeout_s, talk)
        self._noisy = False

    def _drain(self, quiet_s: Callable[[], float], since_s: float, timeout_s: float, talk: _Talk) -> None:
        """Throw away what comes, until nothing has for so long, counted from `since_s`."""
        end = time.monotonic() + max(timeout_s, quiet_s())
        thrown = bytearray()
        while piece := self._port.receive(max(0.0, since_s + quiet_s() - time.monotonic())):
            since_s = self._quiet_at = time.monotonic()
            talk.received = piece
            thrown += piece[: KEPT - len(thrown)]
            self._account(thrown)
            if since_s > end:
                raise self._fault("garbled", "the line does not fall quiet", talk)
        talk.received = b""

    def _account(self, thrown: bytearray) -> None:
        """Cut whole answers from the beginning of what is thrown away, whoever owed them."""
        self._cut(thrown, list(self._owed.values()))

    def _cut(self, data: bytearray, owing: Sequence[Owed]) -> None:
        now_s = time.monotonic()
        while size := sum(owed.take(data, now_s) for owed in owing):
            del data[:size]

    def _late(self, unit: int, data: bytes) -> int:
        """Bytes of whole answers that other units still owed."""
        rest = bytearray(data)
        self._cut(rest, self._others(unit))
        return len(data) - len(rest)

    def _may_be_late(self, unit: int, data: bytes | bytearray) -> bool:
        """Whether an answer that another unit still owes may begin so."""
        return any(owed.may_begin(data) for owed in self._others(unit))

    def _others(self, unit: int) -> list[Owed]:
        return [owed for other, owed in self._owed.items() if other != unit and owed]

    def _find_answered(self, unit: int, sent: Sent, talk: _Talk) -> None:
        """What came is not the answer that was asked for: find out what it answered."""
        owed = self._owed[unit]
        before = len(owed)
        self._account(bytearray(talk.heard))
        if len(owed) == before:
            owed.answer(sent)  # a damaged answer is the one to this, as far as anybody knows

    def _check_alone(self, unit: int, sent: Sent, talk: _Talk) -> None:
        """Raise when a second answer follows the first one while more than one is owed."""
        owed, came_s = self._owed[unit], time.monotonic()
        if len(owed) > 1 and self._guarded:
            extra = self._extra(unit, came_s + owed.listened_s(came_s))
            if extra:
                owed.second_came(extra, came_s, time.monotonic())
                talk.received += extra
                raise WrongFrame("garbled", "two answers came, and one of them was to an earlier request")
            owed.answer_first()
            owed.give_up()
        owed.answer_all()
        owed.answered(sent, came_s)

    def _extra(self, unit: int, end_s: float) -> bytes:
        """What comes until then, but for what other units owe."""
        extra = b""
        while piece := self._port.receive(max(0.0, end_s - time.monotonic())):
            self._quiet_at = time.monotonic()
            extra += piece
            extra = extra[self._late(unit, extra) :]
            if extra and not self._may_be_late(unit, extra):
                break
        return extra

    def _lose_touch(self) -> None:
        """No answer came in time; one with a number cannot be mistaken, but the connection may be dead."""
        self._silent += 1
        if self._framing.numbered and (len(self._users) < 2 or self._silent > 1):
            self.drop()

    def _distrust(self) -> None:
        """Something came that makes no sense."""
        if self._framing.numbered:
            self.drop()
        self._noisy = True

    def _fault(self, fault: str, message: str, talk: _Talk, code: int | None = None) -> InstrumentError:
        context = ErrorContext(
            resource=self._resource,
            command=talk.command,
            sent=talk.sent.hex(" ") or None,
            received=talk.received.hex(" ") or None,
            elapsed_s=time.monotonic() - talk.begun,
        )
        if fault == "rejected" and code is not None:
            return IllegalRequest(code, message, context)
        return InstrumentError(fault, message, context)


def _check_fits(request: Request, answer: bytes) -> None:
    verdict = judge(request, answer)
    if verdict is not None and verdict[0] == "garbled":
        raise WrongFrame(*verdict)


def _after_echo(data: bytes, echo: bytes) -> bytes | None:
    """What follows the echo of the request; None while that is not whole."""
    if not echo:
        return data
    if not echo.startswith(data[: len(echo)]):
        raise WrongFrame("garbled", "the adapter did not echo what was sent")
    return data[len(echo) :] if len(data) > len(echo) else None
