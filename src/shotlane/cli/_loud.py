"""Words that nobody may overlook: in colour where a terminal shows it and nobody has forbidden it."""

import os
import sys
from typing import TextIO

_LOUD = "\x1b[1;97;41m"
_PLAIN = "\x1b[0m"


def loud(text: str, stream: TextIO | None = None) -> str:
    """The text, white on red on a terminal, unless `NO_COLOR` forbids it or it calls itself dumb."""
    stream = stream or sys.stdout
    shows = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"{_LOUD}{text}{_PLAIN}" if shows else text
