"""`channel://SESSION/KEY`: what a session observed under a key, as other events and files refer to it."""

from typing import NamedTuple
from urllib.parse import quote, unquote

from shotlane.sessions._error import SessionError

_SCHEME = "channel://"
# What may stand in a key as it is; the rest is written as %XX, so that any text can be a key.
_PLAIN = "/:@-._~"


class ChannelPlace(NamedTuple):
    """Which session, and which of its keys."""

    session: int
    key: str


def channel_uri(session: int, key: str) -> str:
    """The URI of what a session observes under a key."""
    return f"{_SCHEME}{session}/{quote(key, safe=_PLAIN)}"


def parse_uri(uri: str) -> ChannelPlace:
    """What a URI names. Raises `SessionError`."""
    head, _, key = uri.removeprefix(_SCHEME).partition("/")
    if not uri.startswith(_SCHEME) or not head.isascii() or not head.isdigit() or not key:
        raise SessionError(
            f"'{uri}' names no channel", "write channel://SESSION/KEY, as observe() returns it"
        )
    return ChannelPlace(int(head), unquote(key))
