"""Events as lines for people, and as JSON lines for programs."""

import json
import os
import sys
from datetime import UTC, datetime

from shotlane.cli._text import hanging, one_line
from shotlane.records import EVENT_TYPES, LoggedEvent, event_words

_WIDTH = max(map(len, EVENT_TYPES))
_PLAIN, _DIM, _RED, _GREEN, _YELLOW = "\x1b[0m", "\x1b[2m", "\x1b[1;31m", "\x1b[32m", "\x1b[33m"
_BAD = ("failed", "errored", "aborted", "terminated")
_GOOD = ("done", "passed")
_DOUBTFUL = ("retry.", "exchange.repeated", "run.paused", "lock.waited", "shot.skipped")


class EventLines:
    """Lines of one output. `everywhere`: events of several runs and sessions come, so each says whose."""

    def __init__(self, *, everywhere: bool) -> None:
        self._everywhere = everywhere
        self._day = ""
        self._terminal = sys.stdout.isatty()
        dumb = os.environ.get("TERM") == "dumb"
        self._colours = self._terminal and not dumb and not os.environ.get("NO_COLOR")

    def lines(self, event: LoggedEvent) -> list[str]:
        """The event, after a line with the date where a new day begins."""
        moment = datetime.fromtimestamp(event.utc_ns // 1_000_000_000, UTC).astimezone()
        day = moment.strftime("%Y-%m-%d")
        found = [] if day == self._day else [self._in(_DIM, day)]
        self._day = day
        millis = event.utc_ns // 1_000_000 % 1000
        head = [f"{moment:%H:%M:%S}.{millis:03}"]
        if self._everywhere:
            head.append(f"{'session' if event.run is None else f'run {event.run}':<8}")
        head += [f"{_place(event):<7}", f"{event.type:<{_WIDTH}}"]
        return [*found, *self._line(event, head)]

    def _line(self, event: LoggedEvent, head: list[str]) -> list[str]:
        plain, said = "  ".join(head), one_line(event_words(event))
        if not self._terminal:
            return [f"{plain}  {said}".rstrip()]
        first, *more = hanging(f"{plain}  ", said)
        if not self._colours:
            return [first, *more]
        colour = _colour(event)
        time, place = head[0], "  ".join(head[1:-1])
        rest = first[len(plain) :]
        coloured = f"{_DIM}{time}{_PLAIN}  {place}  {colour}{head[-1]}{_PLAIN if colour else ''}{rest}"
        return [coloured, *more]

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colours else text


def _place(event: LoggedEvent) -> str:
    """'3', of a second attempt '3 (2)'."""
    if event.shot is None:
        return ""
    again = event.attempt is not None and event.attempt > 1
    return f"{event.shot} ({event.attempt})" if again else str(event.shot)


def _colour(event: LoggedEvent) -> str:
    known, outcome = EVENT_TYPES.get(event.type), event.fields.get("outcome")
    if (known is not None and known.loud) or outcome in _BAD:
        return _RED
    if event.type.startswith(_DOUBTFUL):
        return _YELLOW
    return _GREEN if outcome in _GOOD else ""


def json_line(event: LoggedEvent) -> str:
    """An event for programs, as JSON on one line."""
    seconds, nanos = divmod(event.utc_ns, 1_000_000_000)
    told = {
        "session": event.session,
        "number": event.number,
        "time": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09}Z",
        "at_utc_ns": event.utc_ns,
        "type": event.type,
        "version": event.version,
        "run": event.run,
        "shot": event.shot,
        "attempt": event.attempt,
        "words": event_words(event),
        "fields": dict(event.fields),
    }
    # In letters that its reader takes.
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    return json.dumps(told, ensure_ascii=plain)
