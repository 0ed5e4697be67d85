"""A client's connection to a manager: requests and their answers, connected again where it was lost."""

import secrets
import socket
import threading
import weakref
from pathlib import Path
from typing import Any

from shotlane.api._run_server import ANSWER, REQUEST
from shotlane.api._sent import ManagerError
from shotlane.api._told import error_of
from shotlane.sessions import FrameError, SessionError, hang_up, reach, receive, send, shown

_ANSWER_S = 30.0


class ManagerLink:
    """Asks a manager, one request at a time, from any thread. Nothing is sent before the first."""

    def __init__(self, address: str, token: str | Path | None) -> None:
        self.address = address
        self._token = token
        self._lines: list[socket.socket] = []  # one, while it is connected
        self._turn = threading.Lock()
        weakref.finalize(self, _drop, self._lines)

    def __repr__(self) -> str:
        return f"<manager at {self.address}>"

    def ask(self, what: str, **told: Any) -> Any:
        """What it answers. A request changes nothing when it comes twice. Raises `ManagerError`."""
        with self._turn:
            for again in (True, False):
                try:
                    return self._asked({"do": what, **told})
                except FrameError as error:
                    _drop(self._lines)
                    raise ManagerError(str(error)) from None
                except (OSError, EOFError) as error:
                    _drop(self._lines)
                    if not again:
                        raise ManagerError(f"the manager at {self.address} is gone: {error}") from None
        raise AssertionError

    def open(self, **wish: Any) -> socket.socket:
        """A connection of its own. Raises `ManagerError`."""
        try:
            line = reach(self.address, "runs", wish, self._token)
        except SessionError as error:
            raise ManagerError(str(error)) from None
        line.settimeout(_ANSWER_S)
        return line

    def _asked(self, message: dict[str, Any]) -> Any:
        if not self._lines:
            self._lines.append(self.open())
        send(self._lines[0], message, REQUEST)
        return answered(self._lines[0])


def _drop(lines: list[socket.socket]) -> None:
    while lines:
        line = lines.pop()
        hang_up(line)
        line.close()


def answered(line: socket.socket) -> Any:
    """What a manager sends, fit to be shown, or its fault raised. Raises `OSError`, `EOFError`."""
    answer = shown(receive(line, ANSWER))
    if "fault" in answer:
        raise error_of(answer["fault"])
    return answer["result"]


def new_key() -> str:
    """A key for a submission."""
    return secrets.token_hex(16)
