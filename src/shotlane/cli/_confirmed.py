"""Keys for what cannot be taken back: skipping and aborting. One asks, `y` does it, any other takes it back.

It is another key on purpose: one that is held repeats itself.
"""

import time
from collections.abc import Mapping
from typing import Final

_YES: Final = "y"
_LONGEST_S: Final = 5.0


class Confirmed:
    """`questions`: what each key asks."""

    def __init__(self, questions: Mapping[str, str]) -> None:
        self._questions = questions
        self._asked, self._at = "", 0.0

    def take(self, key: str) -> str | None:
        """A key that was pressed; the key whose question it answers with yes."""
        asked = self._asked if self.question is not None else None
        self._asked, self._at = key, time.monotonic()
        return asked if key == _YES else None

    @property
    def question(self) -> str | None:
        """What is asked at this moment."""
        asked = self._questions.get(self._asked)
        if asked is None or time.monotonic() - self._at > _LONGEST_S:
            return None
        return f"{asked}?   {_YES} yes   any other key no"
