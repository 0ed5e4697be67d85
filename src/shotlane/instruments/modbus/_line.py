"""A line on which Modbus units answer: one request and its answer at a time, each within its own deadline.

Nothing is repeated here. What is passed on was checked: unit, function, length, the echo of a write, and the
transaction number (TCP) or the CRC (RTU). An answer that comes late is never taken for the answer to another
request:

- TCP tells late answers by their number. After a garbled answer the connection is dropped; after a timeout
  too, unless other units share it and it has answered since: their set-up would be sent again for nothing.
- RTU has no number. After a garbled answer the line is drained until it is quiet. After a timeout that unit
  owes an answer: before it is asked again the line must have been quiet for a while, and after its next
  answer it is listened to once more; if anything follows, nobody can tell which of the two was the late one,
  and both are thrown away as garbled. Other units do not wait: they answer under their own number.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.instruments.modbus._codec import Verdict, exception_code, judge, values_of
from shotlane.instruments.modbus._frame import Framing, WrongFrame
from shotlane.instruments.modbus._pace import Pace
from shotlane.instruments.modbus._pdu import Request, mask_request, read_request, write_request
from shotlane.instruments.modbus._registers import Place
from shotlane.instruments.ports._shared_line import SharedLine
from shotlane.instruments.ports._transport import BytePort, PortLost

# Quiet that ends a drain: after a garbled answer, and (at most) after a timeout.
_SETTLED_S: Final = 0.05
_OWED_S: Final = 0.2
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
        self._owing: dict[int, float] = {}  # unit: when its answer was given up

    def drop(self) -> None:
        """Close the line; what is still on its way over a network is lost with it. Never raises."""
        super().drop()
        if self._framing.numbered:
            self._owing.clear()

    def _opened(self, timeout_s: float) -> None:
        if not self._framing.numbered:
            # Whoever used a serial line before may still be answered.
            self._drain(_SETTLED_S, timeout_s, _Talk("connect", time.monotonic()))
        self._silent, self._noisy = 0, False

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
            if unit in self._owing and self._guarded:
                self._check_alone(unit, timeout_s, talk)
        except PortLost as error:
            self.drop()
            raise self._fault("disconnected", str(error), talk) from error
        except WrongFrame as error:
            self._distrust()
            raise self._fault(error.fault, error.message, talk) from error
        self._silent = 0
        return self._judged(request, answer, talk)

    def _judged(self, request: Request, answer: bytes, talk: _Talk) -> bytes:
        verdict: Verdict | None = judge(request, answer)
        if verdict is None:
            return answer
        code = exception_code(answer)
        fault, message = verdict
        if code is None and fault == "garbled":
            self._distrust()
        raise self._fault(fault, message, talk, code)

    def _ask(self, request: Request, unit: int, timeout_s: float, talk: _Talk) -> bytes:
        frame = self._framing.wrap(unit, request)
        self._keep_silence()
        deadline = time.monotonic() + timeout_s
        talk.sent = frame
        self.requests += 1
        answered = False
        try:
            self._port.send(frame, timeout_s)
            answer = self._answer(len(frame), deadline, talk)
            answered = True
        except TimeoutError as error:
            raise self._fault("timeout", "the request could not be sent in time", talk) from error
        except (WrongFrame, PortLost):
            answered = True  # whatever it was, it has come
            raise
        finally:
            if not answered:
                self._give_up(unit)  # a timeout, or an interrupt that tears this exchange apart
        return answer

    def _answer(self, sent: int, deadline: float, talk: _Talk) -> bytes:
        """What answers, checked as far as the frame goes."""
        echo = talk.sent if self._pace.echoes else b""
        data, dozed = b"", False
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
        owed_at = self._owing.get(unit)
        if self._noisy:
            self._drain(_SETTLED_S, timeout_s, talk)
            self._noisy = False
        elif owed_at is not None and not self._framing.numbered:
            # Quiet since then counts: what came in the meantime stands in the buffer.
            quiet_s = owed_at + _owed_s(timeout_s) - time.monotonic()
            self._drain(max(0.0, quiet_s), timeout_s, talk)
        else:
            self._drain(0.0, timeout_s, talk)

    def _drain(self, quiet_s: float, timeout_s: float, talk: _Talk) -> None:
        end = time.monotonic() + max(timeout_s, quiet_s)
        while piece := self._port.receive(quiet_s):
            self._quiet_at = time.monotonic()
            talk.received = piece
            if self._quiet_at > end:
                raise self._fault("garbled", "the line does not fall quiet", talk)
        talk.received = b""

    def _check_alone(self, unit: int, timeout_s: float, talk: _Talk) -> None:
        """Raise when a second answer follows the first one after a timeout."""
        extra = b"" if self._framing.numbered else self._port.receive(_owed_s(timeout_s))
        del self._owing[unit]
        self._framing.settled(unit)
        if extra:
            talk.received += extra
            raise WrongFrame("garbled", "two answers came, and one of them was to an earlier request")

    def _give_up(self, unit: int) -> None:
        """An answer did not come in time and may still do."""
        self._framing.lost()
        self._silent += 1
        if self._framing.numbered and (len(self._users) < 2 or self._silent > 1):
            self.drop()
        else:
            self._owing[unit] = time.monotonic()

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


def _owed_s(timeout_s: float) -> float:
    return min(max(timeout_s, _SETTLED_S), _OWED_S)


def _after_echo(data: bytes, echo: bytes) -> bytes | None:
    """What follows the echo of the request; None while that is not whole."""
    if not echo:
        return data
    if not echo.startswith(data[: len(echo)]):
        raise WrongFrame("garbled", "the adapter did not echo what was sent")
    return data[len(echo) :] if len(data) > len(echo) else None
