"""Faults of an expression, in a lab user's words, with their place in the text."""

from dataclasses import dataclass
from typing import Final

_SHOWN: Final = 40


def shortened(text: str) -> str:
    """A part of an expression as a message shows it: on one line and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake. `offset` and `length` count characters of the text as it was given."""

    code: str
    message: str
    offset: int
    length: int
    help: str | None = None


class ExpressionError(Exception):
    """An expression cannot be used; `faults` says where and why, sorted by place."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.offset))
        super().__init__("; ".join(fault.message for fault in self.faults))


class UnitError(Exception):
    """A unit cannot be used. `message` names it, `help` says what to write."""

    def __init__(self, message: str, help: str | None = None, *, code: str = "EXP010") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code
