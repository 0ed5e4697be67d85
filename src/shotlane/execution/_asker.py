"""A person who can be asked: steps that wait for somebody to do something.

Whoever starts a run says how that person is reached. The question is put in a thread of its own, so that a
stop or an interlock never waits for an answer.
"""

import threading
from typing import Protocol


class Asker(Protocol):
    """Puts a question to a person."""

    def ask(self, text: str, timeout_s: float | None, cancelled: threading.Event) -> str | None:
        """Return what was answered, '' for a mere consent; None when nobody did in time.

        Return soon after `cancelled` is set: nobody waits for the answer any more.
        """
