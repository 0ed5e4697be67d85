"""What a session observes: samples by key, apart from any run.

The first value of a key decides what all of its values are. A sample is durable with the log that it goes to:
within a second, and at the end of the session. Numbers count from 1 without gaps, so that what a killed
process left is seen to be all up to some moment.
"""

import threading
from collections.abc import Iterable
from typing import Any

from shotlane.store._encode import Row, kind_of, split
from shotlane.store._session_log import SessionLog


class SeriesWriter:
    """One series of a session, appended to from any thread."""

    def __init__(
        self,
        log: SessionLog,
        number: int,
        key: str,
        first: Any,
        unit: str | None,
        interval_ns: int | None,
        began_utc_ns: int,
    ) -> None:
        self.key = key
        self.unit = unit
        self.interval_ns = interval_ns
        self.type = _kind(key, first)
        self._log = log
        self._place = (log.session, number)
        self._taken = 0
        self._turn = threading.Lock()
        log.note("series", [(*self._place, key, self.type, unit, interval_ns, began_utc_ns)])

    def put(self, at_utc_ns: int, value: Any) -> None:
        """Take a sample. Raises `ValueError` for one that is no value of this series."""
        number, text = (value, None) if type(value) is float and value == value else self._fit(value)
        with self._turn:
            self._taken += 1
            self._log.note("observation", ((*self._place, self._taken, at_utc_ns, number, text),))

    def put_all(self, first_utc_ns: int, step_ns: int, values: Iterable[Any]) -> None:
        """Take samples that follow each other at `step_ns`."""
        fitted = [self._fit(value) for value in values]
        with self._turn:
            first, self._taken = self._taken + 1, self._taken + len(fitted)
            rows: list[Row] = [
                (*self._place, first + index, first_utc_ns + index * step_ns, number, text)
                for index, (number, text) in enumerate(fitted)
            ]
            self._log.note("observation", rows)

    def _fit(self, value: Any) -> tuple[float | None, str | None]:
        if value is not None and _kind(self.key, value) != self.type:
            raise ValueError(
                f"'{self.key}' is a series of {_WORDS[self.type]} in this session, not {value!r}"
            )
        number, text, _ = split(value)
        return number, text


_WORDS = {"number": "numbers", "bool": "truth values", "text": "texts"}


def _kind(key: str, value: Any) -> str:
    """What a value is; an array is none, and neither is nothing where it decides."""
    if value is None or split(value)[2] is not None or isinstance(value, list | tuple | dict | set):
        raise ValueError(
            f"a sample of '{key}' is a number, a truth value or a text, not {type(value).__name__}"
        )
    kind = kind_of(value)
    assert kind is not None
    return kind
