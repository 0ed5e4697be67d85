"""The sessions that this process has, or had: where each keeps its records, and how to see the newest."""

from collections.abc import Callable

# By session: the address of its store, and what brings everything it took there.
_KNOWN: dict[int, tuple[str, Callable[[], None] | None]] = {}


def remember(session: int, store: str, flush: Callable[[], None] | None) -> None:
    """Know a session; without `flush` one that has ended."""
    _KNOWN[session] = (store, flush)


def store_of(session: int) -> str | None:
    """The store of a session of this process, with all that it took by now; None of another process."""
    store, flush = _KNOWN.get(session, (None, None))
    if flush is not None:
        flush()
    return store
