"""What goes wrong with a store, told in one sentence that names the place and the way out.

No sentence holds a password: places come from `Address.shown`, and driver texts pass through `scrub`.
"""

import re

from shotlane.records import RecorderError, without_passwords


class StoreError(Exception):
    """A store that cannot be opened, or does not hold what was asked for; `help` is the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        message = without_passwords(message)
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message} ({self.help})"


class UnstorableError(RecorderError):
    """Among the rows is one that no store can ever take; nothing of the transaction was stored."""


# What the drivers say, in the order of trying, and what it means to the person at the bench.
_CAUSES: tuple[tuple[str, str], ...] = (
    (r"disk is full|No space left|could not extend file", "its disk is full"),
    (r"database (table )?is locked|lock timeout|LockNotAvailable", "another program keeps it locked"),
    (r"readonly database|read-only", "it is read-only"),
    (r"disk I/O error", "its disk refuses to write"),
    (r"malformed|not a database|file is encrypted", "its file is not a sound SQLite database"),
    (r"unable to open database file", "its file cannot be opened"),
    (r"password authentication failed|no password supplied", "the server refuses this user or password"),
    (r"database \S+ does not exist", "the server has no such database"),
    (r"permission denied", "this user may not do that there"),
    (r"statement timeout|QueryCanceled", "it did not answer in time"),
    (
        r"connection (is|was|to|failed|timeout)|server closed|terminating connection|could not receive|"
        r"consuming input failed|connection already closed",
        "its server cannot be reached",
    ),
)


def cause(error: BaseException) -> str:
    """What a driver's error means; its own first line when nothing better is known."""
    text = f"{type(error).__name__}: {error}"
    for pattern, meaning in _CAUSES:
        if re.search(pattern, text, re.IGNORECASE):
            return meaning
    return str(error).strip().partition("\n")[0]


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Take every secret out of a text that somebody else wrote, however it stands there."""
    if not secrets:
        return text
    from shotlane.instruments import Secret  # late: needed when something went wrong

    for secret in secrets:
        text = Secret(secret).mask(text)
    return text
