"""One reading on its way to the conditions that hang on it."""

from typing import Any, NamedTuple


class Observation(NamedTuple):
    """A reading that was tried: its value in the channel's unit, None when it gave none.

    `at_ns`: when it was received, on the clock of the run.
    """

    channel: int
    at_ns: int
    value: Any


def is_valid(value: Any) -> bool:
    """Whether a condition can go by it; NaN is how some devices say that they have nothing."""
    return value is not None and not (isinstance(value, float) and value != value)
