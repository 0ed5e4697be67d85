"""The tables of an archive: their columns, what each means, and where they come from.

A table holds the rows of the store as they are, so that nothing is lost, and before them the words for its
keys, so that it can be read by itself. No type is ever guessed from rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

Kind = type[pl.DataType]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, what it means, and its unit where it has one of its own."""

    kind: Kind
    about: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table: words in front, and the columns of the store in the order of the reader's rows."""

    about: str
    words: Mapping[str, Column]
    stored: Mapping[str, Column]

    @property
    def columns(self) -> dict[str, Column]:
        """All columns as they stand in the file."""
        return {**self.words, **self.stored}


def _whole(about: str, unit: str | None = None) -> Column:
    return Column(pl.Int64, about, unit)


def _text(about: str) -> Column:
    return Column(pl.String, about)


def _number(about: str) -> Column:
    return Column(pl.Float64, about)


def _utc(about: str) -> Column:
    return _whole(f"{about}, since 1970 in UTC", "ns")


def _offset(about: str) -> Column:
    return _whole(f"{about}, from the origin of the attempt", "ns")


SHOT = {"shot": _whole("number of the shot, from 1")}
PLACE = {**SHOT, "attempt": _whole("number of the attempt in its shot, from 1")}
CHANNEL = {"channel": _text("name of the channel")}
STATUS = {"status": _text("ok, late, failed, missed, dropped or unreached")}

_ATTEMPT_KEY = {"attempt_key": _whole("key of the attempt")}
_CHANNEL_INDEX = {"channel_index": _whole("key of the channel in the run")}
_VALUE = {
    "value": _number("the value, in the unit of its channel; null when there is none, or when it is text"),
}
_TEXT = {"text": _text("a value that is text, or a number that is not exact as one")}
_STATUS_NUMBER = {"status_number": _whole("the status as the store numbers it")}
_RAW = {"raw": _text("what the instrument sent, where that says more")}
_TIMES = {
    "target_ns": _offset("when it was planned"),
    "requested_ns": _offset("when the exchange began"),
    "received_ns": _offset("when the answer was there"),
}
_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")

SAMPLES = Table(
    "every reading, one row each",
    {**PLACE, **CHANNEL, **STATUS},
    {
        **_ATTEMPT_KEY,
        **_CHANNEL_INDEX,
        "tick": _whole("number of the reading of its channel in the attempt, from 0"),
        **_TIMES,
        **_VALUE,
        **_STATUS_NUMBER,
        **_TEXT,
        **_RAW,
    },
)
ACTIONS = Table(
    "every set and call, in the order they were made",
    {**PLACE, **CHANNEL, "kind": _text("planned, set-up or safe state"), **STATUS},
    {
        **_ATTEMPT_KEY,
        "number": _whole("number of the action in its attempt"),
        "kind_number": _whole("the kind as the store numbers it"),
        **_CHANNEL_INDEX,
        "command": _text("the command, of a call"),
        **_TIMES,
        **_VALUE,
        **_TEXT,
        **_STATUS_NUMBER,
        **_RAW,
    },
)
ARRAYS = Table(
    "readings that are arrays: the bytes of each in C order, as numpy.frombuffer takes them",
    {**PLACE, **CHANNEL},
    {
        **_ATTEMPT_KEY,
        **_CHANNEL_INDEX,
        "tick": _whole("number of the reading of its channel in the attempt, from 0"),
        "requested_ns": _TIMES["requested_ns"],
        "dtype": _text("type of its elements, as numpy writes it"),
        "shape": _text("its lengths, as JSON"),
        "data": Column(pl.Binary, "its bytes"),
    },
)

# The tables of the whole run, by the name of their file.
TABLES: Mapping[str, Table] = {
    "shots": Table(
        "one row per shot",
        {},
        {
            **SHOT,
            "outcome": _text("how it ended"),
            "attempts": _whole("how many there were"),
            "began_utc_ns": _utc("when it began"),
            "ended_utc_ns": _utc("when it ended"),
            "good_attempt_key": _whole("key of the attempt that ended well"),
            "digest": _text("SHA-256 of its plan"),
        },
    ),
    "parameters": Table(
        "the parameters of every shot",
        {"parameter": _text("name of the parameter")},
        {
            **SHOT,
            "parameter_index": _whole("key of the parameter in the run"),
            "value": _number("its value, in the unit of the parameter"),
            "text": _text("a value that is text"),
        },
    ),
    "attempts": Table(
        "one row per attempt, with its fault if it had one",
        {},
        {
            **_ATTEMPT_KEY,
            **PLACE,
            "outcome": _text("how it ended"),
            "began_utc_ns": _utc("when its set-up began"),
            "origin_utc_ns": _utc("its t = 0"),
            "ended_utc_ns": _utc("when it ended"),
            "fault": _text("class of its fault"),
            "message": _text("its fault in words"),
            "context": _text("what is known of the fault, as JSON"),
        },
    ),
    "steps": Table(
        "when each step of each attempt began and ended",
        PLACE,
        {
            **_ATTEMPT_KEY,
            "number": _whole("number of the step, from 0"),
            "step": _text("its name"),
            "start_ns": _offset("when it began"),
            "end_ns": _offset("when it ended"),
        },
    ),
    "tallies": Table(
        "what became of everything that was planned; the counts sum to `planned`",
        PLACE,
        {
            **_ATTEMPT_KEY,
            **CHANNEL,
            "what": _text("what was planned: readings, sets or calls"),
            **{name: _whole(f"how many were {name}") for name in _COUNTS},
        },
    ),
    "results": Table(
        "results of every attempt with their limits and verdicts",
        PLACE,
        {
            **_ATTEMPT_KEY,
            "number": _whole("number of the result in the sequence"),
            "result": _text("its name"),
            "type": _text("number, bool or text"),
            "value": _number("its value in its unit"),
            "text": _text("a value that is text"),
            "unit": _text("its unit"),
            "low": _number("lowest value that passes"),
            "high": _number("highest value that passes"),
            "equals": _number("the only value that passes"),
            "equals_text": _text("the only text that passes"),
            "verdict": _text("passed, failed or errored; null without limits"),
        },
    ),
    "polls": Table(
        "readings that no lane asked for: for an interlock, or whether an instrument is back",
        {**CHANNEL, **STATUS},
        {
            "run": _whole("number of the run"),
            "number": _whole("number of the poll"),
            **_CHANNEL_INDEX,
            "requested_utc_ns": _utc("when the exchange began"),
            "received_utc_ns": _utc("when the answer was there"),
            **_VALUE,
            **_TEXT,
            **_STATUS_NUMBER,
            **_RAW,
        },
    ),
}
