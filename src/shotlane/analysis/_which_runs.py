"""Which runs are meant: by name, tag, time, outcome and parameter."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Any

from shotlane.analysis import _convert
from shotlane.expression import UnitError, parse_literal, parse_unit
from shotlane.records import Outcome
from shotlane.store import Reader, RunSummary

Moment = datetime | date | timedelta | str
# A value, or the lowest and the highest, in the column's unit or as text with a unit.
Wanted = Any

# Of `Reader.parameter_values`.
Row = tuple[Any, ...]

_RUNNING = "running"
_WORDS = {"on": True, "true": True, "off": False, "false": False}
_RUNS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class WhichRuns:
    """Conditions that must all hold. `name` is a pattern; a value of `parameters` may be None for any."""

    name: str | None = None
    tag: str | None = None
    since_utc_ns: int | None = None
    until_utc_ns: int | None = None
    outcomes: frozenset[str] = frozenset()
    parameters: Mapping[str, Wanted] = field(default_factory=dict)

    def find(
        self, reader: Reader, limit: int | None = None, tell: Callable[[str], object] | None = None
    ) -> list[RunSummary]:
        """The runs that are meant, newest first. `tell`: called with why none of them can be meant."""
        found = reader.runs(since_utc_ns=self.since_utc_ns, until_utc_ns=self.until_utc_ns)
        found = [run for run in found if self._fits(run)]
        for name, wanted in self.parameters.items():
            rows = _values(reader, name, [run.number for run in found])
            having = {run for run, *value in rows if _is(wanted, *value)}
            other = None if having or tell is None else _other_dimension(wanted, rows)
            if tell is not None and other is not None:
                tell(f"no such run has {name} in a unit like {other[0]}: it is in {other[1]}")
            found = [run for run in found if run.number in having]
        return found[:limit]

    def _fits(self, run: RunSummary) -> bool:
        outcome = _RUNNING if run.outcome is None else run.outcome.value
        return (
            (self.name is None or fnmatchcase(run.sequence, self.name))
            and (self.tag is None or self.tag in run.tags)
            and (not self.outcomes or outcome in self.outcomes)
        )


def which_runs(
    *,
    name: str | None = None,
    tag: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    outcome: str | Sequence[str] | None = None,
    parameter: str | Sequence[str] | Mapping[str, Wanted] | None = None,
) -> WhichRuns:
    """The conditions as a person writes them. Raises `ValueError` for what cannot be understood."""
    return WhichRuns(
        name=name,
        tag=tag,
        since_utc_ns=None if since is None else instant_of(since),
        until_utc_ns=None if until is None else instant_of(until, whole_days=True),
        outcomes=_outcomes(outcome),
        parameters=_parameters(parameter),
    )


def _outcomes(given: str | Sequence[str] | None) -> frozenset[str]:
    words = [] if given is None else [given] if isinstance(given, str) else list(given)
    known = [*(outcome.value for outcome in Outcome), _RUNNING]
    for word in words:
        if str(word) not in known:
            raise ValueError(f"there is no outcome '{word}': it is one of {', '.join(known)}")
    return frozenset(map(str, words))


def _parameters(given: str | Sequence[str] | Mapping[str, Wanted] | None) -> Mapping[str, Wanted]:
    if isinstance(given, Mapping):
        return given
    return dict.fromkeys([] if given is None else [given] if isinstance(given, str) else given)


def instant_of(given: Moment, *, whole_days: bool = False) -> int:
    """UTC nanoseconds of a moment; a day alone begins at midnight here, or ends there with `whole_days`."""
    if isinstance(given, timedelta):
        return _nanoseconds(datetime.now(UTC) - given)
    if isinstance(given, str):
        given = _read(given.strip())
    if not isinstance(given, datetime):
        given = datetime.combine(given + timedelta(days=1) if whole_days else given, time())
    return _nanoseconds(given.astimezone(UTC))


def _read(text: str) -> datetime | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    span = parse_literal(text)
    if span is None or span[1].dimension != parse_unit("s").dimension:
        raise ValueError(f"'{text}' is no time: write 2026-11-20, '2026-11-20 14:30', or how long ago: '2 d'")
    return datetime.now(UTC) - timedelta(seconds=span[0])


def _nanoseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def _values(reader: Reader, name: str, runs: list[int]) -> list[Row]:
    """Rows of run, type, unit, value, text: what a parameter is in some shot."""
    return [
        row
        for at in range(0, len(runs), _RUNS_AT_ONCE)
        for row in reader.parameter_values(name, runs[at : at + _RUNS_AT_ONCE])
    ]


def _other_dimension(wanted: Wanted, rows: Sequence[Row]) -> tuple[str, str] | None:
    """The unit that is asked for and those that there are, where none of these can be told in it."""
    units = list(dict.fromkeys(unit or "" for _, kind, unit, *_ in rows if kind == "number"))
    for end in wanted if isinstance(wanted, tuple) else (wanted,):
        found = parse_literal(str(end))
        own = "" if found is None else found[1].text
        if own and units and all(_convert.units(own, unit) is None for unit in units):
            return own, ", ".join(unit or "plain numbers" for unit in units)
    return None


def _is(wanted: Wanted, kind: str | None, unit: str | None, value: float | None, text: str | None) -> bool:
    if wanted is None:
        return True
    if kind == "text":
        return text == str(wanted)
    if value is None:
        return False
    if kind == "bool":
        return _WORDS.get(str(wanted).lower()) is bool(value)
    ends = wanted if isinstance(wanted, tuple) else (wanted, wanted)
    low, high = (_in_unit(end, unit) for end in ends)
    if low is None or high is None:
        return False
    close = 1e-9 * max(abs(low), abs(high))
    return low - close <= value <= high + close


def _in_unit(wanted: Wanted, unit: str | None) -> float | None:
    """A value in the unit of a column; None when it is no such number."""
    if isinstance(wanted, int | float):
        return float(wanted)
    found = parse_literal(str(wanted))
    if found is None:
        return None
    value, own = found
    if not own.text:
        return value
    try:
        target = parse_unit(unit or "")
    except UnitError:
        return None
    return target.from_si(value) if _convert.fit(own, target) and math.isfinite(value) else None
