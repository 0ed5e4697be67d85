"""What a session observes: values under keys, each with its instant, in units that do not change.

Nothing is lost in silence. While neither the store nor its spool has room, `observe` raises, and what it was
given was not taken.
"""

import time
from collections.abc import Container, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from shotlane.expression import Unit, UnitError, parse_literal, parse_unit, tidy
from shotlane.records import Event, NoRoomError, RecorderError
from shotlane.sessions._admission import check_key, check_sample, step_ns
from shotlane.sessions._error import SessionError
from shotlane.sessions._uri import channel_uri, parse_uri

if TYPE_CHECKING:
    import polars as pl

    from shotlane.store import SeriesWriter, SessionLog


class ChannelStore:
    """The channels of one session. Callable from any thread.

    `readings`: keys under which readings of the instruments are kept, and what else names a channel of the
    station. Nobody observes under these, since nothing would tell one from the other.
    """

    def __init__(self, log: "SessionLog", address: str, readings: Container[str] = ()) -> None:
        from shotlane.store import SeriesWriter  # late: SQLAlchemy

        self.address = address
        self._make = SeriesWriter
        self._log = log
        self._readings = readings
        self._series: dict[str, SeriesWriter] = {}
        self._opening = Lock()
        self._trouble: NoRoomError | None = None
        log.on_no_room(self._hold)

    @property
    def keys(self) -> Sequence[str]:
        """What was observed so far."""
        return tuple(self._series)

    def uri(self, key: str) -> str:
        """The URI of a key."""
        return channel_uri(self._log.session, key)

    def observe(
        self, key: str, value: Any, unit: str | None = None, sample_interval: float | None = None
    ) -> str:
        """Append a sample of this moment, and return the URI of the channel.

        Several values are samples that follow each other at `sample_interval` s, the last one at this moment.
        A text that is a number with its unit, such as "21 degC", means that, unless texts are kept here.
        A unit other than the first one is converted. Raises `ValueError` for a value or a unit that does not
        fit this key, `StoreError` when there is no room for it, `SessionError` for the name of a channel of
        the station, and after the end.
        """
        now_ns = time.time_ns()
        if not isinstance(key, str) or key not in self._series:
            check_key(key)
        if key in self._readings:
            raise SessionError(
                f"'{key}' is a channel of the station, and what is kept under it is read there",
                f"observe under another name, such as '{key}.by_hand'",
            )
        if self._trouble is not None:
            self.flush()
        try:
            return self._observe(key, value, unit, sample_interval, now_ns)
        except RecorderError:
            # Another thread stopped it just now, or this store was kept beyond its session.
            raise SessionError("the session has ended", "connect again") from None

    def _observe(
        self, key: str, value: Any, unit: str | None, sample_interval: float | None, now_ns: int
    ) -> str:
        if _is_several(value):
            return self._observe_all(key, list(value), unit, sample_interval, now_ns)
        if isinstance(value, str) and unit is None:
            value, unit = self._read_text(key, value)
        check_sample(key, value)
        interval_ns = step_ns(key, sample_interval, 1, now_ns)
        series = self._series.get(key) or self._open(key, value, unit, interval_ns, now_ns)
        if unit is not None and unit != series.unit:
            value = self._converted(series, value, unit)
        series.put(now_ns, value)
        return self.uri(key)

    def _read_text(self, key: str, text: str) -> tuple[Any, str | None]:
        """The number and the unit that a text is, unless texts are kept under this key; else the text."""
        series = self._series.get(key)
        found = parse_literal(text) if series is None or series.type != "text" else None
        if found is None or not found[1].text:
            return text, None
        return tidy(found[1].from_si(found[0])), found[1].text

    def keep(self, key: str, at_utc_ns: int, value: Any, first: Any, unit: str | None) -> None:
        """Append a reading; `first` is any value of its type. Never raises: faults are the log's to tell."""
        with suppress(RecorderError):  # of a session that ends just now
            series = self._series.get(key) or self._open(key, first, unit, None, at_utc_ns)
            series.put(at_utc_ns, value)

    def flush(self) -> None:
        """Make everything durable that was observed. Raises `StoreError`."""
        from shotlane.store import StoreError  # late: SQLAlchemy

        try:
            self._log.flush()
        except RecorderError as error:
            raise StoreError(str(error)) from None
        self._trouble = None

    def read(self, channel: str) -> "pl.DataFrame":
        """The samples of a channel of this store, by key or URI, as `shotlane.channel` gives them."""
        from shotlane.analysis import observations  # late: polars

        self.flush()
        here = not channel.startswith("channel://")
        session, key = (self._log.session, channel) if here else parse_uri(channel)
        return observations(session, key, self.address)

    def _observe_all(
        self, key: str, values: list[Any], unit: str | None, sample_interval: float | None, now_ns: int
    ) -> str:
        if sample_interval is None:
            raise SessionError(
                f"'{key}' is given {len(values)} values, and not how far they are apart",
                "give sample_interval=SECONDS",
            )
        if not values:
            raise ValueError(f"'{key}' is given no value")
        for value in values:
            check_sample(key, value)
        interval_ns = step_ns(key, sample_interval, len(values), now_ns)
        assert interval_ns is not None
        series = self._series.get(key) or self._open(key, values[0], unit, interval_ns, now_ns)
        if unit is not None and unit != series.unit:
            values = [self._converted(series, value, unit) for value in values]
        series.put_all(now_ns - interval_ns * (len(values) - 1), interval_ns, values)
        return self.uri(key)

    def _open(
        self, key: str, first: Any, unit: str | None, interval_ns: int | None, now_ns: int
    ) -> "SeriesWriter":
        if not key:
            raise SessionError("a channel needs a name")
        if unit is not None:
            _known(unit)
        with self._opening:
            if key not in self._series:
                number = len(self._series) + 1
                series = self._make(self._log, number, key, first, unit, interval_ns, now_ns)
                from_now = {"key": key, "uri": self.uri(key), "unit": unit, "type": series.type}
                self._log.tell(Event("channel.opened", now_ns, from_now))
                self._series[key] = series
        return self._series[key]

    def _converted(self, series: "SeriesWriter", value: Any, unit: str) -> Any:
        """A value in the unit of the series."""
        if series.type != "number":
            raise ValueError(f"'{series.key}' is no series of numbers in this session, and takes no {unit}")
        own, given = _known(series.unit or ""), _known(unit)
        if own.dimension != given.dimension or own.point != given.point:
            raise ValueError(f"'{series.key}' is kept in {series.unit or 'plain numbers'}, not in {unit}")
        if value is None or isinstance(value, str | bool):
            return value
        return tidy(own.from_si(given.to_si(float(value))))

    def _hold(self, error: NoRoomError) -> None:
        self._trouble = error


def _is_several(value: Any) -> bool:
    """Whether a value is several samples: a list, a tuple, or an array of one dimension."""
    return isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1


def _known(unit: str) -> Unit:
    try:
        return parse_unit(unit)
    except UnitError as error:
        raise ValueError(str(error)) from None
