"""Frames drawn over one another: only lines that changed are sent, which is little enough for a slow line.

The text is drawn on the terminal's other screen, so what stood there before comes back at the end.
"""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
_LEAVE = "\x1b[?25h\x1b[?1049l"
_REST_OF_LINE = "\x1b[K"


class Frames:
    """Draws in a `with`, on standard output."""

    def __init__(self) -> None:
        self._drawn: list[str] = []
        self._size = (0, 0)
        self.sent = 0

    def __enter__(self) -> Self:
        self._send(_ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._send(_LEAVE)

    def draw(self, lines: Sequence[str], size: tuple[int, int]) -> None:
        """Show lines, none wider than the terminal; `size`: its columns and rows."""
        if size != self._size:
            self._size, self._drawn = size, []
            self._send("\x1b[2J")
        shown = list(lines[: size[1]])
        shown += [""] * (len(self._drawn) - len(shown))
        parts = [
            f"\x1b[{row};1H{line}{_REST_OF_LINE}"
            for row, line in enumerate(shown, 1)
            if row > len(self._drawn) or self._drawn[row - 1] != line
        ]
        self._drawn = shown
        self._send("".join(parts))

    def _send(self, text: str) -> None:
        if text:
            self.sent += len(text)
            sys.stdout.write(text)
            sys.stdout.flush()
