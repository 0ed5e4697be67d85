"""One comparison of what an archive says twice: how much was compared, and where the two disagree."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from shotlane.archives._error import ArchiveError

_MOST_TOLD = 100
# What records raise that are not what they should be, wherever that is found out.
_NONSENSE = (
    *(ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError),
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a comparison.

    `what`: what was compared, in the singular. `faults`: the first of `count`. `left_out`: what could not be
    compared, and why.
    """

    name: str
    what: str
    compared: int = 0
    faults: tuple[str, ...] = ()
    count: int = 0
    left_out: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing disagrees."""
        return not self.count


class Findings:
    """Takes what a comparison finds."""

    def __init__(self) -> None:
        self.compared = 0
        self.left_out: str | None = None
        self.count = 0
        self.faults: list[str] = []

    def tell(self, fault: str) -> None:
        """Take something that disagrees, in words."""
        self.count += 1
        if len(self.faults) < _MOST_TOLD:
            self.faults.append(fault)

    def same(self, one: object, other: object, fault: str) -> None:
        """Compare two things, which should be equal."""
        self.compared += 1
        if one != other:
            self.tell(fault)


def checked(name: str, what: str, check: Callable[[Findings], None]) -> Checked:
    """Do a comparison; records that cannot be read, or make no sense, are what it finds."""
    found = Findings()
    try:
        check(found)
    except ArchiveError as error:
        found.tell(str(error))
    except _NONSENSE as error:
        found.tell(f"the records make no sense: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    return Checked(name, what, found.compared, tuple(found.faults), found.count, found.left_out)


def place(shot: int, attempt: int) -> str:
    """'shot 2', or 'shot 2, attempt 3'."""
    return f"shot {shot}" if attempt == 1 else f"shot {shot}, attempt {attempt}"
