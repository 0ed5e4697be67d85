"""Events as lines of JSON, and back to the rows of a reader."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

_SECOND = 1_000_000_000


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


def event_rows(lines: Iterable[bytes]) -> Iterator[tuple[Any, ...]]:
    """The rows again."""
    for line in lines:
        event = json.loads(line)
        fields = json.dumps(event["fields"], ensure_ascii=False, separators=(",", ":"))
        head = (event["session"], event["number"], event["at_utc_ns"], event["type"])
        yield (*head, event["shot"], event["attempt"], fields)


def instant(utc_ns: int) -> str:
    """An instant as ISO 8601 writes it, in UTC, with all its nanoseconds."""
    seconds, rest = divmod(utc_ns, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"
