"""What both kinds of wire driver do alike: set-up after each opening, and several requests for one reading.

Every wire request that is not itself the reading, set or call asked for is told through `notify`, once,
when it has been sent: also when it fails. So the `context.sent` of a fault is set only where the request
asked for was itself sent. The first request of a reading is the reading; each further one is an
`exchange.extra`. A request that fails takes only its own values with it, unless the line itself is in
doubt: then nothing more is asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError, Notify
from shotlane.model import Attribute, Keep, ScalarValue

Answer = TypeVar("Answer")
LINE_IN_DOUBT: Final = ("timeout", "garbled", "disconnected")


class CountedLine(Protocol):
    """A line that counts its openings and the requests it was given."""

    openings: int
    requests: int

    def connect(self, timeout_s: float) -> None:
        """Open unless open."""


class SetUp:
    """The set-up of one instrument: due at first, after each reopening, each timeout, and each rejected set.

    After a timeout because a device that was switched off and on answers like one that was merely slow. After
    a rejection because one that restarted, or that somebody took in hand, may obey nothing without it. When
    an opening fails half-way through the set-up, the safe values are sent at once: the instrument does not
    count as opened then, so nobody else will.
    """

    def __init__(
        self,
        values: Mapping[str, ScalarValue],
        line: CountedLine,
        send: Callable[[str, ScalarValue], None],
        notify: Notify,
        resource: str,
        safe: Mapping[str, ScalarValue],
    ) -> None:
        self._resource = resource
        self._values = values
        self._safe = safe
        self._has_sent = False
        self._line = line
        self._send = send
        self._notify = notify
        self._is_due = True
        self._opening = 0
        self._is_over = False
        self._yields = False
        self._given_up = False  # for what is yielded to

    def end(self) -> None:
        """The instrument is closed: who still has something to send finds that out before it is sent."""
        self._is_over = True

    def due(self) -> None:
        """Send it again before the next exchange."""
        self._is_due = True

    @contextmanager
    def due_when_rejected(self) -> Iterator[None]:
        """Within it, a request that the device does not take makes it due."""
        try:
            yield
        except InstrumentError as error:
            if error.fault == "rejected" and error.context.sent is not None:
                self._is_due = True
            raise

    def begin(self, timeout_s: float) -> None:
        """Send it at the opening of the instrument. Raises `InstrumentError`."""
        self._is_due, self._opening, self._has_sent = True, self._line.openings, False
        self._is_over = False
        try:
            self.ensure(timeout_s)
        except InstrumentError as error:
            unsafe = self._make_safe(timeout_s) if self._has_sent else []
            if unsafe:
                error.message += f"; NOT SAFE: {', '.join(unsafe)} could not be set to the safe value"
                error.args = (error.message,)
            raise

    def _make_safe(self, timeout_s: float) -> list[str]:
        """Send every safe value, without the set-up; the names of those that could not be sent."""
        unsafe = []
        reason = "the set-up failed half-way"
        for name, value in self._safe.items():
            before, failure = self._line.requests, None
            try:
                self._line.connect(timeout_s)
                self._send(name, value)
            except InstrumentError as error:
                failure = error.message
                unsafe.append(name)
            fields = {"attribute": name, "exchanges": self._line.requests - before}
            if failure is None:
                self._notify("safe-state.written", {**fields, "value": value})
            else:
                self._notify("safe-state.failed", {**fields, "reason": reason, "message": failure})
        return unsafe

    def ensure(self, timeout_s: float) -> None:
        """Connect, and send what is due. Raises `InstrumentError`."""
        if self._is_over:
            raise InstrumentError("disconnected", "the instrument was closed", ErrorContext(self._resource))
        self._line.connect(timeout_s)
        if self._opening != self._line.openings:
            self._is_due, self._opening = True, self._line.openings
            self._notify("instrument.reopened", {"resource": self._resource})
        if not self._is_due:
            return
        if self._given_up:
            return
        try:
            self._send_all()
        except InstrumentError as error:
            if not self._yields or error.fault == "disconnected":
                raise
            self._given_up = True

    def _send_all(self) -> None:
        for name, value in self._values.items():
            fields = {"attribute": name, "value": value}
            with told(self._line, self._notify, "instrument.set-up", fields):
                self._has_sent = True
                self._send(name, value)
        self._is_due = False

    @contextmanager
    def yielding(self) -> Iterator[None]:
        """Within it, a set-up that fails is not sent again, and keeps no exchange from being tried.

        It stays due for whoever comes later. Where the connection broke, nothing is tried: whoever is there
        after that must say who it is.
        """
        self._yields, self._given_up = True, False
        try:
            yield
        finally:
            self._yields = self._given_up = False

    def ensure_before(self, timeout_s: float) -> None:
        """As `ensure`, for an exchange that is not sent when the set-up fails."""
        with already_told("the set-up was sent again"):
            self.ensure(timeout_s)


def safe_values(attributes: Mapping[str, Attribute]) -> dict[str, ScalarValue]:
    """What the safe state sets, by attribute."""
    return {
        name: attribute.safe
        for name, attribute in attributes.items()
        if attribute.writable and attribute.safe is not None and not isinstance(attribute.safe, Keep)
    }


@contextmanager
def already_told(what: str) -> Iterator[None]:
    """Faults inside are of requests that were told: `context.sent` is for what was asked for."""
    try:
        yield
    except InstrumentError as error:
        sent = error.context.sent
        if sent is None:
            raise
        message = f"{error.message}, while {what} ({error.context.command}: {sent})"
        raise InstrumentError(error.fault, message, replace(error.context, sent=None)) from error


@contextmanager
def told(line: CountedLine, notify: Notify, event: str, fields: Mapping[str, Any]) -> Iterator[None]:
    """Tell of the requests sent inside, with their number, however it ends."""
    before = line.requests
    try:
        yield
    finally:
        if line.requests > before:
            notify(event, {**fields, "exchanges": line.requests - before})


def ask_in_turn(
    turns: Sequence[tuple[Sequence[str], Callable[[], Answer]]], line: CountedLine, notify: Notify
) -> list[Answer | InstrumentError]:
    """Run the requests; an answer or a fault for each. Raises the first fault when none was answered."""
    answers: list[Answer | InstrumentError] = [turns[0][1]()] if len(turns) == 1 else []
    doubt: InstrumentError | None = None
    for names, ask in turns[len(answers) :]:
        if doubt is not None:
            answers.append(not_asked(doubt))
            continue
        try:
            if answers:
                with told(line, notify, "exchange.extra", {"operation": "read", "names": list(names)}):
                    answers.append(ask())
            else:
                answers.append(ask())
        except InstrumentError as error:
            answers.append(error)
            doubt = error if error.fault in LINE_IN_DOUBT else None
    first = answers[0]
    if isinstance(first, InstrumentError) and all(isinstance(answer, InstrumentError) for answer in answers):
        raise first
    return answers


def not_asked(doubt: InstrumentError) -> InstrumentError:
    """The fault of what was not asked because the line is in doubt."""
    message = f"not asked, because a request before it failed: {doubt.message}"
    return InstrumentError(doubt.fault, message, replace(doubt.context, sent=None, received=None))
