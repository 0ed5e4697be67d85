"""What may be observed: keys, values and instants that every store can hold, told before anything is taken.

A store takes rows in batches, within a second. What is wrong with one of them must be known to whoever gives
it, and not to the batch.
"""

from typing import Any

# An instant is kept as nanoseconds of Unix time in 64 bits: the years 1678 to 2261.
_FIRST_NS, _LAST_NS = -(2**63), 2**63 - 1
# An instant has whole nanoseconds; beyond the other nothing needs to be worked out.
_SHORTEST_S, _LONGEST_S = 1e-9, 1e18
_SINGLE = (bool, int, float, str)


def check_key(key: object) -> None:
    """Raises `TypeError` for a key that is no text, `ValueError` for one that no store can hold."""
    if not isinstance(key, str):
        raise TypeError("the key of an observation is text, and comes first: observe('room.T', 21.5)")
    if not is_storable(key):
        raise ValueError(
            f"the key {key!a} cannot be stored: NUL and halves of a surrogate pair are no characters"
        )


def is_storable(text: str) -> bool:
    """Whether every store can hold a text, and be asked for it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def check_sample(key: str, value: Any) -> None:
    """Raises `ValueError` for what is neither a number that can be kept nor a truth value nor a text."""
    if type(value) is float or value is None:
        return
    plain = value.item() if hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0 else value
    if isinstance(plain, list | tuple | dict | set) or hasattr(plain, "dtype"):
        return  # the series says what it is
    if not isinstance(plain, _SINGLE):
        raise ValueError(  # noqa: TRY004  as for what the series itself refuses
            f"a sample of '{key}' is a number, a truth value or a text, not {type(value).__name__}"
        )
    if isinstance(plain, int) and not _FIRST_NS <= plain <= _LAST_NS:
        # Its digits are not told: Python itself refuses to write very many.
        raise ValueError(
            f"a whole number of {plain.bit_length()} bits does not fit '{key}': a store keeps 64, sign"
            " included (float(...) keeps its size, not all of its digits)"
        )


def step_ns(key: str, sample_interval: float | None, count: int, last_ns: int) -> int | None:
    """The distance of samples in ns. Raises `ValueError` where the first of them is at no instant."""
    if sample_interval is None:
        return None
    if not _SHORTEST_S <= sample_interval <= _LONGEST_S:
        raise ValueError(
            f"samples of '{key}' cannot lie {sample_interval} s apart: sample_interval is above 0"
        )
    step = round(sample_interval * 1e9)
    first = last_ns - step * max(count - 1, 1)
    if not _FIRST_NS <= first <= _LAST_NS:
        years = abs(first - last_ns) / 1e9 / (365.25 * 86400)
        raise ValueError(
            f"sample_interval={sample_interval:g} puts the first of {count:,} samples of '{key}'"
            f" {years:,.0f} years before the last; it is in seconds"
        )
    return step
