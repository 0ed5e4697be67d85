"""A stream to draw on while something goes on that must not end with it.

A terminal goes away at any time (a lost connection, a window that is closed) and every write to it fails from
then on. Whoever draws learns nothing of that: what is drawn goes nowhere.
"""

import io
import os
from typing import TextIO, cast


def let_go(stream: TextIO) -> None:
    """Let a stream whose reader has gone lead nowhere; Python would complain once more at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def to_draw_on(stream: TextIO) -> TextIO:
    """The stream for whoever draws: that it has gone is not raised."""
    return cast("TextIO", _Drawing(stream))


class _Drawing(io.TextIOBase):
    """Stands for a stream of a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        """What the terminal takes."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal, and still there."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Draw, if there is still somebody to see it."""
        try:
            return self._stream.write(text)
        except OSError:
            let_go(self._stream)
            return len(text)

    def flush(self) -> None:
        """Send what was drawn."""
        try:
            self._stream.flush()
        except OSError:
            let_go(self._stream)
