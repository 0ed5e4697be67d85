"""One reading on its way to the conditions that hang on it."""

from typing import Any, NamedTuple


class Observation(NamedTuple):
    """A reading that was tried: its value in the channel's unit, None when it gave none.

    `at_ns`: when it was received, on the clock of the run.
    """

    channel: int
    at_ns: int
    value: Any
