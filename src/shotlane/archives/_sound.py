"""Whether what an archive says makes sense: words that are known, numbers that are some, texts of some size.

Hashes tell whether an archive is as it was made, and not who made it. What is read from it must do no harm,
and a mistake in it must be told as one.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from shotlane.archives._error import ArchiveError
from shotlane.records import ActionKind, Outcome, Status

_LONGEST = 1 << 63
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FREE_BYTES = 1 << 30
_TIMES = 1000
_WORDS: Mapping[str, list[Any]] = {
    "outcome": [outcome.value for outcome in Outcome],
    "verdict": ["passed", "failed", "errored"],
    "status_number": [int(status) for status in Status],
    "kind_number": [int(kind) for kind in ActionKind],
    # As a query for the store names it.
    "status": [int(status) for status in Status],
}

Check = Callable[[Any], bool]


def check_rows(rows: pl.DataFrame, size: int) -> None:
    """Refuse rows with words that nobody knows, or texts far larger than the `size` bytes they come from.

    Raises `ArchiveError`.
    """
    for name, words in _WORDS.items():
        if name in rows.columns and rows[name].dtype.is_integer() == isinstance(words[0], int):
            unknown = rows[name].filter(rows[name].is_not_null() & ~rows[name].is_in(words))
            if unknown.len():
                raise ArchiveError(f"the archive is damaged: there is no {name} {unknown[0]!r}")
    some = [column for column in rows if column.null_count() < rows.height]
    texts = [column.str.len_bytes().sum() for column in some if column.dtype == pl.String]
    texts += [column.bin.size().sum() for column in some if column.dtype == pl.Binary]
    if sum(texts) > _FREE_BYTES + _TIMES * size:
        raise ArchiveError(f"the archive is refused: texts of a table would come to {sum(texts):,} bytes")


def check_facts(facts: Any, place: str) -> None:
    """Refuse a `run.json` that is not what it should be. Raises `ArchiveError`."""
    path = _wrong(facts, _FACTS, "run.json")
    if path is not None:
        raise ArchiveError(f"'{place}' is damaged: {path} is not what it should be")


class _Loose(dict[str, Any]):
    """A shape of which parts may be lacking, where they may be None: an older version wrote fewer."""


def _wrong(value: Any, shape: Any, path: str) -> str | None:
    """The first place that has not the shape it should have."""
    if isinstance(shape, dict):
        if not isinstance(value, dict) or (shape.keys() - value.keys() and not isinstance(shape, _Loose)):
            return path
        parts = ((value.get(name), part, f"'{name}' of {path}") for name, part in shape.items())
    elif isinstance(shape, list):
        if not isinstance(value, list):
            return path
        parts = ((item, shape[0], path) for item in value)
    else:
        return None if shape(value) else path
    return next((found for part in parts if (found := _wrong(*part)) is not None), None)


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < _LONGEST


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _line(value: Any) -> bool:
    """Whether it is a text that may be shown: what a terminal would obey is no part of it."""
    return isinstance(value, str) and not _OBEYED.search(value)


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_text, value.values()))


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_of(*words: Any) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _shaped(shape: Any) -> Check:
    return lambda value: _wrong(value, shape, "") is None


# What a run is compiled from again, and compared by.
_MADE_WITH = _Loose(
    {
        "origin": _Loose(
            {
                **dict.fromkeys(("sequence", "station", "folder"), _text),
                "files": _texts,
                **dict.fromkeys(("mock", "virtual_time", "confirmed"), _truth),
                "retry": _or_none(_text),
            }
        ),
        "overrides": _texts,
        "seed": lambda value: type(value) is int and abs(value) < _LONGEST,
        "shotlane": _text,
        "packages": _texts,
        "installed": _or_none(_texts),
        "git": _or_none(_shaped({"commit": _or_none(_text), "dirty": _or_none(_truth)})),
        "lock_files": _or_none(_shaped([{"name": _text, "sha256": _text}])),
        "imported": _or_none(_shaped([_mapping])),
        "follows": _or_none(_shaped({"shots": [_whole]})),
    }
)


def _environment(value: Any) -> bool:
    """One without an origin tells nothing that anybody uses."""
    return isinstance(value, dict) and ("origin" not in value or _shaped(_MADE_WITH)(value))


_COLUMN = {"name": _line, "unit": _or_none(_line)}
_PROGRAM = _Loose(
    {
        **dict.fromkeys(("started_utc_ns", "pid"), _whole),
        **dict.fromkeys(("seen_utc_ns", "ended_utc_ns", "parent"), _or_none(_whole)),
        "host": _line,
        **dict.fromkeys(("outcome", "user_name", "version", "kind", "station"), _or_none(_line)),
    }
)
_FACTS = {
    **dict.fromkeys(
        ("run", "started_utc_ns", "shots_planned", "shots_committed", "session", "ordinal"), _whole
    ),
    "ended_utc_ns": _or_none(_whole),
    **dict.fromkeys(("sequence", "station", "description"), _line),
    **dict.fromkeys(("reason", "plan_digest"), _or_none(_line)),
    "tags": [_line],
    "stamps": [_line],
    "outcome": _or_none(_one_of(*Outcome)),
    "died": _truth,
    "channels": [{"index": _whole, "type": _line, **_COLUMN}],
    "parameters": [{"type": _or_none(_line), **_COLUMN}],
    "documents": _texts,
    "figures": _mapping,
    "environment": _environment,
    "repeats": _or_none(_mapping),
    "sessions": [
        {
            "number": _whole,
            "session": _whole,
            "began_utc_ns": _or_none(_whole),
            "plan_digest": _or_none(_text),
            "environment": _or_none(_mapping),
            "program": _PROGRAM,
        }
    ],
    "notes": [
        {
            "id": _whole,
            "at_utc_ns": _whole,
            "author": _or_none(_line),
            "kind": _one_of("note", "tag", "untag"),
            "text": _line,
        }
    ],
}
