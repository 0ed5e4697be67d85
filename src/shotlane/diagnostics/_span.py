"""Places in a text: what a diagnostic points at.

A span is a half-open range of character offsets into one source; line and column are derived from it, so
that a span inside an expression is made by adding offsets, never by counting lines again.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """One text that a person wrote, and the name under which messages show it (usually its path)."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of every line."""
        return (0, *(index + 1 for index, character in enumerate(self.text) if character == "\n"))

    def line(self, number: int) -> str:
        """Text of a line, counted from 1, without its line break."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from `start` up to, not including, `end` of a source (offsets from 0)."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return bisect_right(self.source.line_starts, self.start)

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.start - self.source.line_starts[self.line - 1] + 1

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"
