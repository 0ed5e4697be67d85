"""Keys of attempts: a range of them for every run, so that its rows lie together."""

SHIFT = 32
# Attempts of a resumed run are numbered from the next whole block: what its killed session left in a spool
# keeps its keys.
BLOCK = 22


def attempt_id(run: int, ordinal: int) -> int:
    """Key of the run's `ordinal`-th attempt, from 1; the attempts of a run are one range of keys."""
    return (run << SHIFT) | ordinal


def attempt_range(run: int) -> tuple[int, int]:
    """First key of the run's attempts, and the first beyond them."""
    return run << SHIFT, (run + 1) << SHIFT
