"""Events as lines of JSON, and back to the rows of a reader."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

from shotlane.archives._error import ArchiveError

_SECOND = 1_000_000_000
_LONGEST = 16 << 20


def event_lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """One line per event, in order."""
    for session, number, at, type_, shot, attempt, fields in rows:
        event = {
            "session": session,
            "number": number,
            "at": instant(at),
            "at_utc_ns": at,
            "type": type_,
            "shot": shot,
            "attempt": attempt,
            "fields": json.loads(fields or "{}"),
        }
        yield json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def lines_of(file: IO[bytes], place: str) -> Iterator[bytes]:
    """The lines as they are. Raises `ArchiveError` for one that is too long to be an event."""
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST:
            raise ArchiveError(f"'{place}' is damaged: line {number} of its events is none: it is too long")
        yield line


def event_rows(lines: Iterable[bytes], place: str) -> Iterator[tuple[Any, ...]]:
    """The rows again. Raises `ArchiveError` for what is no event."""
    for number, line in enumerate(lines, 1):
        try:
            yield _row(line)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ArchiveError(f"'{place}' is damaged: line {number} of its events is none") from error


def _row(line: bytes) -> tuple[Any, ...]:
    event = json.loads(line)
    head = tuple(event[name] for name in ("session", "number", "at_utc_ns"))
    place = (event["shot"], event["attempt"])
    whole = (*head, *(one for one in place if one is not None))
    if any(type(one) is not int or not 0 <= one < 1 << 63 for one in whole):
        raise ValueError("a number of it is none")
    if not isinstance(event["type"], str) or not isinstance(event["fields"], dict):
        raise TypeError("a part of it is something else")
    fields = json.dumps(event["fields"], ensure_ascii=False, separators=(",", ":"))
    return (*head, event["type"], *place, fields)


def instant(utc_ns: int) -> str:
    """An instant as ISO 8601 writes it, in UTC, with all its nanoseconds."""
    seconds, rest = divmod(utc_ns, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"
