"""Who answers where time is not waited for: nobody could, and a rehearsal shall come to its end."""

import threading


class Consent:
    """Agrees to everything at once."""

    def ask(self, text: str, timeout_s: float | None, cancelled: threading.Event) -> str | None:
        """Answer."""
        return ""
